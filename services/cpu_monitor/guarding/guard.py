"""Joins the watchdog, the restarts and systemd to cpu-monitor's loop."""

import os
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from services.cpu_monitor.guarding.restarts import WITHIN_S, Restarts
from services.cpu_monitor.guarding.returns import Returns
from services.cpu_monitor.guarding.standing import kept_storms, resume, storm_to_keep, to_keep
from services.cpu_monitor.guarding.supervision import Supervision
from services.cpu_monitor.picture import Picture
from services.cpu_monitor.trails import is_long_ago
from services.registry import SERVICES
from shared.asker import Asker
from shared.clock import monotonic_s, unix_ns
from shared.end_note import EndNote, take_note
from shared.messages.incidents import IncidentKind, ServiceIncident, ServiceKilled
from shared.messages.service import ServiceHealth
from shared.messages.topics import SERVICE_HEALTH, SYSTEM_INCIDENT
from shared.outbox import Outbox
from shared.runtime import Runtime
from shared.sentry import Sentry
from shared.settings.monitor_keys import STORM_RESTARTS
from shared.systemd import READY, Systemd

LOOK_EVERY_S: Final = 1.0
ON_BUS_S: Final = 1.0
"""What is told sooner after a start is heard by nobody."""
READY_WITHIN_S: Final = 20.0
"""A service that does not come up must not have systemd end those that did."""


def guard(runtime: Runtime, picture: Picture, asker: Asker, outbox: Outbox) -> None:
    """Watch every other service."""
    others = [name for name in SERVICES if name != runtime.service]
    kept, now_us = kept_storms(outbox), unix_ns() // 1000
    storms, old = ([], kept) if is_long_ago(runtime.last_alive_us, now_us=now_us) else (kept, [])
    desk = Guard(runtime, picture, outbox, storms)
    sentry = Sentry(
        runtime,
        asker,
        others,
        may_end=lambda: picture.supervisor is None or picture.supervisor.starts_again,
        answered=desk.hear,
        killed=desk.note_killed,
    )
    restless = {storm.service for storm in storms} & set(others)  # Returns is for this one
    resume(desk.restarts, outbox, restless, now_s=monotonic_s(), now_us=now_us)
    supervision = Supervision(runtime, picture, desk.take)
    known: dict[str, int | None] = {}

    def look() -> None:
        now = {name: watched.pid for name, watched in sentry.watched.items()}
        for name, pid in now.items():
            picture.services[name].is_running = pid is not None
        is_news = now != known or None in now.values() or desk.restarts.is_restless
        known.update(now)
        supervision.look(is_news=is_news, now_s=monotonic_s())
        desk.tell_systemd(is_up=all(life.answered_at_s is not None for life in picture.services.values()))

    picture.services[runtime.service].answered_at_s = monotonic_s()
    runtime.on_start(desk.note_own_return)
    runtime.on_start(partial(desk.end_storms, old))
    runtime.on_stop(desk.returns.end)
    runtime.every(LOOK_EVERY_S, look)
    runtime.on(SERVICE_HEALTH)(sentry.hear)
    desk.systemd.give_signs_of_life(runtime, SERVICES)


class Guard:
    """What is done with what was noticed. `storms`: of those who did not stay up when the cpu-monitor before this one
    ended.
    """

    def __init__(self, runtime: Runtime, picture: Picture, outbox: Outbox, storms: Sequence[ServiceIncident]) -> None:
        self.systemd = Systemd()
        self.returns = Returns(outbox)
        self.restarts = Restarts(lambda: runtime.settings.get(STORM_RESTARTS))
        self._runtime = runtime
        self._picture = picture
        self._outbox = outbox
        self._was_restless = runtime.service in {storm.service for storm in storms}
        picture.incidents.extend(storms)
        self._is_ready = False
        self._began_s = monotonic_s()

    def hear(self, name: str, health: ServiceHealth) -> None:
        """A service answered."""
        life = self._picture.services[name]
        life.answered_at_s = monotonic_s()
        life.health = health

    def take(self, processes: list[dict[str, Any]], ends: Mapping[str, str]) -> None:
        """Take which processes supervisord says there are, and how the last ones ended by its log."""
        now_s, now_us = monotonic_s(), unix_ns() // 1000
        listed = [process for process in processes if process["name"] != self._runtime.service]
        for incident in self.restarts.take(listed, ends, now_s=now_s, now_us=now_us):
            self.note(incident)
        if self.restarts.has_news:
            self._outbox.add([], kept=to_keep(self.restarts, now_s=now_s, now_us=now_us))

    def note_own_return(self) -> None:
        """If the cpu-monitor before this one did not end in order, nobody has told of it yet."""
        was_alive_us, now_us = self._runtime.last_alive_us, unix_ns() // 1000
        note = take_note(self._runtime.paths, self._runtime.service)
        if note is not None and note.at_us < (was_alive_us or 0):
            note = None  # an old one, which could not be taken away
        ended_by = None if note is None else note.killed.by
        detail = self.returns.begin(was_alive_us=was_alive_us, now_us=now_us, ended_by=ended_by)
        if detail is not None:
            self._runtime.after(ON_BUS_S, partial(self._note_return, note, detail))
        elif self._was_restless:
            self._await_calm()

    def _note_return(self, note: EndNote | None, detail: str) -> None:
        if note is not None:
            killed = note.killed
            sentence = f"It had not answered for {killed.silent_s:.0f} s and was ended by {killed.by}."
            self.note(_incident(killed.service, IncidentKind.ENDED, killed.pid, sentence, at_us=note.at_us))
        self._note_own(IncidentKind.RESTARTED, detail)
        is_storm = self.returns.recent >= self._runtime.settings.get(STORM_RESTARTS)
        if is_storm:
            self._note_own(IncidentKind.STORM, f"It was started {self.returns.recent} times within a minute. {detail}")
        if is_storm or self._was_restless:
            self._await_calm()

    def _await_calm(self) -> None:
        self._runtime.after(WITHIN_S, lambda: self._note_own(IncidentKind.CALMED, "It has been up for a minute."))

    def _note_own(self, kind: IncidentKind, detail: str) -> None:
        self.note(_incident(self._runtime.service, kind, os.getpid(), detail))

    def end_storms(self, storms: Sequence[ServiceIncident]) -> None:
        """They were so long ago that their end is told without a look."""
        for storm in storms:
            self._runtime.after(ON_BUS_S, partial(self._end_storm, storm.service))

    def _end_storm(self, service: str) -> None:
        self.note(_incident(service, IncidentKind.CALMED, None, "It was started anew since."))

    def note_killed(self, event: ServiceKilled) -> None:
        """A service was ended, because it did not answer."""
        detail = f"It had not answered for {event.silent_s:.0f} s and was ended."
        self.note(_incident(event.service, IncidentKind.ENDED, event.pid, detail))

    def note(self, incident: ServiceIncident) -> None:
        """Put an incident into the picture, the log and on the bus, then into the database: no slow disk keeps anybody
        from hearing of it.
        """
        self._picture.incidents.append(incident)
        self._runtime.log.warning(
            "incident", of=incident.service, kind=incident.kind, detail=incident.detail, pid_of=incident.pid
        )
        self._runtime.bus.publish(SYSTEM_INCIDENT, incident.service, incident)
        self._outbox.add([incident], kept=storm_to_keep(incident))

    def tell_systemd(self, *, is_up: bool) -> None:
        """Tell once that the suite is up, or that this is all that comes up."""
        if self._is_ready or not (is_up or monotonic_s() - self._began_s > READY_WITHIN_S):
            return
        self._is_ready = True
        silent = [name for name, life in self._picture.services.items() if life.answered_at_s is None]
        self.systemd.tell(READY, f"STATUS={', '.join(silent)}: no answer" if silent else "STATUS=all services answer")


def _incident(
    service: str, kind: IncidentKind, pid: int | None, detail: str, *, at_us: int | None = None
) -> ServiceIncident:
    at_us = unix_ns() // 1000 if at_us is None else at_us
    name = f"{service}:{kind}:{pid}:{at_us}"
    return ServiceIncident(incident_id=name, service=service, kind=kind, happened_at_us=at_us, pid=pid, detail=detail)
