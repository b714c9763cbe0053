"""Ends services that are there and do not answer (frozen, swapped out), so that supervisord starts them anew.

cpu-monitor watches all others, broker watches cpu-monitor. Counts its own looks and not seconds: whoever was frozen
with the whole machine has missed one look when it goes on, and ends nobody for it.
"""

import contextlib
import os
import signal
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import psutil
from msgspec import Struct

from shared.asker import Asker
from shared.end_note import leave_note
from shared.errors import NetworkError, RestrikeError
from shared.messages.commands import GetHealth
from shared.messages.incidents import ServiceKilled
from shared.messages.service import MONITOR, ServiceHealth
from shared.messages.topics import SERVICE_KILLED
from shared.rpc import is_locked
from shared.runtime import Runtime
from shared.settings.monitor_keys import KILL_AFTER_S, START_WITHIN_S

LOOK_EVERY_S: Final = 1.0
LEAST_DEADLINE_S: Final = 5.0
SELDOM_LOOKS: Final = 5
APART_LOOKS: Final = 5
"""Looks between two ends: when the whole machine stalls, the others may come back by themselves."""

Answered = Callable[[str, ServiceHealth], None]
Killed = Callable[[ServiceKilled], None]


class Watched(Struct):
    """A service as it was seen last. `looks` counts those without an answer since the last one, or since process `pid`
    was met.
    """

    pid: int | None = None
    has_lived: bool = False
    has_answered: bool = False
    is_asked: bool = False
    was_told: bool = False
    looks: int = 0


class Sentry:
    """Asks each service that it does not hear. `watched` says how each one is. `may_end`: somebody starts again what is
    ended; one that is only slow may come back by itself.
    """

    def __init__(  # noqa: PLR0913  # whom it watches, and three who hear or say something of it
        self,
        runtime: Runtime,
        asker: Asker,
        services: Sequence[str],
        *,
        may_end: Callable[[], bool] = lambda: True,
        answered: Answered = lambda _name, _health: None,
        killed: Killed = lambda _event: None,
    ) -> None:
        self.watched = {name: Watched() for name in services}
        self._runtime = runtime
        self._asker = asker
        self._may_end = may_end
        self._answered = answered
        self._killed = killed
        self._rest = self._count = 0
        runtime.every(LOOK_EVERY_S, self.look)

    def look(self) -> None:
        """Ask everybody who owes no answer, and end who has owed one for too long."""
        self._rest = max(0, self._rest - 1)
        self._count += 1
        for name in self.watched:
            self._meet(name)
            watched = self.watched[name]
            if watched.pid is not None and self._is_overdue(name, watched) and not self._rest and self._may_end():
                self._end(name, watched)

    def hear(self, health: ServiceHealth) -> None:
        """A service said on the bus that it lives: its loop turns, however late its answers are."""
        watched = self.watched.get(health.service)
        if watched is not None and watched.pid == health.pid:
            watched.looks, watched.has_lived = 0, True

    def _meet(self, name: str) -> None:
        watched = self.watched[name]
        watched.looks += 1
        if watched.looks > 1 or watched.pid is None:  # it did not answer: is it there, and still the same?
            pid = holder(self._runtime.paths.lock(name), name)
            if pid != watched.pid:
                watched = self.watched[name] = Watched(pid=pid)
        # One that is heard on the bus is asked now and then only: whether it answers, too.
        is_due = watched.looks > 1 or not watched.has_answered or self._count % SELDOM_LOOKS == 0
        if is_due and not watched.is_asked:
            watched.is_asked = True
            answered, missed = partial(self._take, name, watched), partial(self._miss, watched)
            # One question at a time, and time enough for it: a loop that turns slowly answers late, and lives.
            deadline_s = max(self._runtime.settings.get(KILL_AFTER_S), LEAST_DEADLINE_S)
            self._asker.ask(GetHealth(), answered, missed, service=name, deadline_s=deadline_s)

    def _take(self, name: str, watched: Watched, health: ServiceHealth) -> None:
        watched.is_asked = False
        watched.pid, watched.looks, watched.has_lived, watched.has_answered = health.pid, 0, True, True
        self._answered(name, health)

    def _miss(self, watched: Watched, error: RestrikeError) -> None:
        watched.is_asked = False
        if not isinstance(error, NetworkError):
            watched.looks = 0  # a refusal is an answer

    def _is_overdue(self, name: str, watched: Watched) -> bool:
        """Whether it is to be ended. One that has never been alive yet may still be migrating the database."""
        silent_s = watched.looks * LOOK_EVERY_S
        limit_s = self._runtime.settings.get(KILL_AFTER_S)
        if not limit_s or watched.was_told or silent_s <= limit_s:
            return False
        watched.has_lived = watched.has_lived or has_lived(self._runtime.paths.lock(name), watched.pid)
        start_s = self._runtime.settings.get(START_WITHIN_S)
        return watched.has_lived or (bool(start_s) and silent_s > start_s)

    def _end(self, name: str, watched: Watched) -> None:
        if watched.pid is None:
            return  # for mypy: who is overdue is there
        self._rest = APART_LOOKS
        watched.was_told = True
        silent_s = watched.looks * LOOK_EVERY_S
        event = ServiceKilled(service=name, by=self._runtime.service, pid=watched.pid, silent_s=silent_s)
        if name == MONITOR:
            leave_note(self._runtime.paths, event)  # nobody else keeps what happens to a service
        with contextlib.suppress(ProcessLookupError):
            os.kill(watched.pid, signal.SIGKILL)
        self._runtime.log.error("service_ended", ended=name, pid_ended=watched.pid, silent_s=silent_s)
        self._runtime.bus.publish(SERVICE_KILLED, name, event)
        self._killed(event)


def has_lived(lock: Path, pid: int | None) -> bool:
    """Whether the process has turned its loop at least once: it touches its lock each second from then on."""
    try:
        return pid is not None and lock.stat().st_mtime > psutil.Process(pid).create_time()
    except (OSError, psutil.Error):
        return False


def holder(lock: Path, service: str) -> int | None:
    """The process that holds a service's lock; None when none does, or it cannot be told for sure."""
    if not is_locked(lock):
        return None
    with contextlib.suppress(OSError, ValueError):
        pid = int(lock.read_text(encoding="ascii"))
        # On a full disk the file may hold the number of an earlier process, which may be anybody's now.
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if service.encode() in words:
            return pid
    return None
