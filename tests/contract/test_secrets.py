"""What a command holds in secret is not in its text, which may come into a log or the trace of a fault."""

import msgspec
import pytest

from shared.messages.commands import COMMANDS
from shared.messages.obs_commands import ActOnObs, SaveObsConnection
from shared.settings.catalogue import OBS_CONFIRM_MS

CLEAR = "chong-hong-0815"


@pytest.mark.parametrize("password", [CLEAR, "", None])
def test_a_password_is_not_shown(password: str | None) -> None:
    """Whether there is one is; everything else is as it was given, and what is sent is the password itself."""
    command = SaveObsConnection(connection="main", author="ana", port=4456, password=password)
    shown = "***" if password else repr(password)
    assert CLEAR not in f"{command} {command!r} {[command]}"
    assert f"password={shown}" in repr(command)
    assert "connection='main', author='ana'" in repr(command)
    assert msgspec.to_builtins(command)["password"] == password


def test_every_command_with_a_password_hides_it() -> None:
    """A command that gets such a field later has to do the same."""
    having = {command for command in COMMANDS.values() if "password" in command.__struct_fields__}
    assert having == {SaveObsConnection}


def test_who_asks_hears_of_obs_before_the_deadline() -> None:
    """However long OBS may take to confirm, and whatever is asked of it before and after."""
    most_ms = OBS_CONFIRM_MS.rules.max
    assert most_ms is not None
    assert most_ms / 1000 + 4 < ActOnObs.deadline_s
