"""What every service says of itself, and the names of those that others ask."""

from enum import StrEnum
from typing import Final

from msgspec import Struct

from shared.messages.match import Stage

ANY_SERVICE: Final = "*"
PARSER: Final = "pss-parser"
INGEST: Final = "udp-ingest"
WRITER: Final = "db-writer"
BRIDGE: Final = "obs-bridge"
MONITOR: Final = "cpu-monitor"
LICENSE: Final = "license"
BROKER: Final = "broker"


class Life(StrEnum):
    """A service's life, in this order."""

    STARTING = "starting"
    ON_BUS = "on-bus"
    RUNNING = "running"
    DRAINING = "draining"
    STOPPED = "stopped"


class Position(Struct, frozen=True, gc=False):
    """How far a service is in a ring's journal."""

    journal_id: str
    session: str
    entry: int


class ServiceHealth(Struct, frozen=True, kw_only=True):
    """`service.health/<service>/`, each second. Counters run since the start of the process.

    `received` and `sent` count events, `lost` those that a gap in `seq` proves, `undecodable` those that did not fit
    the contract, `dropped` those that our own publisher could not hand over. `positions` says per ring how far the
    service is in the ring's journal; `done_with` up to which entry it will never ask again, of outboxes, too
    (`outbox:<producer>`). `log_lines_dropped` counts log lines that could be written nowhere. `stages` says per ring
    how far its match is; pss-parser.
    """

    service: str
    boot_id: str
    pid: int
    life: Life
    on_bus: bool
    uptime_s: float
    loop_lag_ms: float
    received: int
    sent: int
    lost: int
    undecodable: int
    dropped: int
    faults: int
    queue_depth: int
    positions: dict[str, Position] = {}
    done_with: dict[str, Position] = {}
    log_lines_dropped: int = 0
    stages: dict[str, Stage] = {}


class ServiceFault(Struct, frozen=True, kw_only=True):
    """`service.fault/<service>/`: something in the service failed; it goes on."""

    service: str
    where: str
    error: str
    count: int


class EventsLost(Struct, frozen=True, kw_only=True):
    """`service.loss/<service>/`: this service missed `count` events of a topic frame of `producer`."""

    service: str
    frame: str
    producer: str
    count: int
    total: int


class Mark(Struct, frozen=True, kw_only=True):
    """`~mark/<nonce>/`: the place in a producer's events where a snapshot was taken."""

    nonce: str
    entry: int
