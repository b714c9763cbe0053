"""Files of /proc and /sys that are read again and again: opened once, read from the start each time; cpu-monitor."""

import os
from typing import Final

CHUNK_BYTES: Final = 32_768
"""More than most of them have. The kernel may still give less at a time: it is read until nothing more comes."""


class KernelFile:
    """One of them. A process's file stays that process's: when its number is given to another one, there is nothing
    to read any more.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._fd: int | None = None

    def read(self) -> bytes | None:
        """All of it; None: it is absent, may not be read, or its process is gone. The next read opens it anew."""
        try:
            if self._fd is None:
                self._fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
            return _all_of(self._fd)
        except OSError:
            self.close()
            return None

    def close(self) -> None:
        """Let it go."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def read_once(path: str) -> bytes | None:
    """All of a file that is read seldom; None: it is absent or may not be read."""
    file = KernelFile(path)
    try:
        return file.read()
    finally:
        file.close()


def _all_of(fd: int) -> bytes:
    found = os.pread(fd, CHUNK_BYTES, 0)
    if not found:
        return found
    parts, size = [found], len(found)
    while more := os.pread(fd, CHUNK_BYTES, size):
        parts.append(more)
        size += len(more)
    return found if len(parts) == 1 else b"".join(parts)
