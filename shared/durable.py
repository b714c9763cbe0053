"""Files that survive a power cut; whoever writes one that must."""

import contextlib
import os
from pathlib import Path


def write_durably(path: Path, content: bytes) -> None:
    """Write the new file `path`, for its owner only, and wait for the disk. Raises OSError."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync(path: Path) -> None:
    """Wait until a file, or the new names in a folder, are on the disk. Raises OSError."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace_durably(path: Path, content: bytes, *, mode: int = 0o600, is_first: bool = False) -> None:
    """Put a file at `path` in one step that a power cut cannot halve; one that `is_first` never replaces another's.
    Raises OSError: nothing was changed.
    """
    beside = path.with_name(f".{path.name}.partial")
    try:
        beside.unlink(missing_ok=True)  # of one that was killed
        write_durably(beside, content)
        if mode != 0o600:
            beside.chmod(mode)
        if is_first:
            with contextlib.suppress(FileExistsError):
                os.link(beside, path)
        else:
            beside.replace(path)
        sync(path.parent)
    finally:
        beside.unlink(missing_ok=True)
