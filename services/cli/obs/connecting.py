"""`restrike obs connect`, `disconnect`: whether a connection is held at all, which is stored, and what came of it."""

from typing import TYPE_CHECKING, Final

import typer

from services.cli import output
from services.cli.author import Author, author_of
from services.cli.obs import options, shown
from services.cli.obs.bridge import is_running, statuses_if_running
from shared.clock import monotonic_s, unix_ns, wait_s
from shared.errors import ObsError
from shared.messages.obs import LinkState
from shared.messages.obs_commands import SaveObsConnection
from shared.paths import Paths

if TYPE_CHECKING:
    from shared.messages.obs import ObsConnection, ObsStatus

LOOK_S: Final = 0.1
WITHIN_S: Final = 10.0
REFUSED: Final = frozenset({LinkState.DISCONNECTED, LinkState.FAILED})
"""States in which a try has ended; with a reason that is newer than our asking, nothing better comes soon."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: restrike obs connect main")(connect)
    app.command(epilog="Example: restrike obs disconnect main")(disconnect)


def connect(
    name: options.Name, *, within: options.WithinS = WITHIN_S, author: Author = None, json: output.Json = False
) -> None:
    """Hold the connection from now on, and wait until it is there, or say why not.

    It is tried again for ever: ends with 1 if it is not there yet.
    """
    asked_us, paths = unix_ns() // 1000, Paths.from_environment()
    stored, status = _switch(name, is_on=True, within_s=within, author=author, asked_us=asked_us)
    if status is not None and status.state is not LinkState.CONNECTED:
        state = shown.state_word(status)
        why = status.reason or f"It is {state} after {within:g} s."
        raise ObsError(
            "obs.not_connected", f"{stored.connection} is not connected ({state}): {why} It is tried again by itself."
        )
    if json:
        output.document({"connection": stored, "status": status})
    elif status is None:
        when = "obs-bridge has not taken it up yet: restrike obs status" if is_running(paths) else None
        output.line(f"{output.one_line(name)} is switched on; {when or 'it connects when the suite runs: restrike up'}")
    else:
        output.line(output.one_line(f"{name} is connected: OBS {status.obs_version or '?'} on {_where(stored)}."))


def disconnect(
    name: options.Name, *, within: options.WithinS = WITHIN_S, author: Author = None, json: output.Json = False
) -> None:
    """Hold the connection no more, until restrike obs connect. What OBS does, it goes on to do."""
    stored, status = _switch(name, is_on=False, within_s=within, author=author, asked_us=0)
    if status is not None and status.state is LinkState.CONNECTED:
        sentence = f"{stored.connection} is switched off, but obs-bridge holds it still: see restrike obs status"
        raise ObsError("obs.still_connected", sentence)
    if json:
        output.document({"connection": stored, "status": status})
    else:
        output.line(f"{output.one_line(name)} is disconnected. To have it again: restrike obs connect {name}")


def _switch(
    name: str, *, is_on: bool, within_s: float, author: str | None, asked_us: int
) -> "tuple[ObsConnection, ObsStatus | None]":
    """Store it, and wait until it is so; the status is None while obs-bridge does not run."""
    from services.cli.writer import ask  # noqa: PLC0415  # start time: only here

    paths = Paths.from_environment()
    command = SaveObsConnection(connection=name, author=author_of(author), is_active=is_on)
    stored = ask(command, paths=paths)
    if not is_running(paths):
        return stored, None
    deadline = monotonic_s() + within_s
    while True:
        status = _status(paths, name)
        if _is_over(status, is_on=is_on, asked_us=asked_us) or monotonic_s() > deadline:
            return stored, status
        wait_s(LOOK_S)


def _status(paths: Paths, name: str) -> "ObsStatus | None":
    known = statuses_if_running(paths)
    return next((one for one in known.connections if one.connection == name), None) if known else None


def _is_over(status: "ObsStatus | None", *, is_on: bool, asked_us: int) -> bool:
    if not is_on:
        return status is None or status.state is not LinkState.CONNECTED
    if status is None or not status.is_active:
        return False
    is_refused = status.state in REFUSED and status.reason is not None and status.since_us >= asked_us
    return status.state is LinkState.CONNECTED or is_refused


def _where(stored: "ObsConnection") -> str:
    return f"{stored.host}:{stored.port}"
