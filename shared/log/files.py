"""Which log files there are and what their names say: written by cpu-monitor, read by `restrike logs`.

log/pss-parser.log                                                   written now
log/pss-parser.log.20260301T093012123Z                               set aside then (UTC), about to be compressed
log/pss-parser.log.1                                                 set aside by supervisord, as nobody else did
log/archive/pss-parser-20260301T080000000Z-20260301T093012123Z.jsonl.zst    from its first line until it was set aside
"""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from msgspec import Struct

ARCHIVE: Final = "archive"
PARTIAL: Final = ".partial"
_STAMP: Final = r"\d{8}T\d{9}Z"
_CURRENT: Final = re.compile(r"(?P<source>[a-z0-9][a-z0-9-]*)\.(?:log|out)")
_SET_ASIDE: Final = re.compile(rf"(?P<source>[a-z0-9][a-z0-9-]*)\.log\.(?P<end>{_STAMP})")
_BACKUP: Final = re.compile(r"(?P<source>[a-z0-9][a-z0-9-]*)\.log\.(?P<number>\d{1,3})")
_ARCHIVED: Final = re.compile(rf"(?P<source>[a-z0-9][a-z0-9-]*)-(?P<begin>{_STAMP})-(?P<end>{_STAMP})\.jsonl\.zst")
_LINE_TIME: Final = re.compile(rb'"timestamp": ?"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)Z"')
_TEXT_TIME: Final = re.compile(rb"\[?(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)[,.](\d{3})")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class LogFile(Struct, frozen=True, kw_only=True):
    """A file of log lines of `source`: a service, or supervisord. `begin_us` is the time of its first line where the
    name says it, `end_us` when it was set aside (Unix microseconds); None: it is written now.
    """

    path: Path
    source: str
    begin_us: int | None = None
    end_us: int | None = None
    is_archive: bool = False


def stamp(at_us: int) -> str:
    """A time in a file's name, to the millisecond."""
    at = _EPOCH + timedelta(microseconds=at_us)
    return f"{at:%Y%m%dT%H%M%S}{at.microsecond // 1000:03d}Z"


def unstamped(text: str) -> int:
    """The Unix microseconds of a `stamp`. Raises ValueError: it is none."""
    at = datetime.strptime(f"{text[:-1]}000", "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC)
    return (at - _EPOCH) // timedelta(microseconds=1)


def line_time_us(line: bytes) -> int | None:
    """When a line was written, as it says itself: a JSON line, or one of supervisord's (local time); else None."""
    found = _LINE_TIME.search(line, 0, 4_000) if line.startswith(b"{") else None
    try:
        if found is not None:
            at = datetime.fromisoformat(found[1].decode()).replace(tzinfo=UTC)
        else:
            text = _TEXT_TIME.match(line)
            if text is None:
                return None
            at = datetime.fromisoformat(f"{text[1].decode()}.{text[2].decode()}").astimezone()
    except (ValueError, OverflowError):
        return None
    return (at - _EPOCH) // timedelta(microseconds=1)


def log_files(logs: Path) -> dict[str, list[LogFile]]:
    """The files of each source, the oldest first. What is both set aside and archived counts once.

    Raises:
        OSError: the folder cannot be read.
    """
    archived = _archives(logs / ARCHIVE)
    ends = {(file.source, file.end_us) for file in archived}
    loose = [file for path in logs.iterdir() if (file := _loose(path)) is not None]
    found: dict[str, list[LogFile]] = {}
    for file in [*archived, *(file for file in loose if (file.source, file.end_us) not in ends)]:
        found.setdefault(file.source, []).append(file)
    for files in found.values():
        files.sort(key=lambda file: (file.end_us is None, file.end_us or 0, file.path.suffix == ".log"))
    return found


def set_aside(logs: Path) -> list[LogFile]:
    """The files that were set aside and are not archived yet, or whose archive was not known to be whole."""
    return [file for path in sorted(logs.iterdir()) if (file := _loose(path)) is not None and file.end_us is not None]


def archives(logs: Path) -> list[LogFile]:
    """The archived files, the oldest first."""
    return sorted(_archives(logs / ARCHIVE), key=lambda file: file.end_us or 0)


def _archives(folder: Path) -> list[LogFile]:
    try:
        paths = list(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    found = []
    for path in paths:
        name = _ARCHIVED.fullmatch(path.name)
        if name is not None:
            begin_us, end_us = unstamped(name["begin"]), unstamped(name["end"])
            found.append(LogFile(path=path, source=name["source"], begin_us=begin_us, end_us=end_us, is_archive=True))
    return found


def _loose(path: Path) -> LogFile | None:
    if (name := _CURRENT.fullmatch(path.name)) is not None:
        return LogFile(path=path, source=name["source"])
    if (name := _SET_ASIDE.fullmatch(path.name)) is not None:
        return LogFile(path=path, source=name["source"], end_us=unstamped(name["end"]))
    if (name := _BACKUP.fullmatch(path.name)) is not None:
        try:
            return LogFile(path=path, source=name["source"], end_us=path.stat().st_mtime_ns // 1000)
        except OSError:  # it was renamed just now
            return None
    return None
