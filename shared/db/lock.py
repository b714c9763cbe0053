"""A lock between processes that the kernel lets go when its holder dies; migrations and backups."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.clock import monotonic_s, wait_s
from shared.errors import DatabaseError

_POLL_S = 0.02


@contextmanager
def file_lock(path: Path, *, within_s: float) -> Iterator[None]:
    """Hold the lock file `path` (made if need be, never removed) for the length of the block.

    Raises DatabaseError when another process still holds it after `within_s` seconds, or when it cannot be made.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DatabaseError(
            "database.cannot_lock",
            f"The lock file cannot be made there ({error.strerror}); correct the folder or its rights.",
            value=str(path),
        ) from error
    try:
        _wait_for(handle, path=path, within_s=within_s)
        yield
    finally:
        os.close(handle)


def _wait_for(handle: int, *, path: Path, within_s: float) -> None:
    deadline = monotonic_s() + within_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if monotonic_s() > deadline:
                raise DatabaseError(
                    "database.locked",
                    f"Another process has held the database's care for {within_s:g} s; wait until it ends.",
                    value=str(path),
                ) from None
            wait_s(_POLL_S)
        else:
            return
