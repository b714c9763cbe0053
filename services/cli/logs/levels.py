"""`restrike logs level`: how much services write, and changing it while they run."""

from typing import Annotated, Final

import typer

from services.cli import output
from services.registry import SERVICES
from shared.errors import NetworkError, ValidationError
from shared.log.subsystems import LEVELS, subsystems_of
from shared.messages.logs import GetLogLevels, LogLevels, SetLogLevel
from shared.paths import Paths
from shared.rpc import Client

DEFAULT: Final = "default"
NO_ANSWER: Final = 3
HEADERS: Final = ("service", "level", "configured", "subsystems that differ")

Part = Annotated[
    str | None, typer.Argument(metavar="SERVICE[.SUBSYSTEM]", help="Whose level: pss-parser, or pss-parser.datagrams.")
]
NewLevel = Annotated[
    str | None,
    typer.Argument(metavar="LEVEL", help="debug, info, warning or error; default: what restrike.json says."),
]


def level(part: Part = None, to: NewLevel = None, *, json: output.Json = False) -> None:
    """Show how much each service writes, or set it for one of them, or for a part of it, until it starts anew.

    For good it is set in restrike.json: log_level for all, log_levels for one service or subsystem.
    """
    client = Client(Paths.from_environment())
    if part is None:
        _show_all({name: _ask(client, name) for name in SERVICES}, as_json=json)
        return
    service, _, subsystem = part.partition(".")
    _check(service, subsystem, to)
    if to is None:
        found = client.call(GetLogLevels(), service=service)
    else:
        new = None if to == DEFAULT else to
        found = client.call(SetLogLevel(level=new, subsystem=subsystem or None), service=service)
    _show({service: found}, as_json=json)


def _check(service: str, subsystem: str, to: str | None) -> None:
    if service not in SERVICES:
        known = ", ".join(SERVICES)
        raise ValidationError("service.unknown", f"There is no service {service}. Known: {known}.", value=service)
    if subsystem and subsystem not in subsystems_of(service):
        known = ", ".join(subsystems_of(service))
        sentence = f"{service} has no subsystem {subsystem}. Known: {known}."
        raise ValidationError("log.subsystem_unknown", sentence, value=subsystem)
    if to is not None and to not in (*LEVELS, DEFAULT):
        sentence = f"A level is one of {', '.join(LEVELS)}, or {DEFAULT}."
        raise ValidationError("log.level_unknown", sentence, value=to)


def _ask(client: Client, service: str) -> LogLevels | None:
    try:
        return client.call(GetLogLevels(), service=service, deadline_s=1.0)
    except NetworkError:
        return None


def _show_all(found: dict[str, LogLevels | None], *, as_json: bool) -> None:
    """Whoever answers is shown; 3 if somebody does not."""
    silent = [service for service, levels in found.items() if levels is None]
    if len(silent) == len(found):
        raise NetworkError("service.not_running", "The suite is not running: start it with restrike up -d")
    _show(found, as_json=as_json)
    if silent:
        output.note(f"No answer from {', '.join(silent)}; see restrike ps.")
        raise typer.Exit(NO_ANSWER)


def _show(found: dict[str, LogLevels | None] | dict[str, LogLevels], *, as_json: bool) -> None:
    if as_json:
        output.document({"services": found})
        return
    rows: list[tuple[object, ...]] = []
    for service, levels in found.items():
        if levels is None:
            rows.append((service, "no answer", None, None))
            continue
        different = ", ".join(f"{name} {level}" for name, level in levels.subsystems.items())
        rows.append((service, levels.level, levels.configured, different))
    output.line(output.table(HEADERS, rows))
    only = next(iter(found.values())) if len(found) == 1 else None
    if only is not None:
        output.line(f"Subsystems: {', '.join(only.known)}")
