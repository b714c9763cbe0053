"""supervisord as the one who writes the log files: which it holds open, and how it is told to open them anew."""

import contextlib
import os
import signal
from pathlib import Path

from shared.paths import Paths
from shared.supervised import PID_FILE


def own_supervisor(paths: Paths) -> int | None:
    """The process id of the supervisord that started this process; None when that is gone, or there was none."""
    parent = os.getppid()
    with contextlib.suppress(OSError, ValueError):
        if int((paths.run / PID_FILE).read_text()) == parent:
            return parent
    return None


def reopen(pid: int | None) -> None:
    """Have supervisord open its log files anew (SIGUSR2)."""
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGUSR2)


def held_by(pid: int | None) -> set[tuple[int, int]]:
    """What a process holds open: device and inode of each file. Raises OSError: it runs, and may not be looked at."""
    if pid is None:
        return set()
    try:
        names = list(Path(f"/proc/{pid}/fd").iterdir())
    except (FileNotFoundError, ProcessLookupError):
        return set()
    found = set()
    for name in names:
        with contextlib.suppress(FileNotFoundError):
            status = name.stat()
            found.add((status.st_dev, status.st_ino))
    return found
