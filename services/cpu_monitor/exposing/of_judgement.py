"""Metrics of how everything stands: the health report and the alerts; cpu-monitor."""

from services.cpu_monitor.exposing.family import Values, gauge
from services.cpu_monitor.exposing.snapshot import Snapshot
from shared.messages.health import RANK


def _worst(seen: Snapshot) -> Values:
    return [] if seen.health is None else [((), RANK[seen.health.condition])]


def _items(seen: Snapshot) -> Values:
    for item in seen.health.items if seen.health is not None else ():
        yield (item.subject.value, item.name), RANK[item.condition]


FAMILIES = (
    gauge("health", "How the whole stands: 0 ok, 1 unknown, 2 degraded, 3 failed.", _worst),
    gauge("health_item", "How one thing stands: 0 ok, 1 unknown, 2 degraded, 3 failed.", _items, "subject", "name"),
    gauge(
        "alert",
        "An alert that is not cleared.",
        lambda seen: [((a.rule, a.subject, a.severity.value, a.state.value), 1) for a in seen.alerts],
        "rule",
        "subject",
        "severity",
        "state",
    ),
)
