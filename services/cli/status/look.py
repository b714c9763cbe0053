"""Everything that `restrike status` shows, as the services answer it now."""

import shutil
from contextlib import suppress

from msgspec import Struct

from services.cli import readiness
from services.cli.health_report import of_answers
from services.cli.readiness import Readiness
from shared.errors import RestrikeError
from shared.messages.alerts import AlertChanged, GetAlerts
from shared.messages.commands import ListMatchStates
from shared.messages.health import GetHealthReport, HealthReport
from shared.messages.match import MatchState
from shared.messages.service import MONITOR
from shared.paths import Paths
from shared.rpc import Client


class Look(Struct, frozen=True, kw_only=True):
    """What was answered. `health` is None while cpu-monitor does not judge, `alerts` while it does not say;
    `free_bytes` is of the home's disk.
    """

    ready: Readiness
    matches: dict[str, MatchState]
    health: HealthReport | None
    alerts: tuple[AlertChanged, ...] | None
    free_bytes: int | None

    @property
    def report(self) -> HealthReport:
        """How everything stands, by whoever can say."""
        return self.health if self.health is not None else of_answers(self.ready)


def look(paths: Paths, client: Client, *, deadline_s: float = 1.0) -> Look:
    """Ask every service, once."""
    ready = readiness.ask_all(client, deadline_s=deadline_s)
    matches: dict[str, MatchState] = {}
    health: HealthReport | None = None
    alerts: tuple[AlertChanged, ...] | None = None
    if ListMatchStates.service in ready.services:
        with suppress(RestrikeError):
            found = client.call(ListMatchStates(), deadline_s=deadline_s)
            matches = {state.ring: state for state in found.states}
    if MONITOR in ready.services:
        with suppress(RestrikeError):
            health = client.call(GetHealthReport(), deadline_s=deadline_s)
        with suppress(RestrikeError):
            alerts = client.call(GetAlerts(), deadline_s=deadline_s).alerts
    free_bytes = None
    with suppress(OSError):
        free_bytes = shutil.disk_usage(paths.home).free
    return Look(ready=ready, matches=matches, health=health, alerts=alerts, free_bytes=free_bytes)
