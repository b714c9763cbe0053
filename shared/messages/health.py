"""How everything stands that the suite needs, in one list: what is wrong, since when, and what to do."""

from enum import StrEnum
from typing import Final

from msgspec import Struct

from shared.messages.requests import Command
from shared.messages.service import MONITOR


class Condition(StrEnum):
    """`degraded`: it works, but somebody should look. `failed`: it does not do its work. `unknown`: nobody can say."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILED = "failed"
    UNKNOWN = "unknown"


RANK: Final = {Condition.OK: 0, Condition.UNKNOWN: 1, Condition.DEGRADED: 2, Condition.FAILED: 3}
"""How bad each is; what nobody knows is worse than well."""


class Subject(StrEnum):
    """What can be well or not. `machine` is processor and memory."""

    SERVICE = "service"
    RING = "ring"
    OBS = "obs"
    DATABASE = "database"
    JOURNAL = "journal"
    BACKUP = "backup"
    DISK = "disk"
    MACHINE = "machine"
    NETWORK = "network"
    CLOCK = "clock"
    CONFIGURATION = "configuration"
    LOG = "log"
    LICENCE = "licence"


class HealthItem(Struct, frozen=True, kw_only=True):
    """One thing. `reason` says what is wrong and `remedy` what to do, both None when it is ok; `since_us` is since when
    it is in this condition (Unix).
    """

    subject: Subject
    name: str
    condition: Condition
    since_us: int
    reason: str | None = None
    remedy: str | None = None


class HealthReport(Struct, frozen=True, kw_only=True):
    """`system.health/cpu-monitor/`: all of it, the worst first; `condition` is the worst, where unknown counts as
    degraded.
    """

    at_us: int
    condition: Condition
    items: tuple[HealthItem, ...]


class GetHealthReport(Command[HealthReport], frozen=True, kw_only=True):
    """How everything stands."""

    name = "get_health_report"
    service = MONITOR
    reply = HealthReport
