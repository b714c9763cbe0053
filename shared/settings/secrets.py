"""Texts that are encrypted at rest, and the key file outside the database that reads them; every process.

The key file holds one Fernet key a line, the newest first; all but the newest are there only while a rotation is under
way. A stored text names the key that it needs: `secret:1:<key id>:<Fernet token>`.
"""

import hashlib
import os
import stat
from typing import TYPE_CHECKING, Final

from shared.durable import replace_durably
from shared.errors import IoError
from shared.log.redaction import hide
from shared.paths import Paths

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

PREFIX: Final = "secret:1:"
MOST_KEY_BYTES: Final = 10_000
"""Of a key file; a key has 45."""


class SecretError(IoError):
    """A text cannot be encrypted or read; the sentence says what to do."""


class Secrets:
    """Encrypts and decrypts with the key file of a home. The file is read each time, so that a rotation is seen."""

    def __init__(self, paths: Paths) -> None:
        self.path = paths.home / "secret.key"

    def encrypt(self, text: str) -> str:
        """`text` as it is stored; the key file is made if there is none. For db-writer alone.

        Raises:
            SecretError: the key file cannot be made or used.
        """
        key = (self._keys() or [self._make()])[0]
        return f"{PREFIX}{_id_of(key)}:{_fernet(key).encrypt(text.encode()).decode()}"

    def decrypt(self, stored: str) -> str:
        """The text that `encrypt` was given.

        Raises:
            SecretError: its key is lost, the text is damaged, or the key file cannot be used.
        """
        from cryptography.fernet import InvalidToken  # noqa: PLC0415  # most processes never meet a secret

        key_id, _, token = stored.removeprefix(PREFIX).partition(":")
        if not stored.startswith(PREFIX) or not token:
            raise SecretError("secret.damaged", "What is stored is no encrypted text: set it again.")
        key = next((key for key in self._keys() if _id_of(key) == key_id), None)
        if key is None:
            raise SecretError(
                "secret.key_lost",
                f"The key that reads it ({key_id}) is not in {self.path}: put that file back, or set the value again.",
            )
        try:
            text = _fernet(key).decrypt(token.encode()).decode()
        except (InvalidToken, ValueError) as error:
            raise SecretError("secret.damaged", "What is stored is damaged: set the value again.") from error
        hide(text)
        return text

    def begin_rotation(self) -> None:
        """Put a new key before the others: what is encrypted from here on needs it, what was is still readable."""
        self._write([_new_key(), *self._keys()], is_first=False)

    def end_rotation(self) -> None:
        """Leave only the newest key. Call it when nothing that needs an older one is stored any more."""
        keys = self._keys()
        if not keys:
            raise self._unusable("is gone")
        self._write(keys[:1], is_first=False)

    def _keys(self) -> list[bytes]:
        """The keys of the file, the newest first; none when there is no file."""
        try:
            # What is no plain file (a link, a pipe that never ends) is refused, not followed.
            fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._unusable(f"cannot be read ({error.strerror})") from error
        try:
            mode = os.fstat(fd).st_mode
            if stat.S_ISREG(mode) and mode & 0o077:
                raise SecretError(
                    "secret.key_open",
                    f"{self.path} must be a file that only its owner can read: chmod 600 {self.path}, and rotate the"
                    " key (restrike settings rotate-key), as others may have read it.",
                    value=stat.filemode(mode),
                )
            keys = os.read(fd, MOST_KEY_BYTES).split() if stat.S_ISREG(mode) else []
        finally:
            os.close(fd)
        if not keys or not all(_is_key(key) for key in keys):
            raise self._unusable("is no key file")
        return keys

    def _unusable(self, what: str) -> SecretError:
        return SecretError(
            "secret.key_unusable",
            f"{self.path} {what}: put the right one back, or move it away and set the sensitive settings again.",
        )

    def _make(self) -> bytes:
        self._write([_new_key()], is_first=True)
        return self._keys()[0]

    def _write(self, keys: list[bytes], *, is_first: bool) -> None:
        """Replace the file in one step that a power cut cannot halve; the first one never replaces another's."""
        try:
            replace_durably(self.path, b"".join(key + b"\n" for key in keys), is_first=is_first)
        except OSError as error:
            raise SecretError(
                "secret.key_not_written",
                f"{self.path} cannot be written ({error.strerror}): free space, and see whose the folder is.",
            ) from error


def _new_key() -> bytes:
    from cryptography.fernet import Fernet  # noqa: PLC0415  # most processes never meet a secret

    return Fernet.generate_key()


def _fernet(key: bytes) -> "Fernet":
    from cryptography.fernet import Fernet  # noqa: PLC0415  # most processes never meet a secret

    return Fernet(key)


def _is_key(line: bytes) -> bool:
    try:
        _fernet(line)
    except ValueError:
        return False
    return True


def _id_of(key: bytes) -> str:
    """Eight digits that name a key and tell nothing of it."""
    return hashlib.sha256(b"restrike key id:" + key).hexdigest()[:8]
