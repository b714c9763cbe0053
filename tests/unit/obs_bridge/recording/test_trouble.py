"""What can go wrong while matches are recorded: people at OBS, OBS gone, OBS refusing; what is told is true."""

from collections.abc import Callable

import pytest

from services.obs_bridge.recording import says, tape
from shared.messages.recordings import RecordingState, VideoKind
from tests.support.stage.mat import match
from tests.support.stage.stage import Stage

IDLE, PREPARING, RECORDING = RecordingState.IDLE, RecordingState.PREPARING, RecordingState.RECORDING
STOPPING, FAILED = RecordingState.STOPPING, RecordingState.FAILED
WHOLE = [PREPARING, RECORDING, STOPPING, IDLE]
Make = Callable[..., Stage]


# People at OBS


def test_a_recording_by_hand_is_left_alone(stage: Stage) -> None:
    """Begun by hand before the match: the match is in it, nothing of ours is begun or ended; then ours go on."""
    stage.by_hand("StartRecord")
    stage.pass_s(1)
    stage.play(match(101), match(102, 40.0))
    stage.pass_s(30)
    assert stage.requests("StartRecord") == stage.requests("StopRecord") == 0
    (row,) = stage.rows()
    assert (row.by_hand, row.match_id is not None, row.state) == (True, True, RECORDING)
    assert {"clock_started", "match_decided"} <= {event.kind for event in stage.events()}
    stage.by_hand("StopRecord")
    stage.pass_s(1)
    (video,) = stage.videos()
    assert (video.kind, video.is_whole, video.problem) == (VideoKind.MATCH, True, None)
    stage.pass_s(60)
    assert stage.states(1) == WHOLE


def test_a_recording_by_hand_without_a_match(stage: Stage) -> None:
    """It is known, and told as by hand."""
    stage.by_hand("StartRecord")
    stage.pass_s(5)
    stage.by_hand("StopRecord")
    stage.pass_s(1)
    (video,) = stage.videos()
    assert (video.kind, video.ring, video.match_id) == (VideoKind.MANUAL, "none", None)
    assert video.duration_ms is not None
    assert abs(video.duration_ms - 5_000) < 300


def test_a_recording_by_hand_that_is_found(stage: Stage) -> None:
    """It ran before we connected: it is known with its beginning."""
    stage.disconnect()
    stage.by_hand("StartRecord")
    stage.pass_s(60)
    stage.play(match(101))
    stage.pass_s(5)
    stage.connect()
    stage.pass_s(1)
    assert stage.requests("StartRecord") == 0
    row = stage.rows()[-1]
    assert (row.by_hand, row.state) == (True, RECORDING)
    assert row.started_at_us is not None
    assert abs(stage.now_us() - row.started_at_us - 66_000_000) < 200_000


def test_by_hand_within_the_start(stage: Stage) -> None:
    """Somebody begins a moment before us: OBS refuses ours, and the recording is known as theirs."""
    stage.disconnect()
    stage.play(match(101))
    stage.pass_s(1.5)
    stage.connect()
    stage.pass_s(0.01)
    stage.is_up = False  # the event of the start by hand is not heard
    stage.by_hand("StartRecord")
    stage.pass_s(0.1)
    stage.is_up = True
    stage.pass_s(10)
    assert stage.requests("StopRecord") == 0
    assert [row.by_hand for row in stage.rows() if row.state is RECORDING] == [True]


def test_ended_by_hand_is_obeyed(stage: Stage) -> None:
    """Somebody ends it in OBS in the midst of the match, or its encoder does: begun again once, as its second part. The
    second time it is given up, which is known as long as the match goes on; the next match is recorded.
    """
    stage.play(match(101, lasts_s=30), match(102, 50.0))
    stage.pass_s(8)
    stage.by_hand("StopRecord")
    stage.pass_s(1.5)
    assert stage.requests("StartRecord") == 1
    assert stage.recorder.problem == says.ENDED_EARLY
    stage.pass_s(3.5)
    assert stage.states() == [PREPARING, RECORDING, FAILED, PREPARING, RECORDING]
    stage.by_hand("StopRecord")
    stage.pass_s(10)
    assert stage.states()[5:] == [FAILED]
    assert [(one.part, one.problem, one.is_whole) for one in stage.videos()] == [
        (1, says.ENDED_EARLY, True), (2, says.ENDED_BY_HAND, True),
    ]  # fmt: skip
    assert stage.recorder.wants
    assert stage.recorder.given_up is not None
    assert stage.recorder.problem == says.ENDED_BY_HAND
    stage.pass_s(20)
    assert not stage.recorder.wants, "the match is over"
    assert stage.recorder.state is IDLE
    stage.pass_s(30)
    assert stage.states(1) == WHOLE


def test_ended_by_hand_after_the_decision(stage: Stage) -> None:
    """Within the post-roll nothing is wrong with that."""
    stage.play(match(101))
    stage.pass_s(14)
    stage.by_hand("StopRecord")
    stage.pass_s(5)
    assert stage.states() == [PREPARING, RECORDING, IDLE]
    assert stage.videos()[0].problem is None


def test_pauses_are_left_out(make: Make) -> None:
    """Offsets and length are those of the file, which does not hold the pause; the second PAUSED changes nothing."""
    stage = make(post_roll_ms=1_000)
    stage.play(match(101, lasts_s=20))
    stage.pass_s(5)
    for _ in range(2):
        stage.by_hand("PauseRecord")
    stage.pass_s(10)
    for _ in range(2):
        stage.by_hand("ResumeRecord")
    stage.pass_s(20)
    placed = {event.kind: event.offset_ms for event in stage.events()}
    assert abs(placed["match_decided"] - 12_200) < 200
    (video,) = stage.videos()
    assert video.duration_ms is not None
    assert abs(video.duration_ms - 13_200) < 400


def test_another_name(stage: Stage) -> None:
    """The connection is called otherwise while it records: the same recording goes on, also after a restart."""
    stage.play(match(101, lasts_s=20))
    stage.pass_s(8)
    stage.obs.name = "second"
    stage.recorder.tape.renamed("mat-1")
    stage.turn()
    assert [key for key in stage.outbox.kept() if key.startswith(tape.KEY)] == ["recording/second"]
    stage.pass_s(40)
    assert stage.states() == WHOLE
    assert [row.connection for row in stage.rows()] == ["second"]


# OBS gone


def test_obs_is_away_and_records_on(stage: Stage) -> None:
    """The connection is lost for a minute in a match that goes on: the same recording, once begun, whole."""
    stage.play(match(101, lasts_s=90))
    stage.pass_s(8)
    stage.disconnect()
    stage.pass_s(60)
    stage.connect()
    stage.pass_s(60)
    assert stage.states() == WHOLE
    assert stage.requests("StartRecord") == 1
    assert abs(next(e for e in stage.events() if e.kind == "match_decided").offset_ms - 92_200) < 200


def test_the_match_ends_while_obs_is_away(stage: Stage) -> None:
    """As soon as OBS is back, the recording is ended; the next match gets its own."""
    stage.play(match(101), match(102, 30.0))
    stage.pass_s(8)
    stage.disconnect()
    stage.pass_s(26)
    stage.connect()
    stage.pass_s(40)
    assert stage.states(0) == WHOLE
    assert stage.states(1)[-3:] == WHOLE[1:]
    assert stage.requests("StartRecord") == 2


def test_obs_dies_and_comes_back(stage: Stage) -> None:
    """The first file is told as broken off, and the rest of the match is a second part with a name of its own."""
    stage.play(match(101, lasts_s=30))
    stage.pass_s(8)
    stage.kill_obs()
    stage.pass_s(3)
    stage.connect()
    stage.pass_s(60)
    assert stage.states() == [PREPARING, RECORDING, FAILED, *WHOLE]
    first, second = stage.videos()
    assert first.video_id != second.video_id
    assert (first.is_whole, first.problem, first.part, first.ended_at_us) == (False, says.LOST, 1, None)
    assert (second.is_whole, second.problem, second.part) == (True, None, 2)
    assert second.obs_path.endswith("MEX part 2.mkv")


def test_obs_dies_and_somebody_records_when_it_is_back(stage: Stage) -> None:
    """What OBS records now began after ours was heard last: it is another, by hand."""
    stage.play(match(101, lasts_s=40))
    stage.pass_s(8)
    stage.kill_obs()
    stage.pass_s(6)
    stage.by_hand("StartRecord")
    stage.pass_s(10)
    stage.connect()
    stage.pass_s(1)
    first, second = stage.rows()
    assert (first.state, first.reason, first.by_hand) == (FAILED, says.LOST, False)
    assert (second.state, second.by_hand, second.part) == (RECORDING, True, 2)
    stage.pass_s(60)
    assert stage.requests("StopRecord") == 0


def test_paused_by_hand_while_away(stage: Stage) -> None:
    """What is missing in OBS's time code afterwards was a pause: offsets agree with the file again."""
    stage.play(match(101, lasts_s=60))
    stage.pass_s(10)
    stage.disconnect()
    stage.studio.running["Record"] += 8  # 8 s are not in the file
    stage.pass_s(30)
    stage.connect()
    stage.pass_s(60)
    assert stage.states() == WHOLE
    assert abs(next(e for e in stage.events() if e.kind == "match_decided").offset_ms - 54_200) < 1_000


@pytest.mark.parametrize("records", [True, False])
def test_gone_in_the_midst_of_the_start(stage: Stage, *, records: bool) -> None:
    """The answer is lost with the connection: OBS is looked at, and what it records is ours; else it is begun again."""
    stage.studio.start_takes_s = 1.0
    stage.play(match(101, lasts_s=30))
    stage.until(lambda: stage.requests("StartRecord"))
    stage.pass_s(0.01)
    stage.disconnect()
    if not records:
        stage.studio.running.clear()
    stage.pass_s(3)
    stage.connect()
    stage.pass_s(60)
    assert [row.state for row in stage.rows()] == [IDLE]
    assert not stage.rows()[0].by_hand
    assert stage.requests("StartRecord") == (1 if records else 2)
    assert stage.requests("StopRecord") == 1
    decided = next(event for event in stage.events() if event.kind == "match_decided")
    assert abs(decided.offset_ms - (32_200 if records else 26_000)) < 1_100


def test_gone_in_the_midst_of_the_end(stage: Stage) -> None:
    """OBS closed the file while nobody heard it: that is what we asked for, the file is whole."""
    stage.studio.stop_takes_s = 1.0
    stage.play(match(101))
    stage.until(lambda: stage.requests("StopRecord"))
    stage.pass_s(0.01)
    stage.disconnect()
    stage.pass_s(3)
    stage.connect()
    stage.pass_s(1)
    assert stage.states() == WHOLE
    (video,) = stage.videos()
    assert (video.is_whole, video.problem) == (True, None)
    assert video.ended_at_us is not None


def test_obs_was_never_there(stage: Stage) -> None:
    """A match without OBS has a row that says so, told once; OBS that starts late records the rest."""
    stage.disconnect()
    stage.play(match(101, lasts_s=10), match(102, 30.0, lasts_s=20))
    stage.pass_s(29)
    assert stage.states() == [PREPARING, FAILED]
    assert stage.rows()[0].reason == says.NOT_CONNECTED
    stage.pass_s(10)
    stage.connect()
    stage.pass_s(40)
    assert stage.states(1) == [PREPARING, FAILED, RECORDING, STOPPING, IDLE]
    assert len(stage.videos()) == 1
