"""Log lines as they are written, of all services, also while files are set aside; `restrike logs tail --follow`."""

import contextlib
import os
from io import FileIO
from pathlib import Path

from services.cli.logs.records import Record, records_of


class Growing:
    """The file that `source` writes now, read from its end on.

    When another file has its name, the old one is read until there is something in the new one: supervisord goes on
    with the old one until it is told, and then never comes back to it.
    """

    def __init__(self, path: Path, source: str) -> None:
        self.is_shown = False
        """Whether the last record was printed: then what still comes of it is, too."""
        self._path = path
        self._source = source
        self._rest = b""
        self._stream: FileIO | None = None
        self._record: Record | None = None
        self._open(at_end=True)

    def read(self) -> tuple[list[str], list[Record]]:
        """What came: lines that belong to the record before, and records. Raises OSError."""
        if self._stream is None:
            self._open(at_end=False)
        data = self._rest + self._read()
        if self._is_replaced():
            data += self._read()
            self.close()
            self._open(at_end=False)
            data += self._read()
        whole, newline, self._rest = data.rpartition(b"\n")
        known = 0 if self._record is None else len(self._record.more)
        found = list(records_of(whole + newline, self._source, self._record))
        more = [] if self._record is None else self._record.more[known:]
        self._record = found[-1] if found else self._record
        return [line.decode("utf-8", "replace") for line in more], found

    def close(self) -> None:
        """Close the file."""
        if self._stream is not None:
            self._stream.close()
        self._stream = None

    def _read(self) -> bytes:
        return (self._stream.readall() or b"") if self._stream is not None else b""

    def _is_replaced(self) -> bool:
        if self._stream is None:
            return False
        try:
            named = self._path.stat()
        except FileNotFoundError:
            return False
        ours = os.fstat(self._stream.fileno())
        return (named.st_dev, named.st_ino) != (ours.st_dev, ours.st_ino) and named.st_size > 0

    def _open(self, *, at_end: bool) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._stream = FileIO(self._path, "rb")
            if at_end:
                self._stream.seek(0, os.SEEK_END)
