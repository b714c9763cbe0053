"""`restrike status`: a live screen on a terminal, plain lines over a pipe."""

import sys
from typing import Annotated

import typer

from services.cli import output
from services.cli.status import plain
from services.cli.status.look import Look, look
from services.cli.status.troubles import overall, troubles
from shared.errors import NetworkError
from shared.paths import Paths
from shared.rpc import Client


def register(app: typer.Typer) -> None:
    """Add the command to `restrike` itself."""
    app.command(epilog="Example: restrike status")(status)


def status(
    *,
    once: Annotated[bool, typer.Option("--once", help="Show it once, and end.")] = False,
    json: output.Json = False,
) -> None:
    """Show rings, matches, services, OBS and alarms at a glance.

    On a terminal it is a screen that follows what happens, until q or Ctrl-C.
    """
    paths = Paths.from_environment()
    client = Client(paths)
    seen = look(paths, client)
    if seen.ready.silent and not seen.ready.services:
        raise NetworkError("service.not_running", "The suite is not running. Start it with: restrike up")
    if json:
        output.document(_document(seen))
    elif not sys.stdout.isatty():
        for line in plain.lines(seen):
            output.line(line)
    else:
        from services.cli.status.live import show, show_once  # noqa: PLC0415  # rich is loaded only here

        if not once:
            show(paths, seen)
            return
        show_once(seen)
    raise typer.Exit(0 if seen.ready.is_up else 1)


def _document(seen: Look) -> dict[str, object]:
    ready, report = seen.ready, seen.report
    return {
        "condition": overall(report.condition, troubles(report, seen.alerts or ())),
        "services": ready.services,
        "silent": ready.silent,
        "rings": ready.rings,
        "matches": seen.matches,
        "obs": ready.obs.connections if ready.obs is not None else [],
        "health": seen.health,
        "alerts": seen.alerts or (),
    }
