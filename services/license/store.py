"""Where licence and record lie: sealed files in `data/license`, and a second copy of both in the outbox; license.

Nothing that is damaged keeps the service from running: licence and record are taken from their other place. A licence
that opens in none is told; of a record that is in none the database remembers the beginning.
"""

import contextlib
from collections.abc import Callable, Mapping
from typing import Final

import msgspec
import structlog
from msgspec import Struct

from services.license.record import Record
from services.license.sealing import Seal, SealedFile, SealError
from services.license.trouble import Trouble, trouble_of
from shared.durable import write_durably
from shared.errors import IoError
from shared.licensing.installation import Installation
from shared.licensing.signing import TokenError
from shared.messages.license import LicenseReason
from shared.paths import Paths

KEPT: Final = "record"
"""Under which key of the outbox the record's copy is."""
COPY: Final = "license"
"""And that of the licence."""
HELP: Final = "It goes on with what it knows. Free space on the disk of data/, or see who may write there."
ROOM_BYTES: Final = 65_536
"""What must be free before the vendor gives a seat away: a licence of a hundred machines has 8,000, a record 20,000."""

_encode: Final = msgspec.json.Encoder().encode
_decode_record: Final = msgspec.json.Decoder(Record).decode


class Held(Struct, frozen=True, kw_only=True):
    """The licence that is installed: its signed `text`."""

    text: str


_decode_held: Final = msgspec.json.Decoder(Held).decode


class Store:
    """`kept` is what the outbox held when it was opened. `trouble` says why nothing can be written, if so."""

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
        self._license_seal = Seal(installation, "license")
        self._kept = kept.get(KEPT)
        self._copy = kept.get(COPY)
        self._text: str | None = None
        self._log = log
        self.trouble: Trouble | None = None

    def license_text(self, is_gone: Callable[[str], bool]) -> str | None:
        """The signed text of the licence that is installed; None: there is none. `is_gone`: whether a text was taken
        away, though its copy is still there, as a full disk may leave it.

        Raises:
            TokenError: there is one, but neither it nor its copy can be read.
        """
        fault: TokenError | None = None
        try:
            self._text = self._from_license()
        except TokenError as error:
            self._text, fault = None, error
        if self._text is None:
            self._text = self._from_copy()
            if self._text is not None and fault is None and is_gone(self._text):
                self._text = None
            elif self._text is not None:
                self._mend(self._text, fault.message if fault else f"{self._license.path} is missing.")
            elif fault is not None:
                raise fault
        return self._text

    def _mend(self, text: str, why: str) -> None:
        self._log.warning("license_damaged", error=why, help="Its copy is used, and written in its place.")
        with contextlib.suppress(OSError, IoError):
            self._license.write(_encode(Held(text=text)))

    def _from_license(self) -> str | None:
        try:
            held = self._license.read()
            return None if held is None else _decode_held(held).text
        except (SealError, msgspec.MsgspecError) as error:
            raise TokenError(
                LicenseReason.DAMAGED, f"{self._license.path}: it is damaged, or of another machine or installation."
            ) from error
        except (IoError, OSError) as error:
            raise TokenError(
                LicenseReason.UNREADABLE, f"{self._license.path} cannot be read: {trouble_of(error).words}"
            ) from error

    def require_room(self) -> None:
        """Raises IoError: a licence could not be stored now; the sentence says what to do."""
        place = self._license.path.with_name(".room")
        try:
            self._installation.make()
            place.unlink(missing_ok=True)
            write_durably(place, bytes(ROOM_BYTES))
        except OSError as error:
            raise self._not_written(error) from error
        finally:
            with contextlib.suppress(OSError):
                place.unlink(missing_ok=True)

    def without_copy(self) -> dict[str, bytes | None]:
        """For the outbox, before the licence is taken away: of one whose file is lost the copy is used."""
        self._copy = None
        return {COPY: None}

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
            self._text = text
        except OSError as error:
            raise self._not_written(error) from error

    def record(self) -> Record | None:
        """What is remembered, from the newer of its two places; None: nothing, or nothing that opens."""
        found = [record for record in (self._from_file(), self._from_outbox()) if record is not None]
        return max(found, key=lambda record: record.serial, default=None)

    def sealed(self, record: Record) -> dict[str, bytes | None]:
        """The copies of record and licence, for the outbox."""
        try:
            kept = self._seal.close(_encode(record))
            copy = None if self._text is None else self._license_seal.close(_encode(Held(text=self._text)))
        except IoError:
            return {}
        self._copy = copy
        return {KEPT: kept, COPY: copy}

    def keep_record(self, record: Record) -> None:
        """Write the record; never raises: what cannot be written now is written later."""
        try:
            self._installation.make()
            self._record.write(_encode(record))
        except (OSError, IoError) as error:
            if self.trouble is None:
                self._log.error("record_not_writable", error=trouble_of(error).words, help=HELP)
            self.trouble = trouble_of(error)
        else:
            if self.trouble is not None:
                self._log.info("record_writable_again")
            self.trouble = None

    def _not_written(self, error: OSError) -> IoError:
        found = trouble_of(error)
        sentence = f"{self._license.path} cannot be written ({found.words}). {found.remedy} Nothing was changed."
        return IoError("license.not_written", sentence)

    def _from_file(self) -> Record | None:
        try:
            content = self._record.read()
            return None if content is None else _decode_record(content)
        except (OSError, IoError, msgspec.MsgspecError) as error:
            self._log.warning(
                "record_damaged", error=trouble_of(error).words, help="Its other copy is used, if there is one."
            )
            return None

    def _from_copy(self) -> str | None:
        if self._copy is None:
            return None
        try:
            return _decode_held(self._license_seal.open(self._copy)).text
        except (IoError, msgspec.MsgspecError) as error:
            self._log.warning("license_copy_damaged", error=trouble_of(error).words)
            return None

    def _from_outbox(self) -> Record | None:
        if self._kept is None:
            return None
        try:
            return _decode_record(self._seal.open(self._kept))
        except (IoError, msgspec.MsgspecError) as error:
            self._log.warning("record_copy_damaged", error=trouble_of(error).words)
            return None
