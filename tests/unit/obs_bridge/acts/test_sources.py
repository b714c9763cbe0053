"""Sources in groups and scenes within scenes, and messages that end, played by hand."""

from typing import Any

from services.obs_bridge.acts import message, scenes, sources
from services.obs_bridge.procedure import Ask
from shared.messages.obs_actions import SetScene, ShowMessage
from tests.support.obs.play import play
from tests.unit.obs_bridge.acts.facts import OLD, UNCONFIRMED, refused, requests


def item(name: str, number: int, *, is_group: bool = False, is_scene: bool = False) -> dict[str, Any]:
    """An item as OBS lists it."""
    kind = "OBS_SOURCE_TYPE_SCENE" if is_scene or is_group else "OBS_SOURCE_TYPE_INPUT"
    return {"sourceName": name, "sceneItemId": number, "isGroup": is_group, "sourceType": kind}


def listed(*items: dict[str, Any]) -> dict[str, Any]:
    """An answer to GetSceneItemList."""
    return {"sceneItems": list(items)}


def test_a_source_in_a_group_is_found_and_switched_in_it() -> None:
    """The scene does not know it by name; the group does, and is named in the scene's place."""
    answers = [
        refused(600),
        listed(item("Camera", 1), item("Names", 2, is_group=True)),
        listed(item("Chong", 7), item("Hong", 8)),
        {},
        {"sceneItemEnabled": False},
    ]
    played = play(sources.show("Match", "Hong", visible=False), answers)
    assert played.error is None
    where = {"sceneName": "Names", "sceneItemId": 8}
    assert played.steps[-2] == Ask("SetSceneItemEnabled", {**where, "sceneItemEnabled": False})


def test_a_source_in_a_group_of_a_scene_within_the_scene_is_found() -> None:
    """Level by level; what is nowhere is answered with everything that there is."""
    answers = [
        refused(600),
        listed(item("Overlay", 1, is_scene=True)),
        listed(item("Bar", 3, is_group=True)),
        listed(item("Clock", 4)),
    ]
    found = play(sources.find("Match", "Clock"), answers).result
    assert found is not None
    assert found.where == {"sceneName": "Bar", "sceneItemId": 4}
    error = play(sources.find("Match", "Nothing"), answers).error
    assert error is not None
    assert "Overlay, Bar, Clock" in error.message


def test_a_source_that_stays_as_it_was_is_no_success() -> None:
    """OBS accepted it, and the item says otherwise."""
    error = play(sources.show("Match", "A", visible=True), [{"sceneItemId": 1}, {}, {"sceneItemEnabled": False}]).error
    assert error is not None
    assert error.code == "obs.not_confirmed"


def test_a_message_is_hidden_unless_another_one_took_its_place() -> None:
    """The second has its own time."""
    action = ShowMessage(source="Message", text="Review", scene="Match", for_ms=1500)
    text = {"inputKind": "text_gdiplus_v3", "inputSettings": {"text": "Review"}}
    shown = [text, {}, text, {"sceneItemId": 1}, {}, {"sceneItemEnabled": True}]
    hidden = [text, {"sceneItemId": 1}, {}, {"sceneItemEnabled": False}]
    replaced = [{**text, "inputSettings": {"text": "Golden point"}}]
    for answers, count in ((hidden, 4), (replaced, 1)):
        done = play(message.show_message(action, OLD), shown).result
        assert done is not None
        assert done.hide is not None
        assert done.hide.after_ms == 1500
        played = play(message.hide(done.hide), answers)
        assert played.error is None
        assert len(played.steps) == count


def test_a_text_is_not_written_where_it_would_not_be_seen() -> None:
    """A colour takes it silently, and a source that reads a file shows the file."""
    colour = {"inputKind": "color_source_v3", "inputSettings": {}}
    file = {"inputKind": "text_ft2_source_v2", "inputSettings": {"text": "x", "from_file": True}}
    for settings in (colour, file):
        played = play(sources.write("Score", "1 : 0"), [settings])
        assert played.error is not None
        assert played.error.code == "obs.not_text"
        assert "SetInputSettings" not in requests(played.steps)


def test_a_scene_that_another_one_replaced_says_which_is_shown() -> None:
    """Of two changes at once OBS tells one; the state decides."""
    before, after = ({"currentProgramSceneName": name} for name in ("Idle", "Break"))
    error = play(scenes.set_scene(SetScene(scene="Match"), OLD), [before, UNCONFIRMED, after]).error
    assert error is not None
    assert (error.code, error.value) == ("obs.not_confirmed", "Break")
    done = play(scenes.set_scene(SetScene(scene="Break"), OLD), [before, UNCONFIRMED, after])
    assert done.error is None
