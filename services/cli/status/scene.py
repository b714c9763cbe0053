"""What the live screen shows at one moment, and how it comes about: what was asked, and what was heard since."""

from typing import Any, Final

from msgspec import Struct

from services.cli.health_changes import carried
from services.cli.readiness import Readiness
from services.cli.status.look import Look
from services.cli.status.remembered import remembered
from shared.messages.alerts import AlertChanged, AlertState
from shared.messages.health import HealthReport
from shared.messages.match import MatchState
from shared.messages.obs import ObsStatus
from shared.messages.service import MONITOR
from shared.messages.udp import RingStatus

FRESH_S: Final = 7.0
"""A report comes every 5 s: one that is older than this is asked for."""
MISSED: Final = 2
"""So many answers in a row that cpu-monitor owes, and it is away; a machine may be busy once."""


class Scene(Struct, frozen=True, kw_only=True):
    """A picture. `is_judged`: cpu-monitor judges; `is_running`: any service answers."""

    report: HealthReport
    is_judged: bool
    is_running: bool
    rings: list[RingStatus]
    matches: dict[str, MatchState]
    obs: list[ObsStatus]
    has_obs: bool
    is_paused: bool
    alerts: list[AlertChanged]
    free_bytes: int | None


class Heard:
    """What came from the bus, and what was asked for; the newer counts."""

    def __init__(self, seen: Look, *, now_s: float) -> None:
        self._seen = seen
        self._report: HealthReport | None = None
        self._report_at_s = 0.0
        self._missed = 0
        self._answered = seen.report
        self._matches: dict[str, MatchState] = {}
        self._rings: dict[str, RingStatus] = {}
        self._obs: dict[str, ObsStatus] = {}
        self._alerts: dict[str, AlertChanged] = {}
        self.take_look(seen, now_s=now_s)

    def take_look(self, seen: Look, *, now_s: float) -> None:
        """Everything was asked for."""
        self._seen = seen
        self._miss(seen)
        is_old = now_s - self._report_at_s > FRESH_S  # then it counts, too, where the clock was set back
        if seen.health is not None and (self._report is None or is_old or seen.health.at_us >= self._report.at_us):
            self.take(seen.health, now_s=now_s)
        for state in seen.matches.values():
            self.take(state, now_s=now_s)
        self._rings = {ring.ring: ring for ring in seen.ready.rings} or self._rings
        if seen.ready.obs is not None:
            self._obs = {one.connection: one for one in seen.ready.obs.connections}
        if seen.alerts is not None:
            self._alerts = {one.alert_id: one for one in seen.alerts}

    def _miss(self, seen: Look) -> None:
        """Whether cpu-monitor answered; if not, what the services say, and since when."""
        if seen.health is not None:
            self._missed = 0
            return
        self._answered = carried(seen.report, self._answered if self._missed else self._report)
        self._missed += MISSED if MONITOR in seen.ready.gone else 1

    def take(self, event: Any, *, now_s: float) -> None:
        """One event."""
        if isinstance(event, HealthReport):
            self._report, self._report_at_s, self._missed = event, now_s, 0
        elif isinstance(event, MatchState):
            before = self._matches.get(event.ring)
            is_older = before is not None and before.journal_id == event.journal_id and event.entry < before.entry
            if not is_older:
                self._matches[event.ring] = event
        elif isinstance(event, RingStatus):
            self._rings[event.ring] = event
        elif isinstance(event, ObsStatus):
            self._obs[event.connection] = event
        elif isinstance(event, AlertChanged):
            self._alerts[event.alert_id] = event

    def scene(self, *, now_s: float) -> Scene:
        """The picture of this moment."""
        ready: Readiness = self._seen.ready
        judged, is_judged = self._report, self._missed < MISSED and now_s - self._report_at_s <= FRESH_S
        if judged is None or not is_judged:
            judged, is_judged = remembered(self._answered, judged, self._rings), False
        return Scene(
            report=judged,
            is_judged=is_judged,
            is_running=bool(ready.services),
            rings=list(self._rings.values()),
            matches=self._matches,
            obs=list(self._obs.values()),
            has_obs=ready.obs is not None,
            is_paused=ready.obs is not None and ready.obs.is_paused,
            alerts=[one for one in self._alerts.values() if one.state is not AlertState.CLEARED],
            free_bytes=self._seen.free_bytes,
        )
