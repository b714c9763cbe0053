"""Profiles and scene collections: which there are, and changing to another; obs-bridge."""

from typing import Final

from services.obs_bridge.acts.facts import LOST, Done, ObsFacts, no_such
from services.obs_bridge.acts.outputs import refuse_while_running
from services.obs_bridge.acts.record_settings import parameter
from services.obs_bridge.procedure import Ask, Confirmed, Procedure
from shared.errors import ObsError
from shared.messages.obs_actions import Answer, Profiles, SceneCollections, SetProfile, SetSceneCollection

CHANGE_S: Final = 10.0
"""A scene collection with cameras and browsers takes OBS seconds to load, during which nothing else is answered."""
PASSING: Final = "reStrike, for a moment: "
"""Begins the name of the profile that is changed to, so that OBS loads the one before again. That one's name follows:
whoever finds OBS here knows where it belongs.
"""
AUDIO: Final = ("SampleRate", "ChannelSetup")
"""Where these differ between two profiles OBS opens a window and asks to be restarted."""


def set_profile(action: SetProfile, on: ObsFacts) -> Procedure[Done]:
    """Change the profile, unless it is that."""
    listed = yield Ask("GetProfileList")
    if listed["currentProfileName"] == action.profile:
        return Done(message=f"The profile is {action.profile} already.")
    if action.profile not in listed["profiles"]:
        raise no_such("profile", action.profile, listed["profiles"])
    yield from refuse_while_running(on, "change the profile")
    yield _change_to(action.profile)
    return Done(message=f"The profile is {action.profile}.")


def set_scene_collection(action: SetSceneCollection, on: ObsFacts) -> Procedure[Done]:
    """Change the scene collection, unless it is that."""
    listed = yield Ask("GetSceneCollectionList")
    if listed["currentSceneCollectionName"] == action.collection:
        return Done(message=f"The scene collection is {action.collection} already.")
    if action.collection not in listed["sceneCollections"]:
        raise no_such("scene collection", action.collection, listed["sceneCollections"])
    yield from refuse_while_running(on, "change the scene collection")
    yield from change_collection("SetCurrentSceneCollection", action.collection)
    return Done(message=f"The scene collection is {action.collection}.")


def change_collection(request: str, collection: str) -> Procedure[None]:
    """Have OBS load `collection`, by SetCurrentSceneCollection or CreateSceneCollection."""
    yield Confirmed(
        ask=Ask(request, {"sceneCollectionName": collection}, slow=True, within_s=CHANGE_S),
        event="CurrentSceneCollectionChanged",
        matches=lambda event: event["sceneCollectionName"] == collection,
        within_s=CHANGE_S,
    )


def reload(on: ObsFacts) -> Procedure[None]:
    """Have OBS load its profile again: change to a new one and back, and remove the new one. Raises `obs.busy`. When
    the connection is lost meanwhile, `put_back` has to follow once there is one again.
    """
    yield from refuse_while_running(on, "load its profile again")
    yield from put_back(on)
    current = (yield Ask("GetProfileList"))["currentProfileName"]
    audio: dict[str, str | None] = {}
    for name in AUDIO:
        audio[name] = yield from parameter("Audio", name)
    try:
        yield _change_to(PASSING + current, request="CreateProfile")
        for name, value in audio.items():
            data = {"parameterCategory": "Audio", "parameterName": name, "parameterValue": value}
            yield Ask("SetProfileParameter", data)
    except ObsError as error:
        if error.code not in LOST:
            yield from put_back(on)
        raise
    yield from put_back(on)


def put_back(on: ObsFacts) -> Procedure[str | None]:
    """Have OBS leave the passing profile, if it was left in it, and remove what is left of such. The name of the
    profile that it is in again; None: it was in no passing one. Raises `obs.busy` while something runs in it, and
    `obs.not_found`.
    """
    listed = yield Ask("GetProfileList")
    there, current = listed["profiles"], listed["currentProfileName"]
    passing = [name for name in there if name.startswith(PASSING)]
    back = None
    if current in passing:
        back = current.removeprefix(PASSING)
        if back not in there:
            raise no_such("profile", back, [name for name in there if name not in passing])
        yield from refuse_while_running(on, f"change its profile back to {back}")
        yield _change_to(back)
    for name in passing:
        yield Ask("RemoveProfile", {"profileName": name}, slow=True)
    return back


def _change_to(profile: str, *, request: str = "SetCurrentProfile") -> Confirmed:
    return Confirmed(
        ask=Ask(request, {"profileName": profile}, slow=True, within_s=CHANGE_S),
        event="CurrentProfileChanged",
        matches=lambda event: event["profileName"] == profile,
        within_s=CHANGE_S,
    )


def ask_profiles(_: Profiles, __: ObsFacts) -> Procedure[Answer]:
    """`{current, profiles: [name]}`."""
    listed = yield Ask("GetProfileList")
    return {"current": listed["currentProfileName"], "profiles": listed["profiles"]}


def ask_scene_collections(_: SceneCollections, __: ObsFacts) -> Procedure[Answer]:
    """`{current, collections: [name]}`."""
    listed = yield Ask("GetSceneCollectionList")
    return {"current": listed["currentSceneCollectionName"], "collections": listed["sceneCollections"]}
