"""obs-bridge sees to what it began on an OBS: a message is hidden again over a kill -9, a profile is changed back, and
every OBS that connects is set up by the rules. OBS is pretended.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.obs_bridge.acts.profiles import PASSING
from shared.messages.automation import Happening, Rule
from shared.messages.obs_actions import SetScene, ShowMessage, StartReplayBuffer
from shared.messages.obs_commands import ActOnObs, GetObsStatus, SaveObsConnection, SaveRules
from shared.rpc import RefusedError
from tests.support.cli import Home, home_in
from tests.support.obs.fake import FakeObs
from tests.support.obs.steps import Answer, Told
from tests.support.wait import eventually

SERVICES = ("broker", "db-writer", "pss-parser", "obs-bridge")
WITHIN_S = 10.0


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """The services that obs-bridge works with."""
    with home_in(tmp_path / "home") as one:
        one.start(*SERVICES)
        yield one


def add(home: Home, name: str, fake: FakeObs) -> None:
    """Make a connection and wait until it is one."""
    save = SaveObsConnection(connection=name, author="ana", is_new=True, port=fake.port, password=fake.password)
    home.client.call(save)
    eventually(lambda: is_connected(home, name), within=WITHIN_S, what=f"{name} is connected")


def is_connected(home: Home, name: str) -> bool:
    return any(
        one.connection == name and one.state == "connected" for one in home.client.call(GetObsStatus()).connections
    )


def test_a_message_is_hidden_after_a_kill(home: Home) -> None:
    """obs-bridge is killed while it shows, and OBS with it; both are back, and the message goes."""
    with FakeObs() as fake:
        add(home, "main", fake)
        message = ShowMessage(source="Names", scene="Break", text="Video review", for_ms=2_000)
        home.client.call(ActOnObs(connection=None, action=message, author="ana"))
        assert fake.studio.inputs["Names"]["text"] == "Video review"
        home.kill("obs-bridge")
        assert "Names" not in fake.studio.hidden
        home.start("obs-bridge")
        eventually(lambda: "Names" in fake.studio.hidden, within=WITHIN_S, what="it is hidden")


def test_every_obs_that_connects_is_set_up(home: Home) -> None:
    """Before any datagram came, both of the same mats, and once each; again when one is back."""
    rule = Rule(rule="idle", on=(Happening.OBS_CONNECTED,), actions=(SetScene(scene="Winner"),))
    home.client.call(SaveRules(rules=[rule], author="ana"))
    with FakeObs() as one, FakeObs() as two:
        add(home, "one", one)
        add(home, "two", two)
        for fake in (one, two):
            eventually(lambda fake=fake: fake.studio.scene == "Winner", within=WITHIN_S, what="it is set up")  # type: ignore[misc]  # bound at once
            assert len(fake.asked("SetCurrentProgramScene")) == 1
        one.studio.scene = "Break"
        one.drop_all()
        eventually(lambda: one.studio.scene == "Winner", within=WITHIN_S, what="it is set up again")
        assert len(two.asked("SetCurrentProgramScene")) == 1


def test_the_profile_of_before(home: Home) -> None:
    """OBS is found in our passing profile: changed back before anything else is asked of it that matters."""
    left = PASSING + "Venue 1"
    with FakeObs() as fake:
        fake.on("GetProfileList", Answer(data={"currentProfileName": left, "profiles": ["Venue 1", left]}))
        changed = Told("CurrentProfileChanged", {"profileName": "Venue 1"})
        fake.on("SetCurrentProfile", Answer(after=(changed,)))
        fake.on("RemoveProfile", Answer())
        add(home, "main", fake)
        eventually(lambda: fake.asked("RemoveProfile"), within=WITHIN_S, what="it is removed")
        assert [one.data["profileName"] for one in fake.asked("SetCurrentProfile")] == ["Venue 1"]


def test_only_a_person_has_a_profile_loaded_again(home: Home) -> None:
    """`replay start` tries to; what is refused then is the change of the profile that this OBS does not know."""
    with FakeObs() as fake:
        add(home, "main", fake)
        fake.studio.replay_available = False
        with pytest.raises(RefusedError):
            home.client.call(ActOnObs(connection=None, action=StartReplayBuffer(), author="ana"))
        assert fake.asked("CreateProfile")
