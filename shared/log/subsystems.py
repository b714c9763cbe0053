"""THE list of subsystems: the parts of each service whose log level can be set on its own; every process.

A new one: its name here, and `runtime.logger(name)` where it is used. What is not listed is refused.
"""

from types import MappingProxyType
from typing import Final

LEVELS: Final = ("debug", "info", "warning", "error")
"""From the most that is written to the least."""
BUS: Final = "bus"
COMMANDS: Final = "commands"
DATAGRAMS: Final = "datagrams"
LIBRARIES: Final = "libraries"
EVERYWHERE: Final = (BUS, COMMANDS, LIBRARIES)
"""Those of every service: events lost on the bus; commands with their answers; what libraries say, of which only
warnings are written unless their own level says otherwise."""
OWN: Final = MappingProxyType(
    {
        "broker": (),
        "udp-ingest": (DATAGRAMS, "journal", "senders"),
        "pss-parser": (DATAGRAMS,),
        "db-writer": (DATAGRAMS, "database", "facts"),
        "obs-bridge": (DATAGRAMS, "obs", "recordings", "rules"),
        "cpu-monitor": ("logs",),
        "license": ("server",),
    }
)
"""Those of one service. `datagrams` writes a line for each journal entry at `debug`."""


def subsystems_of(service: str) -> tuple[str, ...]:
    """The subsystems of `service`, in the order of their names."""
    return tuple(sorted((*EVERYWHERE, *OWN.get(service, ()))))


def faults_of(levels: dict[str, str]) -> list[str]:
    """What cannot be in `log_levels` of restrike.json, a sentence each; it looks like `{"db-writer.bus": "debug"}`."""
    faults = []
    for name, level in levels.items():
        service, _, subsystem = name.partition(".")
        if service not in OWN:
            faults.append(f"log_levels.{name}: there is no service {service!r}. Known: {', '.join(OWN)}.")
        elif "." in name and subsystem not in subsystems_of(service):
            known = ", ".join(subsystems_of(service))
            faults.append(f"log_levels.{name}: {service} has no subsystem {subsystem!r}. Known: {known}.")
        if level not in LEVELS:
            faults.append(f"log_levels.{name} must be one of {', '.join(LEVELS)}, not {level!r}.")
    return faults
