"""The key of one installation on one machine: what is sealed with it is of no use elsewhere. The license service makes
it; whoever checks a verdict reads it.

It is made of a secret file in the home (in no backup) and the machine's own number: a home that is copied to another
machine, or a file that is copied to another home, opens nothing.
"""

import contextlib
import hashlib
import hmac
import os
import secrets
import stat
from pathlib import Path
from typing import Final

from shared.durable import replace_durably
from shared.errors import IoError
from shared.licensing.fingerprint import machine_id
from shared.paths import Paths

KEY_BYTES: Final = 32


class Installation:
    """The key file of a home. It is read at each use."""

    def __init__(self, paths: Paths, *, root: Path = Path("/")) -> None:
        self.path = paths.license / "installation.key"
        self._root = root

    def make(self) -> None:
        """Make the key file if there is none; one that is damaged is set aside, as it opens nothing any more, and one
        that others may read is closed to them. For the license service alone.

        Raises:
            OSError: it cannot be written.
        """
        self.path.parent.mkdir(mode=0o700, exist_ok=True)
        self._set_aside()
        if self.path.exists():
            return
        replace_durably(self.path, secrets.token_bytes(KEY_BYTES), is_first=True)

    def _set_aside(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            found = self.path.lstat()
            if not stat.S_ISREG(found.st_mode) or found.st_size != KEY_BYTES:
                self.path.replace(self.path.with_name(f"{self.path.name}.damaged"))
            elif found.st_mode & 0o077:
                self.path.chmod(0o600)

    def key(self, purpose: str) -> bytes:
        """The 32 bytes of this installation on this machine for `purpose`.

        Raises:
            IoError: the key file is missing, damaged, or readable by others.
        """
        try:
            fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            raise IoError("license.no_installation_key", f"{self.path} cannot be read ({error.strerror}).") from error
        try:
            mode, secret = os.fstat(fd).st_mode, os.read(fd, KEY_BYTES + 1)
        finally:
            os.close(fd)
        if not stat.S_ISREG(mode) or len(secret) != KEY_BYTES:
            raise IoError("license.installation_key_damaged", f"{self.path} is damaged.")
        if mode & 0o077:
            raise IoError("license.installation_key_open", f"Others may read {self.path}: chmod 600 {self.path}")
        about = f"restrike {purpose}:{machine_id(self._root) or ''}".encode()
        return hmac.new(secret, about, hashlib.sha256).digest()
