"""One recording per match, on a small OBS and with simulated time: when it begins and ends, and what is told of it."""

from collections.abc import Callable

import pytest

from shared.messages.obs import StartOn
from shared.messages.recordings import RecordingState, VideoKind
from tests.support.stage.mat import decide, fight, load, match
from tests.support.stage.stage import Stage

IDLE, PREPARING, RECORDING = RecordingState.IDLE, RecordingState.PREPARING, RecordingState.RECORDING
STOPPING, FAILED = RecordingState.STOPPING, RecordingState.FAILED
WHOLE = [PREPARING, RECORDING, STOPPING, IDLE]
Make = Callable[..., Stage]


def test_a_match_is_recorded(stage: Stage) -> None:
    """Prepared at the load, begun at ready, ended after the post-roll: one file, with its times, name and events."""
    begun_us = stage.now_us()
    stage.play(match(101))
    stage.pass_s(0.5)
    assert stage.states() == [PREPARING]
    assert stage.requests("StartRecord") == 0
    stage.pass_s(30)
    assert stage.states() == WHOLE
    assert stage.published == stage.facts
    (video,) = stage.videos()
    assert (video.kind, video.ring, video.part, video.is_whole, video.problem) == (
        VideoKind.MATCH, "ring-1", 1, True, None,
    )  # fmt: skip
    assert video.obs_path == "/fake/Open/day 1/ring-1 101 Ferenc STORM JOR - Grga NOVAK MEX.mkv"
    assert video.started_at_us is not None
    assert video.ended_at_us is not None
    assert abs(video.started_at_us - begun_us - 1_000_000) < 300_000, "at ready"
    assert abs(video.ended_at_us - begun_us - 16_200_000) < 600_000, "the post-roll after the decision"
    assert video.in_ms == 0, "5 s before the first clock"
    assert video.out_ms is not None
    assert video.duration_ms is not None
    assert video.duration_ms - 600 < video.out_ms <= video.duration_ms
    placed = {event.kind: event for event in stage.events()}
    assert abs(placed["clock_started"].offset_ms - 2_000) < 150
    assert abs(placed["match_decided"].offset_ms - 12_200) < 150
    assert {"recording_started", "recording_ended"} == {one.what.value for one in stage.said}


def test_the_name_is_for_one_file_only(stage: Stage) -> None:
    """While OBS records, its own format of names is back: nothing saved by hand bears the match's name."""
    stage.play(match(101))
    stage.pass_s(3)
    assert "%CC" in stage.studio.profile["Output", "FilenameFormatting"]


@pytest.mark.parametrize(
    ("start_on", "starts_at_s"), [(StartOn.LOAD, 0.006), (StartOn.READY, 1.0), (StartOn.CLOCK, 3.0)]
)
def test_when_it_starts(make: Make, start_on: StartOn, starts_at_s: float) -> None:
    """At the load, at ready, or with the first clock."""
    stage = make(start_on=start_on)
    begun_us = stage.now_us()
    stage.play(match(101))
    stage.pass_s(30)
    (video,) = stage.videos()
    assert video.started_at_us is not None
    assert abs(video.started_at_us - begun_us - starts_at_s * 1e6) < 150_000


def test_a_missed_ready_is_made_up_for(stage: Stage) -> None:
    """Without ready it starts with the clock; joined in the midst of a round, with the next tick."""
    stage.play([*load(101, ready=False), *fight(3, 5)])
    stage.pass_s(2.9)
    assert stage.requests("StartRecord") == 0
    stage.pass_s(0.5)
    assert stage.requests("StartRecord") == 1


def test_what_is_old_starts_nothing_and_a_later_tick_does(stage: Stage) -> None:
    """Events that come more than 5 s late move nothing; the match that goes on is recorded from its next fresh one."""
    stage.is_up = False
    stage.play([*load(101), *fight(3, 20)])
    stage.pass_s(10)
    late = [one for one in stage.happened_so_far if stage.now_us() - one.at_us > 5_000_000]
    stage.is_up = True
    for one in late:
        stage._take(one)
    stage.pass_s(0.3)
    assert stage.requests("StartRecord") == 0
    stage.pass_s(1.2)
    assert stage.requests("StartRecord") == 1


def test_a_match_that_is_over_is_not_recorded(stage: Stage) -> None:
    """What comes of a decided match, fresh as it may be, starts nothing."""
    stage.is_up = False
    stage.play([*match(101, lasts_s=2), (6.0, b"rdy;FightReady;"), (7.0, b"rdy;FightReady;")])
    stage.pass_s(5.9)
    stage.is_up = True
    stage.pass_s(10)
    assert stage.requests("StartRecord") == 0


@pytest.mark.parametrize("next_at_s", [8.0, 14.5])
def test_the_next_match_ends_it_at_once(stage: Stage, next_at_s: float) -> None:
    """In the midst of a match or of its post-roll: stopped, waited for, and the next one begun at its ready."""
    begun_us = stage.now_us()
    stage.play([line for line in match(101) if line[0] < next_at_s], match(102, next_at_s))
    stage.pass_s(40)
    assert stage.states(0) == WHOLE
    assert stage.states(1) == WHOLE
    first, second = stage.videos()
    assert first.ended_at_us is not None
    assert second.started_at_us is not None
    assert abs(first.ended_at_us - begun_us - next_at_s * 1e6) < 400_000
    assert abs(second.started_at_us - begun_us - next_at_s * 1e6 - 1_000_000) < 300_000
    assert first.in_ms == 0, "known though the ring has another match"
    assert "101" in first.obs_path
    assert "102" in second.obs_path


def test_ten_matches_are_ten_files(make: Make) -> None:
    """Back to back: each its file, none cut short, none twice."""
    stage = make(post_roll_ms=2_000)
    stage.play(*[match(100 + place, place * 17.0) for place in range(10)])
    stage.pass_s(180)
    assert stage.states() == WHOLE * 10
    assert [video.obs_path.count(f" {100 + place} ") for place, video in enumerate(stage.videos())] == [1] * 10
    assert all(video.is_whole and video.problem is None and video.out_ms for video in stage.videos())


def test_loading_the_same_match_again_does_not_cut(stage: Stage) -> None:
    """In the midst of the match the same one is loaded again: one file, to its end."""
    again = [(7.0 + at_s, body) for at_s, body in load(101)]
    stage.play([*load(101), *fight(3, 4), *again, *fight(9, 6), *decide(15.5)])
    stage.pass_s(40)
    assert stage.states() == WHOLE
    assert len(stage.videos()) == 1


def test_a_match_that_is_never_fought_is_not_recorded(stage: Stage) -> None:
    """Loaded, and then another: what was prepared is told to be off."""
    stage.play(load(101, ready=False), load(102, 5.0, ready=False))
    stage.pass_s(10)
    assert stage.states(0) == [PREPARING, IDLE]
    assert stage.states(1) == [PREPARING]
    assert stage.requests("StartRecord") == 0


def test_an_aborted_match_ends_with_the_next_load(stage: Stage) -> None:
    """No decision ever comes: it is recorded until another match is loaded."""
    stage.play([*load(101), *fight(3, 5)], load(102, 60.0, ready=False))
    stage.pass_s(59)
    assert stage.states() == [PREPARING, RECORDING]
    stage.pass_s(10)
    assert stage.states(0) == WHOLE


def test_it_is_not_recorded_if_that_is_not_wanted(make: Make) -> None:
    """Not for recording: nothing is asked, nothing told."""
    stage = make(records_matches=False)
    stage.play(match(101))
    stage.pass_s(30)
    assert stage.facts == []
    assert stage.requests("StartRecord") == 0


def test_switched_off_in_the_midst(stage: Stage) -> None:
    """The recording ends in order and says why; what was only prepared is off."""
    stage.play(match(101), load(102, 30.0, ready=False))
    stage.pass_s(8)
    stage.settings = type(stage.settings)(records_matches=False)
    stage.pass_s(5)
    assert stage.states() == WHOLE
    assert stage.rows()[0].reason == "The recording of matches was switched off."
    stage.settings = type(stage.settings)()
    stage.pass_s(20)
    assert stage.states(1) == [PREPARING]
    stage.settings = type(stage.settings)(records_matches=False)
    stage.pass_s(1)
    assert stage.states(1) == [PREPARING, IDLE]


def test_paused_automation_moves_nothing(stage: Stage) -> None:
    """Nothing begins and nothing ends while paused. Then the match that goes on is recorded, one that is over ended."""
    stage.is_paused = True
    stage.play(match(101, lasts_s=20))
    stage.pass_s(8)
    assert stage.facts == []
    stage.is_paused = False
    stage.pass_s(1.5)
    assert stage.states() == [PREPARING, RECORDING]
    stage.is_paused = True
    stage.pass_s(30)
    assert stage.states() == [PREPARING, RECORDING]
    stage.is_paused = False
    stage.pass_s(2)
    assert stage.states() == WHOLE


def test_two_rings_on_one_obs(stage: Stage) -> None:
    """It can record one match at a time: it stays with the one it has, then takes the other if that still goes on."""
    stage.play(match(101, lasts_s=10))
    stage.play(match(201, 2.0, lasts_s=30), ring="ring-2")
    stage.pass_s(15)
    assert {change.ring for change in stage.changes() if change.state is RECORDING} == {"ring-1"}
    stage.pass_s(60)
    assert [video.ring for video in stage.videos()] == ["ring-1", "ring-2"]
    assert all(video.is_whole for video in stage.videos())
    ring_2 = [event.match_id for event in stage.events() if event.match_id and "ring-2" in event.match_id]
    assert ring_2, "events of the second ring are in its own recording"
    assert len({change.video_id for change in stage.changes() if change.state is RECORDING}) == 2
