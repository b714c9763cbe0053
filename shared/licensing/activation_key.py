"""Activation keys: what a customer types to get a licence. The license service, `restrike-licensor`.

`RSTK-` and 20 characters of Crockford's base32 (100 bits of chance) in fives. Case, dashes and spaces do not matter,
and what looks alike (I and L as 1, O as 0) is taken for what it looks like.
"""

import hashlib
import secrets
from typing import Final

from shared.errors import ValidationError

PREFIX: Final = "RSTK"
LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CHARACTERS: Final = 20
_ALIKE: Final = str.maketrans("ILO", "110")


def new_key() -> str:
    """A new one."""
    return _shown("".join(secrets.choice(LETTERS) for _ in range(CHARACTERS)))


def parsed_key(typed: str) -> str:
    """The key that somebody typed, as it is written.

    Raises:
        ValidationError: it is none. What was typed is not repeated: it may be most of a key.
    """
    letters = "".join(typed.upper().split()).replace("-", "")
    body = letters.removeprefix(PREFIX).translate(_ALIKE)
    if len(letters) > 100 or len(body) != CHARACTERS or not set(body) <= set(LETTERS):
        raise ValidationError(
            "license.key",
            f"An activation key looks like {PREFIX}-XXXXX-XXXXX-XXXXX-XXXXX: look whether a character is missing.",
        )
    return _shown(body)


def digest_of(key: str) -> bytes:
    """What a vendor's books keep of a key: 100 bits of chance need no salt."""
    return hashlib.sha256(key.encode()).digest()


def _shown(body: str) -> str:
    return "-".join((PREFIX, *(body[at : at + 5] for at in range(0, CHARACTERS, 5))))
