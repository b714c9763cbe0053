"""Every action and question once on a real OBS, its effect seen by an independent client."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from services.obs_bridge.acts import message, perform, record_settings, recording
from services.obs_bridge.acts.facts import facts_of
from services.obs_bridge.acts.recording import Begun
from services.obs_bridge.procedure import Pause, Procedure
from shared.automation.scene_names import HIDDEN, LOWER_THIRD, SCENE_SOURCES, SCENES, SCORE
from shared.messages import obs_actions as a
from shared.messages.obs import RecordingSettings
from tests.support.obs.acting import Acting
from tests.support.obs.config import SCENES as LAB_SCENES
from tests.support.obs.display import Display
from tests.support.obs.real import needs_obs
from tests.support.wait import eventually

pytestmark = needs_obs


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, screen: Display) -> Iterator[Acting]:
    """One OBS for all; every test leaves it in scene Break of collection lab, with nothing running."""
    with Acting(tmp_path_factory.mktemp("acts"), screen) as lab:
        yield lab


def test_obs_tells_what_it_is(lab: Acting) -> None:
    """The facts are those of GetVersion."""
    version = lab.state("GetVersion")
    facts = facts_of(version)
    assert facts.obs_version == version["obsVersion"]
    assert facts.knows("StartRecord")
    assert "png" in facts.picture_formats


def test_a_recording_by_hand(lab: Acting) -> None:
    """Start, stop, each again: the file is where both say it is."""
    done = lab.do(a.StartRecording())
    assert lab.state("GetRecordStatus")["outputActive"]
    assert lab.do(a.StartRecording()).details["was_running"]
    chapter = lab.do(a.AddChapter(title="Round 1"))
    assert chapter.confirmed == lab.on.knows("CreateRecordChapter")
    assert lab.refuses(a.SplitRecording()).code == "obs.not_supported"
    ended = lab.do(a.StopRecording())
    assert ended.details["path"] == done.details["path"]
    assert Path(ended.details["path"]).stat().st_size > 0
    assert not lab.state("GetRecordStatus")["outputActive"]
    assert not lab.do(a.StopRecording()).details["was_running"]
    assert lab.refuses(a.PauseRecording()).code == "obs.not_recording"
    assert lab.refuses(a.ResumeRecording()).code == "obs.not_recording"


def test_stop_at_once_and_start_while_stopping(lab: Acting) -> None:
    """0 ms apart, five times: each start is a recording of its own, and each stop ends it."""

    def chain() -> Procedure[list[Begun]]:
        begun = []
        for _ in range(5):
            begun.append((yield from recording.start(lab.on)))
            yield from recording.stop(lab.on)
        return begun

    begun = lab.run(chain())
    assert not any(one.was_running for one in begun)
    assert len({one.path for one in begun}) == 5
    lab.do(a.StartRecording())
    lab.state("StopRecord")
    assert not lab.do(a.StartRecording()).details["was_running"]
    lab.do(a.StopRecording())
    lab.state("StartRecord")
    assert lab.do(a.StopRecording()).details["was_running"]
    assert not lab.state("GetRecordStatus")["outputActive"]


def test_a_folder_a_name_and_what_is_set(lab: Acting, tmp_path: Path) -> None:
    """The next recording goes there and is named so; a folder that is not there is refused before OBS is asked."""
    folder = tmp_path / "ring 1"
    assert lab.refuses(a.SetRecordDirectory(path=str(folder))).code == "obs.folder_missing"
    folder.mkdir()
    before = lab.ask(a.RecordSettings())
    lab.do(a.SetRecordDirectory(path=str(folder)))
    lab.do(a.SetFileName(format="A 100%% - B"))
    lab.run(record_settings.set_format("mp4"))
    settings = lab.ask(a.RecordSettings())
    assert settings["directory"] == str(folder) == lab.state("GetRecordDirectory")["recordDirectory"]
    assert (settings["mode"], settings["format"], settings["replay_buffer"]) == ("Simple", "mp4", True)
    lab.do(a.StartRecording())
    assert lab.do(a.StopRecording()).details["path"] == str(folder / "A 100% - B.mp4")
    assert (folder / "A 100% - B.mp4").exists()
    folder.rename(tmp_path / "gone")
    assert lab.refuses(a.StartRecording()).code == "obs.folder_missing"
    lab.do(a.SetRecordDirectory(path=before["directory"]))
    lab.do(a.SetFileName(format=before["file_name"]))
    lab.run(record_settings.set_format(before["format"]))


def test_the_replay_buffer(lab: Acting) -> None:
    """Off, a save is refused; on, two at once give clips that are there."""
    assert lab.refuses(a.SaveReplay()).code == "obs.replay_off"
    assert not lab.do(a.StartReplayBuffer()).details["was_running"]
    assert lab.do(a.StartReplayBuffer()).details["was_running"]
    lab.run(passing(1.5))
    saves = [lab.ours.start(perform(a.SaveReplay(), lab.on)) for _ in range(2)]
    paths = [lab.ours.outcome(save).value().details["path"] for save in saves]
    assert all(Path(path).stat().st_size > 0 for path in paths)
    assert lab.do(a.StopReplayBuffer()).details["was_running"]
    assert not lab.state("GetReplayBufferStatus")["outputActive"]
    assert not lab.do(a.StopReplayBuffer()).details["was_running"]


def passing(seconds: float) -> Procedure[None]:
    """Nothing but time, for the buffer to hold something."""
    yield Pause(seconds)


def test_scenes_and_their_questions(lab: Acting) -> None:
    """The program is the scene once the transition is over; again is no change; a wrong name lists the right ones."""
    assert lab.do(a.SetScene(scene="Fight")).confirmed
    assert lab.state("GetCurrentProgramScene")["currentProgramSceneName"] == "Fight"
    assert "already" in lab.do(a.SetScene(scene="Fight")).message
    assert "Winner" in lab.refuses(a.SetScene(scene="Nowhere")).message
    assert lab.ask(a.Scenes()) == {"program": "Fight", "preview": None, "scenes": list(LAB_SCENES)}
    lab.do(a.SetTransition(transition="Cut"))
    lab.do(a.SetScene(scene="Break"))
    assert lab.ask(a.Transitions())["current"] == "Cut"
    lab.do(a.SetTransition(transition="Fade", duration_ms=100))
    now = lab.state("GetCurrentSceneTransition")
    assert (now["transitionName"], now["transitionDuration"]) == ("Fade", 100)
    assert lab.refuses(a.SetTransition(transition="Fade", duration_ms=1)).code == "obs.duration"
    assert "Cut" in lab.refuses(a.SetTransition(transition="Whoosh")).message


def test_studio_mode(lab: Acting) -> None:
    """A preview needs it, and a transition takes the preview to the program."""
    assert lab.refuses(a.SetPreviewScene(scene="Fight")).code == "obs.studio_mode_off"
    assert lab.refuses(a.RunTransition()).code == "obs.studio_mode_off"
    lab.do(a.SetStudioMode(on=True))
    lab.do(a.SetStudioMode(on=True))
    assert lab.ask(a.Transitions())["studio_mode"]
    lab.do(a.SetPreviewScene(scene="Fight"))
    assert lab.state("GetCurrentPreviewScene")["currentPreviewSceneName"] == "Fight"
    assert lab.do(a.RunTransition()).details["scene"] == "Fight"
    assert lab.state("GetCurrentProgramScene")["currentProgramSceneName"] == "Fight"
    lab.do(a.SetScene(scene="Break"))
    lab.do(a.SetStudioMode(on=False))
    assert not lab.state("GetStudioModeEnabled")["studioModeEnabled"]


def test_sources_texts_and_a_message(lab: Acting) -> None:
    """Shown, hidden, in a scene within a scene, too; a text that is read back; a message that goes by itself."""
    lab.do(a.ShowSource(source="Names", visible=False))
    shown = {one["name"]: one["visible"] for one in lab.ask(a.Sources())["sources"]}
    assert shown == {"Colour": True, "Names": False}
    lab.state("CreateSceneItem", sceneName="Winner", sourceName="Fight")
    lab.do(a.ShowSource(scene="Winner", source="Sound", visible=False))
    number = lab.state("GetSceneItemId", sceneName="Fight", sourceName="Sound")["sceneItemId"]
    assert not lab.state("GetSceneItemEnabled", sceneName="Fight", sceneItemId=number)["sceneItemEnabled"]
    assert "Colour" in lab.refuses(a.ShowSource(source="Nothing")).message
    lab.do(a.SetText(source="Names", text="KIM - ÇELİK"))
    assert lab.state("GetInputSettings", inputName="Names")["inputSettings"]["text"] == "KIM - ÇELİK"
    assert lab.refuses(a.SetText(source="Colour", text="x")).code == "obs.not_text"
    assert "Names" in lab.refuses(a.SetText(source="Nothing", text="x")).message
    done = lab.do(a.ShowMessage(source="Names", text="Video review", for_ms=50))
    assert done.hide is not None
    number = lab.state("GetSceneItemId", sceneName="Break", sourceName="Names")["sceneItemId"]
    assert lab.state("GetSceneItemEnabled", sceneName="Break", sceneItemId=number)["sceneItemEnabled"]
    lab.run(message.hide(done.hide))
    assert not lab.state("GetSceneItemEnabled", sceneName="Break", sceneItemId=number)["sceneItemEnabled"]


def test_audio_filters_and_inputs(lab: Acting) -> None:
    """Each is read back; what has no sound and what is not there are told apart."""
    lab.do(a.Mute(source="Sound"))
    lab.do(a.SetVolume(source="Sound", volume_db=-12.5))
    inputs = {one["name"]: one for one in lab.ask(a.Inputs())}
    assert lab.state("GetInputMute", inputName="Sound")["inputMuted"]
    assert (inputs["Sound"]["muted"], inputs["Sound"]["volume_db"]) == (True, -12.5)
    assert inputs["Colour"]["muted"] is inputs["Colour"]["text"] is None
    lab.do(a.SetVolume(source="Sound", volume_db=-100))
    assert lab.refuses(a.Mute(source="Colour")).code == "obs.no_sound"
    assert "Sound" in lab.refuses(a.Mute(source="Nothing")).message
    assert lab.refuses(a.SetVolume(source="Sound", volume_db=27)).code == "obs.volume"
    lab.state("CreateSourceFilter", sourceName="Colour", filterName="Grey", filterKind="color_filter_v2")
    lab.do(a.EnableFilter(source="Colour", filter="Grey", enabled=False))
    assert lab.ask(a.Filters(source="Colour")) == [{"name": "Grey", "kind": "color_filter_v2", "enabled": False}]
    assert "Grey" in lab.refuses(a.EnableFilter(source="Colour", filter="Nothing")).message
    assert "Names" in lab.refuses(a.EnableFilter(source="Nothing", filter="Grey")).message


def test_pictures_hotkeys_camera_and_stream(lab: Acting, tmp_path: Path) -> None:
    """A picture is a file; a hotkey is taken, not confirmed; what this OBS has not is said."""
    lab.do(a.TakeScreenshot(path=str(tmp_path / "program.png")))
    assert (tmp_path / "program.png").read_bytes().startswith(b"\x89PNG")
    assert lab.refuses(a.TakeScreenshot(path=str(tmp_path / "no" / "x.png"))).code == "obs.folder_missing"
    assert lab.refuses(a.TakeScreenshot(path=str(tmp_path / "x.mov"))).code == "obs.picture_format"
    assert "OBSBasic.StartRecording" in lab.ask(a.Hotkeys())
    assert not lab.do(a.PressHotkey(hotkey="OBSBasic.ResetStats")).confirmed
    assert not lab.do(a.PressHotkey(hotkey="OBS_KEY_F5", modifiers=("shift",))).confirmed
    assert lab.refuses(a.PressHotkey(hotkey="Nothing")).code == "obs.not_found"
    assert lab.refuses(a.PressHotkey(hotkey="OBS_KEY_F5", modifiers=("meta",))).code == "obs.modifier"
    assert lab.refuses(a.StartVirtualCamera()).code == "obs.not_supported"
    assert "did not run" in lab.do(a.StopVirtualCamera()).message


def test_a_stream_that_nobody_takes(lab: Acting) -> None:
    """Incomplete settings are refused; a server that is not there ends in an error; no stream, no end."""
    assert not lab.ask(a.StreamSettings())["complete"]
    assert lab.refuses(a.StartStream()).code == "obs.stream_incomplete"
    settings = {"server": "rtmp://127.0.0.1:9/live", "key": "secret"}
    lab.state("SetStreamServiceSettings", streamServiceType="rtmp_custom", streamServiceSettings=settings)
    told = lab.ask(a.StreamSettings())
    assert told["complete"]
    assert "secret" not in repr(told)
    assert lab.refuses(a.StartStream()).code == "obs.start_failed"
    assert not lab.do(a.StopStream()).details["was_running"]


def test_profiles_and_collections(lab: Acting) -> None:
    """Changed when nothing runs, refused while something does: OBS itself would change in the middle of a recording."""
    lab.state("CreateProfile", profileName="other")
    lab.do(a.SetProfile(profile="lab"))
    assert lab.ask(a.Profiles()) == {"current": "lab", "profiles": ["lab", "other"]}
    assert "other" in lab.refuses(a.SetProfile(profile="Nothing")).message
    lab.do(a.StartRecording())
    assert lab.refuses(a.SetProfile(profile="other")).code == "obs.busy"
    assert lab.refuses(a.BuildScenes()).code == "obs.busy"
    lab.do(a.StopRecording())
    lab.state("RemoveProfile", profileName="other")


def test_scenes_for_the_ready_made_rules(lab: Acting) -> None:
    """Built in a new collection, whole; built again nothing changes, and what an operator took away comes back."""
    done = lab.do(a.BuildScenes(collection="reStrike test"))
    assert lab.ask(a.Scenes())["scenes"] == list(SCENES)
    assert lab.ask(a.Scenes())["program"] == SCENES[0]
    for scene in SCENES:
        told = lab.ask(a.Sources(scene=scene))["sources"]
        assert [one["name"] for one in reversed(told)] == list(SCENE_SOURCES[scene])
        assert {one["name"] for one in told if not one["visible"]} == HIDDEN & set(SCENE_SOURCES[scene])
    assert done.details["made"]
    lab.do(a.SetText(source=SCORE, text="3 : 2"))
    number = lab.state("GetSceneItemId", sceneName="Match", sourceName=LOWER_THIRD)["sceneItemId"]
    lab.state("RemoveSceneItem", sceneName="Match", sceneItemId=number)
    lab.state("CreateInput", sceneName="Match", inputName="Camera", inputKind="color_source_v3")
    again = lab.do(a.BuildScenes(collection="reStrike test"))
    assert again.details["made"] == [f"{LOWER_THIRD} in Match"]
    assert {one["name"] for one in lab.ask(a.Sources(scene="Match"))["sources"]} == {
        *SCENE_SOURCES["Match"],
        "Camera",
    }
    assert lab.state("GetInputSettings", inputName=SCORE)["inputSettings"]["text"] == "3 : 2"
    assert lab.do(a.BuildScenes(collection="reStrike test")).details["made"] == []
    lab.do(a.StartReplayBuffer())
    lab.do(a.StopReplayBuffer())
    lab.do(a.SetSceneCollection(collection="lab"))
    assert lab.ask(a.SceneCollections()) == {"current": "lab", "collections": ["lab", "reStrike test"]}


def test_figures_and_readiness(lab: Acting, tmp_path: Path) -> None:
    """Each role is looked at; what is wrong has a sentence."""
    figures = lab.ask(a.Statistics())
    assert figures["stats"]["activeFps"] > 0
    assert figures["outputs"]["GetVirtualCamStatus"] is None
    checks = {one["check"]: one for one in lab.ask(a.Readiness())}
    assert set(checks) == {
        "version",
        "folder",
        "path map",
        "disk",
        "format",
        "replay buffer",
        "stream settings",
        "scenes",
    }
    assert all(checks[name]["ok"] for name in ("folder", "disk", "format", "replay buffer"))
    on = lab.on
    lab.on = replace(on, path_map={"/": str(tmp_path / "none")}, recording=RecordingSettings(least_free_mib=1 << 40))
    wrong = {one["check"] for one in lab.ask(a.Readiness()) if not one["ok"]}
    lab.on = on
    assert {"folder", "path map", "disk"} <= wrong


def test_nothing_is_left_running(lab: Acting) -> None:
    """After all of it OBS does what it did before."""
    eventually(lambda: not lab.state("GetRecordStatus")["outputActive"], within=5, what="no recording")
    assert lab.state("GetCurrentProgramScene")["currentProgramSceneName"] == "Break"
    assert "fault" not in {line.get("event") for line in lab.ours.lines}
