"""The files that supervisord writes its services' output into, such that no trouble with one ends or holds up anything.

As supervisord comes, a log folder that cannot be written ends it (when files are reopened), keeps services from being
started again, and stops the reading of their output, until they wait for ever. Here a file that cannot be opened or
written is tried again each second; what is lost meanwhile is counted, and told in the file once it can be written.
"""

import contextlib
import os
from typing import Any, BinaryIO, Final

from supervisor import loggers

from shared.clock import iso_utc, monotonic_s, unix_ns

RETRY_S: Final = 1.0
_RAW: Final = "%(message)s"


class LogFile(loggers.Handler):  # type: ignore[misc]  # supervisor has no type hints
    """A file of lines. It is renamed at a size only where nobody did so before (`log_keeping` of cpu-monitor)."""

    def __init__(self, filename: str, mode: str = "ab", maxBytes: int = 0, backupCount: int = 0) -> None:  # noqa: ARG002, N803 - supervisord's names
        super().__init__()
        self.lost_bytes = 0
        self._name = filename
        self._most_bytes, self._backups = maxBytes, backupCount
        self._is_open_ended = False
        self._retry_at_s = 0.0
        self.stream: BinaryIO | None = self._opened()

    def reopen(self) -> None:
        """Go on in the file that has the name now."""
        self.close()
        self.stream = self._opened()

    def close(self) -> None:
        """Close the file."""
        stream, self.stream = self.stream, None
        if stream is not None:
            stream.close()

    def remove(self) -> None:
        """Delete the file."""
        self.close()
        with contextlib.suppress(OSError):
            os.remove(self._name)  # noqa: PTH107 - supervisord gives a text

    def emit(self, record: Any) -> None:
        """Write what a service wrote, or a line of supervisord's own."""
        if self.stream is None and monotonic_s() >= self._retry_at_s:
            self.reopen()
        is_raw = self.fmt == _RAW and isinstance(record.msg, bytes)
        data = record.msg if is_raw else (self.fmt % record.asdict()).encode("utf-8", "backslashreplace")
        if self.stream is None or not self._write(self.stream.fileno(), data):
            self.lost_bytes += len(data)
        else:
            self._look(self.stream.fileno())

    def _opened(self) -> BinaryIO | None:
        try:
            # Unbuffered: what could not be written must not wait in memory, and grow.
            return open(self._name, "ab", buffering=0)  # noqa: PTH123 - kept open, by the name that it was given
        except OSError:
            self._retry_at_s = monotonic_s() + RETRY_S
            return None

    def _write(self, fd: int, data: bytes) -> bool:
        line, at = (self._told() + data if self.lost_bytes else data), 0
        try:
            while at < len(line):
                at += os.write(fd, line[at:])
        except OSError:
            self._is_open_ended = self._is_open_ended if at == 0 else line[at - 1 : at] != b"\n"
            return False
        self._is_open_ended = not line.endswith(b"\n")
        self.lost_bytes = 0
        return True

    def _told(self) -> bytes:
        at = iso_utc(unix_ns())
        line = f'{{"timestamp":"{at}","level":"warning","event":"log_bytes_lost","bytes":{self.lost_bytes}}}\n'
        return (b"\n" if self._is_open_ended else b"") + line.encode()

    def _look(self, fd: int) -> None:
        """Begin a new file where this one is too long, or was deleted."""
        found = os.fstat(fd)
        if found.st_nlink == 0:
            self.reopen()
        elif 0 < self._most_bytes <= found.st_size and monotonic_s() >= self._retry_at_s:
            names = [self._name, *(f"{self._name}.{number}" for number in range(1, self._backups + 1))]
            try:
                for older, newer in zip(reversed(names), reversed(names[:-1]), strict=False):
                    with contextlib.suppress(FileNotFoundError):
                        os.replace(newer, older)  # noqa: PTH105 - supervisord gives a text
            except OSError:
                self._retry_at_s = monotonic_s() + RETRY_S
            else:
                self.reopen()


def use_log_files() -> None:
    """Have supervisord write into these."""
    loggers.FileHandler = loggers.RotatingFileHandler = LogFile
