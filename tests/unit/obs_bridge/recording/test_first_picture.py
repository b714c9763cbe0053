"""When a recording's first picture is: OBS may wait seconds for its encoder's next key frame after it said STARTED."""

import pytest

from services.obs_bridge.recording import tape
from shared.messages.recordings import RecordingState, VideoStored
from tests.support.stage.mat import match
from tests.support.stage.stage import Stage

LAG_MS = 200


def _moved(stage: Stage) -> list[VideoStored]:
    return [fact for fact in stage.facts if isinstance(fact, VideoStored) and fact.ended_at_us is None]


@pytest.mark.parametrize("waits_ms", [0, 1_000, 8_000])
def test_the_first_picture_is_found(stage: Stage, waits_ms: int) -> None:
    """From OBS's own time code, once its encoder's delay is known: what was placed is moved, what comes is right."""
    stage.late_ms = LAG_MS
    stage.play(match(100, lasts_s=5), match(101, 20.0, lasts_s=20))
    stage.pass_s(19)
    assert abs(stage.recorder.tape.lag_ms - LAG_MS) < 60
    began_us = stage.now_us() + 2_000_000  # the second match is ready then
    stage.late_ms = LAG_MS + waits_ms
    stage.pass_s(12)
    take = stage.recorder.take
    assert take is not None
    assert take.started_at_us is not None
    assert abs(take.started_at_us - began_us - waits_ms * 1000) < 250_000
    told = _moved(stage)
    assert len(told) == (waits_ms > 0)
    for one in told:
        assert one.started_at_us == take.started_at_us
        assert one.placed_from_us is not None
        assert abs(take.started_at_us - one.placed_from_us - waits_ms * 1000) < 250_000
    stage.pass_s(40)
    decided = next(e for e in stage.events() if e.kind == "match_decided" and e.match_id == take.match_id)
    assert abs(decided.offset_ms - 22_200 + waits_ms) < 250
    assert abs(stage.recorder.tape.lag_ms - LAG_MS) < 60, "a wait is no delay"


def test_the_last_picture_is_when_obs_begins_to_end(stage: Stage) -> None:
    """The encoder and the file need their time after that; of a file whose end is told so, the length tells its
    beginning.
    """
    stage.studio.stop_takes_s = 1.5
    stage.play(match(101))
    stage.until(lambda: stage.requests("StopRecord"))
    asked_us = stage.now_us()
    stage.pass_s(5)
    (video,) = stage.videos()
    assert video.ended_at_us is not None
    assert abs(video.ended_at_us - asked_us) < 100_000
    assert video.placed_from_us == video.started_at_us


def test_a_file_without_its_end_tells_no_beginning(stage: Stage) -> None:
    """OBS died: how long the file is says nothing of when it began."""
    stage.play(match(101, lasts_s=30))
    stage.pass_s(8)
    stage.kill_obs()
    stage.pass_s(3)
    stage.connect()
    stage.pass_s(1)
    assert stage.videos()[0].placed_from_us is None


def test_the_delay_is_learned_from_a_file(stage: Stage) -> None:
    """A measured file says how long the encoder's delay is; that of another file says nothing."""
    stage.late_ms = 1_300
    stage.play(match(101))
    stage.pass_s(30)
    (video,) = stage.videos()
    before_ms = stage.recorder.tape.lag_ms
    stage.recorder.tape.learn("another", 300)
    assert stage.recorder.tape.lag_ms == before_ms
    stage.recorder.tape.learn(video.video_id, 400)
    assert abs(stage.recorder.tape.lag_ms - 900) < 150


def test_nothing_is_written(stage: Stage) -> None:
    """For longer than any key frame takes: it is said, until there is a picture."""
    stage.late_ms = 40_000
    stage.play(match(101, lasts_s=60))
    stage.pass_s(25)
    assert stage.recorder.problem is None
    stage.pass_s(8)
    assert (stage.recorder.problem or "").startswith("OBS records, and has written nothing for 3")
    stage.pass_s(12)
    assert stage.recorder.problem is None


def test_cut_off_before_the_first_picture(stage: Stage) -> None:
    """OBS is away while a key frame is waited for: it is still our recording, without a pause in it."""
    stage.late_ms = 10_000
    stage.play(match(101, lasts_s=30))
    stage.pass_s(3)
    stage.disconnect()
    stage.pass_s(5)
    stage.restart()
    stage.connect()
    stage.pass_s(60)
    assert len(stage.rows()) == 1
    assert not stage.rows()[0].by_hand
    decided = next(event for event in stage.events() if event.kind == "match_decided")
    assert abs(decided.offset_ms - 22_200) < 700, "10 s later than OBS said, less the usual delay of an encoder"


@pytest.mark.parametrize("frozen_at_s", [3.0, 10.0])
def test_frozen_and_thawed(stage: Stage, frozen_at_s: float) -> None:
    """OBS stands still for 8 s; it is heard again a moment before its time code caught up: ours, and no pause in it."""
    stage.play(match(101, lasts_s=40))
    stage.pass_s(frozen_at_s)
    stage.late_ms += 8_000  # as if it had not recorded since
    stage.disconnect()
    stage.pass_s(8)
    stage.connect()
    stage.pass_s(0.4)
    stage.late_ms -= 8_000
    stage.pass_s(60)
    assert len(stage.rows()) == 1
    assert stage.requests("StopRecord") == 1
    assert abs(next(e for e in stage.events() if e.kind == "match_decided").offset_ms - 42_200) < 250


def test_kept_by_another_version(stage: Stage) -> None:
    """What cannot be read again is dropped and logged; the recorder works."""
    stage.outbox.add([], kept={tape.KEY + stage.obs.name: b"\xc1 of old"})
    stage.restart()
    assert [call.args for call in stage.log.warning.call_args_list] == [("kept_state_dropped",)]
    stage.play(match(101))
    stage.pass_s(30)
    assert stage.states()[-1] is RecordingState.IDLE
