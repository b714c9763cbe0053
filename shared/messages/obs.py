"""OBS Studio as the suite sees it: connections and their settings, their status each second, and what is wrong."""

from enum import StrEnum

from msgspec import Struct


class Role(StrEnum):
    """What a connection is for. A rule's scenes and sources go to those for scenes, and so on."""

    RECORDING = "recording"
    REPLAY = "replay"
    STREAMING = "streaming"
    SCENES = "scenes"


class LinkState(StrEnum):
    """How a connection stands. `disconnected` is tried again by itself; `not_ready`: OBS answers that it still starts;
    `failed`: OBS refuses us (the password), which is tried again, too.
    """

    DISCONNECTED = "disconnected"
    CONNECTING = "connecting"
    AUTHENTICATING = "authenticating"
    CONNECTED = "connected"
    NOT_READY = "not_ready"
    FAILED = "failed"


class StartOn(StrEnum):
    """The moment at which a match's recording starts; a later one starts it if the earlier was missed."""

    LOAD = "load"
    READY = "ready"
    CLOCK = "clock"


class RecordingSettings(Struct, frozen=True, kw_only=True):
    """How a connection records. Patterns hold placeholders such as `{matchNumber}`; a `/` makes a folder.

    `root` is a folder as OBS names it, None: the one that OBS is set to. `format` is mkv, mp4 and so on, None: as OBS
    is set. A match's picture begins `pre_roll_ms` before its first clock and recording ends `post_roll_ms` after its
    decision. While `least_free_mib` or less are left nothing is started; with half of it what runs is ended, in order.
    A clip's decisive moment is `review_lead_ms` before the review was asked for. `picture_delay_ms` is by how much the
    picture in OBS is later than the mat (cameras, converters, the stream's own delay).
    """

    records_matches: bool = True
    root: str | None = None
    folder: str = "{tournament}/{day}"
    file_name: str = "{ring} {matchNumber} {player1} {country1} - {player2} {country2}"
    format: str | None = None
    start_on: StartOn = StartOn.READY
    pre_roll_ms: int = 5_000
    post_roll_ms: int = 10_000
    chapters: bool = True
    split_rounds: bool = False
    least_free_mib: int = 2_048
    keeps_replay: bool = True
    clip_folder: str = "{tournament}/{day}/reviews"
    clip_name: str = "{ring} {matchNumber} R{round} review {number} {side} {time}"
    review_lead_ms: int = 10_000
    picture_delay_ms: int = 0


class ObsConnection(Struct, frozen=True, kw_only=True):
    r"""A connection as it is stored, without its password. No `rings`: it serves all. `path_map` says where a folder of
    OBS's machine is on ours (`D:\Rec` = `/mnt/rec`); a machine of its own without one keeps OBS's paths only.
    """

    connection: str
    host: str
    port: int
    has_password: bool
    is_active: bool
    roles: tuple[Role, ...]
    rings: tuple[str, ...]
    path_map: dict[str, str]
    recording: RecordingSettings


class ObsLinkChanged(Struct, frozen=True, kw_only=True):
    """`obs.link/<connection>/`: a connection went on to another state; `reason` says what is wrong and what to do."""

    connection: str
    state: LinkState
    reason: str | None
    since_us: int
    obs_version: str | None = None
    websocket_version: str | None = None
    platform: str | None = None


class Outputs(Struct, frozen=True, kw_only=True):
    """What OBS's outputs do. `record_ms` and `stream_ms` are OBS's own time codes; `stream_kbps` is that of the last
    second.
    """

    is_recording: bool = False
    is_record_paused: bool = False
    record_ms: int = 0
    record_bytes: int = 0
    is_streaming: bool = False
    is_reconnecting: bool = False
    stream_ms: int = 0
    stream_kbps: int = 0
    stream_congestion: float = 0.0
    stream_frames: int = 0
    stream_frames_dropped: int = 0
    is_replay_on: bool = False
    is_virtual_camera_on: bool = False


class ObsLoad(Struct, frozen=True, kw_only=True):
    """How OBS bears up. Frames are counted since OBS started; `disk_free_bytes` is of the disk that it records to."""

    cpu_percent: float = 0.0
    memory_mib: float = 0.0
    disk_free_bytes: int = 0
    fps: float = 0.0
    frame_ms: float = 0.0
    render_frames: int = 0
    render_frames_skipped: int = 0
    output_frames: int = 0
    output_frames_skipped: int = 0


class AlarmKind(StrEnum):
    """What is wrong with an OBS that ought to work for a match."""

    NOT_CONNECTED = "not_connected"
    NOT_RECORDING = "not_recording"
    FRAMES_DROPPED = "frames_dropped"
    DISK_LOW = "disk_low"
    NOT_LICENSED = "not_licensed"
    REPLAY_OFF = "replay_off"


class ObsStatus(Struct, frozen=True, kw_only=True):
    """`obs.status/<connection>/`, each second while connected, and on every change of the connection. `outputs` and
    `load` are None while not connected. `recording` is how the suite's recording there stands, a word of
    `RecordingState`; `match_id` is its match; `problem` says why a match that ought to be recorded, or followed by
    rules, is not. `unlicensed` says why the licence does not let it follow matches by itself: the one that is on with
    the alarm `not_licensed`, else from the next one on. `round_trip_ms` is how long OBS takes to answer.
    """

    connection: str
    state: LinkState
    reason: str | None
    since_us: int
    host: str
    port: int
    roles: tuple[Role, ...]
    rings: tuple[str, ...]
    is_active: bool = True
    obs_version: str | None = None
    websocket_version: str | None = None
    round_trip_ms: float | None = None
    program_scene: str | None = None
    preview_scene: str | None = None
    profile: str | None = None
    scene_collection: str | None = None
    outputs: Outputs | None = None
    load: ObsLoad | None = None
    recording: str = "idle"
    ring: str | None = None
    match_id: str | None = None
    alarms: tuple[AlarmKind, ...] = ()
    problem: str | None = None
    unlicensed: str | None = None


class ObsAlarm(Struct, frozen=True, kw_only=True):
    """`obs.alarm/<connection>/`: something went wrong (`is_raised`), or is well again. `message` says what to do."""

    connection: str
    kind: AlarmKind
    is_raised: bool
    message: str
    since_us: int
    ring: str | None = None
    match_id: str | None = None


class ObsConfigured(StrEnum):
    """What of the configuration of OBS changed."""

    CONNECTION = "connection"
    RULES = "rules"


class ObsChanged(Struct, frozen=True, kw_only=True):
    """`obs.changed/db-writer/`: connections or rules were made, changed or removed; read them again."""

    what: ObsConfigured
    names: tuple[str, ...]
    author: str
