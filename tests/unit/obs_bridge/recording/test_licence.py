"""Matches that the licence does not allow to be recorded by themselves: nothing begins, what has begun goes on to its
end, and what a person does is done.
"""

from typing import Any
from unittest.mock import Mock

import pytest

from services.obs_bridge.recording import says
from shared.messages.recordings import RecordingState
from tests.support.stage.mat import decide, fight, load, match
from tests.support.stage.stage import Stage
from tests.unit.obs_bridge.recording.conftest import Make

IDLE, PREPARING, RECORDING = RecordingState.IDLE, RecordingState.PREPARING, RecordingState.RECORDING
WHOLE = [PREPARING, RECORDING, RecordingState.STOPPING, IDLE]


def test_nothing_is_recorded(stage: Stage) -> None:
    """A whole match, and OBS is asked for nothing that changes it, not for a folder either; nothing is stored."""
    stage.verdict.expire()
    asked = len(stage.asked)
    stage.play(match(101))
    stage.pass_s(30)
    assert stage.facts == []
    assert [request for request, _ in stage.asked[asked:] if not request.startswith("Get")] == []
    assert not stage.recorder.wants
    assert stage.recorder.problem is None


def test_a_licence_that_ends_in_the_middle(stage: Stage) -> None:
    """The match is recorded to its end, over a break too; the next one is not."""
    stage.play([*load(101), *fight(3, 5), (9.0, b"clk;01:54;stop;"), *fight(20, 10), *decide(30)], match(102, 40.0))
    stage.pass_s(0.5)
    stage.verdict.expire()
    stage.pass_s(80)
    assert stage.states() == WHOLE
    (video,) = stage.videos()
    assert (video.is_whole, video.problem) == (True, None)
    assert {"clock_started", "match_decided"} <= {event.kind for event in stage.events()}


def test_the_next_match_ends_it_though_refused(stage: Stage) -> None:
    """It is loaded in the midst of the recording: that ends in order, and nothing begins."""
    stage.play([*load(101), *fight(3, 5)], match(102, 15.0))
    stage.pass_s(10)
    stage.verdict.expire()
    stage.pass_s(7)
    assert stage.states() == WHOLE
    stage.pass_s(30)
    assert stage.requests("StartRecord") == 1


def test_a_licence_that_begins_in_the_middle(stage: Stage) -> None:
    """As after `resume`: the match that goes on is recorded from now on, to its end, whatever the licence does then."""
    stage.verdict.expire()
    stage.play(match(101, lasts_s=30))
    stage.pass_s(8)
    assert stage.facts == []
    stage.verdict.renew()
    stage.pass_s(4)
    assert stage.states() == [PREPARING, RECORDING]
    stage.verdict.expire()
    stage.pass_s(60)
    assert stage.states() == WHOLE


def test_a_licence_that_begins_in_a_break(stage: Stage) -> None:
    """No clock runs: recorded at once all the same, as the match goes on. One that is over stays unrecorded."""
    stage.verdict.expire()
    stage.play([*load(101), *fight(3, 5), (9.0, b"clk;01:54;stop;")])
    stage.play(match(201, lasts_s=5), ring="ring-2")
    stage.pass_s(20)
    stage.verdict.renew()
    stage.pass_s(4)
    assert [(row.ring, row.state) for row in stage.rows()] == [("ring-1", RECORDING)]


def test_events_of_no_match_are_no_work(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mat without a match, and no licence: nothing is kept anew for each of its events."""
    stage.verdict.expire()
    stage.pass_s(3)
    keep = Mock()
    monkeypatch.setattr(stage.ledger, "keep_latest", keep)
    stage.play([(float(second), b"pt1;3;") for second in range(3)])
    stage.pass_s(4)
    assert [one.view.match_id for one in stage.happened_so_far] == [None] * 3
    keep.assert_not_called()


def test_paused_and_not_licensed(stage: Stage) -> None:
    """Both must be over: neither alone lets the match be recorded."""
    stage.verdict.expire()
    stage.is_paused = True
    stage.play([*load(101), *fight(3, 100)])
    stage.pass_s(8)
    stage.is_paused = False
    stage.pass_s(4)
    assert stage.facts == []
    stage.is_paused = True
    stage.verdict.renew()
    stage.pass_s(4)
    assert stage.facts == []
    stage.is_paused = False
    stage.pass_s(1)
    assert stage.states() == [PREPARING, RECORDING]


@pytest.mark.parametrize("at_s", [0.5, 2.0, 8.0])
def test_killed_in_the_middle(stage: Stage, at_s: float) -> None:
    """The licence ends, and obs-bridge is killed: be the match loaded, ready or fought, it has its recording."""
    stage.play(match(101), match(102, 30.0))
    stage.pass_s(at_s)
    stage.verdict.expire()
    stage.pass_s(0.1)
    stage.restart()
    stage.pass_s(60)
    assert stage.states() == WHOLE
    assert stage.requests("StartRecord") == 1


def test_killed_while_it_is_refused(stage: Stage) -> None:
    """Nothing is recorded after the restart either, until the licence allows it."""
    stage.verdict.expire()
    stage.play(match(101, lasts_s=60))
    stage.pass_s(8)
    stage.restart()
    stage.pass_s(8)
    assert stage.facts == []
    stage.verdict.renew()
    stage.pass_s(4)
    assert stage.states() == [PREPARING, RECORDING]


def test_by_command(stage: Stage) -> None:
    """A person has it recorded: it is that match's recording, under its name, and ends with it."""
    stage.verdict.expire()
    stage.play(match(101))
    stage.pass_s(5)
    told: list[Any] = []
    assert stage.recorder.start_by_command(told.append)
    stage.pass_s(1)
    assert told.pop().error is None
    assert stage.states() == [PREPARING, RECORDING]
    stage.pass_s(30)
    assert stage.states() == WHOLE
    (video,) = stage.videos()
    assert " 101 " in video.obs_path


@pytest.mark.parametrize("is_restarted", [False, True])
def test_ended_by_command(stage: Stage, *, is_restarted: bool) -> None:
    """A person recorded it, and no more: nobody expects that of the suite, nor after a restart. With a licence that
    is good again it is a match that ought to be recorded, and was ended.
    """
    stage.verdict.expire()
    stage.play(match(101, lasts_s=60))
    stage.pass_s(5)
    assert stage.recorder.start_by_command(lambda _: None)
    stage.pass_s(4)
    assert stage.recorder.stop_by_command(lambda _: None)
    stage.pass_s(8)
    if is_restarted:
        stage.restart()
        stage.pass_s(8)
    assert stage.states() == WHOLE
    assert stage.rows()[0].reason == says.BY_COMMAND
    assert not stage.recorder.wants
    assert (stage.recorder.problem, stage.recorder.lacking) == (None, None)
    stage.verdict.renew()
    stage.pass_s(4)
    assert stage.states() == WHOLE
    assert (stage.recorder.wants, stage.recorder.problem) == (True, says.BY_COMMAND)


def test_ended_by_obs(stage: Stage) -> None:
    """What a person began and OBS ended is missing, and what happened is said."""
    stage.verdict.expire()
    stage.play(match(101, lasts_s=60))
    stage.pass_s(5)
    assert stage.recorder.start_by_command(lambda _: None)
    for _ in range(2):
        stage.until(lambda: stage.recorder.state is RECORDING)
        stage.pass_s(2)
        stage.by_hand("StopRecord")
        stage.pass_s(2)
    assert (stage.recorder.wants, stage.recorder.problem) == (True, says.ENDED_BY_HAND)


def test_by_hand(stage: Stage) -> None:
    """Somebody records in OBS: the match that is refused is in it, with its events, and the end is theirs."""
    stage.verdict.expire()
    stage.play(match(101))
    stage.pass_s(2)
    stage.by_hand("StartRecord")
    stage.pass_s(20)
    assert stage.states()[-1] is RECORDING
    stage.by_hand("StopRecord")
    stage.pass_s(2)
    (video,) = stage.videos()
    assert video.is_whole
    assert [(row.by_hand, row.match_id) for row in stage.rows()] == [(True, video.match_id)]
    assert video.match_id is not None
    assert "match_decided" in {event.kind for event in stage.events()}


def test_by_hand_on_an_obs_that_records_no_matches(make: Make) -> None:
    """What somebody records there is no match's, with and without a licence."""
    stage = make(records_matches=False)
    stage.verdict.expire()
    stage.play(match(101))
    stage.pass_s(2)
    stage.by_hand("StartRecord")
    stage.pass_s(20)
    assert [row.match_id for row in stage.rows()] == [None]
