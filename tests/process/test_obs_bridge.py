"""obs-bridge with db-writer and pretended OBS: which connection is meant, what a change of the configuration does, and
what the bus hears. What a real OBS does is proven elsewhere.
"""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.errors import RestrikeError
from shared.messages.obs import ObsStatus, Role
from shared.messages.obs_actions import RunCommand, SetScene, StartRecording, StopRecording
from shared.messages.obs_actions import Scenes as AskScenes
from shared.messages.obs_commands import (
    ActionDone,
    ActOnObs,
    AskObs,
    GetObsStatus,
    RemoveObsConnection,
    SaveObsConnection,
)
from shared.rpc import RefusedError
from tests.support.cli import Home, home_in
from tests.support.listener import Listener
from tests.support.obs.fake import FakeObs
from tests.support.obs.steps import Silence
from tests.support.wait import eventually

SERVICES = ("broker", "db-writer", "pss-parser", "obs-bridge")
WITHIN_S = 10.0
PASSWORD = "a secret"  # noqa: S105  # of a pretended OBS


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """The services that obs-bridge works with."""
    with home_in(tmp_path / "home") as one:
        one.start(*SERVICES)
        yield one


def save(home: Home, connection: str, **changes: Any) -> None:
    """Make or change a connection."""
    home.client.call(SaveObsConnection(connection=connection, author="ana", **changes))


def add(home: Home, name: str, fake: FakeObs, *roles: Role) -> None:
    """Make a connection and wait until it is one."""
    save(home, name, is_new=True, port=fake.port, password=PASSWORD, roles=roles or None)
    eventually(lambda: state(home, name) == "connected", within=WITHIN_S, what=f"{name} is connected")


def state(home: Home, name: str) -> str | None:
    """How a connection stands; None where obs-bridge does not know it."""
    return {one.connection: one.state for one in home.client.call(GetObsStatus()).connections}.get(name)


def status(home: Home, name: str) -> ObsStatus:
    """Everything that is known of a connection."""
    return next(one for one in home.client.call(GetObsStatus()).connections if one.connection == name)


def act(home: Home, action: Any, connection: str | None = None) -> ActionDone:
    """What came of an action."""
    return home.client.call(ActOnObs(connection=connection, action=action, author="ana"))


def refusal(home: Home, action: Any, connection: str | None = None) -> str:
    """The code of the error that an action ends with."""
    with pytest.raises(RefusedError) as refused:
        act(home, action, connection)
    return refused.value.code


def test_which_connection_is_meant(home: Home) -> None:
    """The only one that is for it; several are refused with their names, as are those unknown, off, or for nothing."""
    scene = SetScene(scene="Winner")
    assert refusal(home, scene) == "obs.none"
    with FakeObs(password=PASSWORD) as one, FakeObs(password=PASSWORD, records=home.paths.home) as two:
        add(home, "one", one, Role.SCENES)
        assert act(home, scene).connection == "one"
        assert one.studio.scene == "Winner"
        assert refusal(home, StartRecording()) == "obs.no_role"
        assert refusal(home, scene, "three") == "obs.unknown"
        assert refusal(home, RunCommand(command=("true",))) == "obs.only_in_rules"
        add(home, "two", two)
        assert refusal(home, scene) == "obs.several"
        assert act(home, StartRecording()).connection == "two"
        assert act(home, scene, "two").connection == "two"
        save(home, "two", is_active=False)
        eventually(lambda: two.clients == 0, within=WITHIN_S, what="it is let go")
        assert refusal(home, scene, "two") == "obs.inactive"
        assert act(home, scene).connection == "one"


def test_the_configuration_is_followed(home: Home) -> None:
    """Another port is another OBS; a wrong password is told; one that is removed is let go."""
    with FakeObs(password=PASSWORD) as one, FakeObs(password="other") as two:  # noqa: S106  # of a pretended OBS
        add(home, "main", one)
        save(home, "main", port=two.port)
        eventually(lambda: state(home, "main") == "failed", within=WITHIN_S, what="the password is refused")
        assert "password" in home.run("obs", "status", "main").stdout
        eventually(lambda: one.clients == 0, within=WITHIN_S, what="the first OBS is let go")
        save(home, "main", password="other")  # noqa: S106  # of a pretended OBS
        eventually(lambda: state(home, "main") == "connected", within=WITHIN_S, what="the right password")
        save(home, "main", roles=(Role.SCENES,))
        assert two.clients > 0
        home.client.call(RemoveObsConnection(connection="main", author="ana"))
        eventually(lambda: state(home, "main") is None, within=WITHIN_S, what="it is forgotten")
        eventually(lambda: two.clients == 0, within=WITHIN_S, what="the second OBS is let go")


def test_one_that_hangs_does_not_keep_others_waiting(home: Home) -> None:
    """While an OBS owes an answer the other one is asked and answers at once, and so does the service."""
    with FakeObs(password=PASSWORD) as slow, FakeObs(password=PASSWORD) as quick:
        add(home, "slow", slow)
        add(home, "quick", quick)
        slow.always("GetSceneList", Silence())
        slow.always("SetCurrentProgramScene", Silence())
        with home.started("obs", "scene", "set", "Winner", "--on", "slow") as waiting:
            eventually(lambda: slow.asked("SetCurrentProgramScene"), within=WITHIN_S, what="the slow one is asked")
            answer = home.client.call(AskObs(connection="quick", question=AskScenes()), deadline_s=1.0)
            assert answer.answer["program"] == "Break"
            assert waiting.poll() is None
            assert waiting.wait(WITHIN_S) == 1
        assert state(home, "quick") == "connected"


def test_what_the_bus_hears(home: Home) -> None:
    """A connection that came up and its status each second; that a record by hand runs; that it is lost."""
    endpoint = json.loads(home.paths.config.read_text())["bus"]["events"]
    with Listener(endpoint, "obs.") as heard, FakeObs(password=PASSWORD, records=home.paths.home) as one:
        add(home, "main", one)
        act(home, StartRecording())
        eventually(lambda: [e["state"] for e in heard.of("obs.recording")] == ["recording"], within=WITHIN_S)
        eventually(lambda: [e for e in heard.of("obs.status") if e["outputs"]], within=WITHIN_S, what="a status")
        one.die()
        eventually(lambda: heard.of("obs.link")[-1]["state"] == "disconnected", within=WITHIN_S, what="it is lost")
        assert "connected" in [event["state"] for event in heard.of("obs.link")]
        assert heard.of("obs.changed")[0]["names"] == ["main"]


def test_a_broken_database_is_survived(home: Home) -> None:
    """While restrike.db cannot be read the connection that is known goes on."""
    with FakeObs(password=PASSWORD) as one:
        add(home, "main", one)
        home.kill("db-writer")
        aside = home.paths.database.with_suffix(".away")
        home.paths.database.rename(aside)
        assert act(home, SetScene(scene="Fight")).confirmed
        aside.rename(home.paths.database)
        home.start("db-writer")
        assert state(home, "main") == "connected"


def test_an_answer_is_owed_no_more_at_the_end(home: Home) -> None:
    """A command that OBS did not answer before the service ended is refused, not left open."""
    with FakeObs(password=PASSWORD) as one:
        add(home, "main", one)
        one.always("SetCurrentProgramScene", Silence())
        with home.started("obs", "scene", "set", "Winner") as waiting:
            eventually(lambda: one.asked("SetCurrentProgramScene"), within=WITHIN_S, what="it is asked")
            os.kill(int(home.paths.lock("obs-bridge").read_text()), signal.SIGTERM)
            assert waiting.wait(WITHIN_S) in (1, 3)
            assert waiting.stderr is not None
            assert waiting.stderr.read().count("\n") == 1


def test_errors_are_sentences(home: Home) -> None:
    """Not connected: the error says why."""
    save(home, "main", is_new=True, port=1)
    eventually(lambda: state(home, "main") == "disconnected", within=WITHIN_S, what="it is tried")
    with pytest.raises(RestrikeError, match=r"127\.0\.0\.1:1"):
        act(home, SetScene(scene="Winner"))


def test_a_connection_that_is_renamed_goes_on(home: Home) -> None:
    """What it records stays the same recording, on the same connection to OBS, under the new name."""
    with FakeObs(password=PASSWORD, records=home.paths.home) as one:
        add(home, "main", one)
        act(home, StartRecording())
        eventually(lambda: status(home, "main").recording == "recording", within=WITHIN_S, what="it records")
        clients = {received.client for received in one.requests}
        save(home, "main", rename="other")
        eventually(lambda: state(home, "other") == "connected", within=WITHIN_S, what="the new name is known")
        assert state(home, "main") is None
        assert status(home, "other").recording == "recording"
        assert act(home, StopRecording(), "other").confirmed
        eventually(lambda: status(home, "other").recording == "idle", within=WITHIN_S, what="it is over")
        assert {received.client for received in one.requests} == clients
