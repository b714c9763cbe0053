"""Connections and rules are stored with and without the suite, the password in clear nowhere, whatever key it needs."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from services.cli import writer
from shared.db.obs_config import connections, password_of, rules
from shared.db.sqlite import connect_reader
from shared.messages.automation import Happening, Rule
from shared.messages.obs_actions import StartRecording
from shared.messages.obs_commands import RemoveObsConnection, SaveObsConnection, SaveRules
from shared.rpc import RefusedError
from shared.settings.secrets import Secrets
from tests.support.cli import Home, home_in

CLEAR = "chong-hong-0815"
RULE = Rule(rule="record", on=(Happening.MATCH_READY,), actions=(StartRecording(),), connections=("main",))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with home_in(tmp_path / "home") as home:
        yield home


def _found(home: Home) -> tuple[list[str], str | None, list[str]]:
    """Names of connections, the password of the first, names of rules; as any process reads them."""
    with closing(connect_reader(home.paths.database)) as connection:
        names = [one.connection for one in connections(connection)]
        password = password_of(connection, names[0], Secrets(home.paths)) if names else None
        return names, password, [rule.rule for rule in rules(connection)]


def test_what_obs_needs_is_stored_with_and_without_the_suite(home: Home) -> None:
    """The same commands do the same before the first start and while db-writer runs; a refusal repeats no secret."""
    made = writer.ask(SaveObsConnection(connection="main", author="ana", is_new=True, password=CLEAR), paths=home.paths)
    assert made.has_password
    writer.ask(SaveRules(rules=[RULE], author="ana"), paths=home.paths)
    assert _found(home) == (["main"], CLEAR, ["record"])
    assert home.run("settings", "rotate-key").returncode == 0
    assert _found(home) == (["main"], CLEAR, ["record"])
    home.start("broker", "db-writer")
    again = SaveObsConnection(connection="main", author="ana", is_new=True, password=CLEAR + "\n")
    with pytest.raises(RefusedError, match="already") as refused:
        writer.ask(again, paths=home.paths)
    renamed = SaveObsConnection(connection="main", author="ana", rename="ring-1-obs", recording={"start_on": "load"})
    assert writer.ask(renamed, paths=home.paths).connection == "ring-1-obs"
    assert _found(home) == (["ring-1-obs"], CLEAR, ["record"])
    assert CLEAR not in f"{made} {refused.value} {refused.value.value}"
    home.end()
    for path in home.paths.home.rglob("*"):
        assert not path.is_file() or CLEAR.encode() not in path.read_bytes(), path
    writer.ask(RemoveObsConnection(connection="ring-1-obs", author="ana"), paths=home.paths)
    assert _found(home) == ([], None, ["record"])
