"""`restrike obs test`: whether an OBS can do what its roles ask for, and what to do where it cannot."""

from typing import Any

import typer
from msgspec import Struct

from services.cli import output
from services.cli.obs import options
from services.cli.obs.bridge import statuses
from services.cli.obs.shown import state_word
from shared.errors import RestrikeError, ValidationError
from shared.messages.obs import LinkState, ObsStatus
from shared.messages.obs_actions import Readiness
from shared.messages.obs_commands import AskObs
from shared.paths import Paths
from shared.rpc import Client


class Check(Struct, frozen=True, kw_only=True):
    """One thing that was looked at; `message` says what is, or what to do."""

    check: str
    ok: bool
    message: str


class Tested(Struct, frozen=True, kw_only=True):
    """A connection and its checks."""

    connection: str
    ok: bool
    checks: list[Check]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("test", epilog="Example: restrike obs test main")(look)


def look(name: options.NameOrAll = None, *, json: output.Json = False) -> None:
    """Look whether OBS can do what its roles ask for, and say what to do where it cannot.

    Ends with 1 when a check fails.
    """
    paths = Paths.from_environment()
    found = statuses(paths, name).connections
    if not found:
        raise ValidationError("obs.none", "There is no connection to OBS. Make one with: restrike obs add main")
    tested = [_tested(paths, one) for one in found if one.is_active or name is not None]
    if json:
        output.document({"ok": all(one.ok for one in tested), "connections": tested})
    else:
        output.line("\n".join(_text(one) for one in tested) or "Every connection is off: restrike obs connect NAME")
    if not all(one.ok for one in tested):
        raise typer.Exit(1)


def _tested(paths: Paths, status: ObsStatus) -> Tested:
    checks = [_link(status)]
    if checks[0].ok:
        checks += _answered(paths, status.connection)
    return Tested(connection=status.connection, ok=all(check.ok for check in checks), checks=checks)


def _answered(paths: Paths, name: str) -> list[Check]:
    try:
        said = Client(paths).call(AskObs(connection=name, question=Readiness()))
    except RestrikeError as error:  # this OBS hangs, or went: the others are looked at all the same
        return [Check(check="answers", ok=False, message=error.message)]
    answer: list[dict[str, Any]] = said.answer
    return [Check(check=one["check"], ok=one["ok"], message=one["message"]) for one in answer]


def _link(status: ObsStatus) -> Check:
    is_up = status.state is LinkState.CONNECTED
    if is_up:
        message = f"OBS {status.obs_version or '?'} on {status.host}:{status.port}"
    elif status.is_active:
        message = f"{state_word(status)}: {status.reason or 'it is being tried'}"
    else:
        message = f"it is off: restrike obs connect {status.connection}"
    return Check(check="connected", ok=is_up, message=message)


def _text(tested: Tested) -> str:
    width = max(len(check.check) for check in tested.checks)
    lines = [f"{tested.connection}: {'ready' if tested.ok else 'not ready'}"]
    lines += [f"  {'ok' if one.ok else '! '} {one.check:<{width}}  {one.message}" for one in tested.checks]
    return "\n".join(output.one_line(line) for line in lines)
