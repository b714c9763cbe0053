"""Sources of scenes, and inputs: which there are, show, hide, write into a text; obs-bridge."""

from typing import Any, Final

from services.obs_bridge.acts import audio, scenes
from services.obs_bridge.acts.facts import NOT_FOUND, Done, ObsFacts, no_such
from services.obs_bridge.procedure import Ask, Data, Procedure
from shared.errors import ObsError
from shared.messages.obs_actions import Answer, Inputs, SetText, ShowSource, Sources

TEXT_KINDS: Final = ("text_gdiplus", "text_ft2_source", "text_pango_source")
"""Beginnings of the kinds of text sources: Windows, all others, and the plug-in for scripts that these cannot write."""
FROM_FILE: Final = ("from_file", "read_from_file")
DEEPEST: Final = 4
"""Scenes may hold scenes; OBS keeps them from holding themselves."""


class Item:
    """A source in a scene or group: `holder` is the scene's or group's name."""

    def __init__(self, holder: str, number: int) -> None:
        self.where: Data = {"sceneName": holder, "sceneItemId": number}


def find(scene: str, source: str) -> Procedure[Item]:
    """`source` in `scene`, or in a group or scene that it holds. Raises `obs.not_found` with what there is."""
    found = yield from _find_directly(scene, source)
    if found is not None:
        return found
    seen: list[str] = []
    holders = [scene]
    for _ in range(DEEPEST):
        deeper: list[str] = []
        for holder in holders:
            for item in (yield from items(holder, is_group=False)):
                seen.append(item["sourceName"])
                if item["isGroup"]:
                    for inner in (yield from items(item["sourceName"], is_group=True)):
                        seen.append(inner["sourceName"])
                        if inner["sourceName"] == source:
                            return Item(item["sourceName"], inner["sceneItemId"])
                elif item["sourceType"] == "OBS_SOURCE_TYPE_SCENE":
                    deeper.append(item["sourceName"])
                if item["sourceName"] == source:
                    return Item(holder, item["sceneItemId"])
        holders = deeper
    raise no_such(f"source in scene {scene}", source, seen)


def _find_directly(scene: str, source: str) -> Procedure[Item | None]:
    try:
        found = yield Ask("GetSceneItemId", {"sceneName": scene, "sourceName": source})
    except ObsError as error:
        if error.status != NOT_FOUND:
            raise
        return None
    return Item(scene, found["sceneItemId"])


def items(holder: str, *, is_group: bool) -> Procedure[list[Data]]:
    """What a scene or group holds, as OBS lists it, from the back. Raises `obs.not_found` for a scene that is not."""
    request = "GetGroupSceneItemList" if is_group else "GetSceneItemList"
    try:
        listed = yield Ask(request, {"sceneName": holder})
    except ObsError as error:
        if error.status == NOT_FOUND and not is_group:
            raise (yield from scenes.no_scene(holder)) from None
        raise
    found: list[Data] = listed["sceneItems"]
    return found


def show(scene: str, source: str, *, visible: bool) -> Procedure[None]:
    """Show or hide `source` of `scene`, and read it back."""
    item = yield from find(scene, source)
    yield Ask("SetSceneItemEnabled", {**item.where, "sceneItemEnabled": visible})
    now = yield Ask("GetSceneItemEnabled", item.where)
    if now["sceneItemEnabled"] != visible:
        raise ObsError("obs.not_confirmed", "OBS accepted it, and the source is as before.", value=source)


def show_source(action: ShowSource, _: ObsFacts) -> Procedure[Done]:
    """Show or hide a source."""
    scene = action.scene or (yield from scenes.program())
    yield from show(scene, action.source, visible=action.visible)
    done = "shown" if action.visible else "hidden"
    return Done(message=f"{action.source} is {done} in {scene}.", details={"scene": scene})


def is_text(kind: str) -> bool:
    """Whether inputs of `kind` hold a text."""
    return kind.startswith(TEXT_KINDS)


def write(source: str, text: str) -> Procedure[None]:
    """Write into a text source, and read it back. Raises `obs.not_found` (with the text sources that there are) and
    `obs.not_text`: OBS takes a text for every input, and shows it in none but these.
    """
    where = {"inputName": source}
    try:
        found = yield Ask("GetInputSettings", where)
    except ObsError as error:
        if error.code != "obs.refused":
            raise
        raise no_such("text source", source, (yield from _texts())) from None
    settings = found["inputSettings"]
    if not is_text(found["inputKind"]) and not isinstance(settings.get("text"), str):
        raise ObsError("obs.not_text", "This source holds no text: name a text source.", value=source)
    if any(settings.get(name) for name in FROM_FILE):
        raise ObsError(
            "obs.not_text",
            "This source reads its text from a file: switch that off in its properties in OBS.",
            value=source,
        )
    yield Ask("SetInputSettings", {**where, "inputSettings": {"text": text}, "overlay": True})
    now = yield Ask("GetInputSettings", where)
    if now["inputSettings"].get("text", "") != text:
        raise ObsError("obs.not_confirmed", "OBS accepted the text, and the source has another one.", value=source)


def _texts() -> Procedure[list[str]]:
    listed = yield Ask("GetInputList")
    return [found["inputName"] for found in listed["inputs"] if is_text(found["inputKind"])]


def set_text(action: SetText, _: ObsFacts) -> Procedure[Done]:
    """Write into a text source."""
    yield from write(action.source, action.text)
    return Done(message=f"{action.source} reads: {action.text}", details={"text": action.text})


def ask_sources(question: Sources, _: ObsFacts) -> Procedure[Answer]:
    """`{scene, sources: [{name, kind, visible, group}]}`, from the front; what a group holds comes after it."""
    scene = question.scene or (yield from scenes.program())
    told: list[dict[str, Any]] = []
    for item in reversed((yield from items(scene, is_group=False))):
        told.append(_told(item, None))
        if item["isGroup"]:
            inner = yield from items(item["sourceName"], is_group=True)
            told += [_told(one, item["sourceName"]) for one in reversed(inner)]
    return {"scene": scene, "sources": told}


def _told(item: Data, group: str | None) -> dict[str, Any]:
    kind = item.get("inputKind") or ("group" if item["isGroup"] else "scene")
    return {"name": item["sourceName"], "kind": kind, "visible": item["sceneItemEnabled"], "group": group}


def ask_inputs(_: Inputs, __: ObsFacts) -> Procedure[Answer]:
    """`[{name, kind, muted, volume_db, text}]`."""
    listed = yield Ask("GetInputList")
    told = []
    for found in listed["inputs"]:
        name, kind = found["inputName"], found["inputKind"]
        sound = yield from audio.sound_of(name)
        text = None
        if is_text(kind):
            text = (yield Ask("GetInputSettings", {"inputName": name}))["inputSettings"].get("text", "")
        told.append({"name": name, "kind": kind, **sound, "text": text})
    return told
