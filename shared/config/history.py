"""The accepted versions of restrike.json, in data/config/: the newest is the one that a service goes by when the file
cannot be used. Written by the service that accepts a version first; read by all, and by `restrike config`.
"""

import contextlib
import fcntl
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct

from shared.clock import iso_utc, unix_ns
from shared.config.reading import checksum_of
from shared.durable import sync, write_durably
from shared.errors import ConfigError

NAME: Final = re.compile(r"(\d{6})-(\d{8}T\d{6}Z)-([0-9a-f]{12})\.json")
NUMBER_DIGITS: Final = 6


class Version(Struct, frozen=True, kw_only=True):
    """One accepted version. Numbers count up for ever, whatever the clock does."""

    number: int
    accepted_at: str
    checksum: str
    file: Path

    def text(self) -> bytes | None:
        """What it says; None when it cannot be read, or is not what was written."""
        try:
            text = self.file.read_bytes()
        except OSError:
            return None
        return text if checksum_of(text) == self.checksum else None


class History:
    """The versions in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def versions(self) -> list[Version]:
        """All of them, the oldest first."""
        try:
            names = sorted(entry.name for entry in self.folder.iterdir())
        except OSError:
            return []
        found = [(name, NAME.fullmatch(name)) for name in names]
        return [
            Version(number=int(parts[1]), accepted_at=_iso(parts[2]), checksum=parts[3], file=self.folder / name)
            for name, parts in found
            if parts is not None
        ]

    def last(self) -> Version | None:
        """The newest that can be read."""
        return next((one for one in reversed(self.versions()) if one.text() is not None), None)

    def find(self, wanted: str) -> Version:
        """The version of that number, or whose checksum begins so.

        Raises:
            ConfigError: there is none, or several.
        """
        versions = self.versions()
        number = wanted.removeprefix("#")
        by_number = [one for one in versions if number.isascii() and number.isdecimal() and one.number == int(number)]
        found = by_number or [one for one in versions if len(wanted) >= 4 and one.checksum.startswith(wanted.lower())]
        if len({one.checksum for one in found}) != 1:
            raise ConfigError(
                "config.no_version",
                f"There is {'more than one' if found else 'no'} version {wanted}. See: restrike config history",
                value=wanted,
            )
        return found[-1]

    def keep(self, text: bytes, *, most: int) -> bool:
        """Keep `text` as the newest version, unless it is that already; the oldest beyond `most` are removed. False
        when another process is at it: try again. Raises OSError.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(self.folder / ".lock") as is_mine:
            if not is_mine:
                return False
            versions = self.versions()
            newest = versions[-1] if versions else None
            if newest is None or newest.checksum != checksum_of(text) or newest.text() is None:
                number = newest.number + 1 if newest is not None else 1
                self._write(number, text)
            for old in versions[: max(0, len(self.versions()) - most)]:
                old.file.unlink(missing_ok=True)
        return True

    def _write(self, number: int, text: bytes) -> None:
        stamp = re.sub(r"[-:]|\.\d+", "", iso_utc(unix_ns()))
        name = f"{number:0{NUMBER_DIGITS}d}-{stamp}-{checksum_of(text)}.json"
        fresh = self.folder / ".new"
        fresh.unlink(missing_ok=True)
        write_durably(fresh, text)
        fresh.replace(self.folder / name)
        sync(self.folder)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[bool]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(handle)


def _iso(stamp: str) -> str:
    return f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:11]}:{stamp[11:13]}:{stamp[13:15]}Z"
