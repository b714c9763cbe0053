"""Where the licence and the record lie: sealed files in `data/license`, and a second copy of the record in the outbox;
license.

Nothing that is damaged keeps the service from running: a licence that does not open is told, a record is taken from its
other place, and if there is none, from what the database remembers.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
import structlog
from msgspec import Struct

from services.license.record import Record
from services.license.sealing import Seal, SealedFile, SealError
from shared.errors import IoError
from shared.licensing.installation import Installation
from shared.licensing.signing import TokenError
from shared.messages.license import LicenseReason
from shared.paths import Paths

KEPT: Final = "record"
"""Under which key of the outbox the record's copy is."""
HELP: Final = "It goes on with what it knows. Free space on the disk of data/, or see who may write there."

_encode: Final = msgspec.json.Encoder().encode
_decode_record: Final = msgspec.json.Decoder(Record).decode


class Held(Struct, frozen=True, kw_only=True):
    """The licence that is installed: its signed `text`."""

    text: str


_decode_held: Final = msgspec.json.Decoder(Held).decode


class Store:
    """`kept` is what the outbox held when it was opened. `error` says why nothing can be written, None while it can."""

    def __init__(
        self,
        paths: Paths,
        installation: Installation,
        *,
        kept: Mapping[str, bytes],
        log: structlog.stdlib.BoundLogger,
    ) -> None:
        self._license = SealedFile(paths.license / "license.sealed", Seal(installation, "license"))
        self._record = SealedFile(paths.license / "record.sealed", Seal(installation, "record"))
        self._seal = Seal(installation, "record")
        self._installation = installation
        self._kept = kept.get(KEPT)
        self._log = log
        self.error: str | None = None

    def license_text(self) -> str | None:
        """The signed text of the licence that is installed; None: there is none.

        Raises:
            TokenError: there is one, but it cannot be read.
        """
        try:
            held = self._license.read()
            return None if held is None else _decode_held(held).text
        except (SealError, msgspec.MsgspecError) as error:
            raise TokenError(
                LicenseReason.DAMAGED, f"{self._license.path}: it is damaged, or of another machine or installation."
            ) from error
        except (IoError, OSError) as error:
            raise TokenError(
                LicenseReason.UNREADABLE, f"{self._license.path} cannot be read: {_words(error)}"
            ) from error

    def keep_license(self, text: str | None) -> None:
        """Install a signed text, or take the one that is there away.

        Raises:
            IoError: nothing was changed; the sentence says what to do.
        """
        try:
            if text is None:
                self._license.remove()
            else:
                self._installation.make()
                self._license.write(_encode(Held(text=text)))
        except OSError as error:
            raise IoError(
                "license.not_written",
                f"{self._license.path} cannot be written ({error.strerror}): free space, and see whose the folder is."
                " Nothing was changed.",
            ) from error

    def record(self) -> Record | None:
        """What is remembered, from the newer of its two places; None: nothing, or nothing that opens."""
        found = [record for record in (self._from_file(), self._from_outbox()) if record is not None]
        return max(found, key=lambda record: record.serial, default=None)

    def sealed(self, record: Record) -> dict[str, bytes | None]:
        """The record's copy, for the outbox."""
        try:
            return {KEPT: self._seal.close(_encode(record))}
        except IoError:
            return {}

    def keep_record(self, record: Record) -> None:
        """Write the record; never raises: what cannot be written now is written later."""
        try:
            self._installation.make()
            self._record.write(_encode(record))
        except (OSError, IoError) as error:
            if self.error is None:
                self._log.error("record_not_writable", error=_words(error), help=HELP)
            self.error = _words(error)
        else:
            if self.error is not None:
                self._log.info("record_writable_again")
            self.error = None

    def _from_file(self) -> Record | None:
        try:
            content = self._record.read()
            return None if content is None else _decode_record(content)
        except (OSError, IoError, msgspec.MsgspecError) as error:
            self._log.warning("record_damaged", error=_words(error), help="Its other copy is used, if there is one.")
            return None

    def _from_outbox(self) -> Record | None:
        if self._kept is None:
            return None
        try:
            return _decode_record(self._seal.open(self._kept))
        except (IoError, msgspec.MsgspecError) as error:
            self._log.warning("record_copy_damaged", error=_words(error))
            return None


def _words(error: Exception) -> str:
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)
