"""Commands to record and to end it while a match is on: they are for its recording, whose state stays true."""

from typing import Any

from msgspec.structs import replace

from services.obs_bridge import faults
from services.obs_bridge.recording import says
from shared.messages.automation import Happening
from shared.messages.recordings import RecordingState
from tests.support.stage.mat import fight, load, match
from tests.support.stage.stage import Stage

IDLE, PREPARING, RECORDING = RecordingState.IDLE, RecordingState.PREPARING, RecordingState.RECORDING
STOPPING, FAILED = RecordingState.STOPPING, RecordingState.FAILED
WHOLE = [PREPARING, RECORDING, STOPPING, IDLE]


def test_ended_by_command_and_begun_again(stage: Stage) -> None:
    """Ended in mid-match: said as what it is, and not begun again by itself. Begun by command: the match's next part,
    under its name, which ends with the match.
    """
    told: list[Any] = []
    stage.play(match(101, lasts_s=40))
    stage.pass_s(8)
    assert stage.recorder.stop_by_command(told.append)
    stage.pass_s(10)
    assert stage.states() == WHOLE
    assert stage.rows()[0].reason == says.BY_COMMAND
    assert told.pop().value().details["path"] == stage.videos()[0].obs_path
    assert stage.recorder.wants
    assert stage.recorder.problem == says.BY_COMMAND
    assert stage.recorder.start_by_command(told.append)
    stage.pass_s(1)
    assert "part 2" in told.pop().value().message
    assert stage.recorder.problem is None
    stage.pass_s(60)
    assert stage.states()[4:] == WHOLE
    first, second = stage.videos()
    assert (second.part, second.match_id, second.problem) == (2, first.match_id, None)
    assert "101" in second.obs_path


def test_ended_by_command_while_it_begins(stage: Stage) -> None:
    """It is ended as soon as it runs, and stays so."""
    told: list[Any] = []
    stage.studio.start_takes_s = 1.0
    stage.play(match(101, lasts_s=20))
    stage.until(lambda: stage.requests("StartRecord"))
    assert stage.recorder.stop_by_command(told.append)
    stage.pass_s(10)
    assert told.pop().error is None
    assert stage.states() == WHOLE
    assert stage.requests("StartRecord") == 1


def test_after_the_match_nothing_is_missing(stage: Stage) -> None:
    """Ended by command within the post-roll: nothing is wrong with that; nor is anything wanted with no match on."""
    told: list[Any] = []
    stage.play(match(101, lasts_s=5))
    stage.pass_s(9)
    assert stage.recorder.stop_by_command(told.append)
    stage.pass_s(5)
    assert stage.rows()[0].reason is None
    assert not stage.recorder.wants
    assert stage.recorder.state is IDLE
    assert not stage.recorder.start_by_command(told.append), "a plain recording is meant"
    assert not stage.recorder.stop_by_command(told.append)


def test_begun_by_command_before_the_clock(stage: Stage) -> None:
    """A match that is loaded is what is meant."""
    told: list[Any] = []
    stage.play([*load(101, ready=False), *fight(10, 5)])
    stage.pass_s(2)
    assert stage.recorder.start_by_command(told.append)
    stage.pass_s(1)
    assert told.pop().error is None
    assert stage.states() == [PREPARING, RECORDING]
    assert stage.recorder.start_by_command(told.append)
    stage.pass_s(0.5)
    assert told.pop().value().message.startswith("OBS records already, to /fake/Open/day 1/ring-1 101 ")
    assert stage.requests("StartRecord") == 1


def test_while_automation_is_paused(stage: Stage) -> None:
    """What is commanded is done, and nothing else; what was begun so ends when automation goes on."""
    told: list[Any] = []
    stage.is_paused = True
    stage.play(match(101, lasts_s=20))
    stage.pass_s(5)
    assert stage.recorder.start_by_command(told.append)
    stage.pass_s(30)
    assert told.pop().error is None
    assert stage.states() == [PREPARING, RECORDING]
    stage.is_paused = False
    stage.pass_s(2)
    assert stage.states() == WHOLE


def test_a_command_that_fails(stage: Stage) -> None:
    """It is answered with the reason."""
    told: list[Any] = []
    stage.play(match(101, lasts_s=40))
    stage.pass_s(8)
    stage.recorder.stop_by_command(told.append)
    stage.pass_s(3)
    told.clear()
    stage.refusals["StartRecord"] = faults.refused("StartRecord", 702, "No.")
    stage.recorder.start_by_command(told.append)
    stage.pass_s(3)
    assert "No." in str(told.pop().error)


def test_a_command_that_comes_to_nothing(stage: Stage) -> None:
    """OBS does not stop: answered within some seconds, and the recording is still ours."""
    told: list[Any] = []
    stage.play(match(101, lasts_s=80))
    stage.pass_s(8)
    stage.ignored.add("StopRecord")
    stage.recorder.stop_by_command(told.append)
    stage.pass_s(20)
    (outcome,) = told
    assert outcome.error is not None
    stage.ignored.clear()
    stage.pass_s(10)
    assert stage.states()[-1] is IDLE


def test_resumed_in_a_match(stage: Stage) -> None:
    """A match was loaded and made ready while automation was paused: it is recorded once that goes on, though nothing
    more happens on the mat.
    """
    stage.is_paused = True
    stage.play([*load(101), *fight(3, 3), (7.0, b"clk;01:50;stop;")])
    stage.pass_s(20)
    assert stage.requests("StartRecord") == 0
    stage.is_paused = False
    stage.pass_s(1)
    assert stage.states() == [PREPARING, RECORDING]


def test_a_decision_that_is_taken_back(stage: Stage) -> None:
    """The match goes on without being loaded again: what was ended is gone on with."""
    stage.play(match(101, lasts_s=5))
    stage.pass_s(20)
    assert stage.states() == WHOLE
    ticks = [one for one in stage.happened_so_far if one.what is Happening.CLOCK_STARTED]
    stage.hear(replace(ticks[-1], at_us=stage.now_us()))
    stage.pass_s(2)
    assert stage.states() == [*WHOLE, PREPARING, RECORDING]


def test_a_match_beside_another_one(stage: Stage) -> None:
    """Two rings on one OBS: that the second match is not recorded is told once, with its reason, and known as long as
    it is so; then the rest of it is recorded in the same row.
    """
    stage.play(match(101, lasts_s=20))
    stage.play(match(201, 2.0, lasts_s=60), ring="ring-2")
    stage.pass_s(10)
    (missed,) = [row for row in stage.rows() if row.ring == "ring-2"]
    assert (missed.state, missed.reason) == (FAILED, says.occupied("ring-1"))
    assert stage.recorder.problem == says.occupied("ring-1")
    assert stage.recorder.lacking is not None
    assert stage.recorder.lacking.view.ring == "ring-2"
    stage.pass_s(30)
    assert stage.recorder.problem is None
    assert stage.recorder.lacking is None
    stage.pass_s(60)
    rows = [row for row in stage.rows() if row.ring == "ring-2"]
    assert [(row.video_id, row.state, row.part) for row in rows] == [(missed.video_id, IDLE, 1)]


def test_a_match_beside_a_recording_by_hand(stage: Stage) -> None:
    """The first match is that recording's; the next ones are in it without being its own, which is told."""
    stage.by_hand("StartRecord")
    stage.pass_s(1)
    stage.play(match(101, lasts_s=5), match(102, 20.0, lasts_s=5))
    stage.pass_s(27)
    by_hand, missed = stage.rows()
    assert (by_hand.by_hand, missed.state, missed.reason) == (True, FAILED, says.IN_ANOTHER)
    assert stage.recorder.problem == says.IN_ANOTHER


def test_a_match_that_was_left_gives_way(stage: Stage) -> None:
    """Nothing was heard of it for ten minutes: another ring's match is recorded; before, it stays with the first."""
    stage.play(load(101))
    stage.pass_s(300)
    stage.play(match(201, lasts_s=5), ring="ring-2")
    stage.pass_s(30)
    assert {row.ring for row in stage.rows() if row.state is RECORDING} == {"ring-1"}
    stage.pass_s(330)
    stage.play(match(202, lasts_s=20), ring="ring-2", number=1)
    stage.pass_s(10)
    assert [row.ring for row in stage.rows() if row.state is RECORDING] == ["ring-2"]
    stage.pass_s(60)
    assert stage.videos()[-1].ring == "ring-2"


def test_a_start_that_obs_takes_its_time_for(stage: Stage) -> None:
    """No answer, and the look finds nothing; then OBS begins. It is ours: one row, ended with the match."""
    stage.refusals["StartRecord"] = None
    stage.play(match(101, lasts_s=30))
    stage.until(lambda: stage.requests("StartRecord"))
    name = stage.studio.profile["Output", "FilenameFormatting"]
    stage.disconnect()
    stage.pass_s(1)
    stage.connect()
    stage.until(lambda: FAILED in stage.states())
    own = stage.studio.profile["Output", "FilenameFormatting"]
    stage.studio.profile["Output", "FilenameFormatting"] = name
    stage.by_hand("StartRecord")
    stage.studio.profile["Output", "FilenameFormatting"] = own
    stage.refusals.clear()
    stage.pass_s(60)
    (row,) = stage.rows()
    assert (row.by_hand, row.state) == (False, IDLE)


def test_the_format_of_names_comes_back(stage: Stage) -> None:
    """The connection is lost while OBS has the match's name as its format: the operator's own is put back."""
    own = "%CCYY my own %ss"
    stage.studio.start_takes_s = 1.0
    stage.studio.profile["Output", "FilenameFormatting"] = own
    stage.play(match(101, lasts_s=30))
    stage.until(lambda: stage.requests("StartRecord"))
    assert stage.studio.profile["Output", "FilenameFormatting"] != own
    stage.disconnect()
    stage.restart()
    stage.connect()
    stage.pass_s(10)
    assert stage.studio.profile["Output", "FilenameFormatting"] == own
