"""A file that a command makes for somebody (`doctor --bundle`, `logs export`, `udp capture`): there whole or not at
all, and a disk that refuses it is one sentence that says what to do.
"""

import errno
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from shared.clock import iso_utc, unix_ns
from shared.errors import IoError

FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
ABSENT: Final = frozenset({errno.ENOENT, errno.ENOTDIR})
FORBIDDEN: Final = frozenset({errno.EACCES, errno.EPERM})
ANOTHER: Final = "name another place with --out"


def refuse_taken(out: Path, *, is_forced: bool) -> None:
    """Refuse a name that is no new file's.

    Raises:
        IoError: it is a folder, or a file is there already and `is_forced` is not given.
    """
    if out.is_dir():
        raise IoError("file.is_folder", f"{out} is a folder: name a file in it with --out.")
    if out.exists() and not is_forced:
        raise IoError("file.exists", f"{out} is there already: name another file, or replace it with --force.")


@contextmanager
def whole(out: Path) -> Iterator[IO[bytes]]:
    """What to write a new file's bytes into. It is its owner's alone, and has its name only once it is whole.

    Raises:
        IoError: it cannot be written.
        OSError: something else could not be read meanwhile.
    """
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        try:
            partial.unlink(missing_ok=True)
            with private(partial, is_new=True) as file:
                yield file
            partial.replace(out)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        if error.filename not in (None, str(partial)):
            raise
        raise refused(out, error) from error


def private(path: Path, *, is_new: bool = False) -> IO[bytes]:
    """The empty file, which nobody but its owner may read. Raises OSError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | (os.O_EXCL if is_new else os.O_TRUNC)
    return os.fdopen(os.open(path, flags, 0o600), "wb")


def refused(out: Path, error: OSError, *, code: str = "file.cannot_write") -> IoError:
    """What keeps `out` from being written, and what to do."""
    folder = out.absolute().parent
    if error.errno in FULL:
        sentence = f"The disk of {folder} is full: make room, or {ANOTHER}."
    elif error.errno in ABSENT:
        sentence = f"There is no folder {folder}: make it, or {ANOTHER}."
    elif error.errno == errno.EROFS:
        sentence = f"{folder} is on a disk that is mounted read-only: {ANOTHER}."
    elif error.errno in FORBIDDEN:
        sentence = f"This user may not write {out.absolute()}: {ANOTHER}."
    else:
        sentence = f"{out} cannot be written ({error.strerror or error}): {ANOTHER}."
    return IoError(code, sentence)


def zip_entry(name: str) -> zipfile.ZipInfo:
    """A file within a .zip, of now, for its owner alone."""
    now = iso_utc(unix_ns())
    date = (int(now[:4]), int(now[5:7]), int(now[8:10]), int(now[11:13]), int(now[14:16]), int(now[17:19]))
    entry = zipfile.ZipInfo(name, date_time=date)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry
