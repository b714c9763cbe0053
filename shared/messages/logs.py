"""What services write into their logs, and how much, changeable while they run."""

from msgspec import Struct

from shared.messages.requests import Command
from shared.messages.service import ANY_SERVICE


class LogLevels(Struct, frozen=True, kw_only=True):
    """The level in force, the one that restrike.json says, the levels of subsystems that differ from the one in force,
    and all subsystems of the service (`bus`, `datagrams` and so on).
    """

    level: str
    configured: str = "info"
    subsystems: dict[str, str] = {}
    known: tuple[str, ...] = ()


class GetLogLevels(Command[LogLevels], frozen=True, kw_only=True):
    """What the service writes into its log."""

    name = "get_log_levels"
    service = ANY_SERVICE
    reply = LogLevels


class SetLogLevel(Command[LogLevels], frozen=True, kw_only=True):
    """Write this much from now on, until the service starts anew; of one subsystem, or of all. `level` None: as
    configured.
    """

    name = "set_log_level"
    service = ANY_SERVICE
    reply = LogLevels
    level: str | None
    subsystem: str | None = None
