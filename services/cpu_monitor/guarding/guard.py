"""Joins the watchdog, the restarts and systemd to cpu-monitor's loop."""

import os
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from services.cpu_monitor.guarding.restarts import WITHIN_S, Restarts, ends_in
from services.cpu_monitor.guarding.returns import Returns
from services.cpu_monitor.picture import Picture
from services.registry import SERVICES
from shared.asker import Asker
from shared.clock import monotonic_s, unix_ns
from shared.messages.incidents import IncidentKind, ServiceIncident, ServiceKilled
from shared.messages.service import ServiceHealth
from shared.messages.topics import SERVICE_HEALTH, SYSTEM_INCIDENT
from shared.outbox import Outbox
from shared.runtime import Runtime
from shared.sentry import Sentry
from shared.settings.monitor_keys import STORM_RESTARTS
from shared.supervisor import ask_supervisor
from shared.systemd import READY, Systemd

LOOK_EVERY_S: Final = 1.0
LOG_END_BYTES: Final = 32 * 1024
"""Of supervisord's log: some hundred lines."""
ON_BUS_S: Final = 1.0
"""What is told sooner after a start is heard by nobody."""
READY_WITHIN_S: Final = 20.0
"""A service that does not come up must not have systemd end those that did."""

Take = Callable[[list[dict[str, Any]], Mapping[str, str]], None]


def guard(runtime: Runtime, picture: Picture, asker: Asker, outbox: Outbox) -> None:
    """Watch every other service."""
    others = [name for name in SERVICES if name != runtime.service]
    desk = Guard(runtime, picture, outbox)
    sentry = Sentry(runtime, asker, others, answered=desk.hear, killed=desk.note_killed)
    restarts = Restarts(lambda: runtime.settings.get(STORM_RESTARTS))

    def take(processes: list[dict[str, Any]], ends: Mapping[str, str]) -> None:
        for incident in restarts.take(processes, ends, now_s=monotonic_s(), now_us=unix_ns() // 1000):
            desk.note(incident)

    known: dict[str, int | None] = {}

    def look() -> None:
        now = {name: watched.pid for name, watched in sentry.watched.items()}
        for name, pid in now.items():
            picture.services[name].is_running = pid is not None
        if now != known or None in now.values() or restarts.is_restless:
            known.update(now)
            desk.ask_supervisor(take)
        desk.tell_systemd(is_up=all(life.answered_at_s is not None for life in picture.services.values()))

    picture.services[runtime.service].answered_at_s = monotonic_s()
    runtime.on_start(desk.note_own_return)
    runtime.on_stop(desk.returns.end)
    runtime.every(LOOK_EVERY_S, look)
    runtime.on(SERVICE_HEALTH)(sentry.hear)
    desk.systemd.give_signs_of_life(runtime)


class Guard:
    """What is done with what was noticed."""

    def __init__(self, runtime: Runtime, picture: Picture, outbox: Outbox) -> None:
        self.systemd = Systemd()
        self.returns = Returns(outbox)
        self._runtime = runtime
        self._picture = picture
        self._outbox = outbox
        self._is_asking = False
        self._is_ready = False
        self._began_s = monotonic_s()

    def hear(self, name: str, health: ServiceHealth) -> None:
        """A service answered."""
        life = self._picture.services[name]
        life.answered_at_s = monotonic_s()
        life.health = health

    def note_own_return(self) -> None:
        """If the cpu-monitor before this one did not end in order, nobody has told of it yet."""
        now_us = unix_ns() // 1000
        detail = self.returns.begin(was_alive_us=self._runtime.last_alive_us, now_us=now_us)
        if detail is not None:
            self._runtime.after(ON_BUS_S, partial(self._note_return, detail))

    def _note_return(self, detail: str) -> None:
        self._note_own(IncidentKind.RESTARTED, detail)
        if self.returns.recent >= self._runtime.settings.get(STORM_RESTARTS):
            self._note_own(IncidentKind.STORM, f"It was started {self.returns.recent} times within a minute. {detail}")
            self._runtime.after(WITHIN_S, lambda: self._note_own(IncidentKind.CALMED, "It has been up for a minute."))

    def _note_own(self, kind: IncidentKind, detail: str) -> None:
        self.note(_incident(self._runtime.service, kind, os.getpid(), detail))

    def note_killed(self, event: ServiceKilled) -> None:
        """A service was ended, because it did not answer."""
        detail = f"It had not answered for {event.silent_s:.0f} s and was ended."
        self.note(_incident(event.service, IncidentKind.ENDED, event.pid, detail))

    def note(self, incident: ServiceIncident) -> None:
        """Put an incident into the picture, the log, the database and on the bus."""
        self._picture.incidents.append(incident)
        self._runtime.log.warning(
            "incident", of=incident.service, kind=incident.kind, detail=incident.detail, pid_of=incident.pid
        )
        self._outbox.add([incident])
        self._runtime.bus.publish(SYSTEM_INCIDENT, incident.service, incident)

    def ask_supervisor(self, take: Take) -> None:
        """Have supervisord's list taken, by a thread that may wait for it; one at a time."""
        if self._is_asking:
            return
        self._is_asking = True
        threading.Thread(target=self._fetch, args=(take,), name="supervisor", daemon=True).start()

    def _fetch(self, take: Take) -> None:
        answer, ends = None, dict[str, str]()
        try:
            answer = ask_supervisor(self._runtime.paths, "getAllProcessInfo")
            ends = ends_in(_end_of(self._runtime.paths.logs / "supervisord.log"))
        finally:
            self._runtime.post(partial(self._end, take, answer, ends))

    def _end(self, take: Take, answer: object, ends: Mapping[str, str]) -> None:
        self._is_asking = False
        if isinstance(answer, list):
            take(answer, ends)

    def tell_systemd(self, *, is_up: bool) -> None:
        """Tell once that the suite is up, or that this is all that comes up."""
        if self._is_ready or not (is_up or monotonic_s() - self._began_s > READY_WITHIN_S):
            return
        self._is_ready = True
        silent = [name for name, life in self._picture.services.items() if life.answered_at_s is None]
        self.systemd.tell(READY, f"STATUS={', '.join(silent)}: no answer" if silent else "STATUS=all services answer")


def _incident(service: str, kind: IncidentKind, pid: int, detail: str) -> ServiceIncident:
    now_us = unix_ns() // 1000
    name = f"{service}:{kind}:{pid}:{now_us}"
    return ServiceIncident(incident_id=name, service=service, kind=kind, happened_at_us=now_us, pid=pid, detail=detail)


def _end_of(path: Path) -> str:
    """The end of a text file; nothing of one that cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - LOG_END_BYTES))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
