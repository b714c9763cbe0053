"""Times of log lines as UTC text that sorts, `2026-03-01T09:30:00.123456Z`; `restrike logs`."""

from typing import Final

from shared.clock import iso_utc
from shared.log.files import line_time_us

_BEGINNING: Final = b'{"timestamp":"'
_AT: Final = slice(len(_BEGINNING), len(_BEGINNING) + 27)
_Z: Final = len(_BEGINNING) + 26


def time_of(line: bytes) -> str | None:
    """When a line was written, as it says itself; None where it does not."""
    if line.startswith(_BEGINNING) and line[_Z : _Z + 1] == b"Z":
        return line[_AT].decode("ascii", "replace")
    if line[:1] not in (b"{", b"2", b"["):
        return None
    at_us = line_time_us(line)
    return None if at_us is None else iso_utc(at_us * 1_000)
