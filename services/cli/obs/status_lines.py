"""How a connection stands, in a few lines for a person; used by `restrike obs status`."""

from collections.abc import Iterator
from typing import Final

from services.cli import output
from services.cli.obs.shown import OFF, state_word
from shared.messages.obs import AlarmKind, LinkState, ObsLoad, ObsStatus, Outputs
from shared.messages.recordings import RecordingState
from shared.video.time_codes import hours

ALARMS: Final = {
    AlarmKind.NOT_CONNECTED: "A match is on, and this OBS is not connected: start it, or see the reason above.",
    AlarmKind.NOT_RECORDING: "A match is on, and is not recorded: restrike obs record start",
    AlarmKind.FRAMES_DROPPED: "Frames are lost: close other programs there, or lower OBS's bitrate or resolution.",
    AlarmKind.DISK_LOW: "The disk is nearly full: free space, or restrike obs recording NAME --root FOLDER",
    AlarmKind.REPLAY_OFF: "The replay buffer is off, so reviews get no clip: restrike obs replay start",
    AlarmKind.NOT_LICENSED: "The licence does not let this OBS follow matches by itself: restrike license status",
}
"""What to do."""
AHEAD: Final = "From the next match on the licence does not let this OBS follow matches by itself."


def described(one: ObsStatus) -> str:
    """One connection, in lines."""
    lines = [_head(one)]
    if one.outputs is not None and one.load is not None:
        lines += [f"  {name:<10} {text}" for name, text in _details(one, one.outputs, one.load)]
    lines += [f"  ! {ALARMS[alarm]}" for alarm in one.alarms]
    lines += [f"  ! {why}" for why in dict.fromkeys(_reasons(one))]
    return "\n".join(output.one_line(line) for line in lines)


def _reasons(one: ObsStatus) -> Iterator[str]:
    if one.problem is not None and one.state is LinkState.CONNECTED:
        yield one.problem
    if one.unlicensed is not None and one.is_active:
        yield one.unlicensed if AlarmKind.NOT_LICENSED in one.alarms else f"{AHEAD} {one.unlicensed}"


def _head(one: ObsStatus) -> str:
    state = state_word(one)
    if state == OFF:
        return f"{one.connection}: off. To have it: restrike obs connect {one.connection}"
    since = output.local_time(one.since_us)[:8]
    head = f"{one.connection}: {state} since {since}, {one.host}:{one.port}"
    if one.state is LinkState.CONNECTED:
        answers = f", answers in {one.round_trip_ms:.1f} ms" if one.round_trip_ms is not None else ""
        return f"{head}, OBS {one.obs_version or '?'}{answers}"
    return f"{head}: {one.reason}" if one.reason else head


def _details(one: ObsStatus, outputs: Outputs, load: ObsLoad) -> list[tuple[str, str]]:
    preview = f", in the preview {one.preview_scene}" if one.preview_scene else ""
    return [
        ("scene", f"{one.program_scene or '?'}{preview} ({one.scene_collection or '?'}, {one.profile or '?'})"),
        ("recording", _recording(one, outputs)),
        ("stream", _stream(outputs)),
        ("replay", f"{_on(outputs.is_replay_on)}; virtual camera {_on(outputs.is_virtual_camera_on)}"),
        ("load", f"CPU {load.cpu_percent:.1f} %, memory {load.memory_mib:.0f} MiB, disk {_free(load)} free"),
        ("frames", _frames(load)),
    ]


def _recording(one: ObsStatus, outputs: Outputs) -> str:
    suite = f"the suite: {one.recording}{_of_what(one)}"
    if not outputs.is_recording:
        return f"off; {suite}"
    paused = "paused at " if outputs.is_record_paused else ""
    return f"{paused}{hours(outputs.record_ms // 1000)}, {output.size(outputs.record_bytes)}; {suite}"


def _of_what(one: ObsStatus) -> str:
    if one.match_id is not None:
        return f" (match {one.match_id}, {one.ring or '?'})"
    return "" if one.recording in (RecordingState.IDLE, RecordingState.FAILED) else " (by hand)"


def _stream(outputs: Outputs) -> str:
    if not outputs.is_streaming:
        return "off"
    again = "reconnecting, " if outputs.is_reconnecting else ""
    dropped = f"{outputs.stream_frames_dropped} of {outputs.stream_frames} frames dropped"
    congestion = f"congestion {outputs.stream_congestion * 100:.0f} %"
    return f"{again}{hours(outputs.stream_ms // 1000)}, {outputs.stream_kbps} kbit/s, {congestion}, {dropped}"


def _frames(load: ObsLoad) -> str:
    drawn = f"{load.render_frames_skipped} of {load.render_frames} drawn too late"
    coded = f"{load.output_frames_skipped} of {load.output_frames} skipped by the encoder"
    return f"{load.fps:.1f} a second, {load.frame_ms:.1f} ms each; {drawn}; {coded}"


def _on(is_on: bool) -> str:
    return "on" if is_on else "off"


def _free(load: ObsLoad) -> str:
    return output.size(load.disk_free_bytes)
