"""`restrike obs pause` and `resume`: all automation with one command. db-writer stores it, running or not."""

import typer

from services.cli import output
from services.cli.author import Author, author_of
from shared.messages.settings import ChangeSettings
from shared.paths import Paths
from shared.settings.catalogue import OBS_PAUSED


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: restrike obs pause")(pause)
    app.command(epilog="Example: restrike obs resume")(resume)


def pause(*, author: Author = None, json: output.Json = False) -> None:
    """Let OBS do nothing by itself: no recording, no clip, no rule. What runs goes on, and commands work."""
    _set(is_paused=True, author=author, json=json)


def resume(*, author: Author = None, json: output.Json = False) -> None:
    """Let OBS follow the matches again."""
    _set(is_paused=False, author=author, json=json)


def _set(*, is_paused: bool, author: str | None, json: bool) -> None:
    from services.cli.writer import ask, is_running  # noqa: PLC0415  # start time: only here

    paths = Paths.from_environment()
    done = ask(ChangeSettings(author=author_of(author), values={OBS_PAUSED.name: is_paused}), paths=paths)
    if json:
        output.document({"paused": is_paused, "changed": bool(done.changed)})
        return
    state = "paused" if is_paused else "not paused"
    when = "" if is_running(paths) else " It holds when the suite starts."
    output.line(f"Automation is {state}{'' if done.changed else ' already'}.{when}")
