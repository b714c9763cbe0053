"""The verdict: how the licence stands, as the license service leaves it for every gate. A gate needs neither the broker
nor the service to read it, and a killed service changes nothing for a day.

The file is a status (JSON) behind the digest that only this installation on this machine can make.
"""

import hashlib
import hmac
import os
from typing import Final

import msgspec

from shared.durable import replace_durably
from shared.errors import IoError
from shared.licensing.installation import Installation
from shared.messages.license import LicenseStatus
from shared.paths import Paths

PURPOSE: Final = "verdict"
MOST_BYTES: Final = 65_536
DIGEST_BYTES: Final = 32

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(LicenseStatus).decode


class VerdictError(IoError):
    """There is no verdict, or it is not one of this installation."""


class VerdictFile:
    """The verdict of a home."""

    def __init__(self, paths: Paths, installation: Installation | None = None) -> None:
        self.path = paths.license / "verdict"
        self._installation = installation or Installation(paths)

    def write(self, status: LicenseStatus) -> None:
        """Replace the verdict in one step.

        Raises:
            OSError, IoError: it cannot be written.
        """
        body = _encode(status)
        replace_durably(self.path, self._digest(body) + body)

    def read(self) -> LicenseStatus:
        """The verdict.

        Raises:
            VerdictError: there is none, it cannot be read, or somebody else made it.
        """
        try:
            fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)  # a gate never waits
            try:
                content = os.read(fd, MOST_BYTES)
            finally:
                os.close(fd)
            body = content[DIGEST_BYTES:]
            if not hmac.compare_digest(content[:DIGEST_BYTES], self._digest(body)):
                raise VerdictError("license.verdict_forged", "The verdict is not one of this installation.")
            return _decode(body)
        except (OSError, msgspec.MsgspecError) as error:
            raise VerdictError("license.no_verdict", f"There is no verdict on the licence yet ({error}).") from error

    def _digest(self, body: bytes) -> bytes:
        return hmac.new(self._installation.key(PURPOSE), body, hashlib.sha256).digest()
