"""Makes the scenes and sources that the ready-made rules use (shared/automation/scene_names.py); obs-bridge.

What is there stays as the operator made it; only what is missing is added, a background behind all else.
"""

from typing import Any, Final

from msgspec import Struct

from services.obs_bridge.acts import profiles, scenes, sources
from services.obs_bridge.acts.facts import EXISTS, Done, ObsFacts
from services.obs_bridge.acts.outputs import refuse_while_running
from services.obs_bridge.procedure import Ask, Procedure
from shared.automation.scene_names import (
    BACKGROUND,
    HIDDEN,
    IDLE,
    LOWER_THIRD,
    MESSAGE,
    SCENE_SOURCES,
    SCENES,
    SCORE,
    WINNER_TEXT,
)
from shared.errors import ObsError
from shared.messages.obs_actions import BuildScenes, SetScene

COLOUR_KINDS: Final = ("color_source",)
DARK: Final = 0xFF2B2320
"""Of the background; as OBS writes colours: alpha, blue, green, red."""
FACES: Final = {"windows": "Arial", "macos": "Helvetica"}
"""A font that is there, by the beginning of OBS's platform."""
PLACES: Final = {SCORE: 0.08, MESSAGE: 0.3, WINNER_TEXT: 0.5, LOWER_THIRD: 0.88}
"""How far down the middle of a text is, of the picture's height."""
WIDEST: Final = 0.92
HIGHEST: Final = 0.14
"""The room of a text, of the picture's size: a longer one is made smaller."""
ONLY_IF_LARGER: Final = "OBS_BOUNDS_MAX_ONLY"


class Canvas(Struct, frozen=True, kw_only=True):
    """The picture's size, and the kinds of inputs and the font that this OBS has."""

    width: int
    height: int
    text_kind: str
    colour_kind: str
    face: str


def build_scenes(action: BuildScenes, on: ObsFacts) -> Procedure[Done]:
    """Make what is missing, and change to it."""
    is_new = yield from _open(action.collection, on)
    before = yield from scenes.names()
    canvas = yield from _canvas(on)
    made: list[str] = []
    for scene in SCENES:
        if scene not in before:
            yield from _make("CreateScene", {"sceneName": scene}, scene)
            made.append(scene)
        for source in SCENE_SOURCES[scene]:
            made += yield from _complete(scene, source, canvas)
    if is_new:
        yield from scenes.set_scene(SetScene(scene=IDLE), on)
        for scene in before:  # OBS makes an empty one with each collection
            if scene not in SCENES and not (yield from sources.items(scene, is_group=False)):
                yield Ask("RemoveScene", {"sceneName": scene})
    added = f"{len(made)} scenes and sources were added" if made else "nothing was missing"
    return Done(
        message=f"Scene collection {action.collection} has what the ready-made rules need; {added}.",
        details={"collection": action.collection, "scenes": list(SCENES), "made": made},
    )


def _open(collection: str, on: ObsFacts) -> Procedure[bool]:
    """Change to `collection`; True when it had to be made."""
    listed = yield Ask("GetSceneCollectionList")
    if listed["currentSceneCollectionName"] == collection:
        return False
    yield from refuse_while_running(on, "change the scene collection")
    is_new = collection not in listed["sceneCollections"]
    request = "CreateSceneCollection" if is_new else "SetCurrentSceneCollection"
    yield from profiles.change_collection(request, collection)
    return is_new


def _canvas(on: ObsFacts) -> Procedure[Canvas]:
    video = yield Ask("GetVideoSettings")
    kinds = (yield Ask("GetInputKindList"))["inputKinds"]
    face = next((face for begin, face in FACES.items() if on.platform.startswith(begin)), "DejaVu Sans")
    return Canvas(
        width=video["baseWidth"],
        height=video["baseHeight"],
        text_kind=_newest(kinds, sources.TEXT_KINDS, on, "write texts"),
        colour_kind=_newest(kinds, COLOUR_KINDS, on, "make a background"),
        face=face,
    )


def _newest(kinds: list[str], wanted: tuple[str, ...], on: ObsFacts, deed: str) -> str:
    """The newest version (`_v3`) of the first of `wanted` that this OBS has."""
    for begin in wanted:
        found = sorted(kind for kind in kinds if kind.startswith(begin))
        if found:
            return found[-1]
    raise on.cannot(deed, f"it has no source of kind {' or '.join(wanted)}")


def _complete(scene: str, source: str, canvas: Canvas) -> Procedure[list[str]]:
    """Add `source` to `scene`, unless it is there; what was added."""
    held = [item["sourceName"] for item in (yield from sources.items(scene, is_group=False))]
    if source in held:
        return []
    inputs = [found["inputName"] for found in (yield Ask("GetInputList"))["inputs"]]
    data: dict[str, Any] = {"sceneName": scene, "sceneItemEnabled": source not in HIDDEN}
    if source in inputs:
        item = yield Ask("CreateSceneItem", {**data, "sourceName": source})
    else:
        item = yield from _make("CreateInput", {**data, "inputName": source, **_input(source, canvas)}, source)
    where = {"sceneName": scene, "sceneItemId": item["sceneItemId"]}
    if source == BACKGROUND:
        yield Ask("SetSceneItemIndex", {**where, "sceneItemIndex": 0})
    else:
        yield Ask("SetSceneItemTransform", {**where, "sceneItemTransform": _place(source, canvas)})
    return [f"{source} in {scene}"]


def _make(request: str, data: dict[str, Any], name: str) -> Procedure[dict[str, Any]]:
    try:
        answer: dict[str, Any] = yield Ask(request, data)
    except ObsError as error:
        if error.status != EXISTS:
            raise
        raise ObsError(
            "obs.name_taken",
            "The scene collection has something else of this name: rename that, or build the scenes in a collection of"
            " their own.",
            value=name,
        ) from None
    return answer


def _input(source: str, canvas: Canvas) -> dict[str, Any]:
    if source == BACKGROUND:
        colour = {"color": DARK, "width": canvas.width, "height": canvas.height}
        return {"inputKind": canvas.colour_kind, "inputSettings": colour}
    font = {"face": canvas.face, "size": max(12, canvas.height // 14), "style": "Bold", "flags": 1}
    return {"inputKind": canvas.text_kind, "inputSettings": {"text": "", "font": font, "outline": True}}


def _place(source: str, canvas: Canvas) -> dict[str, Any]:
    """In the middle of the picture's width; its own middle (alignment 0) is there."""
    return {
        "alignment": 0,
        "positionX": canvas.width / 2,
        "positionY": canvas.height * PLACES[source],
        "boundsType": ONLY_IF_LARGER,
        "boundsAlignment": 0,
        "boundsWidth": canvas.width * WIDEST,
        "boundsHeight": canvas.height * HIGHEST,
    }
