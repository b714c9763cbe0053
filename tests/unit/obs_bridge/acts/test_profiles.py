"""OBS loads its profile again by way of another one, and always comes back from that."""

from typing import Any

import pytest

from services.obs_bridge.acts import profiles
from services.obs_bridge.acts.profiles import PASSING
from services.obs_bridge.procedure import Ask, Confirmed, Proof
from shared.errors import ObsError
from tests.support.obs.play import play
from tests.unit.obs_bridge.acts.facts import GONE, OLD, UNCONFIRMED, refused, requests

QUIET = [{"outputActive": False}, {"outputActive": False}, refused(604), refused(604)]
"""Answers to what is asked of outputs: none runs."""
AUDIO = [{"parameterValue": "44100"}, {"parameterValue": "Stereo"}]
CHANGED = Proof(answer={}, event={})
LEFT = PASSING + "Venue 1"


def listed(current: str, *others: str) -> dict[str, Any]:
    return {"currentProfileName": current, "profiles": [current, *others]}


def changes(steps: list[Any]) -> list[tuple[str, str]]:
    """To which profile OBS was told to change, and what was made and removed."""
    asks = [step.ask if isinstance(step, Confirmed) else step for step in steps]
    return [(ask.request, (ask.data or {})["profileName"]) for ask in asks if "profileName" in (ask.data or {})]


def test_there_and_back() -> None:
    """The name of the passing profile says where OBS belongs."""
    begin = [*QUIET, listed("Venue 1"), listed("Venue 1"), *AUDIO, CHANGED, {}, {}]
    played = play(profiles.reload(OLD), [*begin, listed(LEFT, "Venue 1"), *QUIET, CHANGED, {}])
    assert played.error is None
    assert changes(played.steps) == [("CreateProfile", LEFT), ("SetCurrentProfile", "Venue 1"), ("RemoveProfile", LEFT)]


def test_a_connection_that_is_lost_in_between() -> None:
    """OBS is left in the passing profile; the next connection brings it back, knowing nothing but OBS's own names."""
    begin = [*QUIET, listed("Venue 1"), listed("Venue 1"), *AUDIO, CHANGED, GONE]
    assert play(profiles.reload(OLD), begin).error is GONE
    played = play(profiles.put_back(OLD), [listed(LEFT, "Venue 1", "Other"), *QUIET, CHANGED, {}])
    assert played.result == "Venue 1"
    assert changes(played.steps) == [("SetCurrentProfile", "Venue 1"), ("RemoveProfile", LEFT)]


def test_a_change_that_obs_does_not_confirm_is_taken_back() -> None:
    """Whatever it did: it is asked, and told to change back."""
    begin = [*QUIET, listed("Venue 1"), listed("Venue 1"), *AUDIO, UNCONFIRMED]
    played = play(profiles.reload(OLD), [*begin, listed(LEFT, "Venue 1"), *QUIET, CHANGED, {}])
    assert played.error is UNCONFIRMED
    assert changes(played.steps)[-2:] == [("SetCurrentProfile", "Venue 1"), ("RemoveProfile", LEFT)]


def test_what_was_left_is_removed() -> None:
    """OBS is back, and the passing profile was not removed any more. Usually there is none, and one question is all."""
    played = play(profiles.put_back(OLD), [listed("Venue 1", LEFT), {}])
    assert (played.result, changes(played.steps)) == (None, [("RemoveProfile", LEFT)])
    assert play(profiles.put_back(OLD), [listed("Venue 1")]).steps == [Ask("GetProfileList")]


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([listed(LEFT, "Venue 1"), {"outputActive": True}, *QUIET[1:]], "obs.busy"),
        ([listed(LEFT, "Other")], "obs.not_found"),
    ],
)
def test_what_cannot_be_put_back(answers: list[Any], code: str) -> None:
    """Something runs in it, or the profile is gone: OBS is left as it is, and the error says so."""
    played = play(profiles.put_back(OLD), answers)
    assert isinstance(played.error, ObsError)
    assert played.error.code == code
    assert not {"SetCurrentProfile", "RemoveProfile"} & set(requests(played.steps))
