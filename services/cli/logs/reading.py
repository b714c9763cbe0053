"""Records of all services in the order of their times; `restrike logs`, and what collects logs for support."""

import heapq
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from services.cli.logs.records import Record, records, records_of
from services.cli.logs.wanted import Wanted
from shared.clock import iso_utc
from shared.errors import IoError
from shared.log.files import LogFile, log_files

TAIL_BYTES: Final = 64 * 1024
"""Of a file's end that is looked at first: some 300 lines."""


def files_of(logs: Path, asked: Wanted) -> dict[str, list[LogFile]]:
    """The files of each source that can hold what is wanted, the oldest first.

    Raises:
        IoError: the folder of logs cannot be read.
    """
    try:
        found = log_files(logs)
    except FileNotFoundError:
        found = {}
    except OSError as error:
        raise IoError("log.unreadable", f"{logs} cannot be read: {error.strerror}.") from error
    return {
        source: [file for file in found[source] if asked.file_may_match(file)]
        for source in asked.sources
        if source in found
    }


def search(logs: Path, asked: Wanted) -> Iterator[Record]:
    """Everything that is wanted, by time. Raises IoError."""
    found = files_of(logs, asked)
    streams = (_matching(files, source, asked) for source, files in found.items())
    return heapq.merge(*streams, key=lambda record: record.at)


def recent_lines(logs: Path, *, since_us: int) -> Iterator[tuple[str, str]]:
    """All lines since a time, by time, with the service that wrote them; for a bundle of support. Raises IoError."""
    for record in search(logs, Wanted(since=iso_utc(since_us * 1_000))):
        yield record.source, record.text()


def last(logs: Path, asked: Wanted, count: int) -> list[Record]:
    """The last records that are wanted, by time: of the files that are not archived, and the newest archive of each
    source. Raises IoError.
    """
    found = files_of(logs, asked)
    newest: list[Record] = []
    for source, files in found.items():
        newest += _last_of(files, source, asked, count)
    newest.sort(key=lambda record: record.at)
    return newest[-count:] if count else []


def _last_of(files: list[LogFile], source: str, asked: Wanted, count: int) -> list[Record]:
    current = files[-1] if files else None
    if current is not None and not current.is_archive:
        kept = _end_of(current, source, asked, count)
        if kept is not None:
            return kept
    archived = [file for file in files if file.is_archive][-1:]
    recent = [*archived, *(file for file in files if not file.is_archive)]
    return list(deque(_matching(recent, source, asked), maxlen=count))


def _end_of(file: LogFile, source: str, asked: Wanted, count: int) -> list[Record] | None:
    """The last records of a file, when its end is enough; else None."""
    try:
        with file.path.open("rb") as stream:
            size = stream.seek(0, 2)
            stream.seek(max(0, size - TAIL_BYTES))
            block = stream.read()
    except OSError:
        return None
    if size > TAIL_BYTES:
        block = block[block.find(b"\n{") + 1 :]
    found = [record for record in _of_block(block, source) if asked.matches(record)]
    return found[-count:] if len(found) >= count > 0 else None


def _of_block(block: bytes, source: str) -> list[Record]:

    return list(records_of(block, source))


def _matching(files: list[LogFile], source: str, asked: Wanted) -> Iterator[Record]:
    return (record for record in records(files, source, pick=asked.pick) if asked.matches(record))
