"""What one OBS does, as its events and one or two cheap requests a second tell; obs-bridge."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from services.obs_bridge.acts.facts import NOT_AVAILABLE
from services.obs_bridge.acts.outputs import state_of
from services.obs_bridge.procedure import Ask, Data, Procedure
from shared.clock import monotonic_s
from shared.errors import ObsError
from shared.messages.obs import AlarmKind, ObsConnection, ObsLinkChanged, ObsLoad, ObsStatus, Outputs

EVERYTHING_EVERY: Final = 10
"""Of so many looks one asks everything: an event may have been missed. The others ask what changes by itself."""
MIB: Final = 1 << 20
STARTED: Final = {"STARTED": True, "PAUSED": True, "RESUMED": True, "RECONNECTED": True, "STOPPED": False}
"""What the states that an output's event tells mean; those in between change nothing."""


class Observer:
    """Of one connection. `hear` is given the link's events, `take_stats` its ping; `look` is run once a second and on
    every new connection (after `forget`).
    """

    def __init__(self, *, now_s: Callable[[], float] = monotonic_s) -> None:
        self._now_s = now_s
        self.forget()

    def forget(self) -> None:
        """Know nothing: the connection was lost."""
        self.outputs: Outputs | None = None
        self.load: ObsLoad | None = None
        self.round_trip_ms: float | None = None
        self.program_scene: str | None = None
        self.preview_scene: str | None = None
        self.profile: str | None = None
        self.scene_collection: str | None = None
        self._looks = 0
        self._streamed: tuple[float, int] | None = None

    def take_stats(self, stats: Data, round_trip_ms: float) -> None:
        """Take an answer to GetStats, and how long it took."""
        self.round_trip_ms = round(round_trip_ms, 3)
        self.load = ObsLoad(
            cpu_percent=round(stats["cpuUsage"], 2),
            memory_mib=round(stats["memoryUsage"], 1),
            disk_free_bytes=int(stats["availableDiskSpace"] * MIB),
            fps=round(stats["activeFps"], 2),
            frame_ms=round(stats["averageFrameRenderTime"], 3),
            render_frames=stats["renderTotalFrames"],
            render_frames_skipped=stats["renderSkippedFrames"],
            output_frames=stats["outputTotalFrames"],
            output_frames_skipped=stats["outputSkippedFrames"],
        )

    def hear(self, event: str, data: Data) -> bool:
        """Take an event; whether the status is another now."""
        before = self._known()
        take = HEARD.get(event)
        if take is not None:
            take(self, data)
        return self._known() != before

    def look(self) -> Procedure[None]:
        """One second's requests."""
        everything = self._looks % EVERYTHING_EVERY == 0
        self._looks += 1
        outputs = self.outputs or Outputs()
        self._take_record((yield Ask("GetRecordStatus")))
        if everything or outputs.is_streaming or self._streamed is not None:
            self._take_stream((yield Ask("GetStreamStatus")))
        if everything:
            yield from self._look_at_everything()

    def _look_at_everything(self) -> Procedure[None]:
        self._set(is_replay_on=(yield from _is_active("GetReplayBufferStatus")))
        self._set(is_virtual_camera_on=(yield from _is_active("GetVirtualCamStatus")))
        scenes = yield Ask("GetSceneList")
        self.program_scene = scenes["currentProgramSceneName"]
        self.preview_scene = scenes.get("currentPreviewSceneName")
        self.profile = (yield Ask("GetProfileList"))["currentProfileName"]
        self.scene_collection = (yield Ask("GetSceneCollectionList"))["currentSceneCollectionName"]

    def status(  # noqa: PLR0913  # what is known in three places
        self,
        connection: ObsConnection,
        link: ObsLinkChanged,
        *,
        recording: str = "idle",
        ring: str | None = None,
        match_id: str | None = None,
        alarms: tuple[AlarmKind, ...] = (),
        problem: str | None = None,
        unlicensed: str | None = None,
    ) -> ObsStatus:
        """Everything, as it is published; `recording` and so on come from who records matches."""
        return ObsStatus(
            connection=connection.connection,
            state=link.state,
            reason=link.reason,
            since_us=link.since_us,
            host=connection.host,
            port=connection.port,
            roles=connection.roles,
            rings=connection.rings,
            is_active=connection.is_active,
            obs_version=link.obs_version,
            websocket_version=link.websocket_version,
            round_trip_ms=self.round_trip_ms,
            program_scene=self.program_scene,
            preview_scene=self.preview_scene,
            profile=self.profile,
            scene_collection=self.scene_collection,
            outputs=self.outputs,
            load=self.load,
            recording=recording,
            ring=ring,
            match_id=match_id,
            alarms=alarms,
            problem=problem,
            unlicensed=unlicensed,
        )

    # What the answers and events hold

    def _known(self) -> tuple[object, ...]:
        return self.outputs, self.program_scene, self.preview_scene, self.profile, self.scene_collection

    def _set(self, **fields: Any) -> None:
        self.outputs = msgspec.structs.replace(self.outputs or Outputs(), **fields)

    def _take_record(self, status: Data) -> None:
        self._set(
            is_recording=status["outputActive"],
            is_record_paused=status["outputPaused"],
            record_ms=int(status["outputDuration"]),
            record_bytes=int(status["outputBytes"]),
        )

    def _take_stream(self, status: Data) -> None:
        now_s, sent = self._now_s(), int(status["outputBytes"])
        kbps = 0
        if self._streamed is not None and sent >= self._streamed[1] and now_s > self._streamed[0]:
            kbps = round((sent - self._streamed[1]) * 8 / 1000 / (now_s - self._streamed[0]))
        self._streamed = (now_s, sent) if status["outputActive"] else None
        self._set(
            is_streaming=status["outputActive"],
            is_reconnecting=status["outputReconnecting"],
            stream_ms=int(status["outputDuration"]),
            stream_kbps=kbps if status["outputActive"] else 0,
            stream_congestion=round(status["outputCongestion"], 3),
            stream_frames=status["outputTotalFrames"],
            stream_frames_dropped=status["outputSkippedFrames"],
        )

    def _heard_record(self, data: Data) -> None:
        state = state_of(data)
        if state in STARTED:
            self._set(is_recording=STARTED[state], is_record_paused=state == "PAUSED")

    def _heard_stream(self, data: Data) -> None:
        state = state_of(data)
        if state == "RECONNECTING":
            self._set(is_reconnecting=True)
        elif state in STARTED:
            self._set(is_streaming=STARTED[state], is_reconnecting=False)

    def _heard_replay(self, data: Data) -> None:
        if state_of(data) in STARTED:
            self._set(is_replay_on=STARTED[state_of(data)])

    def _heard_camera(self, data: Data) -> None:
        if state_of(data) in STARTED:
            self._set(is_virtual_camera_on=STARTED[state_of(data)])

    def _heard_program(self, data: Data) -> None:
        self.program_scene = data["sceneName"]

    def _heard_preview(self, data: Data) -> None:
        self.preview_scene = data["sceneName"]

    def _heard_studio_mode(self, data: Data) -> None:
        if not data["studioModeEnabled"]:
            self.preview_scene = None

    def _heard_new_name(self, data: Data) -> None:
        if self.program_scene == data["oldSceneName"]:
            self.program_scene = data["sceneName"]
        if self.preview_scene == data["oldSceneName"]:
            self.preview_scene = data["sceneName"]

    def _heard_profile(self, data: Data) -> None:
        self.profile = data["profileName"]

    def _heard_collection(self, data: Data) -> None:
        self.scene_collection = data["sceneCollectionName"]

    HEARD: Final = {
        "RecordStateChanged": _heard_record,
        "StreamStateChanged": _heard_stream,
        "ReplayBufferStateChanged": _heard_replay,
        "VirtualcamStateChanged": _heard_camera,
        "CurrentProgramSceneChanged": _heard_program,
        "CurrentPreviewSceneChanged": _heard_preview,
        "StudioModeStateChanged": _heard_studio_mode,
        "SceneNameChanged": _heard_new_name,
        "CurrentProfileChanged": _heard_profile,
        "CurrentSceneCollectionChanged": _heard_collection,
    }


HEARD: Final = Observer.HEARD
"""Event -> what it changes."""


def _is_active(request: str) -> Procedure[bool]:
    """Whether an output runs; one that this OBS does not have does not."""
    try:
        return bool((yield Ask(request))["outputActive"])
    except ObsError as error:
        if error.status != NOT_AVAILABLE:
            raise
        return False
