"""The one list of what OBS can be told and asked, and who does it; obs-bridge."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from services.obs_bridge.acts import (
    audio,
    build_scenes,
    filters,
    hotkeys,
    message,
    profiles,
    readiness,
    record_settings,
    recording,
    replay,
    scenes,
    screenshot,
    sources,
    streaming,
    virtual_camera,
)
from services.obs_bridge.acts.facts import Done, ObsFacts
from services.obs_bridge.procedure import Procedure
from shared.errors import ValidationError
from shared.messages import obs_actions as a

Act = Callable[[Any, ObsFacts], Procedure[Done]]
Asked = Callable[[Any, ObsFacts], Procedure[a.Answer]]

ACTS: Final[Mapping[type[a.Action], Act]] = {
    a.StartRecording: recording.start_recording,
    a.StopRecording: recording.stop_recording,
    a.PauseRecording: recording.pause_recording,
    a.ResumeRecording: recording.resume_recording,
    a.SplitRecording: recording.split_recording,
    a.AddChapter: recording.add_chapter,
    a.StartStream: streaming.start_stream,
    a.StopStream: streaming.stop_stream,
    a.StartReplayBuffer: replay.start_replay_buffer,
    a.StopReplayBuffer: replay.stop_replay_buffer,
    a.SaveReplay: replay.save_replay,
    a.StartVirtualCamera: virtual_camera.start_virtual_camera,
    a.StopVirtualCamera: virtual_camera.stop_virtual_camera,
    a.SetScene: scenes.set_scene,
    a.SetPreviewScene: scenes.set_preview_scene,
    a.SetStudioMode: scenes.set_studio_mode,
    a.SetTransition: scenes.set_transition,
    a.RunTransition: scenes.run_transition,
    a.ShowSource: sources.show_source,
    a.SetText: sources.set_text,
    a.EnableFilter: filters.enable_filter,
    a.Mute: audio.mute,
    a.SetVolume: audio.set_volume,
    a.SetProfile: profiles.set_profile,
    a.SetSceneCollection: profiles.set_scene_collection,
    a.SetRecordDirectory: record_settings.set_record_directory,
    a.SetFileName: record_settings.set_file_name_format,
    a.TakeScreenshot: screenshot.take_screenshot,
    a.PressHotkey: hotkeys.press_hotkey,
    a.BuildScenes: build_scenes.build_scenes,
    a.ShowMessage: message.show_message,
}
QUESTIONS: Final[Mapping[type[a.Question], Asked]] = {
    a.Scenes: scenes.ask_scenes,
    a.Sources: sources.ask_sources,
    a.Inputs: sources.ask_inputs,
    a.Filters: filters.ask_filters,
    a.Transitions: scenes.ask_transitions,
    a.Profiles: profiles.ask_profiles,
    a.SceneCollections: profiles.ask_scene_collections,
    a.Hotkeys: hotkeys.ask_hotkeys,
    a.RecordSettings: record_settings.ask_record_settings,
    a.StreamSettings: streaming.ask_stream_settings,
    a.Statistics: readiness.ask_statistics,
    a.Readiness: readiness.ask_readiness,
}
BY_HAND: Final[Mapping[type[a.Action], Act]] = {
    a.StartReplayBuffer: replay.start_by_hand,
}
"""What goes further when a person asks for it: rules must not do this in the middle of a match."""
ALONE: Final = frozenset(
    {
        a.StartRecording,
        a.StopRecording,
        a.SplitRecording,
        a.StartReplayBuffer,
        a.StopReplayBuffer,
        a.SetFileName,
        a.SetRecordDirectory,
        a.SetProfile,
        a.SetSceneCollection,
        a.BuildScenes,
    }
)
"""Actions that say how files are named, name one, or change what outputs work with: one at a time, and not while a
match's recording or the replay buffer is being started.
"""


def perform(action: a.AnyAction, on: ObsFacts, *, by_hand: bool = False) -> Procedure[Done]:
    """The procedure that does `action`; `by_hand`: a person asks for it. The caller sees to `Done.hide`, and keeps
    what is to be done ALONE so. Raises ValidationError for what only rules do, at once.
    """
    act = (BY_HAND.get(type(action)) if by_hand else None) or ACTS.get(type(action))
    if act is None:
        raise ValidationError("obs.only_in_rules", "This can only be done by a rule.", value=type(action).__name__)
    return act(action, on)


def answer(question: a.AnyQuestion, on: ObsFacts) -> Procedure[a.Answer]:
    """The procedure that answers `question`, in the shape that its sentence says."""
    return QUESTIONS[type(question)](question, on)
