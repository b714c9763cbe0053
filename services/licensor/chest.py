"""Where the private keys lie: a PEM file (PKCS8) for each, mode 0600, encrypted with a passphrase as a rule.
`restrike-licensor`.
"""

import os
import re
import stat
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.licensor.books import Books
from services.licensor.key_list import signing_key
from services.licensor.passphrases import Passphrase
from shared.durable import sync, write_durably
from shared.errors import ConfigError, ValidationError
from shared.licensing.key_ring import PrivateKey, PublicKey

KEY_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
MOST_BYTES: Final = 16_384
_ENCRYPTED: Final = b"BEGIN ENCRYPTED"


class Chest:
    """The private keys in a folder. A key that was opened stays open."""

    def __init__(self, folder: Path, passphrase: Passphrase) -> None:
        self._folder = folder
        self._passphrase = passphrase
        self._open: dict[str, PrivateKey] = {}

    def path(self, key_id: str) -> Path:
        """The file of a key."""
        return self._folder / f"{key_id}.pem"

    def create(self, books: Books, key_id: str, *, now: int, is_encrypted: bool) -> PublicKey:
        """Make a key, and enter it in the books.

        Raises:
            ValidationError: no such name can be given, or there is one already.
            ConfigError: the passphrase cannot be used.
            OSError: it cannot be written.
        """
        if not KEY_ID.fullmatch(key_id):
            raise ValidationError("keys.name", "A key's name has up to 40 letters, digits, - and _.", value=key_id)
        known = {key.key_id.lower() for key in books.public_keys()}
        if key_id.lower() in known or self.path(key_id).exists():
            raise ValidationError("keys.exists", "There is a key of this name: take another one.", value=key_id)
        key = PrivateKey.new(key_id, made_at=now)
        form = serialization.PrivateFormat.PKCS8
        lock: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if is_encrypted:
            passphrase = self._passphrase.new()
            self._require_same(books, passphrase)
            lock = serialization.BestAvailableEncryption(passphrase)
        with books.writing():
            books.put_key(key.public())
            write_durably(self.path(key_id), key.key.private_bytes(serialization.Encoding.PEM, form, lock))
            sync(self._folder)
        return key.public()

    def _require_same(self, books: Books, passphrase: bytes) -> None:
        """Whoever signs has one passphrase: a key that needs another one would fail on the day when it takes over."""
        for key in books.public_keys():
            if key.retired_at is not None or self.state(key.key_id) != "encrypted":
                continue
            try:
                serialization.load_pem_private_key(_content(self.path(key.key_id)), passphrase)
            except ValueError as error:
                sentence = (
                    f"The keys of a home have one passphrase, and this is not that of {key.key_id}: give that one."
                )
                raise ConfigError("keys.other_passphrase", sentence) from error

    def signing(self, books: Books) -> PrivateKey:
        """The key that signs now.

        Raises:
            ConfigError: there is none, or its file cannot be opened.
        """
        key = signing_key(books)
        if key is None:
            raise ConfigError("keys.none", "No key is there that could sign: restrike-licensor keys create ID")
        if key.key_id not in self._open:
            self._open[key.key_id] = self._opened(key)
        return self._open[key.key_id]

    def state(self, key_id: str) -> str:
        """How its private half is kept: `encrypted`, `plain`, or `missing`."""
        try:
            content = _content(self.path(key_id))
        except FileNotFoundError:
            return "missing"
        return "encrypted" if _ENCRYPTED in content else "plain"

    def _opened(self, key: PublicKey) -> PrivateKey:
        path = self.path(key.key_id)
        content = _content(path)
        passphrase = self._passphrase.get() if _ENCRYPTED in content else None
        try:
            found = serialization.load_pem_private_key(content, passphrase)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            why = "the passphrase is wrong, or the file is damaged" if passphrase else "the file is damaged"
            raise ConfigError("keys.locked", f"This private key cannot be opened: {why}.", value=str(path)) from error
        if not isinstance(found, Ed25519PrivateKey):
            raise ConfigError("keys.other", "This is no Ed25519 key.", value=str(path))
        private = PrivateKey(key.key_id, found, made_at=key.made_at)
        if private.public().public != key.public:
            sentence = "This file is not the private half of the key in the books: put the right one back."
            raise ConfigError("keys.other", sentence, value=str(path))
        return private


def _content(path: Path) -> bytes:
    """Raises ConfigError: others may read it."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if stat.S_IMODE(os.fstat(fd).st_mode) & 0o077:
            raise ConfigError("keys.open", f"Others may read this private key: chmod 600 {path}", value=str(path))
        return os.read(fd, MOST_BYTES)
    finally:
        os.close(fd)
