"""Log lines as records: a line with the lines without a time that follow it (tracebacks, stacks); `restrike logs`.

Files of a source are read as one stream, the oldest first: a line that was cut in two when a file was set aside is
whole again. Nothing is read whole, and what cannot hold what is looked for is thrown away in blocks.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from functools import cached_property
from typing import IO, Any, Final

import msgspec
import zstandard

from services.cli.logs.times import time_of
from shared.log.files import LogFile

BLOCK_BYTES: Final = 1024 * 1024
LONGEST_BYTES: Final = 4 * 1024 * 1024
"""Of a record; the services cut theirs far below."""
MOST_LINES: Final = 1_000
"""Lines without a time that belong to one record; then another begins."""
_LEVELS: Final = {b"CRIT": "error", b"ERRO": "error", b"WARN": "warning", b"INFO": "info", b"DEBG": "debug"}
_OF_EACH_START: Final = (b" running without any HTTP authentication checking", b" Supervisor is running as root.")
"""What supervisord calls critical at each start, and is as it should be: its socket is of this user alone."""
_decode: Final = msgspec.json.Decoder(dict[str, Any]).decode


class Record:
    """A line of `source`. `at` is its time as UTC text that sorts; without one of its own, that of the line before."""

    def __init__(self, source: str, at: str, line: bytes) -> None:
        self.source = source
        self.at = at
        self.line = line
        self.more: list[bytes] = []

    @cached_property
    def fields(self) -> dict[str, Any] | None:
        """What a JSON line says; None: it is text."""
        try:
            return _decode(self.line) if self.line.startswith(b"{") else None
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    @property
    def level(self) -> str:
        """How bad it is. supervisord's text says it; other text, or a line with text after it, is that of a fault."""
        if self.fields is not None:
            return "error" if self.more else str(self.fields.get("level", "info"))
        if any(words in self.line for words in _OF_EACH_START):
            return "info"
        return next((level for word, level in _LEVELS.items() if self.line[24:29].startswith(word)), "error")

    def text(self) -> str:
        """All its lines."""
        return b"\n".join((self.line, *self.more)).decode("utf-8", "replace")


def records(
    files: Iterable[LogFile], source: str, *, pick: Callable[[bytes], Iterable[bytes] | None] = lambda _: None
) -> Iterator[Record]:
    """The records of `source` in its files. `pick` gives the lines of a block that may be wanted, None for all."""
    before: Record | None = None
    for block in blocks(files):
        picked = pick(block)
        if picked is not None:
            if before is not None:
                yield before
                before = None
            for line in picked:
                yield Record(source, time_of(line) or "", line)
            continue
        for record in records_of(block, source, before):
            if before is not None and record is not before:
                yield before
            before = record
    if before is not None:
        yield before


def records_of(block: bytes, source: str, before: Record | None = None) -> Iterator[Record]:
    """The records in whole lines; the first may go on with `before`, and each is given when it begins."""
    record = before
    for line in block.split(b"\n"):
        if not line:
            continue
        at = time_of(line)
        if at is None and record is not None and len(record.more) < MOST_LINES:
            record.more.append(line)
            continue
        record = Record(source, at or (record.at if record is not None else ""), line)
        yield record


def blocks(files: Iterable[LogFile]) -> Iterator[bytes]:
    """Whole records of all files in their order, about a MiB at a time."""
    rest = b""
    for file in files:
        with contextlib.suppress(FileNotFoundError), opened(file) as stream:  # it was archived, or forgotten, just now
            while chunk := stream.read(BLOCK_BYTES):
                rest += chunk
                # A record begins with a JSON line, or with supervisord's date.
                at = max(rest.rfind(b"\n{"), rest.rfind(b"\n2")) + 1
                if at == 0 and len(rest) > LONGEST_BYTES:
                    at = len(rest)
                if at:
                    yield rest[:at]
                    rest = rest[at:]
    if rest:
        yield rest


def opened(file: LogFile) -> AbstractContextManager[IO[bytes]]:
    """The lines of a file. Raises OSError."""
    raw = file.path.open("rb")
    if not file.is_archive:
        return raw
    reader: AbstractContextManager[IO[bytes]] = zstandard.ZstdDecompressor().stream_reader(
        raw, closefd=True, read_across_frames=True
    )
    return reader
