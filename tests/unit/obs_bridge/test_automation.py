"""Automation on OBS that are pretended: intents before acts, results after, order, waits, pause, restarts."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from services.obs_bridge.automation import FIRING
from shared.errors import ObsError
from shared.messages.automation import Conditions, FiringOutcome, Happening, OncePer, Rule
from shared.messages.obs import Role
from shared.messages.obs_actions import (
    AnyAction,
    RunCommand,
    SaveReplay,
    SetScene,
    SetText,
    StartRecording,
    StartStream,
    Wait,
)
from tests.support.happenings import Mat, rule
from tests.support.wait import eventually
from tests.unit.obs_bridge.automation_house import House, PretendedObs

LOST = ObsError("obs.not_connected", "main is not connected.")


@pytest.fixture
def mat() -> Mat:
    return Mat()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "obs-bridge.db"


@pytest.fixture
def obs() -> PretendedObs:
    return PretendedObs("main")


@pytest.fixture
def house(path: Path, obs: PretendedObs) -> Iterator[House]:
    house = House(path, obs)
    with closing(house.outbox):
        yield house


def two_steps(name: str = "r", **more: Any) -> Rule:
    return rule(name, actions=(SetText(source="S", text="{player1}"), SetScene(scene="Match")), **more)


def test_one_action_after_the_other(house: House, obs: PretendedObs, mat: Mat) -> None:
    """The next action begins when OBS has confirmed the one before; the fact comes at the end, with its times."""
    house.automation.change([two_steps()])
    house.take(mat.happened())
    assert obs.acts == [SetText(source="S", text="Marija ČAČIĆ")]
    obs.end()
    assert obs.acts[1:] == [SetScene(scene="Match")]
    house.ledger.commit()
    assert house.told == []
    obs.end()
    house.ledger.commit()
    (fact,) = house.told
    assert (fact.rule, fact.outcome, fact.happening, fact.ring) == ("r", FiringOutcome.DONE, Happening.POINT, "ring-1")
    assert (fact.match_id, fact.round, fact.clock_ms, fact.entry) == ("ring-1.a.4", 2, 65_000, 1)
    assert [(one.action, one.connection, one.ok) for one in fact.actions] == [
        ("set_text", "main", True),
        ("set_scene", "main", True),
    ]
    assert fact.latency_ms is not None
    assert fact.latency_ms == fact.actions[0].sent_ms
    assert all(-1_000 < (one.sent_ms or 0) <= (one.confirmed_ms or 0) < 1_000 for one in fact.actions)


def test_the_intent_is_kept_before_obs_is_asked(house: House, obs: PretendedObs, mat: Mat) -> None:
    """Nothing is asked of OBS before the commit, all intents of a turn are in one, and none is left at the end."""
    house.automation.change([rule("a"), rule("b")])
    house.automation.take(mat.happened())
    assert obs.acts == []
    assert house.outbox.kept(FIRING) == {}
    house.ledger.commit()
    assert len(obs.acts) == 2
    assert len(house.outbox.kept(FIRING)) == 2
    obs.end()
    obs.end()
    house.ledger.commit()
    assert house.outbox.kept(FIRING) == {}


def test_a_restart_tells_what_is_unknown(path: Path, mat: Mat) -> None:
    """A process that was killed while OBS was at it: the firing is told once, as unknown, and not done again; what
    fires once per match does not fire a second time.
    """
    once = rule("r", once_per=OncePer.MATCH)
    happened = mat.happened()
    before = House(path, PretendedObs("main"))
    before.automation.change([once])
    before.take(happened)
    before.outbox.close()
    obs = PretendedObs("main")
    after = House(path, obs)
    with closing(after.outbox):
        after.automation.change([once])
        after.take(happened, mat.happened(at_s=1))
        assert after.outcomes() == [("r", FiringOutcome.UNKNOWN)]
        assert obs.acts == []
        assert after.outbox.kept(FIRING) == {}
    again = House(path, obs)
    with closing(again.outbox):
        again.ledger.commit()
        assert again.told == []


def test_all_connections_at_once(path: Path, mat: Mat) -> None:
    """An action goes to every connection with its role, or to those that are named; the next waits for all."""
    first, second = PretendedObs("a", Role.SCENES), PretendedObs("b", Role.SCENES, Role.STREAMING)
    house = House(path, first, second)
    with closing(house.outbox):
        actions = (SetScene(scene="Match"), StartStream())
        house.automation.change([rule("all", actions=actions), rule("one", connections=("b",))])
        house.take(mat.happened())
        assert (len(first.acts), len(second.acts)) == (1, 2)
        second.end()
        assert second.acts[2:] == []
        first.end()
        assert second.acts[2:] == [StartStream()]
        second.end()
        second.end()
        house.ledger.commit()
        assert sorted(house.outcomes()) == [("all", FiringOutcome.DONE), ("one", FiringOutcome.DONE)]


def test_a_failed_action_does_not_stop_the_rest(house: House, obs: PretendedObs, mat: Mat) -> None:
    """Partly where one failed, failed where all did; the sentence of the error is kept."""
    house.automation.change([two_steps("partly"), rule("failed", priority=-1)])
    house.take(mat.happened())
    obs.end(LOST)
    obs.end(LOST)
    obs.end()
    house.ledger.commit()
    assert sorted(house.outcomes()) == [("failed", FiringOutcome.FAILED), ("partly", FiringOutcome.PARTLY)]
    by_rule = {one.rule: one for one in house.told}
    assert [(one.ok, one.error, one.confirmed_ms) for one in by_rule["failed"].actions] == [(False, str(LOST), None)]
    assert by_rule["failed"].latency_ms is None


@pytest.mark.parametrize(
    ("action", "role"), [(SaveReplay(), "replay"), (StartRecording(), "recording"), (StartStream(), "streaming")]
)
def test_nobody_for_the_role(path: Path, mat: Mat, action: AnyAction, role: str) -> None:
    """Where no connection has the role of an action, it has failed, and the sentence says which is missing."""
    house = House(path, PretendedObs("main", Role.SCENES))
    with closing(house.outbox):
        house.automation.change([rule(actions=(action,)), rule("n", connections=("gone",))])
        house.take(mat.happened())
        house.ledger.commit()
        errors = [one.actions[0].error or "" for one in house.told]
        assert sorted(role in error or "no active connection gone" in error for error in errors) == [True, True]


def test_a_wait_holds_nobody_else(house: House, obs: PretendedObs, mat: Mat) -> None:
    """While a rule waits, another one is done."""
    waits = rule("waits", actions=(Wait(for_ms=2_000), SetScene(scene="Break")))
    house.automation.change([waits, rule("other")])
    house.take(mat.happened())
    assert obs.acts == [SetScene(scene="Match")]
    obs.end()
    house.wait(1.9)
    assert house.outcomes() == [("other", FiringOutcome.DONE)]
    house.wait(0.1)
    assert obs.acts[1:] == [SetScene(scene="Break")]


def test_a_delay_is_dropped_when_the_match_is_over(house: House, obs: PretendedObs, mat: Mat) -> None:
    """What belongs to a match must not disturb the next one; within the same match it is done after its delay."""
    house.automation.change([rule("idle", delay_ms=1_000)])
    house.take(mat.happened())
    house.wait(1)
    assert obs.acts == [SetScene(scene="Match")]
    house.take(mat.happened(at_s=1), mat.happened(Happening.MATCH_LOADED, at_s=1.5, view={"match_id": "next"}))
    house.wait(1)
    assert len(obs.acts) == 1
    assert house.outcomes() == [("idle", FiringOutcome.DROPPED)]


def test_what_obs_did_for_the_match_before_drops_nothing(house: House, obs: PretendedObs, mat: Mat) -> None:
    """The recording of the last match ends, and its clip is ready, while a rule of the next one waits: it is done."""
    house.automation.change([rule("intro", Happening.MATCH_LOADED, delay_ms=3_000)])
    house.take(mat.happened(Happening.MATCH_LOADED, view={"match_id": "next"}))
    house.wait(1)
    for what in (Happening.RECORDING_ENDED, Happening.CLIP_READY):
        house.take(mat.happened(what, at_s=1, session="video", entry=0, connection="main"))
    house.wait(2)
    assert obs.acts == [SetScene(scene="Match")]


def test_what_follows_from_a_recording_waits_for_its_delay(house: House, obs: PretendedObs, mat: Mat) -> None:
    """It ended when the next match was on the mat already: done after the delay, unless yet another one is loaded."""
    house.automation.change([rule("tell", Happening.RECORDING_ENDED, delay_ms=1_000)])
    house.take(mat.happened(view={"match_id": "next"}))
    for number, (loaded, acts) in enumerate((("next", 1), ("another", 1))):
        house.take(mat.happened(Happening.RECORDING_ENDED, session=f"video {number}", entry=0, connection="main"))
        house.take(mat.happened(view={"match_id": loaded}))
        house.wait(1)
        assert len(obs.acts) == acts
    assert house.outcomes() == [("tell", FiringOutcome.DROPPED)]


def test_a_debounce_is_dropped_when_the_match_is_over(house: House, obs: PretendedObs, mat: Mat) -> None:
    """It was quiet, but in the next match."""
    house.automation.change([rule("quiet", debounce_ms=2_000)])
    house.take(mat.happened())
    house.take(mat.happened(Happening.MATCH_LOADED, at_s=1, view={"match_id": "next"}))
    house.wait(2)
    assert obs.acts == []
    assert house.outcomes() == [("quiet", FiringOutcome.DROPPED)]
    assert house.outbox.kept(FIRING) == {}


def test_a_debounce_does_not_mind_the_wall_clock(house: House, obs: PretendedObs, mat: Mat) -> None:
    """It is set back by an hour while a rule waits for quiet: done after its time, not after an hour."""
    house.automation.change([rule("quiet", debounce_ms=2_000)])
    house.take(mat.happened())
    house.now_us -= 3_600_000_000
    house.take()
    house.automation.change([rule("other"), rule("quiet", debounce_ms=2_000)])
    house.wait(2)
    assert obs.acts == [SetScene(scene="Match")]


def test_a_debounce_fires_by_itself(house: House, obs: PretendedObs, mat: Mat) -> None:
    """Nothing more need happen: the loop's timer lets it fire, with its intent kept first."""
    house.automation.change([rule("quiet", debounce_ms=500)])
    house.take(mat.happened())
    house.wait(0.3)
    house.take(mat.happened(at_s=0.3))
    house.wait(0.4)
    assert obs.acts == []
    house.wait(0.1)
    assert len(obs.acts) == 1
    assert len(house.outbox.kept(FIRING)) == 1


def test_what_is_too_old_is_told_and_not_done(house: House, obs: PretendedObs, mat: Mat) -> None:
    """An event of more than 5 s ago moves no OBS; that it would have is recorded."""
    house.automation.change([rule()])
    house.now_us += 5_001_000
    house.take(mat.happened())
    assert obs.acts == []
    assert house.outcomes() == [("r", FiringOutcome.TOO_OLD)]
    assert house.outbox.kept(FIRING) == {}


def test_paused_automation_does_nothing(house: House, obs: PretendedObs, mat: Mat) -> None:
    """Nothing fires, not later either; what was held back is counted by rule, and does not use up `once`."""
    once = rule("once", once_per=OncePer.MATCH)
    house.automation.change([once, rule("quiet", debounce_ms=500), rule("late", delay_ms=1_000)])
    house.take(mat.happened())
    obs.end()
    house.automation.pause(is_paused=True)
    house.take(mat.happened(at_s=0.1, view={"match_id": "B"}))
    house.wait(5)
    assert len(obs.acts) == 1
    assert house.outcomes() == [("once", FiringOutcome.DONE), ("late", FiringOutcome.DROPPED)]
    assert house.automation.held_back == {"once": 1, "quiet": 1, "late": 1}
    house.automation.pause(is_paused=False)
    house.take(mat.happened(at_s=6, view={"match_id": "B"}))
    assert len(obs.acts) == 2


def test_the_scene_that_is_on_the_air(house: House, obs: PretendedObs, mat: Mat) -> None:
    """A condition on the scene looks at the connections that the rule acts on."""
    house.automation.change([rule(when=Conditions(scenes=("Winner",)))])
    for scene, acts in ((None, 0), ("Match", 0), ("Winner", 1)):
        obs.program_scene = scene
        house.take(mat.happened())
        assert len(obs.acts) == acts


def test_only_the_obs_that_connected(path: Path, mat: Mat) -> None:
    """A rule for a new connection sets that one up, not those that are on the air."""
    first, second = PretendedObs("a"), PretendedObs("b")
    house = House(path, first, second)
    with closing(house.outbox):
        house.automation.change([rule("r", Happening.OBS_CONNECTED)])
        house.take(mat.happened(Happening.OBS_CONNECTED, session="", entry=0, connection="b"))
        assert (first.acts, second.acts) == ([], [SetScene(scene="Match")])


def test_a_program_of_a_rule(house: House, mat: Mat, tmp_path: Path) -> None:
    """It runs beside the loop, with the placeholders filled, and its result is told."""
    written = tmp_path / "written"
    command = ("sh", "-c", 'echo "$0 $EVENT_MATCH_NUMBER" > "$1"', "{player1}", str(written))
    house.automation.change([rule(actions=(RunCommand(command=command),))])
    house.take(mat.happened())
    eventually(lambda: house.posted, within=10)
    assert written.read_text() == "Marija ČAČIĆ 101\n"
    house.posted.pop()()
    house.ledger.commit()
    (fact,) = house.told
    assert [(one.action, one.connection, one.ok) for one in fact.actions] == [("run_command", None, True)]
    assert fact.latency_ms is None
