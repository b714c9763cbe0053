"""Whether the suite is up: every service answers, every ring that should listen does. For `up`, `health`, `ps`."""

from typing import Final

from msgspec import Struct, field

from services.cli.obs.status_lines import ALARMS
from services.registry import SERVICES
from shared.errors import RestrikeError
from shared.messages.commands import GetDatabaseStatus, GetHealth, GetRings
from shared.messages.database import DatabaseStatus
from shared.messages.obs_commands import GetObsStatus, ObsStatuses
from shared.messages.service import PARSER, ServiceHealth
from shared.messages.udp import RingStatus
from shared.rpc import Client
from shared.supervised import fault_of

NOT_RUNNING: Final = "service.not_running"


class Readiness(Struct, kw_only=True):
    """What the services of a home answered; `silent` says of each other one why it did not, `gone` which of those have
    no process. `unsupervised` is why nobody starts these again, where that was asked (`ask_all`).
    """

    services: dict[str, ServiceHealth]
    silent: dict[str, str]
    rings: list[RingStatus]
    database: DatabaseStatus | None
    obs: ObsStatuses | None = None
    gone: set[str] = field(default_factory=set)
    unsupervised: str | None = None

    @property
    def faults(self) -> list[str]:
        """What is wrong, a sentence each; empty when all is well."""
        faults = list(self.silent.values())
        faults += [f"{ring.ring}: {ring.error}" for ring in self.rings if ring.error]
        faults += [f"{name}: not on the bus" for name, health in self.services.items() if not health.on_bus]
        if any(ring.unjournaled_bytes for ring in self.rings):
            faults.append("journal: cannot be written. Free space on the disk of data/.")
        if self.database is not None and self.database.error:
            faults.append(f"database: {self.database.error}")
        connections = self.obs.connections if self.obs is not None else []
        faults += [f"OBS {one.connection}: {ALARMS[alarm]}" for one in connections for alarm in one.alarms]
        return faults

    @property
    def is_up(self) -> bool:
        """Whether every service answers."""
        return not self.silent

    @property
    def is_settled(self) -> bool:
        """Whether every service is on the bus, and what a ring hears from now on goes all the way."""
        parsed = self.services[PARSER].positions if PARSER in self.services else {}
        on_bus = all(health.on_bus for health in self.services.values())
        return self.is_up and on_bus and all(not ring.listening or ring.ring in parsed for ring in self.rings)


def ask(client: Client, *, deadline_s: float = 1.0, silent: dict[str, RestrikeError] | None = None) -> Readiness:
    """Ask every service of the home but those that are known to be `silent`."""
    ready = Readiness(services={}, silent={}, rings=[], database=None)
    for name, error in (silent or {}).items():
        _note_silence(ready, name, error)
    for name in SERVICES:
        if name in ready.silent:
            continue
        try:
            ready.services[name] = client.call(GetHealth(), service=name, deadline_s=deadline_s)
            if name == GetRings.service:
                ready.rings = client.call(GetRings(), deadline_s=deadline_s).rings
            elif name == GetDatabaseStatus.service:
                ready.database = client.call(GetDatabaseStatus(), deadline_s=deadline_s)
            elif name == GetObsStatus.service:
                ready.obs = client.call(GetObsStatus(), deadline_s=deadline_s)
        except RestrikeError as error:
            _note_silence(ready, name, error)
    return ready


def ask_all(client: Client, *, deadline_s: float, silent: dict[str, RestrikeError] | None = None) -> Readiness:
    """As `ask`; where somebody is silent, whether supervisord would start it again, too."""
    ready = ask(client, deadline_s=deadline_s, silent=silent)
    if ready.silent:
        ready.unsupervised = fault_of(client.paths)
    return ready


def _note_silence(ready: Readiness, name: str, error: RestrikeError) -> None:
    ready.silent[name] = error.message
    if error.code == NOT_RUNNING:
        ready.gone.add(name)
