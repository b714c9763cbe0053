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
    from shared.messages.obs_commands import ObsStatuses

EVERY_S: Final = 1.0
HOME_AND_CLEAR: Final = "\x1b[H\x1b[2J"
PAUSED: Final = "! All automation is paused: restrike obs resume"
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

    It ends with 0 whatever it shows; restrike obs test ends with 1 when an OBS is away. With --watch and --json one
    document a line.
    """
    paths = Paths.from_environment()
    if watch:
        _watch(paths, name, json=json)
        return
    found = statuses(paths, name)
    if json:
        output.document(found)
    else:
        output.line(_text(found))


def _text(found: "ObsStatuses") -> str:
    lines = [described(one) for one in found.connections] or [NO_CONNECTION]
    return "\n".join([*lines, PAUSED] if found.is_paused else lines)


def _watch(paths: Paths, name: str | None, *, json: bool) -> None:
    """Until Ctrl-C; a bridge that is started again meanwhile is waited for."""
    is_terminal = sys.stdout.isatty()
    try:
        while True:
            try:
                found = statuses(paths, name)
            except NetworkError as error:
                _show_fault(error, is_terminal=is_terminal, json=json)
            else:
                if json:
                    output.document(found, is_line=True)
                else:
                    _show(_text(found), is_terminal=is_terminal)
            wait_s(EVERY_S)
    except KeyboardInterrupt:
        pass  # how watching is ended


def _show_fault(error: NetworkError, *, is_terminal: bool, json: bool) -> None:
    if json:
        output.document({"error": {"code": error.code, "message": error.message}}, is_line=True)
    else:
        _show(error.message, is_terminal=is_terminal)


def _show(text: str, *, is_terminal: bool) -> None:
    if is_terminal:
        typer.echo(HOME_AND_CLEAR, nl=False)
    output.line(f"{output.local_time(unix_ns() // 1000)[:8]}\n{text}")
