"""What cpu-monitor knows right now, in one place: written by those who listen and measure, read by those who judge.

Plain data: no socket, no clock. Times of hearing are monotonic seconds.
"""

import math
from collections import deque
from typing import Final

from msgspec import Struct

from services.cpu_monitor.trails import Trails
from shared.messages.alerts import AlertChanged, Channel
from shared.messages.database import DatabaseStatus
from shared.messages.facts import NetworkInterface
from shared.messages.health import HealthReport
from shared.messages.incidents import ServiceIncident
from shared.messages.license import LicenseStatus
from shared.messages.match import MatchState, Stage
from shared.messages.meters import MetersRead
from shared.messages.obs import ObsStatus
from shared.messages.service import ServiceHealth
from shared.messages.system import SystemSample
from shared.messages.udp import RingStatus

INCIDENTS_KEPT: Final = 200
"""More than a day of trouble; all are in the database."""

UNREAD_S: Final = 0.5
"""A turn of cpu-monitor's loop that lasts longer was held up: four are a second at least."""

LOOK_S: Final = 1.0
"""How often udp-ingest looks whether a ring's counters moved."""

MISSES: Final = 2
"""Questions in a row that supervisord did not answer."""

AT_REST: Final = frozenset({None, Stage.NOT_LOADED, Stage.DECIDED, Stage.CLOSED})
FORGOTTEN_AFTER_S: Final = 900.0
"""A ring that was silent for so long runs no match, whatever it said last: an injury takes up to some minutes."""


class Life(Struct):
    """A service as it was heard last. `answered_at_s` is when it last answered a question, None: it never did.
    `is_running`: whether there is a process of it, None while that was not looked at.
    """

    health: ServiceHealth | None = None
    heard_at_s: float | None = None
    answered_at_s: float | None = None
    is_running: bool | None = None
    faults: int = 0


class Supervisor(Struct):
    """supervisord, which started this process, as it was seen last. `misses`: questions in a row without an answer."""

    pid: int
    answered_at_s: float
    is_there: bool = True
    misses: int = 0

    def note(self, *, is_alive: bool, now_s: float) -> None:
        """It was asked whether it lives."""
        self.misses = 0 if is_alive else self.misses + 1
        self.answered_at_s = now_s if is_alive else self.answered_at_s

    @property
    def is_silent(self) -> bool:
        """Whether it does not answer; one answer that is missing may be this machine's."""
        return self.misses >= MISSES

    @property
    def starts_again(self) -> bool:
        """Whether it starts a service again that ended."""
        return self.is_there and not self.is_silent


class RingPicture(Struct):
    """A ring: its socket, and the match on it. `packet_at_s` is when its last datagram came, `stage_at_s` when a change
    of the stage was told last, `match` its state as it was asked for at `match_at_s`.
    """

    status: RingStatus | None = None
    heard_at_s: float | None = None
    packet_at_s: float | None = None
    stage: Stage | None = None
    stage_at_s: float = -math.inf
    match: MatchState | None = None
    match_at_s: float | None = None

    def hear(self, status: RingStatus, *, now_s: float, now_us: int) -> None:
        """Take what udp-ingest says. A clock that was set since moves the last datagram by no more than it can be old:
        one that is new since the last hearing came in between.
        """
        before = self.status
        if status.last_packet_us is not None and (before is None or before.last_packet_us != status.last_packet_us):
            age_s = max(0.0, (now_us - status.last_packet_us) / 1e6)
            since_s = age_s if self.heard_at_s is None else now_s - self.heard_at_s
            self.packet_at_s = now_s - min(age_s, max(since_s, LOOK_S))
        self.status, self.heard_at_s = status, now_s


class BackupFacts(Struct, frozen=True, kw_only=True):
    """What the database knows of backups. Times are Unix microseconds; `failure` is that of the newest job, None: it
    did not fail, or none was ordered. `since_us`: the newest backup, else since when there is a database.
    """

    newest_us: int | None
    since_us: int | None
    failure: str | None


class Undelivered(Struct, frozen=True):
    """A channel by which alerts are told in vain: why, and how often in a row."""

    error: str
    tries: int


class Picture:
    """Everything that is known. `began_at_s`: since when cpu-monitor listens; before that nothing can be missed."""

    def __init__(self, services: list[str], *, began_at_s: float) -> None:
        self.began_at_s = began_at_s
        self.services: dict[str, Life] = {name: Life() for name in services}
        self.supervisor: Supervisor | None = None
        """None: supervisord did not start this process, and nobody is missing."""
        self.rings: dict[str, RingPicture] = {}
        self.are_matches_known = False
        """Whether every ring's match was asked for, and answered, since cpu-monitor began."""
        self.obs: dict[str, ObsStatus] = {}
        self.database: DatabaseStatus | None = None
        self.journal_error: str | None = None
        self.database_error: str | None = None
        self.database_cause: str | None = None
        self.sample: SystemSample | None = None
        self.time_error: str | None = None
        self.meters: dict[str, MetersRead] = {}
        self.incidents: deque[ServiceIncident] = deque(maxlen=INCIDENTS_KEPT)
        self.configuration_faults: tuple[str, ...] = ()
        self.log_error: str | None = None
        self.backups: BackupFacts | None = None
        self.license: LicenseStatus | None = None
        self.interfaces: dict[str, NetworkInterface] | None = None
        self.schema_version: int | None = None
        self.schema_error: str | None = None
        self.trails = Trails()
        self.health: HealthReport | None = None
        self.alerts: dict[str, AlertChanged] = {}
        self.metrics_error: str | None = None
        self.undelivered: dict[Channel, Undelivered] = {}
        self.forgotten: dict[str, int] = {}
        """What was kept for this start and could not be read, and how many of it."""
        self.turned_at_s = began_at_s
        """When cpu-monitor's loop ended its last turn: what came until then was read."""

    def is_unread(self, *, now_s: float) -> bool:
        """Whether cpu-monitor itself was held up in this turn, so that what the others said still waits to be read. Who
        judges their silence then lets the loop turn once before.
        """
        return now_s - self.turned_at_s > UNREAD_S

    @property
    def is_match_unknown(self) -> bool:
        """Whether nobody has said yet which matches are on, or one is and its next datagram has not come yet."""
        return not self.are_matches_known or any(
            ring.stage not in AT_REST and ring.packet_at_s is None for ring in self.rings.values()
        )

    def is_match_on(self, *, now_s: float) -> bool:
        """Whether a match is on, on any ring."""
        return any(
            ring.stage not in AT_REST and ring.packet_at_s is not None and now_s - ring.packet_at_s < FORGOTTEN_AFTER_S
            for ring in self.rings.values()
        )
