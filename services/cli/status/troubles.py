"""What is wrong, each fault once: what health says, and what alerts say beyond it; for `restrike status`."""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from services.cli.health_report import title
from shared.messages.alerts import AlertChanged, AlertSeverity, AlertState
from shared.messages.health import RANK, Condition, HealthItem, HealthReport, Subject

SEVERITIES: Final = tuple(AlertSeverity)
"""The least first."""
_ABOUT: Final = {
    "ring": (Subject.RING, None),
    "obs": (Subject.OBS, None),
    "service": (Subject.SERVICE, None),
    "disk": (Subject.DISK, None),
    "network": (Subject.NETWORK, None),
    "backup": (Subject.BACKUP, None),
    "configuration": (Subject.CONFIGURATION, None),
    "cpu": (Subject.MACHINE, "processor"),
    "memory": (Subject.MACHINE, "memory"),
}
"""Beginning of a rule's name -> what it watches; None: of the name that the alert has as its subject."""
_SINGLE: Final = {
    "db": Subject.DATABASE,
    "database": Subject.DATABASE,
    "journal": Subject.JOURNAL,
    "clock": Subject.CLOCK,
    "log": Subject.LOG,
    "license": Subject.LICENCE,
}
"""The same, of what there is once."""
MENDED: Final = 1
_BAD: Final = {Condition.FAILED: 3, Condition.DEGRADED: 2}
_CONDITIONS: Final = {rank: condition for condition, rank in _BAD.items()}
_GRAVE: Final = {AlertSeverity.CRITICAL: 3, AlertSeverity.WARNING: 2, AlertSeverity.INFORMATION: MENDED}


class Trouble(Struct, frozen=True, kw_only=True):
    """A fault. `rank` is 3 for what failed or is critical, 2 for what is degraded or a warning, 1 for what is mended or
    only good to know; `alert_id` is for `restrike alerts ack`; `count` is of how many faults it tells.
    """

    rank: int
    about: str
    since_us: int
    text: str
    remedy: str | None
    severity: AlertSeverity | None = None
    alert_id: str | None = None
    is_noted: bool = False
    is_item: bool = False
    count: int = 1


def troubles(report: HealthReport, alerts: Iterable[AlertChanged]) -> list[Trouble]:
    """Everything that is wrong, the worst first. An alert on what health names is not told again."""
    left = sorted(alerts, key=lambda one: (one.state is AlertState.ACKNOWLEDGED, -SEVERITIES.index(one.severity)))
    found = []
    for item in report.items:
        if item.condition in _BAD:
            same = [alert for alert in left if _is_about(alert, item)]
            left = [alert for alert in left if alert not in same]
            found.append(_of_item(item, same[0] if same else None))
    found += [_of_alert(alert, report) for alert in left]
    return sorted(found, key=lambda one: (-one.rank, -SEVERITIES.index(one.severity) if one.severity else 1))


def besides(report: HealthReport, alerts: Iterable[AlertChanged]) -> list[AlertChanged]:
    """The alerts that stand in no item of health that is ill."""
    ill = [item for item in report.items if item.condition in _BAD]
    return [alert for alert in alerts if not any(_is_about(alert, item) for item in ill)]


def overall(condition: Condition, found: Iterable[Trouble]) -> Condition:
    """How bad all of it is: as health says (`condition`), or worse by an alert that nobody has noted."""
    ranks = [_CONDITIONS[one.rank] for one in found if one.rank > MENDED and not one.is_noted]
    return max(condition, *ranks, key=RANK.__getitem__) if ranks else condition


def _is_about(alert: AlertChanged, item: HealthItem) -> bool:
    kind = alert.rule.partition(".")[0]
    if kind in _SINGLE:
        return item.subject is _SINGLE[kind]
    subject, name = _ABOUT.get(kind, (item.subject, None))
    return item.subject is subject and item.name == (name or alert.subject)


def _of_item(item: HealthItem, alert: AlertChanged | None) -> Trouble:
    rank = _BAD[item.condition]
    is_noted = alert is not None and alert.state is AlertState.ACKNOWLEDGED
    return Trouble(
        rank=rank if alert is None or is_noted else max(rank, _GRAVE[alert.severity]),
        about=title(item),
        since_us=item.since_us,
        text=item.reason or "",
        remedy=item.remedy,
        severity=alert.severity if alert is not None else None,
        alert_id=alert.alert_id if alert is not None else None,
        is_noted=is_noted,
        is_item=True,
    )


def _of_alert(alert: AlertChanged, report: HealthReport) -> Trouble:
    """One that came of an event (it has no value) is mended once health calls its subject well."""
    is_well = any(_is_about(alert, item) and item.condition is Condition.OK for item in report.items)
    is_mended = is_well and alert.value is None
    return Trouble(
        rank=MENDED if is_mended else _GRAVE[alert.severity],
        about=alert.subject,
        since_us=alert.raised_at_us,
        text=alert.message,
        remedy=None if is_mended else alert.remedy,
        severity=alert.severity,
        alert_id=alert.alert_id,
        is_noted=alert.state is AlertState.ACKNOWLEDGED,
    )
