"""Where log lines go; every process. A line never ends a service and never makes it wait for long.

Lines go to stderr, a pipe that supervisord reads and writes into files; into the log file itself once supervisord is
gone, for a service outlives it. What cannot be written anywhere is dropped and counted.
"""

import contextlib
import fcntl
import os
import select
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

PIPE_BYTES: Final = 1024 * 1024
"""What the kernel keeps while supervisord is busy: some 4,000 lines. It may refuse; then it is 64 KiB."""
PATIENCE_MS: Final = 100
"""How long a full pipe is waited for, once; from then on lines are dropped until it takes some again. Long enough for
a supervisord that is busy, and a loop that stands still so long is no fault yet."""


class Lines:
    """One process's lines. `dropped` counts those that could not be written. `tell` makes the line that says so."""

    def __init__(self, fallback: Path, *, tell: Callable[[int], bytes], fd: int = 2) -> None:
        self.dropped = 0
        self._fallback = fallback
        self._tell = tell
        self._fd = fd
        self._told = 0
        self._is_gone = self._is_stuck = self._is_torn = False
        self._lock = threading.RLock()
        self._poll = select.poll()
        self._poll.register(fd, select.POLLOUT)
        self._is_pipe = self._enlarged()

    def write(self, line: bytes) -> None:
        """Write `line`, which ends with a newline."""
        with self._lock:
            missing = self.dropped - self._told
            if not self._write(self._tell(missing) + line if missing else line):
                self.dropped += 1
            elif missing:
                self._told += missing

    def _write(self, line: bytes) -> bool:
        if self._is_torn:  # a part of a line is there: end it, so that the next one can be read
            line = b"\n" + line
        if not self._is_gone:
            try:
                return self._to_stderr(line)
            except OSError:
                # Full disk, or nobody reads any more: the file itself, if it can be written.
                self._is_gone = self._is_pipe
        return self._to_file(line)

    def _to_stderr(self, line: bytes) -> bool:
        if not self._is_pipe:
            return self._written(self._fd, line)
        at = 0
        while at < len(line):
            # A pipe that has room for some takes this much without waiting.
            if not self._poll.poll(0 if self._is_stuck else PATIENCE_MS):
                self._is_stuck, self._is_torn = True, self._is_torn or at > 0
                return False
            at += os.write(self._fd, line[at : at + select.PIPE_BUF])
        self._is_stuck = self._is_torn = False
        return True

    def _to_file(self, line: bytes) -> bool:
        # Opened for each line, so that whoever rotates it only has to rename it.
        with contextlib.suppress(OSError):
            fd = os.open(self._fallback, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                return self._written(fd, line)
            finally:
                os.close(fd)
        return False

    def _written(self, fd: int, line: bytes) -> bool:
        at = 0
        try:
            while at < len(line):
                at += os.write(fd, line[at:])
        finally:
            self._is_torn = at < len(line) and (at > 0 or self._is_torn)
        return True

    def _enlarged(self) -> bool:
        try:
            is_pipe = stat.S_ISFIFO(os.fstat(self._fd).st_mode)
        except OSError:
            return False
        if is_pipe:
            with contextlib.suppress(OSError):
                fcntl.fcntl(self._fd, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        return is_pipe
