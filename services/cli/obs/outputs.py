"""`restrike obs record`, `stream`, `replay`, `camera`: what OBS puts out, by hand."""

from typing import Annotated, Any

import typer

from services.cli import output
from services.cli.group import group
from services.cli.obs.asking import asks, does
from services.cli.obs.words import pairs, yes
from shared.messages import obs_actions as obs

record = group("record", "The recording: start, stop, chapters, and where it goes.")
stream = group("stream", "The live stream.")
replay = group("replay", "The replay buffer: the last seconds, kept in memory until they are saved.")
camera = group("camera", "The virtual camera.")


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    for part in (record, stream, replay, camera):
        parent.add_typer(part)


@does(record, "start", "record start")
def start_recording() -> obs.StartRecording:
    """Start to record; done when OBS says that it records, and to which file."""
    return obs.StartRecording()


@does(record, "stop", "record stop")
def stop_recording() -> obs.StopRecording:
    """End the recording; done when OBS has closed the file."""
    return obs.StopRecording()


@does(record, "pause", "record pause")
def pause_recording() -> obs.PauseRecording:
    """Pause the recording; what happens meanwhile is not in the file."""
    return obs.PauseRecording()


@does(record, "resume", "record resume")
def resume_recording() -> obs.ResumeRecording:
    """Go on recording into the same file."""
    return obs.ResumeRecording()


@does(record, "split", "record split")
def split_recording() -> obs.SplitRecording:
    """Go on recording into a new file, without a gap.

    OBS must be set to it: Settings, Output, Advanced, Recording, Automatic File Splitting, Only split manually.
    """
    return obs.SplitRecording()


@does(record, "chapter", "record chapter 'Medal ceremony'")
def add_chapter(
    title: Annotated[str, typer.Argument(metavar="TITLE", help="What the chapter is called.")],
) -> obs.AddChapter:
    """Set a chapter mark at this moment of the recording.

    In the file where OBS can (30.2 and later, Hybrid MP4), in the suite's own list always.
    """
    return obs.AddChapter(title=title)


@does(record, "directory", "record directory 'D:\\Rec'")
def set_directory(
    path: Annotated[
        str, typer.Argument(metavar="PATH", help="A folder of OBS's machine that exists, as OBS names it.")
    ],
) -> obs.SetRecordDirectory:
    """Set where the next recordings go; a match's recording goes where restrike obs recording says."""
    return obs.SetRecordDirectory(path=path)


@does(record, "name", "record name '%CCYY-%MM-%DD %hh-%mm-%ss'")
def set_name(
    form: Annotated[str, typer.Argument(metavar="FORMAT", help="In OBS's own words: %CCYY %MM %DD %hh %mm %ss.")],
) -> obs.SetFileName:
    """Set how OBS names the next recordings; a match's recording is named as restrike obs recording says."""
    return obs.SetFileName(format=form)


@asks(record, "settings", "record settings", pairs)
def record_settings() -> obs.RecordSettings:
    """Show where and how OBS is set to record."""
    return obs.RecordSettings()


@does(stream, "start", "stream start")
def start_stream() -> obs.StartStream:
    """Go live; refused while the stream's settings are not complete."""
    return obs.StartStream()


@does(stream, "stop", "stream stop")
def stop_stream() -> obs.StopStream:
    """End the stream."""
    return obs.StopStream()


def _stream_settings(answer: Any) -> str:
    rows = [("service", answer["service"]), ("server", answer["server"]), ("stream key", yes(answer["has_key"]))]
    rows.append(("complete", yes(answer["complete"])))
    missing = [f"! missing: {output.one_line(text)}" for text in answer["missing"]]
    return "\n".join([output.table(("setting", "value"), rows), *missing])


@asks(stream, "settings", "stream settings", _stream_settings)
def stream_settings() -> obs.StreamSettings:
    """Show where the stream goes and what is missing; the stream key is never shown."""
    return obs.StreamSettings()


@does(replay, "start", "replay start")
def start_replay() -> obs.StartReplayBuffer:
    """Keep the last seconds for replays."""
    return obs.StartReplayBuffer()


@does(replay, "stop", "replay stop")
def stop_replay() -> obs.StopReplayBuffer:
    """Keep the last seconds no more."""
    return obs.StopReplayBuffer()


@does(replay, "save", "replay save")
def save_replay() -> obs.SaveReplay:
    """Save the last seconds as a clip; done when OBS has written the file."""
    return obs.SaveReplay()


@does(camera, "start", "camera start")
def start_camera() -> obs.StartVirtualCamera:
    """Offer the program to other programs as a camera."""
    return obs.StartVirtualCamera()


@does(camera, "stop", "camera stop")
def stop_camera() -> obs.StopVirtualCamera:
    """Offer the program as a camera no more."""
    return obs.StopVirtualCamera()
