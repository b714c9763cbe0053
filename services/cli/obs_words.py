"""The essential words of what obs-bridge says, for a line that a person reads."""

from collections.abc import Callable
from typing import Any, Final

from services.cli.output import size
from shared.messages import automation, obs, recordings


def _link(data: obs.ObsLinkChanged) -> str:
    return f"{data.state}: {data.reason}" if data.reason else data.state.value


def _status(data: obs.ObsStatus) -> str:
    outputs = data.outputs
    if outputs is None:
        return f"{data.state}: {data.reason}" if data.reason else data.state.value
    words = [f"scene {data.program_scene or '?'}"]
    words += [f"records {outputs.record_ms / 1000:.0f} s"] if outputs.is_recording else []
    words += [f"streams {outputs.stream_kbps} kbit/s"] if outputs.is_streaming else []
    words += ["replay buffer on"] if outputs.is_replay_on else []
    return ", ".join([*words, *(f"ALARM {alarm}" for alarm in data.alarms)])


def _recording(data: recordings.RecordingChanged) -> str:
    what = f"{data.before} -> {data.state}"
    more = [
        data.match_id or "no match",
        f"part {data.part}" if data.part > 1 else "",
        data.reason or data.obs_path or "",
    ]
    return ", ".join([what, *(word for word in more if word)])


def _video(data: recordings.VideoStored) -> str:
    if not data.obs_path and not data.path:
        return f"{data.kind}: no file: {data.problem}"
    length = f"{data.duration_ms / 1000:.1f} s" if data.duration_ms is not None else "? s"
    bytes_ = size(data.size_bytes) if data.size_bytes is not None else "? bytes"
    words = [data.kind.value, data.path or data.obs_path, length, bytes_, data.outcome, data.problem]
    return ", ".join(word for word in words if word)


def _placed(data: recordings.VideoEventsPlaced) -> str:
    return ", ".join(f"{event.label} at {event.offset_ms / 1000:.1f} s" for event in data.events)


def _clip(data: recordings.ClipReady) -> str:
    what = f"review {data.challenge}" if data.challenge is not None else "by hand"
    return f"{what}: {data.path or data.obs_path}"


def _fired(data: automation.RuleFired) -> str:
    latency = f" in {data.latency_ms:.0f} ms" if data.latency_ms is not None else ""
    return f"{data.rule} at {data.happening}: {data.outcome}{latency}"


OBS_WORDS: Final[dict[type[Any], Callable[[Any], str]]] = {
    obs.ObsChanged: lambda data: f"{data.what} {', '.join(data.names)} by {data.author}",
    obs.ObsLinkChanged: _link,
    obs.ObsStatus: _status,
    obs.ObsAlarm: lambda data: f"{'' if data.is_raised else 'over: '}{data.kind}: {data.message}",
    recordings.RecordingChanged: _recording,
    recordings.VideoStored: _video,
    recordings.VideoEventsPlaced: _placed,
    recordings.ClipReady: _clip,
    automation.RuleFired: _fired,
}
