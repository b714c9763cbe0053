"""How the services stood, kept in the outbox for cpu-monitor's next start: which processes they were, when they were
started again lately, and which do not stay up; cpu-monitor.

Without it a restart of cpu-monitor would forget a storm, and nobody would tell of who ended while it was away.
"""

from collections.abc import Collection
from typing import Final

import msgspec
from msgspec import Struct

from services.cpu_monitor.guarding.restarts import WITHIN_S, Restarts
from services.cpu_monitor.sampling.kernel_file import read_once
from shared.messages.incidents import IncidentKind, ServiceIncident
from shared.outbox import Outbox

KEPT_SERVICES: Final = "guard.services"
KEPT_STORM: Final = "guard.storm:"
NO_PROCESS: Final = -1
"""No process: the one that was there ended, and another may have its number."""
_US: Final = 1_000_000
_BEGAN: Final = 19
"""The place of a process's start in /proc/PID/stat, counted from behind its name."""


class Stood(Struct, frozen=True, kw_only=True):
    """A service: its process, when that began (ticks since the machine started, None: not known), and when it was
    started again within the last minute, in Unix microseconds.
    """

    pid: int
    began: int | None
    restarts_us: list[int]


decode_services = msgspec.msgpack.Decoder(dict[str, Stood]).decode
decode_storm = msgspec.msgpack.Decoder(ServiceIncident).decode
_encode = msgspec.msgpack.Encoder().encode


def resume(restarts: Restarts, outbox: Outbox, storms: Collection[str], *, now_s: float, now_us: int) -> None:
    """Have `restarts` go on from what the cpu-monitor before kept; monotonic s, Unix us."""
    body = outbox.kept(KEPT_SERVICES).get(KEPT_SERVICES)
    before = {} if body is None else decode_services(body)
    pids = {name: one.pid if began(one.pid) == one.began else NO_PROCESS for name, one in before.items()}
    times = {
        name: [now_s - (now_us - at) / _US for at in one.restarts_us if 0 <= now_us - at <= WITHIN_S * _US]
        for name, one in before.items()
    }
    # After an orderly end nothing is known of a storm's last minute: it is over in a minute from now at the soonest.
    unknown = {name: [now_s] for name in storms if name not in before}
    restarts.resume(pids, times | unknown, storms)


def kept_storms(outbox: Outbox) -> list[ServiceIncident]:
    """The storms that nobody has told the end of."""
    return sorted(map(decode_storm, outbox.kept(KEPT_STORM).values()), key=lambda incident: incident.happened_at_us)


def to_keep(restarts: Restarts, *, now_s: float, now_us: int) -> dict[str, bytes]:
    """What to keep of the services; monotonic s, Unix us."""
    stood = {
        name: Stood(pid=pid, began=began(pid), restarts_us=[now_us - round((now_s - at) * _US) for at in times])
        for name, (pid, times) in restarts.standing.items()
    }
    return {KEPT_SERVICES: _encode(stood)}


def storm_to_keep(incident: ServiceIncident) -> dict[str, bytes | None]:
    """What changes in what is kept of storms."""
    if incident.kind is IncidentKind.STORM:
        return {f"{KEPT_STORM}{incident.service}": _encode(incident)}
    return {f"{KEPT_STORM}{incident.service}": None} if incident.kind is IncidentKind.CALMED else {}


def began(pid: int) -> int | None:
    """When a process began; None: there is none, or it cannot be read."""
    stat = read_once(f"/proc/{pid}/stat") if pid > 0 else None
    fields = stat.rpartition(b")")[2].split() if stat else []
    return int(fields[_BEGAN]) if len(fields) > _BEGAN else None
