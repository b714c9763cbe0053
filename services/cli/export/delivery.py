"""Puts an exported file under its name only when it is whole and on the disk; `restrike export`.

It is written to `FILE.partial`, synced, renamed. Whatever goes wrong, what was there under the name is still there.
"""

import contextlib
import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from services.cli.new_files import FULL
from shared.durable import sync
from shared.errors import IoError, ValidationError

PARTIAL: Final = ".partial"


@contextmanager
def delivered(out: Path, *, is_forced: bool) -> Iterator[IO[bytes]]:
    """What to write the file's bytes into.

    Raises:
        ValidationError: there is such a file and it may not be replaced, or the name is none of a file.
        IoError: the disk is full, or somebody else writes that file.
        OSError: the folder or the file refuses.
    """
    check(out, is_forced=is_forced)
    partial = out.with_name(out.name + PARTIAL)
    with full_disk_told(out), _claimed(partial) as stream:
        try:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
            check(out, is_forced=is_forced)  # it may have come in the meantime
            partial.replace(out)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
    _sync_folder(out.parent)


def check(out: Path, *, is_forced: bool) -> None:
    """Refuse a name under which no file may be put.

    Raises:
        ValidationError: as `delivered`.
    """
    if not out.parent.is_dir():
        raise ValidationError("export.no_folder", "There is no such folder; make it first.", value=out.parent)
    if out.exists() and not out.is_file():
        raise ValidationError("export.not_a_file", "This is not a file; name one.", value=out)
    if out.exists() and not is_forced:
        raise ValidationError(
            "export.exists", "There is such a file already; name another one or replace it with --force.", value=out
        )


@contextmanager
def full_disk_told(out: Path) -> Iterator[None]:
    """A full disk becomes one sentence."""
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise IoError(
            "export.disk_full", "The disk is full: nothing was exported. Make room or name another disk.", value=out
        ) from error


@contextmanager
def to_standard_output() -> Iterator[IO[bytes]]:
    """Standard output, for bytes."""
    yield sys.stdout.buffer
    sys.stdout.buffer.flush()


@contextmanager
def _claimed(partial: Path) -> Iterator[IO[bytes]]:
    """The empty file `partial`, for this process alone; what an export that was killed left there is overwritten."""
    with open(os.open(partial, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666), "w+b") as stream:  # noqa: PTH123  # a descriptor
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise _busy(partial) from error
        if not partial.exists() or partial.stat().st_ino != os.fstat(stream.fileno()).st_ino:  # it was just renamed
            raise _busy(partial)
        stream.truncate()
        yield stream


def _busy(partial: Path) -> IoError:
    return IoError("export.busy", "Another export writes that file; wait for it.", value=partial)


def _sync_folder(folder: Path) -> None:
    """Let the new name survive a power cut; some file systems (a USB stick's) cannot sync a folder."""
    with contextlib.suppress(OSError):
        sync(folder)
