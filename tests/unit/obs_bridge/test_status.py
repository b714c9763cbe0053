"""What an OBS does, told by events and answers."""

from typing import Any

from services.obs_bridge.procedure import Ask
from services.obs_bridge.status import EVERYTHING_EVERY, Observer
from shared.messages.obs import LinkState, ObsConnection, ObsLinkChanged, Outputs, RecordingSettings, Role
from tests.support.obs.play import play
from tests.unit.obs_bridge.acts.facts import record_status, refused, requests, went

IDLE_STREAM = {
    "outputActive": False,
    "outputReconnecting": False,
    "outputDuration": 0,
    "outputBytes": 0,
    "outputCongestion": 0.0,
    "outputTotalFrames": 0,
    "outputSkippedFrames": 0,
}
SCENES: dict[str, Any] = {"currentProgramSceneName": "Match", "currentPreviewSceneName": None, "scenes": []}
REST: list[Any] = [
    {"outputActive": True},
    refused(604),
    SCENES,
    {"currentProfileName": "lab"},
    {"currentSceneCollectionName": "mats"},
]
STATS = {
    "cpuUsage": 12.345,
    "memoryUsage": 180.04,
    "availableDiskSpace": 1024.5,
    "activeFps": 29.97,
    "averageFrameRenderTime": 1.23456,
    "renderTotalFrames": 100,
    "renderSkippedFrames": 1,
    "outputTotalFrames": 50,
    "outputSkippedFrames": 2,
}


def streaming(sent: int) -> dict[str, Any]:
    """An answer to GetStreamStatus of a stream that has sent so many bytes."""
    return {**IDLE_STREAM, "outputActive": True, "outputBytes": sent, "outputDuration": 1000, "outputTotalFrames": 30}


def known(now: list[float]) -> Observer:
    """An observer that has asked everything once."""
    observer = Observer(now_s=lambda: now[0])
    play(observer.look(), [record_status(active=False), IDLE_STREAM, *REST])
    return observer


def test_the_first_look_asks_everything_and_the_next_what_changes_by_itself() -> None:
    """An output that OBS does not have is off; one request a second while nothing streams."""
    observer = known([0.0])
    assert observer.outputs == Outputs(is_replay_on=True)
    assert (observer.program_scene, observer.profile, observer.scene_collection) == ("Match", "lab", "mats")
    for _ in range(EVERYTHING_EVERY - 1):
        assert play(observer.look(), [record_status(active=True, ms=900)]).steps == [Ask("GetRecordStatus")]
    assert observer.outputs == Outputs(is_replay_on=True, is_recording=True, record_ms=900, record_bytes=900)
    again = play(observer.look(), [record_status(active=True), IDLE_STREAM, *REST])
    assert "GetSceneList" in requests(again.steps)


def test_a_streams_rate_is_what_was_sent_since_the_last_look() -> None:
    """In kilobits a second; nothing at the start, after the end, and when OBS counts anew."""
    now = [0.0]
    observer = known(now)
    rates = []
    observer.hear("StreamStateChanged", went("STARTED"))
    for at_s, sent in ((1.0, 1_000_000), (3.0, 2_000_000), (4.0, 5_000), (5.0, 130_000)):
        now[0] = at_s
        play(observer.look(), [record_status(active=False), streaming(sent)])
        assert observer.outputs is not None
        rates.append(observer.outputs.stream_kbps)
    assert rates == [0, 4000, 0, 1000]
    play(observer.look(), [record_status(active=False), IDLE_STREAM])
    assert observer.outputs is not None
    assert (observer.outputs.is_streaming, observer.outputs.stream_kbps) == (False, 0)


def test_events_change_it_at_once_and_say_so() -> None:
    """True only when something is another now."""
    observer = known([0.0])
    assert observer.hear("RecordStateChanged", went("STARTED"))
    assert not observer.hear("RecordStateChanged", went("STARTED"))
    assert not observer.hear("RecordStateChanged", went("STOPPING"))
    assert observer.hear("RecordStateChanged", went("PAUSED"))
    assert observer.hear("ReplayBufferStateChanged", went("STOPPED"))
    assert observer.hear("VirtualcamStateChanged", went("STARTED"))
    assert observer.hear("StreamStateChanged", went("RECONNECTING"))
    assert observer.hear("CurrentProgramSceneChanged", {"sceneName": "Break"})
    assert observer.hear("SceneNameChanged", {"oldSceneName": "Break", "sceneName": "Pause"})
    assert observer.hear("CurrentPreviewSceneChanged", {"sceneName": "Match"})
    assert observer.hear("StudioModeStateChanged", {"studioModeEnabled": False})
    assert observer.hear("CurrentProfileChanged", {"profileName": "other"})
    assert observer.hear("CurrentSceneCollectionChanged", {"sceneCollectionName": "others"})
    assert not observer.hear("InputCreated", {"inputName": "x"})
    assert (observer.program_scene, observer.preview_scene, observer.profile) == ("Pause", None, "other")
    assert observer.outputs == Outputs(
        is_recording=True, is_record_paused=True, is_reconnecting=True, is_virtual_camera_on=True
    )


def test_what_is_published_and_what_is_forgotten() -> None:
    """The load in its units; nothing of it after the connection was lost."""
    observer = known([0.0])
    observer.take_stats(STATS, 1.23456)
    connection = ObsConnection(
        connection="main",
        host="127.0.0.1",
        port=4455,
        has_password=True,
        is_active=True,
        roles=(Role.RECORDING,),
        rings=("ring-1",),
        path_map={},
        recording=RecordingSettings(),
    )
    link = ObsLinkChanged(connection="main", state=LinkState.CONNECTED, reason=None, since_us=5, obs_version="29.0.2")
    status = observer.status(connection, link, recording="recording", ring="ring-1", match_id="m")
    assert status.load is not None
    assert (status.load.disk_free_bytes, status.load.cpu_percent, status.load.fps) == (
        1024 * 2**20 + 2**19,
        12.35,
        29.97,
    )
    assert (status.connection, status.obs_version, status.recording, status.round_trip_ms) == (
        "main",
        "29.0.2",
        "recording",
        1.235,
    )
    observer.forget()
    gone = observer.status(connection, link)
    assert (gone.outputs, gone.load, gone.program_scene, gone.round_trip_ms) == (None, None, None, None)
