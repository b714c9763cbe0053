"""The vendor's keys: private ones sign, public ones verify. The license service, `restrike-licensor`.

Public keys ship with the program: `public_keys.json` beside this file, which `restrike-licensor keys publish` writes
before a release is built. Several may be in use; a retired one still verifies what was signed before it was retired. No
setting, file of a home or environment adds to them.
"""

import base64
import binascii
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from shared.errors import ConfigError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SHIPPED: Final = Path(__file__).with_name("public_keys.json")


class PublicKey(Struct, frozen=True, kw_only=True):
    """A key that verifies. `public` is base64 of its 32 bytes; `made_at` and `retired_at` are Unix seconds."""

    key_id: str
    public: str
    made_at: int
    retired_at: int | None = None

    def verifies(self, signature: bytes, content: bytes) -> bool:
        """Whether its private half signed `content`."""
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  # only who verifies needs it
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415  # start time

        try:
            Ed25519PublicKey.from_public_bytes(base64.b64decode(self.public)).verify(signature, content)
        except InvalidSignature:
            return False
        return True


class PrivateKey:
    """A key that signs."""

    def __init__(self, key_id: str, key: "Ed25519PrivateKey", *, made_at: int) -> None:
        self.key_id = key_id
        self._key = key
        self._made_at = made_at

    @classmethod
    def new(cls, key_id: str, *, made_at: int) -> "PrivateKey":
        """A new one."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415  # start time

        return cls(key_id, Ed25519PrivateKey.generate(), made_at=made_at)

    def sign(self, content: bytes) -> bytes:
        """The signature of `content`: 64 bytes."""
        return self._key.sign(content)

    def public(self) -> PublicKey:
        """Its public half."""
        raw = self._key.public_key().public_bytes_raw()
        return PublicKey(key_id=self.key_id, public=base64.b64encode(raw).decode(), made_at=self._made_at)

    @property
    def key(self) -> "Ed25519PrivateKey":
        """The key itself, for whoever stores it."""
        return self._key


class KeyRing(Struct, frozen=True, kw_only=True):
    """Public keys."""

    keys: tuple[PublicKey, ...] = ()

    @classmethod
    def shipped(cls, path: Path = SHIPPED) -> "KeyRing":
        """Those that ship with the program.

        Raises:
            ConfigError: the file is missing or damaged: the program is not installed as it was built.
        """
        try:
            ring = msgspec.json.decode(path.read_bytes(), type=cls)
            for key in ring.keys:
                if len(base64.b64decode(key.public, validate=True)) != 32:
                    raise ValueError(key.key_id)
        except (OSError, msgspec.MsgspecError, binascii.Error, ValueError) as error:
            sentence = f"The vendor's public keys cannot be read ({error}): install the suite anew."
            raise ConfigError("license.no_keys", sentence, value=str(path)) from error
        return ring

    def get(self, key_id: str) -> PublicKey | None:
        """The key of that id."""
        return next((key for key in self.keys if key.key_id == key_id), None)
