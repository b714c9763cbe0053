"""docs/obs.md: its commands exist as they stand there, it names every command, state and option, and no other state."""

import io
import re
import shlex

import pytest
import typer

from services.cli.group import group
from services.cli.obs import connecting, connections, house, outputs, picture, readiness, recording, sound, status
from services.cli.obs.recording import SETTINGS
from shared.errors import ObsError
from shared.messages.obs import LinkState
from tests.contract.tree import ROOT
from tests.unit.cli.conftest import Run
from tests.unit.cli.obs.conftest import Bridge, status_of

PAGE = (ROOT / "docs/obs.md").read_text(encoding="utf-8")
PARTS = (connections, connecting, recording, status, readiness, outputs, picture, sound, house)
GROUPS = [value for part in PARTS for value in vars(part).values() if isinstance(value, typer.Typer)]


def _own() -> typer.Typer:
    own = group("obs", "Connections, status and control by hand, without what others add.")
    for part in PARTS:
        part.register(own)
    return own


ALONE = [str(one.name or (one.callback and one.callback.__name__)) for one in _own().registered_commands]
IN_GROUPS = [f"{one.info.name} {name.name}" for one in GROUPS for name in one.registered_commands]
COMMANDS = [
    command
    for command in re.findall(r"^\$ restrike (obs .*)$", PAGE, re.MULTILINE)
    if command.split()[1] in {words.split()[0] for words in (*ALONE, *IN_GROUPS)}
]


def test_the_commands_of_the_page(bridge: Bridge, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """In their order none is wrong usage; those about connections succeed, what OBS is to do reaches obs-bridge."""
    bridge.statuses = [status_of(name) for name in ("main", "left", "second")]
    bridge.refuse = ObsError("obs.not_connected", "Not now.")
    monkeypatch.setattr("services.cli.obs.status.wait_s", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    assert len(COMMANDS) > 60
    for command in COMMANDS:
        monkeypatch.setenv("RESTRIKE_OBS_PASSWORD", "secret")
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"secret\n")))
        words = shlex.split(command.partition(" < ")[0])
        if words[1:] == ["disconnect", "left"]:
            bridge.statuses = [status_of("left", LinkState.DISCONNECTED, is_active=False), status_of("main")]
        if words[1:] == ["connect", "left"]:
            bridge.statuses = [status_of("left"), status_of("main")]
        asked = len(bridge.asked)
        done = run(*words)
        is_for_obs = len(bridge.asked) > asked
        assert done.code == (1 if is_for_obs else 0), f"{command}: {done.err}"
        assert done.err in ("", "Not now.\n", f"{command}\n"), command


def test_the_page_names_every_command() -> None:
    """Of connections, status and control by hand."""
    named = {" ".join(shlex.split(command)[1:3]) for command in COMMANDS}
    assert [
        words for words in (*ALONE, *IN_GROUPS) if not any(f"{one} ".startswith(f"{words} ") for one in named)
    ] == []


def test_the_page_explains_every_state_and_setting() -> None:
    """Each state of a connection has its row, each option of a recording, too."""
    for state in LinkState:
        assert f"`{state.value.replace('_', ' ')}`" in PAGE, state
    for one in SETTINGS:
        assert f"`{one.option.partition('/')[0]}`" in PAGE, one.option
