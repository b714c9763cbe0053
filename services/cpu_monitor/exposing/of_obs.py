"""Metrics of each OBS, as it tells of itself; cpu-monitor."""

from collections.abc import Callable

from services.cpu_monitor.exposing.family import Values, counter, gauge
from services.cpu_monitor.exposing.snapshot import Snapshot
from shared.messages.obs import AlarmKind, LinkState, ObsLoad, ObsStatus, Outputs

MIB = 1 << 20


def _of(value: Callable[[ObsStatus], float | None]) -> Callable[[Snapshot], Values]:
    return lambda seen: [((obs.connection,), value(obs)) for obs in seen.obs]


def _load(value: Callable[[ObsLoad], float]) -> Callable[[Snapshot], Values]:
    return _of(lambda obs: None if obs.load is None else value(obs.load))


def _outputs(value: Callable[[Outputs], float]) -> Callable[[Snapshot], Values]:
    return _of(lambda obs: None if obs.outputs is None else value(obs.outputs))


def _alarms(seen: Snapshot) -> Values:
    for obs in seen.obs:
        yield from (((obs.connection, kind.value), kind in obs.alarms) for kind in AlarmKind)


FAMILIES = (
    gauge(
        "obs_connected", "Whether an OBS is connected.", _of(lambda obs: obs.state is LinkState.CONNECTED), "connection"
    ),
    gauge(
        "obs_round_trip_seconds",
        "How long an OBS takes to answer a ping.",
        _of(lambda obs: None if obs.round_trip_ms is None else obs.round_trip_ms / 1000),
        "connection",
        unit="seconds",
    ),
    gauge("obs_fps", "Frames that an OBS makes in a second.", _load(lambda load: load.fps), "connection"),
    gauge(
        "obs_frame_seconds",
        "How long an OBS takes to render a frame.",
        _load(lambda load: load.frame_ms / 1000),
        "connection",
        unit="seconds",
    ),
    counter(
        "obs_render_frames_total", "Frames that an OBS rendered.", _load(lambda load: load.render_frames), "connection"
    ),
    counter(
        "obs_render_frames_skipped_total",
        "Frames that an OBS did not render in time.",
        _load(lambda load: load.render_frames_skipped),
        "connection",
    ),
    counter(
        "obs_output_frames_total",
        "Frames for an OBS's recordings and streams.",
        _load(lambda load: load.output_frames),
        "connection",
    ),
    counter(
        "obs_output_frames_skipped_total",
        "Frames that an OBS did not encode in time.",
        _load(lambda load: load.output_frames_skipped),
        "connection",
    ),
    gauge(
        "obs_cpu_ratio", "Processor that an OBS says it uses.", _load(lambda load: load.cpu_percent / 100), "connection"
    ),
    gauge(
        "obs_memory_bytes",
        "Memory that an OBS says it uses.",
        _load(lambda load: load.memory_mib * MIB),
        "connection",
        unit="bytes",
    ),
    gauge(
        "obs_disk_free_bytes",
        "What is free on the disk that an OBS records to.",
        _load(lambda load: load.disk_free_bytes),
        "connection",
        unit="bytes",
    ),
    gauge("obs_recording", "Whether an OBS records.", _outputs(lambda out: out.is_recording), "connection"),
    gauge("obs_streaming", "Whether an OBS streams.", _outputs(lambda out: out.is_streaming), "connection"),
    gauge(
        "obs_replay_buffer",
        "Whether an OBS's replay buffer runs.",
        _outputs(lambda out: out.is_replay_on),
        "connection",
    ),
    gauge("obs_stream_bits_per_second", "An OBS's stream.", _outputs(lambda out: out.stream_kbps * 1000), "connection"),
    gauge(
        "obs_stream_congestion_ratio",
        "How congested an OBS's stream is, 0 to 1.",
        _outputs(lambda out: out.stream_congestion),
        "connection",
    ),
    counter(
        "obs_stream_frames_dropped_total",
        "Frames of an OBS's stream that the network did not take.",
        _outputs(lambda out: out.stream_frames_dropped),
        "connection",
    ),
    gauge(
        "obs_alarm",
        "What is wrong with an OBS that ought to work for a match: 1 while it is.",
        _alarms,
        "connection",
        "alarm",
    ),
)
