"""Services: whether they live, lose something, are slow, or do not stay up; cpu-monitor."""

from collections.abc import Iterator
from typing import Final

from services.cpu_monitor.health.supervision import judge_supervisor, starts_again
from services.cpu_monitor.health.view import ALIVE_S, Verdict, View, degraded, duration, failed, unknown, worst
from services.cpu_monitor.picture import Life
from shared.alerts.metrics import GROWN_S
from shared.messages.health import Subject
from shared.messages.incidents import IncidentKind, ServiceIncident
from shared.messages.service import BROKER, MONITOR, WRITER, ServiceHealth
from shared.supervised import ANEW

MOST_WAITING: Final = 10_000
"""Entries that wait in a service: some seconds of the busiest venue."""
MUTE_S: Final = 2 * ALIVE_S
"""Longer than the difference of two services' periods: when the broker goes, all fall silent within a second."""
AGAIN: Final = 2
"""Starts within a minute that are no accident."""
_SUBJECT: Final = Subject.SERVICE


def judge_services(view: View) -> Iterator[Verdict]:
    """An item for each service, and for supervisord."""
    for name, life in view.picture.services.items():
        silent = _silence(view, name, life)
        yield silent if silent is not None else worst(name, _faults(view, name, life))
    yield from judge_supervisor(view)


def _silence(view: View, name: str, life: Life) -> Verdict | None:
    """What keeps it from its work altogether."""
    if name == MONITOR:
        return None  # it is the one who judges
    if name == BROKER and view.bus_is_away and not view.is_new:
        since = f" for {duration(view.now_s - life.heard_at_s)}" if life.heard_at_s is not None else ""
        reason = f"Nothing comes through the broker{since}: other programs hear nothing. Receiving and storing go on."
        return failed(name, reason, _remedy(view, name))
    if view.is_alive(name):
        return None
    fallen = _fallen(view, name)
    if fallen is not None:
        return fallen
    if view.is_new:
        return unknown(name, "cpu-monitor began a moment ago, and has not heard it yet.", "Wait some seconds.")
    times = [at_s for at_s in (life.heard_at_s, life.answered_at_s) if at_s is not None]
    if times:
        return failed(name, f"{name} has not been heard for {duration(view.now_s - max(times))}.", _remedy(view, name))
    if view.bus_is_away:
        return unknown(name, "The broker is away, so nobody hears it.", "See what is said of the broker.")
    return failed(name, f"{name} was never heard.", _remedy(view, name))


def _remedy(view: View, name: str) -> str:
    if not starts_again(view):
        return f"Nobody starts it again by itself, as supervisord is away. {ANEW} See: restrike logs tail {name}"
    if view.picture.services[name].is_running is False:
        by_hand = "It is started again by itself; if somebody stopped it, by: restrike up -d."
        return f"{by_hand} See: restrike logs tail {name}"
    after_s = view.tolerances.kill_after_s
    by_itself = f"It is ended and started again by itself after {after_s:.0f} s. " if after_s else ""
    starts = "It may still be migrating the database. " if name == WRITER and _never(view, name) else ""
    return f"{by_itself}{starts}See: restrike logs tail {name}"


def _never(view: View, name: str) -> bool:
    return view.picture.services[name].heard_at_s is None


def _fallen(view: View, name: str) -> Verdict | None:
    """What is known of its end: it stays down until somebody mends what ended it."""
    last = next((one for one in reversed(view.picture.incidents) if one.service == name), None)
    if last is None or last.kind is not IncidentKind.STAYS_DOWN:
        return None
    remedy = f"Mend the configuration (restrike config check), then: restrike up. See: restrike logs tail {name}"
    return failed(name, f"{name} stays down. {last.detail or ''}".rstrip(), remedy)


def _faults(view: View, name: str, life: Life) -> Iterator[Verdict]:
    yield from _restarts(view, name)
    if not view.is_new and name != MONITOR and not view.is_fresh(view.picture.trails.bus_away_at_s, MUTE_S):
        yield from _bus(view, name, life)
    yield from _counters(view, name)
    if life.health is not None:
        yield from _load(view, life.health)


def _bus(view: View, name: str, life: Life) -> Iterator[Verdict]:
    """Whether it is on the bus, which is there for the others."""
    if life.health is not None and not life.health.on_bus and not view.is_fresh(life.heard_at_s, ALIVE_S):
        yield degraded(name, f"{name} is not on the bus.", "It joins as soon as the broker runs: see the broker.")
    if not view.is_fresh(life.heard_at_s, MUTE_S):
        reason = f"{name} answers, but nothing that it says comes through the broker."
        yield degraded(name, reason, f"See: restrike logs tail {name}")


def _restarts(view: View, name: str) -> Iterator[Verdict]:
    logs = f"See why: restrike logs tail {name}"
    incidents = [one for one in view.picture.incidents if one.service == name]
    turns = [one for one in incidents if one.kind in (IncidentKind.STORM, IncidentKind.CALMED)]
    if turns and turns[-1].kind is IncidentKind.STORM:
        yield failed(name, f"{name} does not stay up. {turns[-1].detail or ''}".rstrip(), logs)
    lately = [one for one in incidents if _is_recent(view, one)]
    if any(one.kind is IncidentKind.ENDED for one in lately):
        yield degraded(name, f"{name} did not answer, was ended, and runs again.", logs)
    restarts = sum(one.kind is IncidentKind.RESTARTED for one in lately)
    if restarts >= AGAIN:
        yield degraded(name, f"{name} was started {restarts} times within a minute.", logs)


def _is_recent(view: View, incident: ServiceIncident) -> bool:
    return 0 <= view.now_us - incident.happened_at_us <= GROWN_S * 1e6


def _counters(view: View, name: str) -> Iterator[Verdict]:
    lost = view.grew(_SUBJECT, name, "lost")
    if lost and not _broker_was_away(view):
        reason = f"{name} missed {lost:.0f} events within a minute; it asks for those that it needs."
        yield degraded(name, reason, "See whether the machine is short of processor: restrike monitor show")
    dropped = view.grew(_SUBJECT, name, "dropped")
    if dropped and not _broker_was_away(view):
        reason = f"{name} could not hand over {dropped:.0f} events to the broker within a minute."
        yield degraded(name, reason, "See: restrike logs tail broker")
    faults = view.grew(_SUBJECT, name, "faults")
    if faults:
        reason = f"{name} had {faults:.0f} faults within a minute; it goes on."
        yield degraded(name, reason, f"See: restrike logs tail {name} --level error")


def _broker_was_away(view: View) -> bool:
    """Whether what is missing on the bus went with the broker within the last minute: that was told of the broker."""
    if view.is_fresh(view.picture.trails.bus_away_at_s, GROWN_S):
        return True
    return any(one.service == BROKER and _is_recent(view, one) for one in view.picture.incidents)


def _load(view: View, health: ServiceHealth) -> Iterator[Verdict]:
    name = health.service
    lags = view.picture.trails.grown.recent((_SUBJECT, name, "lag"), now_s=view.now_s)
    if lags:
        reason = f"{name} was late by up to {max(lags) / 1000:.1f} s within the last minute."
        yield degraded(name, reason, "See what takes the processor or the disk: restrike monitor show")
    if health.queue_depth > MOST_WAITING:
        reason = f"{health.queue_depth} entries wait in {name}."
        yield degraded(
            name, reason, "It works them off; see what takes the processor or the disk: restrike monitor show"
        )
