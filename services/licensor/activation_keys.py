"""Activation keys: what a customer types in. `restrike-licensor`.

`RSTK-XXXXX-XXXXX-XXXXX-XXXXX`: 20 characters of Crockford's base32, 100 bits. They are read in lower case, without
dashes, and with I, L and O for 1 and 0. The books hold a digest only, and the last characters, by which people know it.
"""

import hashlib
import secrets
from typing import Final

LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH: Final = 20
GROUP: Final = 5
PREFIX: Final = "RSTK"
MOST_CHARACTERS: Final = 64
_MEANT: Final = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None})


def new_key() -> str:
    """A new one, as it is given to the customer."""
    text = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    return "-".join((PREFIX, *(text[at : at + GROUP] for at in range(0, LENGTH, GROUP))))


def characters(typed: str) -> str | None:
    """The 20 characters of a key as it was typed; None: it is none."""
    if len(typed) > MOST_CHARACTERS:
        return None
    text = typed.strip().upper().translate(_MEANT)
    if len(text) == len(PREFIX) + LENGTH:
        text = text.removeprefix(PREFIX)
    return text if len(text) == LENGTH and set(text) <= set(LETTERS) else None


def digest(key: str) -> bytes:
    """What the books hold of the `characters` of a key."""
    return hashlib.sha256(f"restrike activation key:{key}".encode()).digest()


def shown(key: str) -> str:
    """The last characters of the `characters` of a key: all that is ever written down."""
    return key[-GROUP:]
