"""What an installation remembers of its licences beside the licence itself: sealed, so that nobody rewrites it, and in
two places, so that damage to one is healed by the other; license.
"""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from services.license.clock_trail import ClockTrail
from shared.messages.license import LicenseStatus

MOST_OPEN: Final = 20
"""Requests that wait for an answer; a person asks once or twice. The oldest is forgotten."""
MOST_SPENT: Final = 500
"""Licences that were taken from this machine; the oldest is forgotten."""


class Revocation(Struct, frozen=True, kw_only=True):
    """The vendor took a licence back; `at` is Unix seconds."""

    at: int
    why: str | None


class Record(Struct, frozen=True, kw_only=True):
    """`serial` grows with each change. `first_start_us` is when the trial began. `open` are the nonces of requests that
    wait for an answer, `spent` the ids of licence texts that must not be installed again; `newest` has when the newest
    text of each licence was issued, `revoked` what the vendor took back, by licence (`issued_at` and `at`: Unix
    seconds). `checked_at_us` is when the vendor last said that the licence holds, `asked_at_us` when he was last asked.
    `told` is the last status that was news.
    """

    first_start_us: int
    trail: ClockTrail
    serial: int = 0
    open: tuple[str, ...] = ()
    spent: tuple[str, ...] = ()
    newest: dict[str, int] = {}
    revoked: dict[str, Revocation] = {}
    checked_at_us: int | None = None
    asked_at_us: int | None = None
    why_not_checked: str | None = None
    told: LicenseStatus | None = None

    @classmethod
    def first(cls, now_us: int) -> "Record":
        """That of an installation that starts for the first time: nothing proves yet that its clock is right."""
        return cls(first_start_us=now_us, trail=ClockTrail(latest_us=0, leapt_to_us=now_us))

    def seen(self, now_us: int, *, ran_us: int) -> "Record":
        """The clock shows `now_us`, `ran_us` after it was seen last. What a clock noted that was ahead is put right."""
        trail = self.trail.seen(now_us, ran_us=ran_us)
        if trail.is_set_back(now_us):
            return replace(self, trail=trail)
        first_start_us = self.first_start_us + self.trail.first_leap_us(now_us, ran_us=ran_us)
        return replace(
            self,
            trail=trail,
            first_start_us=min(first_start_us, now_us),
            checked_at_us=None if self.checked_at_us is None else min(self.checked_at_us, now_us),
        )

    def asking(self, nonce: str) -> "Record":
        """A request was made."""
        return replace(self, open=(*self.open, nonce)[-MOST_OPEN:])

    def answered(self, nonce: str) -> "Record":
        """A request was answered: its answer is of no use a second time."""
        return replace(self, open=tuple(kept for kept in self.open if kept != nonce))

    def installed(self, license_id: str, issued_at: int) -> "Record":
        """A licence was installed. It counts as checked when it was issued, so that none is installed over and over
        instead of being checked.
        """
        newest = {**self.newest, license_id: max(issued_at, self.newest.get(license_id, 0))}
        if license_id in self.newest:
            return replace(self, newest=newest)
        return replace(self, newest=newest, checked_at_us=None, why_not_checked=None)

    def taken_away(self, token_id: str) -> "Record":
        """A licence is no longer on this machine."""
        spent = (*self.spent, token_id)[-MOST_SPENT:]
        return replace(self, spent=spent, checked_at_us=None, why_not_checked=None)

    def holds(self, *, now_us: int) -> "Record":
        """The vendor said that the licence holds."""
        return replace(self, checked_at_us=now_us, asked_at_us=now_us, why_not_checked=None)

    def not_checked(self, why: str, *, now_us: int) -> "Record":
        """The vendor could not be asked."""
        return replace(self, asked_at_us=now_us, why_not_checked=why)

    def forgiven(self, license_id: str) -> "Record":
        """The vendor gave a licence back."""
        return replace(self, revoked={key: value for key, value in self.revoked.items() if key != license_id})

    def revoking(self, license_id: str, revocation: Revocation) -> "Record":
        """The vendor took a licence back."""
        return replace(self, revoked={**self.revoked, license_id: revocation})

    def is_revoked(self, license_id: str, issued_at: int) -> Revocation | None:
        """How a licence was taken back, unless the text at hand was issued after that."""
        found = self.revoked.get(license_id)
        return found if found is not None and issued_at <= found.at else None
