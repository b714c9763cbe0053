"""The one model of health: what every subject's judge finds, as a report; cpu-monitor. No clock, no I/O."""

from typing import Final

from services.cpu_monitor.health.backup import judge_backup
from services.cpu_monitor.health.clock import judge_clock
from services.cpu_monitor.health.configuration import judge_configuration
from services.cpu_monitor.health.database import judge_database
from services.cpu_monitor.health.disk import judge_disks
from services.cpu_monitor.health.journal import judge_journal
from services.cpu_monitor.health.licence import judge_licence
from services.cpu_monitor.health.log import judge_log
from services.cpu_monitor.health.machine import judge_machine
from services.cpu_monitor.health.network import judge_network
from services.cpu_monitor.health.obs import judge_obs
from services.cpu_monitor.health.rings import judge_rings
from services.cpu_monitor.health.services import judge_services
from services.cpu_monitor.health.view import Judge, Tolerances, Verdict, View
from services.cpu_monitor.picture import Picture
from services.cpu_monitor.trails import Trails
from shared.messages.health import RANK, Condition, HealthItem, HealthReport, Subject

JUDGES: Final[dict[Subject, Judge]] = {
    Subject.RING: judge_rings,
    Subject.SERVICE: judge_services,
    Subject.OBS: judge_obs,
    Subject.JOURNAL: judge_journal,
    Subject.DATABASE: judge_database,
    Subject.BACKUP: judge_backup,
    Subject.DISK: judge_disks,
    Subject.MACHINE: judge_machine,
    Subject.NETWORK: judge_network,
    Subject.CLOCK: judge_clock,
    Subject.CONFIGURATION: judge_configuration,
    Subject.LOG: judge_log,
    Subject.LICENCE: judge_licence,
}
"""Who judges what, in the order in which equally bad things are shown."""


def judge(picture: Picture, *, now_s: float, now_us: int, settings: Tolerances) -> HealthReport:
    """How everything stands; monotonic seconds and Unix microseconds. What is still in the condition that
    `picture.health` has, or had before cpu-monitor's restart, is so since then.
    """
    items = picture.health.items if picture.health is not None else ()
    before = {(item.subject, item.name): item for item in items}
    view = View(picture, now_s, now_us, settings, before)
    found = [
        _item(subject, verdict, before.get((subject, verdict.name)), picture.trails, now_us=now_us)
        for subject, look in JUDGES.items()
        for verdict in look(view)
    ]
    found.sort(key=lambda item: -RANK[item.condition])  # it keeps the order of what is equal
    return HealthReport(at_us=now_us, condition=_overall(found), items=tuple(found))


def _item(subject: Subject, verdict: Verdict, before: HealthItem | None, trails: Trails, *, now_us: int) -> HealthItem:
    is_same = before is not None and before.condition is verdict.condition
    if before is not None and is_same and before.reason == verdict.reason and before.remedy == verdict.remedy:
        return before
    return HealthItem(
        subject=subject,
        name=verdict.name,
        condition=verdict.condition,
        since_us=before.since_us if before is not None and is_same else _since(subject, verdict, trails, now_us),
        reason=verdict.reason,
        remedy=verdict.remedy,
    )


def _since(subject: Subject, verdict: Verdict, trails: Trails, now_us: int) -> int:
    """Now; what comes back after cpu-monitor's restart is so since before it, once."""
    stood = trails.stood.get((subject, verdict.name))
    if stood is None or stood.condition is not verdict.condition:
        return now_us
    del trails.stood[subject, verdict.name]
    return min(stood.since_us, now_us)


def _overall(items: list[HealthItem]) -> Condition:
    worst = items[0].condition if items else Condition.UNKNOWN
    return Condition.DEGRADED if worst is Condition.UNKNOWN else worst
