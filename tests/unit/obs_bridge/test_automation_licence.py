"""Rules that the licence lets not fire: held back and counted, told once for a match, and one that is allowed fires."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from shared.messages.automation import FiringOutcome, Happening, OncePer
from shared.messages.obs_actions import SaveReplay, SetScene, StartReplayBuffer, StopReplayBuffer
from tests.support.happenings import Mat, rule
from tests.unit.obs_bridge.automation_house import House, PretendedObs

REFUSED = "OBS automation: not allowed by the licence (expired)."
NO_CLIPS = "Replay clips: not allowed by the licence (valid)."
OLD, NEW = {"match_id": "old"}, {"match_id": "new"}


@pytest.fixture
def obs() -> PretendedObs:
    return PretendedObs("main")


@pytest.fixture
def house(tmp_path: Path, obs: PretendedObs) -> Iterator[House]:
    house = House(tmp_path / "obs-bridge.db", obs)
    with closing(house.outbox):
        yield house


def told(house: House) -> list[dict[str, int]]:
    """What the log says was held back, a line at a time."""
    return [call.kwargs["held_back"] for call in house.log.info.call_args_list if call.args == ("rules_not_licensed",)]


def test_nothing_fires_for_a_match_that_is_refused(house: House, obs: PretendedObs) -> None:
    """Nothing is asked of OBS and no row is stored; what was held back is one line when the match is off the mat."""
    mat = Mat()
    house.automation.change([rule("a"), rule("b", debounce_ms=500), rule("c", Happening.GAM_JEOM)])
    house.refused["new"] = REFUSED
    for second in range(3):
        house.take(mat.happened(at_s=second, view=NEW))
    house.wait(5)
    assert (obs.acts, house.told, told(house)) == ([], [], [])
    assert house.automation.refused == {("ring-1", "new"): {"a": 3, "b": 3}}
    house.take(mat.happened(Happening.MATCH_LOADED, at_s=5, view=NEW, is_reload=True))
    assert told(house) == []
    house.take(mat.happened(Happening.MATCH_LOADED, at_s=5, view={"match_id": "next"}))
    assert told(house) == [{"a": 3, "b": 3}]
    assert house.automation.refused == {}


def test_allowed_in_the_middle(house: House, obs: PretendedObs) -> None:
    """The next event fires, and what was held back did not use up `once`."""
    mat = Mat()
    house.automation.change([rule("once", once_per=OncePer.MATCH)])
    house.refused["new"] = REFUSED
    house.take(mat.happened(view=NEW))
    house.refused.clear()
    house.take(mat.happened(view=NEW), mat.happened(view=NEW))
    assert obs.acts == [SetScene(scene="Match")]
    assert told(house) == [{"once": 1}]


def test_what_was_allowed_goes_on(house: House, obs: PretendedObs) -> None:
    """The match before was allowed: its recording ends and its clip is ready while a refused one is on the mat, and
    what it left for later is done as long as it makes sense.
    """
    mat = Mat()
    after = rule("after", Happening.RECORDING_ENDED)
    house.automation.change([after, rule("load", Happening.MATCH_LOADED), rule("late", delay_ms=1_000)])
    house.refused["new"] = REFUSED
    house.take(mat.happened(view=OLD))
    house.take(mat.happened(Happening.MATCH_LOADED, view=NEW))
    house.take(mat.happened(Happening.RECORDING_ENDED, session="v", entry=0, connection="main", view=OLD))
    assert obs.acts == [SetScene(scene="Match")]
    obs.end()
    house.wait(1)
    assert house.outcomes() == [("after", FiringOutcome.DONE), ("late", FiringOutcome.DROPPED)]
    assert house.automation.refused == {("ring-1", "new"): {"load": 1}}


def test_a_rule_saves_no_clip_of_a_match_without_clips(house: House, obs: PretendedObs) -> None:
    """What makes clips is refused with its reason, in the middle of the rule as at its end; its other actions are done.
    In a match that has clips all of it is.
    """
    actions = (StartReplayBuffer(), SetScene(scene="Match"), StopReplayBuffer(), SaveReplay())
    house.automation.change([rule("clip", actions=actions)])
    house.refused_clips["new"] = NO_CLIPS
    mat = Mat()
    house.take(mat.happened(Happening.MATCH_LOADED, view=NEW), mat.happened(view=NEW))
    obs.end()
    obs.end()
    house.ledger.commit()
    assert obs.acts == [SetScene(scene="Match"), StopReplayBuffer()]
    assert house.outcomes() == [("clip", FiringOutcome.PARTLY)]
    assert [(one.ok, one.error, one.connection) for one in house.told[0].actions] == [
        (False, NO_CLIPS, None),
        (True, None, "main"),
        (True, None, "main"),
        (False, NO_CLIPS, None),
    ]
    obs.acts.clear()
    house.take(mat.happened(Happening.MATCH_LOADED, view=OLD), mat.happened(view=OLD))
    for _ in actions:
        obs.end()
    house.ledger.commit()
    assert obs.acts == list(actions)
    assert house.outcomes()[1:] == [("clip", FiringOutcome.DONE)]


def test_without_a_match(house: House, obs: PretendedObs) -> None:
    """An OBS that connects while no match is on: as it stands now."""
    mat = Mat()
    nobody = {"match_id": None}
    house.automation.change([rule("idle", Happening.OBS_CONNECTED)])
    house.refused[None] = REFUSED
    house.take(mat.happened(Happening.OBS_CONNECTED, session="a", connection="main", view=nobody))
    assert obs.acts == []
    house.refused.clear()
    house.take(mat.happened(Happening.OBS_CONNECTED, session="b", connection="main", view=nobody))
    assert obs.acts == [SetScene(scene="Match")]


def test_whether_there_are_rules(house: House) -> None:
    """One that is switched off is none: an operator who has none is not told that they are held back."""
    found = []
    for rules in ([], [rule(is_enabled=False)], [rule()]):
        house.automation.change(rules)
        found.append(house.automation.has_rules)
    assert found == [False, False, True]
