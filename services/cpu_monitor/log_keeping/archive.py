"""Files that were set aside are compressed, and forgotten when they are old or too many; cpu-monitor."""

import os
from pathlib import Path
from typing import Final

import zstandard

from services.cpu_monitor.log_keeping.setting_aside import first_time_us
from shared.durable import sync
from shared.log.files import ARCHIVE, PARTIAL, LogFile, archives, stamp

LEVEL: Final = 6
"""Of Zstandard: a tenth smaller than 3, and 10 MiB still take a tenth of a second."""
DAY_US: Final = 86_400_000_000


def compress(file: LogFile, logs: Path) -> Path | None:
    """Put a file that nobody holds open any more into the archive; its new name, None when it was empty.

    Killed at any moment it leaves the file, its archive, or both, which is the same again next time: the name of the
    archive follows from the file.

    Raises:
        OSError: it could not be; the file is still there.
    """
    assert file.end_us is not None  # noqa: S101  # narrows the type
    if file.path.stat().st_size == 0:
        file.path.unlink()
        return None
    begin_us = first_time_us(file.path)
    begin = stamp(file.end_us if begin_us is None else min(begin_us, file.end_us))
    folder = logs / ARCHIVE
    folder.mkdir(mode=0o700, exist_ok=True)
    name = folder / f"{file.source}-{begin}-{stamp(file.end_us)}.jsonl.zst"
    partial = name.with_name(name.name + PARTIAL)
    read = _compressed(file.path, partial)
    while read != file.path.stat().st_size:  # a line came late
        read = _compressed(file.path, partial)
    partial.rename(name)
    sync(folder)
    file.path.unlink()
    return name


def _compressed(source: Path, target: Path) -> int:
    """Compress `source` into `target`, safely on disk; how many bytes were read."""
    try:
        fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with source.open("rb") as read, os.fdopen(fd, "wb") as written:
            count, _ = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).copy_stream(read, written)
            written.flush()
            os.fsync(written.fileno())
    except OSError:
        target.unlink(missing_ok=True)
        raise
    return count


def forget(logs: Path, *, now_us: int, keep_days: int, most_bytes: int) -> list[Path]:
    """Delete archives that are older than `keep_days`, and the oldest beyond `most_bytes` of all; which those were.

    Raises:
        OSError: one could not be deleted.
    """
    before_us = now_us - keep_days * DAY_US
    gone, total = [], 0
    for file in reversed(archives(logs)):
        size = file.path.stat().st_size
        if (file.end_us or 0) < before_us or total + size > most_bytes:
            file.path.unlink()
            gone.append(file.path)
        else:
            total += size
    return gone
