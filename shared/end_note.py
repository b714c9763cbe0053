"""The note that is left for the next cpu-monitor when a frozen one is ended: nobody else could keep it then.

A file in `run/`, so that it is there whatever becomes of broker meanwhile. Written by broker (shared/sentry.py), taken
by cpu-monitor.
"""

import contextlib
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from shared.clock import unix_ns
from shared.messages.incidents import ServiceKilled
from shared.paths import Paths

SUFFIX: Final = ".ended"


class EndNote(Struct, frozen=True):
    """Who was ended, and when (Unix microseconds)."""

    killed: ServiceKilled
    at_us: int


def leave_note(paths: Paths, killed: ServiceKilled) -> None:
    """Write it, before the kill. Where that cannot be done, the next one knows only that there was an end."""
    with contextlib.suppress(OSError):
        _file(paths, killed.service).write_bytes(msgspec.json.encode(EndNote(killed, unix_ns() // 1000)))


def take_note(paths: Paths, service: str) -> EndNote | None:
    """Read it, and take it away; None: there is none, or none that can be read."""
    path = _file(paths, service)
    try:
        return msgspec.json.decode(path.read_bytes(), type=EndNote)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    finally:
        with contextlib.suppress(OSError):
            path.unlink()


def _file(paths: Paths, service: str) -> Path:
    return paths.lock(service).with_suffix(SUFFIX)
