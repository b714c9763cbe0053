"""Statements as signed text (Ed25519), and back. The license service, `restrike-licensor`.

The text is `restrike1.<key id>.<statement>.<signature>`: statement (JSON) and signature as base64url without padding.
What is signed is everything before the last dot, so that neither form nor key id can be exchanged. There is exactly one
text of a statement and its signature: what differs in any character is refused.
"""

import base64
import binascii
from typing import Any, Final, TypeVar

import msgspec

from shared.errors import LicenseError
from shared.licensing.key_ring import KeyRing, PrivateKey
from shared.licensing.statements import VERSION, Activation, Checked, License, Released, Statement
from shared.messages.license import LicenseReason

PREFIX: Final = "restrike1"
MOST_CHARACTERS: Final = 16_384
"""Of a signed text; a licence of a hundred machines has 8,000."""
T = TypeVar("T", License, Activation, Checked, Released)

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(Statement).decode


class TokenError(LicenseError):
    """A signed text is not what it ought to be; `reason` says why."""

    def __init__(self, reason: LicenseReason, message: str) -> None:
        super().__init__(f"license.{reason}", message)
        self.reason = reason


def signed(statement: Statement, key: PrivateKey) -> str:
    """The signed text of `statement`."""
    body = f"{PREFIX}.{key.key_id}.{_text(_encode(statement))}"
    return f"{body}.{_text(key.sign(body.encode()))}"


def opened(text: str, ring: KeyRing, kind: type[T]) -> T:
    """The statement of a signed text that has to be of `kind`.

    Raises:
        TokenError: as `opened_any` does; or it is of another kind.
    """
    statement = opened_any(text, ring)
    if not isinstance(statement, kind):
        raise TokenError(LicenseReason.DAMAGED, f"It is signed, but as {_kind(type(statement))}, not {_kind(kind)}.")
    return statement


def opened_any(text: str, ring: KeyRing) -> Statement:
    """The statement of a signed text.

    Raises:
        TokenError: it is damaged, forged, of a key that is not known, or made for a newer program.
    """
    parts = _parts(text)
    body, signature = text.rpartition(".")[0], _bytes(parts[3])
    key = ring.get(parts[1])
    if key is None:
        raise TokenError(
            LicenseReason.UNKNOWN_KEY,
            f"It is signed with a key ({parts[1][:40]}) that this version does not know: upgrade, or ask the vendor.",
        )
    if not key.verifies(signature, body.encode()):
        raise TokenError(LicenseReason.FORGED, "Its signature is wrong: it was changed, or never came from the vendor.")
    statement = _statement(_bytes(parts[2]))
    at = statement.issued_at if isinstance(statement, License) else statement.at
    if key.retired_at is not None and at >= key.retired_at:
        raise TokenError(
            LicenseReason.UNKNOWN_KEY, "It is signed with a key that was withdrawn before: ask the vendor."
        )
    return statement


def claimed(text: str) -> License | None:
    """The licence that a text says it is, whoever signed it: for names, and never to be trusted. None: it says none."""
    try:
        statement = _statement(_bytes(_parts(text)[2]))
    except TokenError:
        return None
    return statement if isinstance(statement, License) else None


def _parts(text: str) -> list[str]:
    is_plain = len(text) <= MOST_CHARACTERS and text.isascii() and text.isprintable()
    parts = text.split(".") if is_plain else []
    if len(parts) != 4 or parts[0] != PREFIX:
        raise TokenError(
            LicenseReason.DAMAGED, f"It is no licence text ({PREFIX}.…): copy the whole file that the vendor sent."
        )
    return parts


def _statement(body: bytes) -> Statement:
    """Signed by the vendor, so whatever is unknown in it is newer than this program."""
    try:
        statement: Statement = _decode(body)
    except msgspec.MsgspecError as error:
        raise TokenError(LicenseReason.TOO_NEW, "It is made for a newer version of the suite: upgrade.") from error
    if statement.version > VERSION:
        raise TokenError(LicenseReason.TOO_NEW, "It is made for a newer version of the suite: upgrade.")
    return statement


def _kind(kind: type[Any]) -> str:
    return f"'{kind.__struct_config__.tag}'"


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    """Raises TokenError: it is not the one text of its bytes."""
    try:
        content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        content = b""
    if not content or _text(content) != text:
        raise TokenError(LicenseReason.DAMAGED, "It is damaged: copy the whole file that the vendor sent.")
    return content
