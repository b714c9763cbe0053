"""The replay buffer, played by hand."""

from services.obs_bridge.acts import perform, replay
from services.obs_bridge.acts.record_settings import OWN_FORMAT
from services.obs_bridge.procedure import Ask, Proof
from shared.messages.obs_actions import StartReplayBuffer
from tests.support.obs.play import play
from tests.unit.obs_bridge.acts.facts import OLD, UNCONFIRMED, proof, refused, requests, went

PICTURES = {"inputs": [{"inputName": "Camera", "inputKind": "v4l2_input"}]}
SOUND = {"inputs": [{"inputName": "Mic", "inputKind": "pulse_input_capture"}]}
OFF, ON = {"outputActive": False}, {"outputActive": True}
SIMPLE, TRUE, FALSE = ({"parameterValue": value} for value in ("Simple", "true", "false"))
OWN, OTHERS = ({"parameterValue": value} for value in (OWN_FORMAT, "Final 100%%s"))


def test_a_start_is_over_when_the_buffer_runs() -> None:
    """What runs already is not asked for again."""
    played = play(replay.start(OLD), [OFF, PICTURES, OWN, proof("STARTING"), went("STARTED")])
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
    answers = [refused(604), PICTURES, SIMPLE, FALSE, {}, TRUE, ON, OFF, refused(604), refused(604)]
    played = play(perform(StartReplayBuffer(), OLD, by_hand=True), answers)
    assert played.error is not None
    assert played.error.code == "obs.replay_disabled"
    assert played.error.value == ["records"]
    assert "SetProfileParameter" in requests(played.steps)
    assert "CreateProfile" not in requests(played.steps)


def test_nobody_but_a_person_has_the_profile_loaded_again() -> None:
    """In the middle of a match OBS would be in an empty profile for a moment, for ever if the connection is lost in it:
    neither a match nor a rule does that. The next start of OBS has the buffer all the same.
    """
    answers = [refused(604), PICTURES, SIMPLE, FALSE, {}, TRUE]
    for procedure in (replay.start(OLD), perform(StartReplayBuffer(), OLD)):
        played = play(procedure, answers)
        assert played.error is not None
        assert played.error.code == "obs.replay_disabled"
        assert "restrike obs replay start" in played.error.message
        assert requests(played.steps)[-2:] == ["SetProfileParameter", "GetProfileParameter"]


def test_a_buffer_never_starts_with_the_name_of_a_match() -> None:
    """Whoever starts it: all its clips would have that name, each written over the one before. A format that tells the
    seconds is left as it is.
    """
    answers = [OFF, PICTURES, OTHERS, {}, OWN, proof("STARTED")]
    for procedure in (replay.start(OLD), perform(StartReplayBuffer(), OLD)):
        played = play(procedure, answers)
        assert played.error is None
        told = {"parameterCategory": "Output", "parameterName": "FilenameFormatting", "parameterValue": OWN_FORMAT}
        assert Ask("SetProfileParameter", told) in played.steps
    again = play(replay.start(OLD), [OFF, PICTURES, {"parameterValue": "%hh.%mm.%ss"}, proof("STARTED")])
    assert "SetProfileParameter" not in requests(again.steps)


def test_names_are_free_again_when_obs_does_not_start_it() -> None:
    """A window at OBS's screen must not keep a recording from being named."""
    freed: list[int] = []
    heard = [OFF, PICTURES, OWN, UNCONFIRMED, OFF, OWN]
    assert play(replay.start(OLD, named=lambda: freed.append(1)), heard[:4]).waits_for is not None
    assert freed == []
    assert play(replay.start(OLD, named=lambda: freed.append(2)), heard).waits_for is not None
    assert freed == [2]
    slow = [OFF, PICTURES, OWN, proof("STARTING"), UNCONFIRMED, went("STARTED")]
    assert play(replay.start(OLD, named=lambda: freed.append(3)), slow).result is True
    assert freed == [2, 3]


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
