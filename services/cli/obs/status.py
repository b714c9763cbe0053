"""`restrike obs status`: every connection at a glance, once or each second."""

import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from services.cli import output
from services.cli.obs import options
from services.cli.obs.bridge import statuses
from services.cli.obs.status_lines import described
from shared.clock import unix_ns, wait_s
from shared.errors import NetworkError
from shared.paths import Paths

if TYPE_CHECKING:
    from shared.messages.obs import ObsStatus

EVERY_S: Final = 1.0
HOME_AND_CLEAR: Final = "\x1b[H\x1b[2J"
NO_CONNECTION: Final = "There is no connection to OBS. Make one with: restrike obs add main"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: restrike obs status main --watch")(status)


def status(
    name: options.NameOrAll = None,
    *,
    watch: Annotated[bool, typer.Option("--watch", help="Show it anew each second, until Ctrl-C.")] = False,
    json: output.Json = False,
) -> None:
    """Show how connections stand: state, scene, outputs, load, frames, disk, alarms.

    With --watch and --json one document a line.
    """
    paths = Paths.from_environment()
    if watch:
        _watch(paths, name, json=json)
        return
    found = statuses(paths, name)
    if json:
        output.document({"connections": found})
    else:
        output.line(_text(found))


def _text(found: "list[ObsStatus]") -> str:
    return "\n".join(described(one) for one in found) or NO_CONNECTION


def _watch(paths: Paths, name: str | None, *, json: bool) -> None:
    """Until Ctrl-C; a bridge that is started again meanwhile is waited for."""
    is_terminal = sys.stdout.isatty()
    try:
        while True:
            try:
                found, fault = statuses(paths, name), None
            except NetworkError as error:
                found, fault = [], error
            if json:
                told = {"code": fault.code, "message": fault.message} if fault else None
                output.document({"connections": found, "error": told}, is_line=True)
            else:
                _show(str(fault) if fault else _text(found), is_terminal=is_terminal)
            wait_s(EVERY_S)
    except KeyboardInterrupt:
        pass  # how watching is ended


def _show(text: str, *, is_terminal: bool) -> None:
    if is_terminal:
        typer.echo(HOME_AND_CLEAR, nl=False)
    output.line(f"{output.local_time(unix_ns() // 1000)[:8]}\n{text}")
