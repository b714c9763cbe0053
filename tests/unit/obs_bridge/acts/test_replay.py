"""The replay buffer, played by hand."""

from services.obs_bridge.acts import replay
from services.obs_bridge.procedure import Proof
from tests.support.obs.play import play
from tests.unit.obs_bridge.acts.facts import OLD, UNCONFIRMED, proof, refused, requests, went

PICTURES = {"inputs": [{"inputName": "Camera", "inputKind": "v4l2_input"}]}
SOUND = {"inputs": [{"inputName": "Mic", "inputKind": "pulse_input_capture"}]}
OFF, ON = {"outputActive": False}, {"outputActive": True}
SIMPLE, TRUE = {"parameterValue": "Simple"}, {"parameterValue": "true"}


def test_a_start_is_over_when_the_buffer_runs() -> None:
    """What runs already is not asked for again."""
    played = play(replay.start(OLD), [OFF, PICTURES, proof("STARTING"), went("STARTED")])
    assert played.result is True
    assert play(replay.start(OLD), [ON]).result is False


def test_without_a_picture_obs_is_not_asked() -> None:
    """It would open a window, and hang there."""
    played = play(replay.start(OLD), [OFF, SOUND])
    assert played.error is not None
    assert played.error.code == "obs.no_sources"
    assert "StartReplayBuffer" not in requests(played.steps)


def test_a_disabled_buffer_is_enabled_in_the_profile_and_waits_while_something_runs() -> None:
    """The profile is changed, and the error says what has to stop."""
    answers = [refused(604), PICTURES, SIMPLE, {}, TRUE, ON, OFF, refused(604), refused(604)]
    played = play(replay.start(OLD), answers)
    assert played.error is not None
    assert played.error.code == "obs.replay_disabled"
    assert played.error.value == ["records"]
    assert "SetProfileParameter" in requests(played.steps)
    assert "CreateProfile" not in requests(played.steps)


def test_a_save_gives_the_clip_that_obs_names() -> None:
    """From the event, as the answer names none."""
    saved = Proof(answer={}, event={"savedReplayPath": "/v/Replay.mkv"})
    assert play(replay.save(OLD), [saved]).result == "/v/Replay.mkv"


def test_a_save_without_a_buffer_or_a_clip_says_so() -> None:
    """501 and 604 are words; a clip that does not come names the last one."""
    for status in (501, 604):
        error = play(replay.save(OLD), [refused(status)]).error
        assert error is not None
        assert error.code == "obs.replay_off"
    error = play(replay.save(OLD), [UNCONFIRMED, ON, {"savedReplayPath": "/v/Before.mkv"}]).error
    assert error is not None
    assert (error.code, error.value) == ("obs.not_confirmed", "/v/Before.mkv")


def test_a_stop_of_nothing_is_no_error() -> None:
    """Off and not available are off."""
    assert play(replay.stop(OLD), [proof("STOPPED")]).result is True
    assert play(replay.stop(OLD), [refused(501)]).result is False
    assert play(replay.stop(OLD), [refused(604)]).result is False
