"""Clips that the licence does not allow: none is saved, its row says why; what a match began with it keeps."""

from services.obs_bridge.reviews.buffer import LINGER_US
from shared.licensing.features import OBS_AUTOMATION
from shared.messages.recordings import VideoKind
from tests.support.stage.mat import fight, load
from tests.support.stage.stage import Stage
from tests.unit.obs_bridge.reviews.test_clips import fought, the_clip

REFUSED = "Replay clips: not allowed by the licence (expired). It ended yesterday. Renew it."


def is_on(stage: Stage) -> bool:
    return "ReplayBuffer" in stage.studio.running


def test_no_clip(stage: Stage) -> None:
    """No buffer and no clip; the review has its row, with the reason."""
    stage.verdict.expire()
    stage.play(fought((10.0, b"ch1;")))
    stage.pass_s(15)
    assert stage.requests("StartReplayBuffer") == stage.requests("SaveReplayBuffer") == 0
    clip = the_clip(stage)
    assert (clip.kind, clip.problem, clip.is_whole, clip.challenge) == (VideoKind.REVIEW, REFUSED, False, 1)
    assert not stage.buffer.is_wanted, "so that its alarm does not come, too"


def test_another_feature(stage: Stage) -> None:
    """A licence for automation alone has no clips."""
    stage.verdict.allowed = (OBS_AUTOMATION.name,)
    stage.play(fought((10.0, b"ch1;")))
    stage.pass_s(15)
    assert "does not include it" in (the_clip(stage).problem or "")


def test_a_licence_that_ends_in_the_middle(stage: Stage) -> None:
    """Every review of that match has its clip, after a restart, too; those of the next have none, and the buffer goes
    after its time.
    """
    stage.play(fought((10.0, b"ch1;"), (25.0, b"ch2;")), [*load(102, 60.0), *fight(63, 900), (70.0, b"ch1;")])
    stage.pass_s(5)
    stage.verdict.expire()
    stage.pass_s(7)
    assert the_clip(stage).path is not None
    stage.restart()
    stage.pass_s(30)
    assert [video.path is not None for video in stage.videos()] == [True, True]
    stage.pass_s(30)
    assert [video.problem for video in stage.videos()] == [None, None, REFUSED]
    assert is_on(stage), "it was just needed"


def test_a_buffer_that_is_not_allowed_any_more(stage: Stage) -> None:
    """It is ours, and ends after its time though a match is on."""
    stage.play(fought(), [*load(102, 60.0), *fight(63, 900)])
    stage.pass_s(5)
    stage.verdict.expire()
    stage.pass_s(55 + LINGER_US / 1e6 - 5)
    assert is_on(stage)
    stage.pass_s(10)
    assert not is_on(stage)


def test_a_buffer_by_hand(stage: Stage) -> None:
    """Somebody runs it and saves a clip: theirs, whatever the licence."""
    stage.verdict.expire()
    stage.by_hand("StartReplayBuffer")
    stage.play(fought())
    stage.pass_s(10)
    stage.by_hand("SaveReplayBuffer")
    stage.pass_s(2)
    clip = the_clip(stage)
    assert (clip.kind, clip.problem) == (VideoKind.MANUAL, None)
    assert clip.path is not None
    assert clip.match_id is not None
    assert is_on(stage)


def test_a_licence_that_begins_in_the_middle(stage: Stage) -> None:
    """At once: the buffer is started, and the next review has its clip."""
    stage.verdict.expire()
    stage.play([*load(101), *fight(3, 5), (9.0, b"clk;01:54;stop;"), (30.0, b"ch1;")])
    stage.pass_s(15)
    stage.verdict.renew()
    stage.pass_s(4)
    assert is_on(stage)
    stage.pass_s(15)
    assert the_clip(stage).path is not None
