"""A vendor in the test's own process: it has a key, makes licences and signs them."""

from dataclasses import dataclass
from typing import Any, Final, Self

import msgspec

from shared.licensing.features import FEATURES
from shared.licensing.key_ring import KeyRing, PrivateKey
from shared.licensing.signing import signed
from shared.licensing.statements import DAY_S, License, Plan, Statement

ISSUED_AT: Final = 1_767_225_600
"""2026-01-01 00:00:00 UTC."""
_LICENSE: Final = License(
    license_id="L-2026-0001",
    token_id="t-1",  # noqa: S106  # the number of a text, no secret
    customer="Taekwondo Union",
    plan=Plan.YEAR,
    features=tuple(FEATURES),
    issued_at=ISSUED_AT,
    expires_at=ISSUED_AT + 365 * DAY_S,
    seats=0,
)


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """`private` signs; `ring` is what the suite would ship with: `private`'s public half."""

    private: PrivateKey
    ring: KeyRing

    @classmethod
    def new(cls, key_id: str = "test-1", *, made_at: int = ISSUED_AT) -> Self:
        """A vendor with a new key."""
        private = PrivateKey.new(key_id, made_at=made_at)
        return cls(private=private, ring=KeyRing(keys=(private.public(),)))

    def license(self, **changes: Any) -> License:
        """A licence of a year from 2026-01-01 with all features, bound to no machine; `changes` are its fields."""
        return msgspec.structs.replace(_LICENSE, **changes)

    def text(self, statement: Statement) -> str:
        """The signed text of a licence, or of an answer."""
        return signed(statement, self.private)
