"""One clip for each video review, on a small OBS with simulated time: saved once, in its place, with what it shows."""

import re
from typing import Any

import pytest

from services.obs_bridge import faults
from services.obs_bridge.reviews import clips
from shared.messages.recordings import VideoKind, VideoStored
from tests.support.stage.mat import decide, fight, load, match
from tests.support.stage.stage import Stage

REVIEW = "ring-1 101 R1 review 1 chong"


def fought(*more: tuple[float, bytes], lasts_s: int = 40) -> list[tuple[float, bytes]]:
    """A match that goes on, and what comes into it."""
    return sorted([*load(101), *fight(3, lasts_s), *more])


def the_clip(stage: Stage) -> VideoStored:
    (video,) = stage.videos()
    return video


def test_a_review_has_its_clip(stage: Stage) -> None:
    """Saved once, moved to its place, measured, with athlete, round, clock and the offset of what is argued about."""
    begun_us = stage.now_us()
    stage.play(fought((10.0, b"ch1;")))
    stage.pass_s(12)
    clip = the_clip(stage)
    assert stage.requests("SaveReplayBuffer") == 1
    assert (clip.kind, clip.ring, clip.challenge, clip.athlete, clip.round) == (VideoKind.REVIEW, "ring-1", 1, 1, 1)
    assert (clip.duration_ms, clip.size_bytes, clip.sha256, clip.problem) == (20_000, 7, "20000", None)
    assert clip.path is not None
    assert clip.path.startswith(f"/fake/Open/day 1/reviews/{REVIEW}")
    assert list(stage.disk) == [clip.path]
    assert clip.obs_path.startswith("/fake/Replay")
    assert clip.ended_at_us is not None
    assert abs(clip.ended_at_us - begun_us - 10_000_000) < 300_000
    assert clip.decisive_ms is not None
    assert abs(clip.decisive_ms - 10_000) < 300, "10 s before it was asked for"
    (ready,) = stage.ready
    assert (ready.video_id, ready.path, ready.decisive_ms) == (clip.video_id, clip.path, clip.decisive_ms)
    assert [one.what.value for one in stage.said] == ["clip_ready"]


def test_the_decisive_moment_is_counted_from_the_end(stage: Stage) -> None:
    """The clip is longer than expected, and was saved some time after the review was asked for."""
    stage.clip_ms = 31_000
    stage.disconnect()
    stage.play(fought((10.0, b"ch1;")))
    stage.pass_s(12)
    stage.studio.running["ReplayBuffer"] = 1.0
    stage.connect()
    stage.pass_s(2)
    clip = the_clip(stage)
    assert clip.decisive_ms is not None
    assert abs(clip.decisive_ms - 19_000) < 300
    assert clip.problem is None


def test_the_outcome_lands_on_the_clip(stage: Stage) -> None:
    """After the clip, and while it is saved; what is known once stays said."""
    reviews = ((10.5, b"ch1;"), (15.0, b"ch1;1;1;"), (20.0, b"ch2;"), (20.02, b"ch2;1;0;"))
    stage.play([*load(101), *fight(3, 5), (9.0, b"clk;01:50;stop;"), *reviews])
    stage.pass_s(14)
    assert the_clip(stage).outcome is None
    stage.pass_s(30)
    first, second = stage.videos()
    assert (first.outcome, second.outcome) == ("won", "lost")
    assert first.path
    assert second.path
    assert first.sha256
    assert second.duration_ms


def test_two_reviews_at_once_share_a_clip(stage: Stage) -> None:
    """Both coaches in the same moment: OBS is asked once, both rows name the file."""
    stage.play(fought((10.0, b"ch1;"), (10.0, b"ch2;")))
    stage.pass_s(15)
    first, second = stage.videos()
    assert stage.requests("SaveReplayBuffer") <= 2
    assert {first.athlete, second.athlete} == {1, 2}
    assert first.path
    assert second.path


def test_saved_by_hand(stage: Stage) -> None:
    """In a match it is a clip of that match, without a review."""
    stage.play(fought())
    stage.pass_s(10)
    stage.by_hand("SaveReplayBuffer")
    stage.pass_s(2)
    clip = the_clip(stage)
    assert (clip.kind, clip.challenge, clip.decisive_ms, clip.round) == (VideoKind.MANUAL, None, None, 1)
    assert clip.match_id is not None
    assert clip.path is not None
    assert clip.path.startswith("/fake/Open/day 1/replays/ring-1 101 ")


def test_saved_by_hand_without_a_match(stage: Stage) -> None:
    """It has no ring, and no word that stands for none."""
    stage.studio.running["ReplayBuffer"] = 1.0
    stage.by_hand("SaveReplayBuffer")
    stage.pass_s(2)
    clip = the_clip(stage)
    assert (clip.kind, clip.ring, clip.match_id) == (VideoKind.MANUAL, "none", None)
    assert re.fullmatch(r"/fake/(20[-\d]+/)?replays/\d\d-\d\d-\d\d\.mkv", clip.path or ""), clip.path


def test_names_with_folders(stage: Stage) -> None:
    """OBS's names of clips may have folders: where a clip belongs is below the folder that OBS records to."""
    stage.studio.profile["Output", "FilenameFormatting"] = "today/%CCYY-%MM-%DD %hh-%mm-%ss"
    stage.play(fought((10.0, b"ch1;")))
    stage.pass_s(12)
    clip = the_clip(stage)
    assert (clip.path or "").startswith(f"/fake/Open/day 1/reviews/{REVIEW}")
    stage.by_hand("SaveReplayBuffer")
    stage.pass_s(2)
    assert (stage.videos()[-1].path or "").startswith("/fake/Open/day 1/replays/")


def test_a_clip_that_is_too_short(stage: Stage) -> None:
    """The buffer was just started, and the moment that is argued about is before it: it is said, with the clip."""
    stage.clip_ms = 2_300
    stage.play(fought((10.0, b"ch1;")))
    stage.pass_s(12)
    clip = the_clip(stage)
    assert clip.path is not None
    assert clip.decisive_ms == 0
    assert (clip.problem or "").startswith("It has 2.3 s and begins 7.")
    assert stage.ready[0].path == clip.path


def test_kept_by_another_version(stage: Stage) -> None:
    """What cannot be read again is dropped and logged; the next review has its clip."""
    stage.outbox.add([], kept={clips.KEY + stage.obs.name: b"\xc1 of old"})
    stage.restart()
    assert [call.args for call in stage.log.warning.call_args_list] == [("kept_state_dropped",)]
    stage.play(fought((10.0, b"ch1;")))
    stage.pass_s(12)
    assert the_clip(stage).path is not None


def test_another_name(stage: Stage) -> None:
    """The connection is called otherwise: what was kept is kept under its new name, and told with it."""
    stage.play(fought((10.0, b"ch1;"), (30.0, b"ch1;1;1;")))
    stage.pass_s(12)
    stage.obs.name = "second"
    stage.clips.renamed("mat-1")
    stage.turn()
    assert [key for key in stage.outbox.kept() if key.startswith(clips.KEY)] == ["clips/second"]
    stage.pass_s(30)
    assert (the_clip(stage).connection, the_clip(stage).outcome) == ("second", "won")


def test_saved_by_hand_long_after(stage: Stage) -> None:
    """It does not show the last match any more."""
    stage.play(match(101))
    stage.pass_s(200)
    assert "ReplayBuffer" in stage.studio.running
    stage.pass_s(90)
    stage.by_hand("SaveReplayBuffer")
    stage.pass_s(2)
    assert the_clip(stage).match_id is not None
    stage.studio.running["ReplayBuffer"] = 1.0
    stage.pass_s(200)
    stage.studio.running["ReplayBuffer"] = 1.0
    stage.by_hand("SaveReplayBuffer")
    stage.pass_s(2)
    assert stage.videos()[-1].match_id is None


def test_without_a_replay_buffer(stage: Stage) -> None:
    """A row that says so, and no file; the buffer is started, and the next review has its clip."""
    stage.studio.replay_available = False
    stage.play(fought((10.0, b"ch1;"), (30.0, b"ch2;")))
    stage.pass_s(12)
    clip = the_clip(stage)
    assert (clip.obs_path, clip.path, clip.is_whole) == ("", None, False)
    assert "keeps no replay buffer" in (clip.problem or "")
    assert stage.ready == []
    stage.studio.replay_available = True
    stage.pass_s(25)
    assert stage.videos()[-1].path is not None


def test_obs_is_away(stage: Stage) -> None:
    """Not connected for as long as it would help: a row that says so."""
    stage.play(fought((10.0, b"ch1;")))
    stage.pass_s(8)
    stage.disconnect()
    stage.pass_s(10)
    assert the_clip(stage).problem == clips.NOT_CONNECTED
    stage.connect()
    stage.pass_s(5)
    assert stage.requests("SaveReplayBuffer") == 0


def test_heard_too_late_or_paused(stage: Stage) -> None:
    """A review that is older than 5 s, or one while automation is paused, moves nothing; the row says why."""
    stage.play(fought((10.0, b"ch1;"), (20.0, b"ch2;")))
    stage.pass_s(9)
    stage.is_up = False
    stage.pass_s(8)
    missed = stage.happened_so_far[stage.position :]
    stage.is_up = True
    for happened in missed:
        stage._take(happened)
    stage.pass_s(1)
    assert the_clip(stage).problem == clips.TOO_LATE
    stage.is_paused = True
    stage.pass_s(5)
    assert stage.videos()[-1].problem == clips.PAUSED
    assert stage.requests("SaveReplayBuffer") == 0


def test_a_clip_that_comes_late(stage: Stage) -> None:
    """OBS does not tell it in time: the row says so, and is corrected when the clip comes after all."""
    stage.studio.stop_takes_s = 8.0
    stage.play(fought((10.0, b"ch1;")))
    stage.pass_s(15)
    assert "has written no clip" in (the_clip(stage).problem or "")
    stage.pass_s(5)
    clip = the_clip(stage)
    assert (clip.problem, clip.is_whole, clip.challenge) == (None, True, 1)
    assert clip.path is not None


@pytest.mark.parametrize("is_saved", [True, False])
def test_gone_while_it_is_saved(stage: Stage, *, is_saved: bool) -> None:
    """OBS is asked afterwards which clip was its last: a new one is that of the review."""
    stage.studio.stop_takes_s = 0.5
    stage.play(fought((10.0, b"ch1;")))
    stage.until(lambda: stage.requests("SaveReplayBuffer"))
    stage.pass_s(0.01)
    stage.disconnect()
    if not is_saved:
        stage.studio._later = lambda *_: None  # OBS dies, nothing more happens
        stage.studio.running.clear()
        stage.disk.clear()
    stage.pass_s(0.3 if not is_saved else 3)
    if not is_saved:
        stage.pass_s(3)
        stage.studio._last_replay = ""
    stage.connect()
    stage.pass_s(2)
    clip = the_clip(stage)
    if is_saved:
        assert clip.problem is None
        assert clip.path is not None
        assert clip.decisive_ms is not None
        assert abs(clip.decisive_ms - 10_000) < 300
    else:
        assert clip.problem == clips.NOT_FOUND
        assert not clip.is_whole
    assert stage.requests("SaveReplayBuffer") == 1


def test_an_old_clip_is_not_taken_for_a_new_one(stage: Stage) -> None:
    """What OBS named before is not what was asked for now."""
    stage.play(fought((10.0, b"ch1;"), (20.0, b"ch2;")))
    stage.pass_s(19)
    stage.refusals["SaveReplayBuffer"] = faults.not_answered("SaveReplayBuffer", 2)
    stage.pass_s(2)
    stage.disconnect()
    stage.connect()
    stage.pass_s(2)
    first, second = stage.videos()
    assert first.path
    assert (second.path, second.problem) == (None, clips.NOT_FOUND)


def test_out_of_reach(stage: Stage) -> None:
    """OBS is on another machine: its path is stored, and that is said; the clip is published without a length."""
    stage.is_reachable = False
    stage.play(fought((10.0, b"ch1;")))
    stage.pass_s(12)
    clip = the_clip(stage)
    assert (clip.path, clip.duration_ms, clip.problem) == (None, None, clips.UNREACHABLE)
    assert clip.obs_path
    assert [ready.path for ready in stage.ready] == [None]


@pytest.mark.slow
def test_killed_at_every_step(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Wherever the service is killed, there is one row for the review: with its clip in its place, or why there is
    none; and it is never saved twice for nothing.
    """
    lost = 0
    for step in range(0, 60, 2):
        stage.kill()
        stage.folder = tmp_path_factory.mktemp("stage")
        lists: tuple[list[Any], ...] = (stage.facts, stage.asked, stage.ready, stage.happened_so_far)
        for kept in lists:
            kept.clear()
        stage.disk.clear()
        stage.begin()
        stage.connect()
        stage.play([*load(101), *fight(3, 3), (6.0, b"ch1;"), (11.0, b"ch1;1;1;"), *decide(12.0)], number=step)
        stage.pass_s(5.9)
        _kill_after(stage, step)
        clip = the_clip(stage)
        assert clip.outcome == "won", step
        if clip.problem is None:
            assert clip.path is not None, step
            assert list(stage.disk) == [clip.path], step
            assert (clip.duration_ms, clip.sha256) == (20_000, "20000"), step
            assert clip.decisive_ms is not None
            assert abs(clip.decisive_ms - 10_000) < 1_000, step
        else:
            lost += 1
            assert clip.path is None, step
        assert stage.requests("SaveReplayBuffer") <= 1, step
    assert lost <= 3


def _kill_after(stage: Stage, step: int) -> None:
    until, is_killed = stage.time.steps + step, False

    def each() -> None:
        nonlocal is_killed
        if stage.time.steps >= until and not is_killed:
            is_killed = True
            stage.kill()
            stage.time.after(0.5, begin)
        stage.turn()

    def begin() -> None:
        stage.begin()
        stage.catch_up()
        stage.connect()

    stage.time.pass_s(12, each)
