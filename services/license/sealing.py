"""Files that only this installation on this machine can read (AES-256-GCM); license.

What was changed, is cut short or comes from elsewhere does not open.
"""

import os
import secrets
import stat
from pathlib import Path
from typing import Final

from shared.durable import replace_durably, sync
from shared.errors import IoError
from shared.licensing.installation import Installation

MAGIC: Final = b"restrike sealed 1\n"
NONCE_BYTES: Final = 12
MOST_BYTES: Final = 1_048_576
"""Of a sealed file; a licence has 2,000, a record of years 20,000."""


class SealError(IoError):
    """A sealed text does not open."""


class Seal:
    """Seals texts for one purpose."""

    def __init__(self, installation: Installation, purpose: str) -> None:
        self._installation = installation
        self._purpose = purpose

    def close(self, content: bytes) -> bytes:
        """`content`, sealed. Raises IoError: the installation's key cannot be read."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  # start time

        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = AESGCM(self._installation.key(self._purpose)).encrypt(nonce, content, self._purpose.encode())
        return MAGIC + nonce + sealed

    def open(self, sealed: bytes) -> bytes:
        """What was sealed.

        Raises:
            SealError: it is damaged, or of another installation or machine.
            IoError: the installation's key cannot be read.
        """
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415  # start time
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  # start time

        nonce, body = sealed[len(MAGIC) :][:NONCE_BYTES], sealed[len(MAGIC) + NONCE_BYTES :]
        try:
            if not sealed.startswith(MAGIC):
                raise SealError("license.damaged", "It is no sealed file of the suite.")
            return AESGCM(self._installation.key(self._purpose)).decrypt(nonce, body, self._purpose.encode())
        except (InvalidTag, ValueError) as error:
            raise SealError("license.damaged", "It is damaged, or of another installation or machine.") from error


class SealedFile:
    """A sealed file, replaced in one step that a power cut cannot halve."""

    def __init__(self, path: Path, seal: Seal) -> None:
        self.path = path
        self._seal = seal

    def read(self) -> bytes | None:
        """What it holds; None: there is no such file.

        Raises:
            SealError: it does not open, or is no plain file.
            OSError, IoError: it cannot be read.
        """
        try:
            fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            return None
        try:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise SealError("license.damaged", f"{self.path} is no plain file.")
            return self._seal.open(os.read(fd, MOST_BYTES))
        finally:
            os.close(fd)

    def write(self, content: bytes) -> None:
        """Replace it.

        Raises:
            OSError, IoError: nothing was changed.
        """
        replace_durably(self.path, self._seal.close(content))

    def remove(self) -> None:
        """Remove it, for good also after a power cut. Raises OSError."""
        self.path.unlink(missing_ok=True)
        sync(self.path.parent)
