"""OBS does not do what it is asked, the disk is full, the clock is set; and marks of rounds."""

from collections.abc import Callable

import pytest

from services.obs_bridge import faults
from shared.errors import ObsError
from shared.messages.recordings import RecordingState
from tests.support.stage.mat import fight, load, match
from tests.support.stage.stage import Stage

IDLE, PREPARING, RECORDING = RecordingState.IDLE, RecordingState.PREPARING, RecordingState.RECORDING
STOPPING, FAILED = RecordingState.STOPPING, RecordingState.FAILED
WHOLE = [PREPARING, RECORDING, STOPPING, IDLE]
Make = Callable[..., Stage]


def test_a_start_that_is_refused_is_tried_again(stage: Stage) -> None:
    """Every 2 s, told once, recorded as soon as it can be: one row for all of it."""
    stage.refusals["StartRecord"] = faults.refused("StartRecord", 702, "No.")
    stage.play(match(101, lasts_s=30))
    stage.pass_s(12)
    assert stage.states() == [PREPARING, FAILED]
    assert 5 <= stage.requests("StartRecord") <= 7
    stage.refusals.clear()
    stage.pass_s(60)
    assert stage.states() == [PREPARING, FAILED, RECORDING, STOPPING, IDLE]
    assert len(stage.rows()) == 1
    assert stage.rows()[0].part == 1
    assert "%CC" in stage.studio.profile["Output", "FilenameFormatting"], "the name is not left behind"


def test_a_start_that_is_not_confirmed(stage: Stage) -> None:
    """OBS says yes and does nothing (a window is open, the folder is missing): told within 5 s, and tried again."""
    begun_us = stage.now_us()
    stage.ignored.add("StartRecord")
    stage.play(match(101, lasts_s=30))
    stage.until(lambda: FAILED in stage.states())
    assert stage.now_us() - begun_us - 1_000_000 < 5_000_000
    stage.pass_s(10)
    assert stage.states() == [PREPARING, FAILED]
    stage.ignored.clear()
    stage.pass_s(60)
    assert stage.states() == [PREPARING, FAILED, RECORDING, STOPPING, IDLE]


def test_an_end_that_is_not_confirmed(stage: Stage) -> None:
    """OBS does not stop: it is looked at, told to record on, and asked again until it does."""
    stage.play(match(101))
    stage.pass_s(10)
    stage.ignored.add("StopRecord")
    stage.pass_s(15)
    stage.ignored.clear()
    stage.pass_s(15)
    assert stage.states()[:5] == [PREPARING, RECORDING, STOPPING, RECORDING, STOPPING]
    assert stage.states()[-1] is IDLE
    assert stage.videos()[0].problem is None


def test_the_disk_is_low_before(stage: Stage) -> None:
    """Told at the load, tried again, recorded within 5 s after there is room."""
    stage.free_mib = 100.0
    stage.play(match(101, lasts_s=30))
    stage.pass_s(0.5)
    assert stage.states() == [PREPARING, FAILED]
    assert "100 MiB" in (stage.rows()[0].reason or "")
    stage.pass_s(10)
    assert stage.states() == [PREPARING, FAILED]
    stage.free_mib = 50_000.0
    stage.pass_s(3)
    assert stage.states() == [PREPARING, FAILED, RECORDING]


def test_the_disk_is_low_while_it_records(stage: Stage) -> None:
    """It is ended so that it stays whole, and says why; with room again the rest is a second part."""
    stage.play(match(101, lasts_s=40))
    stage.pass_s(10)
    for free_mib in (1_500, 0, 900, 1_500, 900):  # none of them ends it: enough, nothing seen, and one reading
        stage.free_mib = free_mib
        stage.recorder.room(free_mib)
        stage.pass_s(1)
    assert stage.states() == [PREPARING, RECORDING]
    stage.settings = type(stage.settings)(least_free_mib=40_000, post_roll_ms=3_000)
    stage.recorder.room(1_500)
    stage.recorder.room(1_500)
    stage.pass_s(0.3)
    assert stage.states() == [PREPARING, RECORDING], "it is ended by what was asked for when it began"
    stage.settings = type(stage.settings)(post_roll_ms=3_000)
    stage.free_mib = 1_000.0
    stage.recorder.room(1_000)
    stage.recorder.room(1_000)
    stage.pass_s(10)
    (video,) = stage.videos()
    assert video.is_whole
    assert "1000 MiB" in (video.problem or "")
    assert stage.states() == [*WHOLE, PREPARING, FAILED]
    stage.free_mib = 50_000.0
    stage.pass_s(60)
    assert [one.part for one in stage.videos()] == [1, 2]
    assert stage.states()[-3:] == [RECORDING, STOPPING, IDLE]


def test_obs_ends_by_itself_on_a_full_disk(make: Make) -> None:
    """That is nobody's will: the match is recorded on as soon as there is room."""
    stage = make(least_free_mib=0)
    stage.play(match(101, lasts_s=40))
    stage.pass_s(8)
    stage.free_mib = 20.0  # which OBS sees before we look again
    stage.by_hand("StopRecord")
    stage.pass_s(5)
    assert "20 MiB" in (stage.videos()[0].problem or "")
    stage.free_mib = 50_000.0
    stage.recorder.room(50_000)
    stage.pass_s(50)
    assert stage.states()[-3:] == [RECORDING, STOPPING, IDLE]


def test_begun_and_ended_at_once(stage: Stage) -> None:
    """STARTED and STOPPED follow each other and there is no file: failed, and tried again as the same part."""
    stage.play(match(101, lasts_s=40))
    stage.until(lambda: RECORDING in stage.states())
    for _ in range(3):
        stage.by_hand("StopRecord")
        stage.pass_s(2.4)
        assert RECORDING in stage.states()
    stage.pass_s(60)
    assert len(stage.rows()) == 1
    assert stage.states()[:3] == [PREPARING, RECORDING, FAILED]
    assert stage.states()[-1] is IDLE
    (video,) = stage.videos()
    assert (video.part, video.is_whole, video.problem) == (1, True, None)


def test_a_look_that_fails_is_taken_again(stage: Stage) -> None:
    """OBS refuses to say whether it records: asked again, so that the recorder does not stand still."""
    stage.disconnect()
    stage.refusals["GetRecordStatus"] = ObsError("obs.refused", "Not ready.")
    stage.connect()
    stage.play(match(101))
    stage.pass_s(4)
    assert stage.requests("StartRecord") == 0
    stage.refusals.clear()
    stage.pass_s(4)
    assert stage.requests("StartRecord") == 1


# Time


@pytest.mark.parametrize("by_s", [-3_600, -5, 5, 3_600])
def test_the_wall_clock_is_set(stage: Stage, by_s: int) -> None:
    """In the midst of a match: it ends when it ought to, and what is in it is where it is."""
    stage.play([*load(101), *fight(3, 5)])
    stage.pass_s(8)
    stage.time.ahead_us += by_s * 1_000_000
    stage.pass_s(0.5)
    assert stage.states() == [PREPARING, RECORDING]
    stage.play(load(102, 1.0, ready=False), number=2)
    stage.pass_s(10)
    assert stage.states(0) == WHOLE
    (video,) = stage.videos()
    assert video.duration_ms is not None
    assert abs(video.duration_ms - 8_500) < 400


def test_the_wall_clock_is_set_back_in_the_post_roll(stage: Stage) -> None:
    """It does not go on for an hour."""
    stage.play(match(101))
    stage.pass_s(14)
    stage.time.ahead_us -= 3_600_000_000
    stage.pass_s(5)
    assert stage.states() == WHOLE


# Rounds


def test_chapters_per_round(stage: Stage) -> None:
    """An OBS that can set chapters gets one for each round after the recording began."""
    stage.studio.newer = True
    stage.play([*load(101), *fight(3, 5)])
    stage.pass_s(10)
    assert stage.studio.chapters == ["round 1"]


def test_a_split_in_obs(make: Make) -> None:
    """OBS goes on in another file: two parts, each with its own events, times and name; no start is told twice."""
    stage = make(post_roll_ms=1_000)
    stage.studio.newer = True
    stage.play(match(101, lasts_s=20))
    stage.pass_s(10)
    stage.studio.profile["Output", "FilenameFormatting"] = "second"
    stage.by_hand("SplitRecordFile")
    stage.pass_s(30)
    first, second = stage.videos()
    assert [first.part, second.part] == [1, 2]
    assert second.obs_path.endswith("second.mkv")
    assert first.ended_at_us == second.started_at_us
    placed = [fact for fact in stage.facts if type(fact).__name__ == "VideoEventsPlaced"]
    last = next(event for fact in placed for event in fact.events if event.kind == "match_decided")
    assert abs(last.offset_ms - 13_200) < 300
    assert placed[-1].video_id == second.video_id
    assert [one.what.value for one in stage.said].count("recording_started") == 1


def test_what_is_measured(stage: Stage) -> None:
    """The encoder's delay is learned from OBS's own time code, and used for a recording that is found."""
    stage.play(match(101, lasts_s=60))
    stage.pass_s(11.1)
    take = stage.recorder.take
    assert take is not None
    assert take.started_at_us is not None
    stage.recorder.tape.measure((stage.now_us() - take.started_at_us) // 1000 - 600)
    began_us = take.started_at_us
    stage.pass_s(0.3)
    stage.restart()
    stage.pass_s(0.5)
    take = stage.recorder.take
    assert take is not None
    assert take.started_at_us == began_us, "it was heard"
    assert stage.recorder.tape.lag_ms == 600


def test_the_folder_is_missing(stage: Stage) -> None:
    """OBS says that nothing is left there, and that is what it means: told at the load, recorded once it is there."""
    stage.free_mib = 0.0
    stage.play(match(101, lasts_s=30))
    stage.pass_s(6)
    assert stage.states() == [PREPARING, FAILED]
    assert "folder is not there" in (stage.rows()[0].reason or "")
    stage.free_mib = 50_000.0
    stage.pass_s(3)
    assert stage.states()[-1] is RECORDING
