"""Scenes, preview, studio mode and transitions; obs-bridge."""

from typing import Final

from services.obs_bridge.acts.facts import NOT_FOUND, Done, ObsFacts, no_such
from services.obs_bridge.acts.outputs import is_unconfirmed
from services.obs_bridge.procedure import Ask, Confirmed, Procedure
from shared.errors import ObsError, ValidationError
from shared.messages.obs_actions import (
    Answer,
    RunTransition,
    Scenes,
    SetPreviewScene,
    SetScene,
    SetStudioMode,
    SetTransition,
    Transitions,
)

STUDIO_MODE_OFF: Final = 506
LEAST_MS: Final = 50
MOST_MS: Final = 20_000
"""What OBS takes as a transition's duration."""


def program() -> Procedure[str]:
    """The name of the program scene."""
    found = yield Ask("GetCurrentProgramScene")
    return str(found["currentProgramSceneName"])


def names() -> Procedure[list[str]]:
    """The scenes, as OBS lists them from the top."""
    listed = yield Ask("GetSceneList")
    return [str(scene["sceneName"]) for scene in reversed(listed["scenes"])]


def no_scene(name: str) -> Procedure[ObsError]:
    """The error of a scene that is not there."""
    return no_such("scene", name, (yield from names()))


def set_scene(action: SetScene, on: ObsFacts) -> Procedure[Done]:
    """Change the program scene. OBS tells of it once the transition is over, and nothing when it was that already; it
    is asked for even then, as another scene may be on its way.
    """
    if (yield from program()) == action.scene:
        yield Ask("SetCurrentProgramScene", {"sceneName": action.scene})
        return Done(message=f"The program scene is {action.scene} already.", details={"scene": action.scene})
    try:
        yield Confirmed(
            ask=Ask("SetCurrentProgramScene", {"sceneName": action.scene}),
            event="CurrentProgramSceneChanged",
            matches=lambda event: event["sceneName"] == action.scene,
            within_s=on.confirm_s,
        )
    except ObsError as error:
        if error.status == NOT_FOUND:
            raise (yield from no_scene(action.scene)) from None
        if not is_unconfirmed(error):
            raise
        now = yield from program()
        if now != action.scene:
            raise ObsError(
                "obs.not_confirmed",
                f"OBS accepted scene {action.scene} {on.confirm_s:g} s ago and shows {now}: another one was asked for "
                "meanwhile, or a window is open at its screen.",
                value=now,
            ) from None
    return Done(message=f"The program scene is {action.scene}.", details={"scene": action.scene})


def set_preview_scene(action: SetPreviewScene, on: ObsFacts) -> Procedure[Done]:
    """Put a scene into the preview, unless it is there."""
    listed = yield Ask("GetSceneList")
    if listed.get("currentPreviewSceneName") != action.scene:
        try:
            yield Confirmed(
                ask=Ask("SetCurrentPreviewScene", {"sceneName": action.scene}),
                event="CurrentPreviewSceneChanged",
                matches=lambda event: event["sceneName"] == action.scene,
                within_s=on.confirm_s,
            )
        except ObsError as error:
            if error.status == NOT_FOUND:
                raise (yield from no_scene(action.scene)) from None
            raise _studio_mode_is_off(error) from None
    return Done(message=f"The preview shows {action.scene}.", details={"scene": action.scene})


def set_studio_mode(action: SetStudioMode, on: ObsFacts) -> Procedure[Done]:
    """Switch studio mode, unless it is so."""
    word = "on" if action.on else "off"
    if (yield from is_in_studio_mode()) == action.on:
        return Done(message=f"Studio mode is {word} already.")
    yield Confirmed(
        ask=Ask("SetStudioModeEnabled", {"studioModeEnabled": action.on}),
        event="StudioModeStateChanged",
        matches=lambda event: event["studioModeEnabled"] == action.on,
        within_s=on.confirm_s,
    )
    return Done(message=f"Studio mode is {word}.")


def is_in_studio_mode() -> Procedure[bool]:
    """Whether there is a preview."""
    found = yield Ask("GetStudioModeEnabled")
    return bool(found["studioModeEnabled"])


def run_transition(_: RunTransition, on: ObsFacts) -> Procedure[Done]:
    """Take the preview to the program; over when it is there."""
    listed = yield Ask("GetSceneList")
    preview = listed.get("currentPreviewSceneName")
    if preview is not None and preview == listed["currentProgramSceneName"]:
        return Done(message=f"The program scene is {preview} already.", details={"scene": preview})
    try:
        yield Confirmed(
            ask=Ask("TriggerStudioModeTransition"),
            event="CurrentProgramSceneChanged",
            matches=lambda event: event["sceneName"] == preview,
            within_s=on.confirm_s,
        )
    except ObsError as error:
        raise _studio_mode_is_off(error) from None
    return Done(message=f"The program scene is {preview}.", details={"scene": preview})


def _studio_mode_is_off(error: ObsError) -> ObsError:
    """`error`, in better words when that is its cause."""
    if error.status != STUDIO_MODE_OFF:
        return error
    return ObsError("obs.studio_mode_off", "There is no preview while studio mode is off: switch it on first.")


def set_transition(action: SetTransition, _: ObsFacts) -> Procedure[Done]:
    """Choose the transition and its duration, and read them back."""
    duration_ms = action.duration_ms
    if duration_ms is not None and not LEAST_MS <= duration_ms <= MOST_MS:
        raise ValidationError(
            "obs.duration", f"A transition takes {LEAST_MS} to {MOST_MS} milliseconds.", value=duration_ms
        )
    try:
        yield Ask("SetCurrentSceneTransition", {"transitionName": action.transition})
    except ObsError as error:
        if error.status == NOT_FOUND:
            raise no_such("transition", action.transition, (yield from _transitions())) from None
        raise
    if duration_ms is not None:
        yield Ask("SetCurrentSceneTransitionDuration", {"transitionDuration": duration_ms})
    now = yield Ask("GetCurrentSceneTransition")
    is_set = now["transitionName"] == action.transition
    if not is_set or (duration_ms is not None and now.get("transitionDuration") not in {duration_ms, None}):
        raise ObsError(
            "obs.not_confirmed", "OBS accepted the transition, and has another one.", value=now["transitionName"]
        )
    return Done(message=f"The transition is {action.transition}.", details={"duration_ms": now["transitionDuration"]})


def _transitions() -> Procedure[list[str]]:
    listed = yield Ask("GetSceneTransitionList")
    return [str(found["transitionName"]) for found in listed["transitions"]]


def ask_scenes(_: Scenes, __: ObsFacts) -> Procedure[Answer]:
    """`{program, preview, scenes: [name]}`."""
    listed = yield Ask("GetSceneList")
    return {
        "program": listed["currentProgramSceneName"],
        "preview": listed.get("currentPreviewSceneName"),
        "scenes": [scene["sceneName"] for scene in reversed(listed["scenes"])],
    }


def ask_transitions(_: Transitions, __: ObsFacts) -> Procedure[Answer]:
    """`{current, duration_ms, transitions: [name], studio_mode}`."""
    now = yield Ask("GetCurrentSceneTransition")
    return {
        "current": now["transitionName"],
        "duration_ms": now.get("transitionDuration"),
        "transitions": (yield from _transitions()),
        "studio_mode": (yield from is_in_studio_mode()),
    }
