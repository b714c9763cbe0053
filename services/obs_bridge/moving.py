"""Moves a file without ever overwriting another: renamed on the same disk, copied to another; obs-bridge's threads for
files.
"""

import errno
import os
import shutil
import zlib
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Final

from shared.clock import monotonic_s
from shared.durable import sync
from shared.errors import IoError

CHUNK_BYTES: Final = 1 << 20
MOST_NAMES: Final = 1_000
"""Tried before it is given up: `clip.mkv`, `clip (2).mkv`, …"""

Pace = Callable[[float, int], None]
"""Waits, given when a copy began (monotonic s) and how many bytes of it were read."""


def move(source: Path, target: Path, *, pace: Pace) -> Generator[Path | None, None, None]:
    """Steps of a move; the last one is the name that the file got, which is `target` or one made unique.

    Raises:
        OSError: a folder cannot be made, the disk is full, and so on; the source is then as it was.
        IoError: there are a thousand files of that name.
    """
    if target.exists() and target.samefile(source):
        yield target
        return
    source.stat()  # what is not there makes no folders
    make_folder(target.parent)
    try:
        yield _into_place(source, target)
        return  # noqa: TRY300  # what follows is for another disk
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
    # Of two that are to have the same name each has its own; what a killed process left of this one is written over.
    part = target.with_name(f".{zlib.crc32(os.fsencode(source)):08x}-{target.name[:200]}.part")
    try:
        yield from _copy(source, part, pace=pace)
        placed = _into_place(part, target)
    except BaseException:  # also when it is broken off between two steps
        part.unlink(missing_ok=True)
        raise
    sync(target.parent)
    source.unlink()
    yield placed


def make_folder(folder: Path) -> None:
    """Make it and those above it, as open to others as the first one that was there: videos are for others, too."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    if not missing:
        return
    mode = missing[-1].parent.stat().st_mode & 0o777
    folder.mkdir(parents=True, exist_ok=True)
    for one in missing:
        one.chmod(mode)


def _into_place(source: Path, target: Path) -> Path:
    """Rename to the first name that is free. The name is taken first, so that nobody else's file is overwritten."""
    for number in range(1, MOST_NAMES + 1):
        name = target if number == 1 else target.with_name(f"{target.stem} ({number}){target.suffix}")
        try:
            os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        except FileExistsError:
            continue
        try:
            source.replace(name)
        except OSError:
            name.unlink(missing_ok=True)
            raise
        return name
    raise IoError("files.names_taken", "There are a thousand files of that name: tidy up the folder.", value=target)


def _copy(source: Path, part: Path, *, pace: Pace) -> Generator[None, None, None]:
    begun_s, done = monotonic_s(), 0
    with source.open("rb", buffering=0) as reading, part.open("wb", buffering=0) as writing:
        while chunk := reading.read(CHUNK_BYTES):
            writing.write(chunk)
            done += len(chunk)
            pace(begun_s, done)
            yield
        os.fsync(writing.fileno())
    shutil.copystat(source, part)
