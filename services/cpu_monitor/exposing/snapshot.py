"""The picture as it is at one moment, for a thread that turns it into text meanwhile; cpu-monitor. It never changes."""

from msgspec import Struct

from services.cpu_monitor.health.view import ALIVE_S
from services.cpu_monitor.picture import Picture
from shared.messages.alerts import AlertChanged
from shared.messages.health import HealthReport
from shared.messages.match import Stage
from shared.messages.meters import MetersRead
from shared.messages.obs import ObsStatus
from shared.messages.service import ServiceHealth
from shared.messages.system import SystemSample
from shared.messages.udp import RingStatus

STALE_AFTER_S = 15.0
"""A service that was not heard for so long tells nothing any more: it would look as if it stood still."""


class SeenService(Struct, frozen=True, kw_only=True):
    """A service. `health` is None while it is gone."""

    name: str
    is_up: bool
    health: ServiceHealth | None


class SeenRing(Struct, frozen=True, kw_only=True):
    """A ring; `silent_s` is None when it never sent."""

    name: str
    status: RingStatus | None
    stage: Stage | None
    silent_s: float | None


class Snapshot(Struct, frozen=True, kw_only=True):
    """Everything that is exposed."""

    services: tuple[SeenService, ...] = ()
    rings: tuple[SeenRing, ...] = ()
    obs: tuple[ObsStatus, ...] = ()
    meters: tuple[MetersRead, ...] = ()
    alerts: tuple[AlertChanged, ...] = ()
    sample: SystemSample | None = None
    health: HealthReport | None = None
    is_journal_writable: bool = True
    is_database_writable: bool = True


def taken(picture: Picture, *, now_s: float) -> Snapshot:
    """The picture at `now_s` (monotonic); in the loop's thread. What it shares with the picture are frozen structs."""
    services = []
    for name, life in picture.services.items():
        silent_s = None if life.heard_at_s is None else now_s - life.heard_at_s
        health = life.health if silent_s is not None and silent_s < STALE_AFTER_S else None
        is_up = silent_s is not None and silent_s < ALIVE_S
        services.append(SeenService(name=name, is_up=is_up, health=health))
    gone = {service.name for service in services if service.health is None}
    rings = [
        SeenRing(
            name=name,
            status=ring.status,
            stage=ring.stage,
            silent_s=None if ring.packet_at_s is None else max(0.0, now_s - ring.packet_at_s),
        )
        for name, ring in picture.rings.items()
    ]
    return Snapshot(
        services=tuple(services),
        rings=tuple(rings),
        obs=tuple(picture.obs.values()),
        meters=tuple(read for name, read in picture.meters.items() if name not in gone),
        alerts=tuple(picture.alerts.values()),
        sample=picture.sample,
        health=picture.health,
        is_journal_writable=picture.journal_error is None,
        is_database_writable=picture.database_error is None,
    )
