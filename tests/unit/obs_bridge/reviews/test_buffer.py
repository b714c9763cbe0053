"""The replay buffer runs while a match runs, whoever stops it; and it never gets in the way of a recording's name."""

from msgspec.structs import replace

from services.obs_bridge import faults
from services.obs_bridge.reviews.buffer import LINGER_US
from shared.automation.match_view import MatchView
from shared.messages.recordings import RecordingState
from tests.support.stage.mat import fight, load, match
from tests.support.stage.stage import Stage


def is_on(stage: Stage) -> bool:
    return "ReplayBuffer" in stage.studio.running


def test_it_runs_while_a_match_runs(stage: Stage) -> None:
    """On at the load, over some minutes after the match; the next match finds it on if it comes before."""
    assert not is_on(stage)
    stage.play(match(101), match(102, 100.0))
    stage.pass_s(1)
    assert is_on(stage)
    stage.pass_s(130)
    assert (is_on(stage), stage.requests("StartReplayBuffer")) == (True, 1)
    stage.pass_s(LINGER_US / 1e6)
    assert not is_on(stage)


def test_it_is_started_again(stage: Stage) -> None:
    """Somebody stops it in OBS, or OBS ends: on again while the match goes on."""
    stage.play([*load(101), *fight(3, 60)])
    stage.pass_s(5)
    stage.by_hand("StopReplayBuffer")
    stage.pass_s(1)
    assert is_on(stage)
    stage.kill_obs()
    stage.pass_s(1)
    stage.connect()
    stage.pass_s(2)
    assert is_on(stage)


def test_one_that_somebody_started_is_left_to_them(stage: Stage) -> None:
    """It is used, and not stopped after the match."""
    stage.by_hand("StartReplayBuffer")
    stage.pass_s(1)
    stage.play(match(101))
    stage.pass_s(LINGER_US / 1e6 + 60)
    assert is_on(stage)
    assert stage.requests("StartReplayBuffer") == stage.requests("StopReplayBuffer") == 0


def test_a_start_that_fails(stage: Stage) -> None:
    """Tried again every few seconds, logged once."""
    stage.refusals["StartReplayBuffer"] = faults.refused("StartReplayBuffer", 702, "No.")
    stage.play([*load(101), *fight(3, 60)])
    stage.pass_s(20)
    assert 4 <= stage.requests("StartReplayBuffer") <= 8
    told = [call for call in stage.log.error.call_args_list if call.args == ("replay_buffer_not_started",)]
    assert len(told) == 1
    stage.refusals.clear()
    stage.pass_s(4)
    assert is_on(stage)


def test_a_look_that_fails_is_taken_again(stage: Stage) -> None:
    """OBS did not say whether the buffer runs: asked again."""
    stage.disconnect()
    stage.refusals["GetReplayBufferStatus"] = faults.refused("GetReplayBufferStatus", 207, "Not ready.")
    stage.connect()
    stage.play([*load(101), *fight(3, 60)])
    stage.pass_s(5)
    assert not is_on(stage)
    stage.refusals.clear()
    stage.pass_s(4)
    assert is_on(stage)


def test_its_clips_can_be_told_apart(stage: Stage) -> None:
    """OBS names clips by the format that it has when the buffer starts: it must hold the seconds."""
    stage.studio.profile["Output", "FilenameFormatting"] = "a match's name"
    stage.play(load(101))
    stage.pass_s(1)
    assert is_on(stage)
    assert "%s" in stage.studio.profile["Output", "FilenameFormatting"]


def test_a_match_that_was_joined(stage: Stage) -> None:
    """How the ring stands is enough; a match that is not fought yet waits for its next event."""
    stage.buffer.stands(MatchView(ring="ring-1"))
    stage.pass_s(1)
    assert not is_on(stage)
    stage.play([*load(101), *fight(3, 5)])
    stage.is_up = False
    stage.pass_s(8)
    stage.is_up = True
    stage.buffer.stands(stage.happened_so_far[-1].view)
    stage.pass_s(1)
    assert is_on(stage)


def test_a_buffer_that_does_not_start_holds_no_recording_up(stage: Stage) -> None:
    """OBS says yes to the buffer and starts none: the match is recorded at its ready all the same, under its name."""
    stage.settings = replace(stage.settings, records_matches=True)
    stage.ignored.add("StartReplayBuffer")
    begun_us = stage.now_us()
    stage.play(match(101, lasts_s=30))
    stage.until(lambda: RecordingState.RECORDING in stage.states())
    assert stage.now_us() - begun_us < 1_500_000
    row = stage.rows()[0]
    assert " 101 " in (row.obs_path or "")


def test_not_wanted(stage: Stage) -> None:
    """Not for replays, or paused: nothing is asked."""
    stage.settings = replace(stage.settings, keeps_replay=False)
    stage.play(match(101))
    stage.pass_s(10)
    assert not is_on(stage)
    stage.settings = replace(stage.settings, keeps_replay=True)
    stage.is_paused = True
    stage.pass_s(2)
    assert not is_on(stage)
