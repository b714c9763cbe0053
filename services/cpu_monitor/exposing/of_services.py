"""Metrics of the services and of what they say of themselves; cpu-monitor."""

from collections.abc import Callable

from services.cpu_monitor.exposing.family import Values, counter, gauge
from services.cpu_monitor.exposing.snapshot import Snapshot
from shared.messages.service import ServiceHealth


def _of(value: Callable[[ServiceHealth], float]) -> Callable[[Snapshot], Values]:
    return lambda seen: [((one.name,), value(one.health)) for one in seen.services if one.health is not None]


def _entries(seen: Snapshot) -> Values:
    for one in seen.services:
        for ring, at in one.health.positions.items() if one.health is not None else ():
            yield (one.name, ring), at.entry


FAMILIES = (
    gauge(
        "service_up",
        "Whether a service was heard within three seconds.",
        lambda seen: [((one.name,), one.is_up) for one in seen.services],
        "service",
    ),
    gauge(
        "service_uptime_seconds",
        "Since when a service runs; resets() of it counts its restarts.",
        _of(lambda health: health.uptime_s),
        "service",
        unit="seconds",
    ),
    gauge("service_on_bus", "Whether the broker hears a service.", _of(lambda health: health.on_bus), "service"),
    gauge(
        "service_loop_lag_seconds",
        "How late a service's last timer was: how long its loop was busy.",
        _of(lambda health: health.loop_lag_ms / 1000),
        "service",
        unit="seconds",
    ),
    gauge("service_queue_depth", "What waits in a service.", _of(lambda health: health.queue_depth), "service"),
    counter(
        "service_received_total", "Events that a service received.", _of(lambda health: health.received), "service"
    ),
    counter("service_sent_total", "Events that a service sent.", _of(lambda health: health.sent), "service"),
    counter(
        "service_lost_total",
        "Events that a service missed, as a gap in their numbers proves; it asks for them again where they matter.",
        _of(lambda health: health.lost),
        "service",
    ),
    counter(
        "service_undecodable_total",
        "Events that did not fit the contract.",
        _of(lambda health: health.undecodable),
        "service",
    ),
    counter(
        "service_dropped_total",
        "Events that a service could not hand over, because the broker's queue was full.",
        _of(lambda health: health.dropped),
        "service",
    ),
    counter(
        "service_faults_total",
        "Handlers that failed; the service went on.",
        _of(lambda health: health.faults),
        "service",
    ),
    gauge(
        "service_entry",
        "How far a service is in a ring's journal (restrike_ring_entry is its end).",
        _entries,
        "service",
        "ring",
    ),
)
