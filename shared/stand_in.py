"""Who holds db-writer's lock in its place: a `restrike` command that works on the database while the suite is down.

The lock's text is db-writer's process id alone, or that of `once` and what it does. Used by `once` and `restrike`.
"""

import os
from typing import NamedTuple

from shared.messages.service import WRITER
from shared.paths import Paths
from shared.rpc import is_locked


class StandIn(NamedTuple):
    """The process that works on the database, and what it was asked to do (`restore`)."""

    pid: int
    doing: str


def sign(lock: int, doing: str) -> None:
    """Add to the lock, just taken, what its holder does. Raises OSError: the disk is full."""
    os.write(lock, f" {doing}".encode())


def stand_in(paths: Paths) -> StandIn | None:
    """The command that holds db-writer's lock; None when db-writer does, or nobody."""
    lock = paths.lock(WRITER)
    if not is_locked(lock):
        return None
    try:
        pid, _, doing = lock.read_text(encoding="utf-8").partition(" ")
    except FileNotFoundError:
        return None
    return StandIn(int(pid), doing) if pid.isdecimal() and doing else None
