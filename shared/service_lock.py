"""The lock that a running service holds: no service runs twice in one home; taken by `serve`, and by whoever stands in
for a service.
"""

import contextlib
import fcntl
import os
from pathlib import Path
from typing import Final

from shared.clock import monotonic_s, wait_s
from shared.paths import Paths

LOCK_WAIT_S: Final = 3.0
"""How long a service waits for its killed predecessor to be gone."""


def take_lock(paths: Paths, service: str) -> int | None:
    """Lock `run/<service>.lock` for this process; None when another process keeps it for longer than 3 s.

    The file keeps its modification time, and a new one has none: a service that fails to start was never alive.
    """
    is_new = not paths.lock(service).exists()
    fd = os.open(paths.lock(service), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = monotonic_s() + LOCK_WAIT_S
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if monotonic_s() > deadline:
                os.close(fd)
                return None
            wait_s(0.02)
        else:
            before = os.fstat(fd)
            with contextlib.suppress(OSError):  # a full disk: the lock is what counts, its text is for people
                os.truncate(fd, 0)
                os.write(fd, str(os.getpid()).encode())
            os.utime(fd, ns=(before.st_atime_ns, 0 if is_new else before.st_mtime_ns))
            return fd


def modified_us(path: Path) -> int | None:
    """When a file was written last (Unix microseconds); None when it is not there, or never was."""
    try:
        return path.stat().st_mtime_ns // 1000 or None
    except FileNotFoundError:
        return None
