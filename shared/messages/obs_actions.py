"""What OBS can be told to do and asked: one list for people at the command line and for rules.

Names of scenes, sources, filters and so on are OBS's own, as they are written there.
"""

from typing import Any

from msgspec import Struct


class Action(Struct, frozen=True, kw_only=True, tag_field="do"):
    """Something that OBS is told to do."""


class StartRecording(Action, tag="start_recording", frozen=True, kw_only=True):
    """Record; done when OBS says that it records, and to which file."""


class StopRecording(Action, tag="stop_recording", frozen=True, kw_only=True):
    """End the recording; done when OBS has closed the file."""


class PauseRecording(Action, tag="pause_recording", frozen=True, kw_only=True):
    """Pause the recording."""


class ResumeRecording(Action, tag="resume_recording", frozen=True, kw_only=True):
    """Go on recording into the same file."""


class SplitRecording(Action, tag="split_recording", frozen=True, kw_only=True):
    """Go on recording into a new file, without a gap."""


class AddChapter(Action, tag="add_chapter", frozen=True, kw_only=True):
    """Set a chapter mark at this moment of the recording: in the file where OBS can, in the suite's list always."""

    title: str


class StartStream(Action, tag="start_stream", frozen=True, kw_only=True):
    """Go live, once the stream's settings were found complete."""


class StopStream(Action, tag="stop_stream", frozen=True, kw_only=True):
    """End the stream."""


class StartReplayBuffer(Action, tag="start_replay_buffer", frozen=True, kw_only=True):
    """Keep the last seconds for replays."""


class StopReplayBuffer(Action, tag="stop_replay_buffer", frozen=True, kw_only=True):
    """Keep them no more."""


class SaveReplay(Action, tag="save_replay", frozen=True, kw_only=True):
    """Save the last seconds as a clip; done when OBS has written the file."""


class StartVirtualCamera(Action, tag="start_virtual_camera", frozen=True, kw_only=True):
    """Offer the program to other programs as a camera."""


class StopVirtualCamera(Action, tag="stop_virtual_camera", frozen=True, kw_only=True):
    """Offer it no more."""


class SetScene(Action, tag="set_scene", frozen=True, kw_only=True):
    """Make a scene the program scene; done when OBS shows it, after the transition."""

    scene: str


class SetPreviewScene(Action, tag="set_preview_scene", frozen=True, kw_only=True):
    """Put a scene into the preview of studio mode."""

    scene: str


class SetStudioMode(Action, tag="set_studio_mode", frozen=True, kw_only=True):
    """Switch studio mode (preview beside program)."""

    on: bool


class SetTransition(Action, tag="set_transition", frozen=True, kw_only=True):
    """Choose the transition between scenes, and how long it takes."""

    transition: str
    duration_ms: int | None = None


class RunTransition(Action, tag="run_transition", frozen=True, kw_only=True):
    """In studio mode: take the preview to the program."""


class ShowSource(Action, tag="show_source", frozen=True, kw_only=True):
    """Show or hide a source of a scene; of the program scene if none is named."""

    source: str
    visible: bool = True
    scene: str | None = None


class SetText(Action, tag="set_text", frozen=True, kw_only=True):
    """Write into a text source. In a rule the text may hold placeholders, such as `{player1} {score1}`."""

    source: str
    text: str


class EnableFilter(Action, tag="enable_filter", frozen=True, kw_only=True):
    """Switch a filter of a source or scene."""

    source: str
    filter: str
    enabled: bool = True


class Mute(Action, tag="mute", frozen=True, kw_only=True):
    """Mute or unmute an audio input."""

    source: str
    muted: bool = True


class SetVolume(Action, tag="set_volume", frozen=True, kw_only=True):
    """Set an audio input's volume in dB: 0 is unchanged, -100 is silent, 26 the most."""

    source: str
    volume_db: float


class SetProfile(Action, tag="set_profile", frozen=True, kw_only=True):
    """Change the profile. OBS refuses while an output runs."""

    profile: str


class SetSceneCollection(Action, tag="set_scene_collection", frozen=True, kw_only=True):
    """Change the scene collection."""

    collection: str


class SetRecordDirectory(Action, tag="set_record_directory", frozen=True, kw_only=True):
    """Where the next recordings go: a folder of OBS's machine that exists."""

    path: str


class SetFileName(Action, tag="set_file_name", frozen=True, kw_only=True):
    """How OBS names the next recordings, in its own format (`%CCYY-%MM-%DD %hh-%mm-%ss`)."""

    format: str


class TakeScreenshot(Action, tag="take_screenshot", frozen=True, kw_only=True):
    """Save a picture (png or jpg, by the path's ending) of a source or scene, the program if none is named, to a file
    on OBS's machine.
    """

    path: str
    source: str | None = None


class PressHotkey(Action, tag="press_hotkey", frozen=True, kw_only=True):
    """Trigger a hotkey by OBS's name of it (`restrike obs hotkey list`), or a key with its modifiers (`OBS_KEY_F5`;
    `shift`, `control`, `alt`, `command`).
    """

    hotkey: str
    modifiers: tuple[str, ...] = ()


class BuildScenes(Action, tag="build_scenes", frozen=True, kw_only=True):
    """Make a scene collection that the ready-made rules work with, and change to it. One of that name is completed, and
    what is in it stays.
    """

    collection: str = "reStrike"


class ShowMessage(Action, tag="show_message", frozen=True, kw_only=True):
    """Write a text into a text source, show it, and hide it again after `for_ms`."""

    source: str
    text: str
    for_ms: int = 5_000
    scene: str | None = None


class RunCommand(Action, tag="run_command", frozen=True, kw_only=True):
    """Run a program on the suite's machine, without a shell, its arguments with placeholders as in texts. It gets
    `within_ms`. Only in rules.
    """

    command: tuple[str, ...]
    within_ms: int = 5_000


class Wait(Action, tag="wait", frozen=True, kw_only=True):
    """Wait before the next action of the rule. Only in rules."""

    for_ms: int


AnyAction = (
    StartRecording
    | StopRecording
    | PauseRecording
    | ResumeRecording
    | SplitRecording
    | AddChapter
    | StartStream
    | StopStream
    | StartReplayBuffer
    | StopReplayBuffer
    | SaveReplay
    | StartVirtualCamera
    | StopVirtualCamera
    | SetScene
    | SetPreviewScene
    | SetStudioMode
    | SetTransition
    | RunTransition
    | ShowSource
    | SetText
    | EnableFilter
    | Mute
    | SetVolume
    | SetProfile
    | SetSceneCollection
    | SetRecordDirectory
    | SetFileName
    | TakeScreenshot
    | PressHotkey
    | BuildScenes
    | ShowMessage
    | RunCommand
    | Wait
)


class Question(Struct, frozen=True, kw_only=True, tag_field="ask"):
    """Something that OBS is asked."""


class Scenes(Question, tag="scenes", frozen=True, kw_only=True):
    """The scenes: `{program, preview, scenes: [name]}`, as OBS lists them from the top."""


class Sources(Question, tag="sources", frozen=True, kw_only=True):
    """The sources of a scene, or of the program scene: `{scene, sources: [{name, kind, visible, group}]}`."""

    scene: str | None = None


class Inputs(Question, tag="inputs", frozen=True, kw_only=True):
    """Every input: `[{name, kind, muted, volume_db, text}]`; what an input does not have is null."""


class Filters(Question, tag="filters", frozen=True, kw_only=True):
    """The filters of a source or scene: `[{name, kind, enabled}]`."""

    source: str


class Transitions(Question, tag="transitions", frozen=True, kw_only=True):
    """`{current, duration_ms, transitions: [name], studio_mode}`."""


class Profiles(Question, tag="profiles", frozen=True, kw_only=True):
    """`{current, profiles: [name]}`."""


class SceneCollections(Question, tag="scene_collections", frozen=True, kw_only=True):
    """`{current, collections: [name]}`."""


class Hotkeys(Question, tag="hotkeys", frozen=True, kw_only=True):
    """The names of the hotkeys: `[name]`."""


class RecordSettings(Question, tag="record_settings", frozen=True, kw_only=True):
    """`{mode, directory, file_name, format, replay_buffer, replay_s}` as OBS is set."""


class StreamSettings(Question, tag="stream_settings", frozen=True, kw_only=True):
    """`{service, server, has_key, complete, missing: [text]}`; never the key."""


class Statistics(Question, tag="statistics", frozen=True, kw_only=True):
    """OBS's own figures: load, frames, outputs."""


class Readiness(Question, tag="readiness", frozen=True, kw_only=True):
    """Whether OBS can do what its roles ask for: `[{check, ok, message}]`."""


AnyQuestion = (
    Scenes
    | Sources
    | Inputs
    | Filters
    | Transitions
    | Profiles
    | SceneCollections
    | Hotkeys
    | RecordSettings
    | StreamSettings
    | Statistics
    | Readiness
)

Answer = Any
"""What a question is answered with: the shape is in the question's sentence."""
