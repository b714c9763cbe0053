"""When a log file is set aside, and how: renamed, with a new one in its place; cpu-monitor.

supervisord goes on writing into the renamed file until it is told to open its files anew, so that no line is lost.
"""

import os
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Final

from shared.log.files import ARCHIVE, PARTIAL, archives, line_time_us, set_aside, stamp

FRESH: Final = ".fresh"
FIRST_BYTES: Final = 4_096


class Rotation:
    """Sets the files of one folder aside at `most_bytes`, and at midnight of `zone` (None: this machine's)."""

    def __init__(self, logs: Path, *, zone: tzinfo | None = None) -> None:
        self._logs = logs
        self._zone = zone
        self._begun: dict[int, int] = {}

    def clean(self) -> None:
        """Remove what somebody who was killed left half made. Raises OSError."""
        for path in [*self._logs.glob(f"*{FRESH}"), *(self._logs / ARCHIVE).glob(f"*{PARTIAL}")]:
            path.unlink(missing_ok=True)

    def set_aside(self, *, now_us: int, most_bytes: int) -> list[Path]:
        """Set aside what is due, and what supervisord set aside by itself; their names now.

        Raises:
            OSError: the folder cannot be written; every file is where it was.
        """
        done = []
        for path in sorted(self._logs.glob("*.log")):
            if self._is_due(path, now_us=now_us, most_bytes=most_bytes):
                done.append(self._free_name(path.name, now_us))
                _exchange(path, done[-1])
        for file in set_aside(self._logs):
            if file.path.suffix.removeprefix(".").isdigit() and file.end_us is not None:
                name = self._free_name(f"{file.source}.log", file.end_us)
                file.path.rename(name)
                done.append(name)
        return done

    def _is_due(self, path: Path, *, now_us: int, most_bytes: int) -> bool:
        try:
            found = path.stat()
        except FileNotFoundError:
            return False
        if found.st_size == 0:
            self._begun.pop(found.st_ino, None)
            return False
        begun_us = self._begun.get(found.st_ino)
        if begun_us is None:
            begun_us = first_time_us(path)
            begun_us = self._begun[found.st_ino] = found.st_mtime_ns // 1000 if begun_us is None else begun_us
        is_due = found.st_size >= most_bytes or self._day(begun_us) < self._day(now_us)
        if is_due:
            del self._begun[found.st_ino]
        return is_due

    def _day(self, at_us: int) -> int:
        at = datetime.fromtimestamp(at_us // 1_000_000, tz=UTC).astimezone(self._zone)
        return at.toordinal()

    def _free_name(self, name: str, at_us: int) -> Path:
        """A name that neither a file has that is set aside, nor the archive of one."""
        source = name.removesuffix(".log")
        taken = {file.end_us for file in (*set_aside(self._logs), *archives(self._logs)) if file.source == source}
        at_us -= at_us % 1_000
        while at_us in taken:
            at_us += 1_000
        return self._logs / f"{name}.{stamp(at_us)}"


def first_time_us(path: Path) -> int | None:
    """The time of the first line that tells its own. Raises OSError."""
    with path.open("rb") as file:
        lines = file.read(FIRST_BYTES).splitlines()
    return next((at_us for line in lines if (at_us := line_time_us(line)) is not None), None)


def _exchange(path: Path, aside: Path) -> None:
    """Rename `path` to `aside` with an empty file in its place. That is made first: where nothing can be made, nothing
    is renamed, and supervisord finds a file to open.
    """
    fresh = path.with_name(path.name + FRESH)
    os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
    path.rename(aside)
    fresh.rename(path)
