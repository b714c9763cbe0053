"""The state of a small OBS made of Python: what FakeObs does with requests unless it is told otherwise."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.obs.steps import NOT_AVAILABLE, NOT_FOUND, NOT_RUNNING, RUNNING, UNKNOWN_REQUEST

Data = dict[str, Any]
STATE = "OBS_WEBSOCKET_OUTPUT_"


class RefusalError(Exception):
    """The request is refused with `code`."""

    def __init__(self, code: int, comment: str) -> None:
        super().__init__(comment)
        self.code = code


class Studio:
    """What a fake OBS remembers; tests may look at it and change it. Files are written only into a given `records`."""

    def __init__(
        self,
        *,
        tell: Callable[[str, Data], None],
        later: Callable[[float, Callable[[], None]], None],
        records: Path | None,
    ) -> None:
        self._tell = tell
        self._later = later
        self._records = records
        self.version = {"obsVersion": "29.0.2", "obsWebSocketVersion": "5.1.0", "rpcVersion": 1, "platform": "fake"}
        self.newer = False
        """With the requests of newer versions: SetRecordDirectory, SplitRecordFile, CreateRecordChapter."""
        self.start_takes_s = 0.02
        self.stop_takes_s = 0.05
        self.directory = str(records or "/fake")
        self.profile = {("Output", "FilenameFormatting"): "%CCYY", ("SimpleOutput", "RecFormat"): "mkv"}
        self.scenes = ["Break", "Fight", "Winner"]
        self.scene = "Break"
        self.inputs: dict[str, Data] = {"Colour": {}, "Names": {"text": ""}, "Sound": {}}
        self.muted: set[str] = set()
        self.hidden: set[str] = set()
        """Sources that are not shown."""
        self.replay_available = True
        self.running: dict[str, float] = {}
        """Record, Stream, ReplayBuffer, VirtualCam: since when (monotonic s)."""
        self.paused = False
        self.chapters: list[str] = []
        self._path = ""
        self._last_replay = ""
        self._numbers = 0
        self._requests: dict[str, Callable[[Data], Data]] = {
            "GetVersion": self._get_version,
            "GetStats": lambda _: dict(STATS),
            "GetRecordStatus": self._get_record_status,
            "StartRecord": self._start_record,
            "StopRecord": self._stop_record,
            "PauseRecord": lambda _: self._pause(paused=True),
            "ResumeRecord": lambda _: self._pause(paused=False),
            "GetRecordDirectory": lambda _: {"recordDirectory": self.directory},
            "GetReplayBufferStatus": lambda _: {"outputActive": self._replay("ReplayBuffer" in self.running)},
            "StartReplayBuffer": lambda _: self._replay(self._start("ReplayBuffer")),
            "StopReplayBuffer": lambda _: self._replay(self._stop("ReplayBuffer")),
            "SaveReplayBuffer": self._save_replay,
            "GetLastReplayBufferReplay": lambda _: {"savedReplayPath": self._last_replay},
            "GetStreamStatus": self._get_stream_status,
            "GetStreamServiceSettings": lambda _: dict(STREAM_SERVICE),
            "StartStream": lambda _: self._start("Stream"),
            "StopStream": lambda _: self._stop("Stream"),
            "GetVirtualCamStatus": lambda _: {"outputActive": "VirtualCam" in self.running},
            "StartVirtualCam": lambda _: self._start("VirtualCam", event="VirtualcamStateChanged"),
            "StopVirtualCam": lambda _: self._stop("VirtualCam", event="VirtualcamStateChanged"),
            "GetSceneList": self._get_scene_list,
            "GetCurrentProgramScene": lambda _: {"currentProgramSceneName": self.scene},
            "SetCurrentProgramScene": self._set_scene,
            "GetProfileParameter": self._get_parameter,
            "SetProfileParameter": self._set_parameter,
            "GetProfileList": lambda _: {"currentProfileName": "lab", "profiles": ["lab"]},
            "GetSceneCollectionList": lambda _: {"currentSceneCollectionName": "lab", "sceneCollections": ["lab"]},
            "GetStudioModeEnabled": lambda _: {"studioModeEnabled": False},
            "GetInputList": lambda _: {"inputs": [{"inputName": name, "inputKind": "fake"} for name in self.inputs]},
            "GetInputSettings": lambda data: {"inputKind": "fake", "inputSettings": self._input(data)},
            "SetInputSettings": self._set_input,
            "GetInputMute": lambda data: {"inputMuted": self._name(data) in self.muted},
            "SetInputMute": self._set_mute,
            "GetSceneItemId": lambda data: {"sceneItemId": self._item(data["sourceName"])},
            "GetSceneItemEnabled": lambda data: {"sceneItemEnabled": self._source(data) not in self.hidden},
            "SetSceneItemEnabled": self._set_shown,
            "GetHotkeyList": lambda _: {"hotkeys": ["OBSBasic.SplitFile"]},
            "TriggerHotkeyByName": lambda _: {},
        }
        self._newer_requests: dict[str, Callable[[Data], Data]] = {
            "SetRecordDirectory": self._set_directory,
            "SplitRecordFile": self._split,
            "CreateRecordChapter": self._chapter,
        }

    def answer(self, request: str, data: Data) -> Data:
        """The answer's data; RefusalError when it is refused."""
        found = self._requests.get(request) or (self._newer_requests.get(request) if self.newer else None)
        if found is None:
            raise RefusalError(UNKNOWN_REQUEST, "Your request type is not valid.")
        return found(data)

    # Outputs

    def _start(self, output: str, *, event: str = "") -> Data:
        if output in self.running:
            raise RefusalError(RUNNING, "")
        self.running[output] = time.monotonic()
        kind = event or f"{output}StateChanged"
        self._later(0, lambda: self._tell(kind, {"outputActive": False, "outputState": STATE + "STARTING"}))
        started = {"outputActive": True, "outputState": STATE + "STARTED"}
        self._later(self.start_takes_s, lambda: self._tell(kind, started))
        return {}

    def _stop(self, output: str, *, event: str = "") -> Data:
        if output not in self.running:
            raise RefusalError(NOT_RUNNING, "")
        kind = event or f"{output}StateChanged"
        self._later(0, lambda: self._tell(kind, {"outputActive": False, "outputState": STATE + "STOPPING"}))
        stopped = {"outputActive": False, "outputState": STATE + "STOPPED"}

        def end() -> None:
            self.running.pop(output, None)
            self._tell(kind, stopped)

        self._later(self.stop_takes_s, end)
        return {}

    def _start_record(self, _: Data) -> Data:
        if "Record" in self.running:
            raise RefusalError(RUNNING, "")
        self.running["Record"] = time.monotonic()
        self.paused = False
        self._path = self._new_path("")
        self._later(0, lambda: self._tell_record("STARTING", None))
        self._later(self.start_takes_s, lambda: self._tell_record("STARTED", self._path))
        return {}

    def _stop_record(self, _: Data) -> Data:
        if "Record" not in self.running:
            raise RefusalError(NOT_RUNNING, "")
        path = self._path
        self._later(0, lambda: self._tell_record("STOPPING", None))

        def end() -> None:
            self.running.pop("Record", None)
            self._write(path)
            self._tell_record("STOPPED", path)

        self._later(self.stop_takes_s, end)
        return {"outputPath": path}

    def _pause(self, *, paused: bool) -> Data:
        if "Record" not in self.running:
            raise RefusalError(NOT_RUNNING, "")
        self.paused = paused
        self._later(0, lambda: self._tell_record("PAUSED" if paused else "RESUMED", None))
        return {}

    def _tell_record(self, state: str, path: str | None) -> None:
        active = state in {"STARTED", "PAUSED", "RESUMED"}
        self._tell("RecordStateChanged", {"outputActive": active, "outputState": STATE + state, "outputPath": path})

    def _get_record_status(self, _: Data) -> Data:
        return self._status("Record") | {"outputPaused": self.paused}

    def _get_stream_status(self, _: Data) -> Data:
        frames = {
            "outputSkippedFrames": 0,
            "outputTotalFrames": 0,
            "outputCongestion": 0.0,
            "outputReconnecting": False,
        }
        return self._status("Stream") | frames

    def _status(self, output: str) -> Data:
        since = self.running.get(output)
        millis = 0 if since is None else int((time.monotonic() - since) * 1000)
        seconds, rest = divmod(millis, 1000)
        code = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"
        return {
            "outputActive": since is not None,
            "outputDuration": millis,
            "outputTimecode": code,
            "outputBytes": millis,
        }

    def _replay(self, found: Any) -> Any:
        if not self.replay_available:
            raise RefusalError(NOT_AVAILABLE, "Replay buffer is not available.")
        return found

    def _save_replay(self, _: Data) -> Data:
        if "ReplayBuffer" not in self.running:
            raise RefusalError(self._replay(NOT_RUNNING), "")
        path = self._new_path("Replay ")

        def end() -> None:
            self._write(path)
            self._last_replay = path
            self._tell("ReplayBufferSaved", {"savedReplayPath": path})

        self._later(self.stop_takes_s, end)
        return {}

    def _split(self, _: Data) -> Data:
        if "Record" not in self.running:
            raise RefusalError(NOT_RUNNING, "")
        self._write(self._path)
        self._path = self._new_path("")
        path = self._path
        self._later(0, lambda: self._tell("RecordFileChanged", {"newOutputPath": path}))
        return {}

    def _chapter(self, data: Data) -> Data:
        if "Record" not in self.running:
            raise RefusalError(NOT_RUNNING, "")
        self.chapters.append(data.get("chapterName", ""))
        return {}

    def _new_path(self, prefix: str) -> str:
        """The name that the profile asks for; one that has a `%` is replaced by a number."""
        self._numbers += 1
        name = self.profile["Output", "FilenameFormatting"]
        name = f"recorded {self._numbers}" if "%" in name else name
        return f"{self.directory}/{prefix}{name}.{self.profile['SimpleOutput', 'RecFormat']}"

    def _write(self, path: str) -> None:
        if self._records is not None:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_bytes(b"recorded by nobody")

    # Scenes, sources, settings

    def _get_version(self, _: Data) -> Data:
        known = [*self._requests, *(self._newer_requests if self.newer else ())]
        formats = {"supportedImageFormats": ["png", "jpg"], "platformDescription": "a test"}
        return {**self.version, **formats, "availableRequests": known}

    def _get_scene_list(self, _: Data) -> Data:
        listed = [{"sceneIndex": n, "sceneName": name} for n, name in enumerate(reversed(self.scenes))]
        return {"currentProgramSceneName": self.scene, "currentPreviewSceneName": None, "scenes": listed}

    def _set_scene(self, data: Data) -> Data:
        name = data["sceneName"]
        if name not in self.scenes:
            raise RefusalError(NOT_FOUND, f"No source was found by the name of `{name}`.")
        self.scene = name
        self._later(self.start_takes_s, lambda: self._tell("CurrentProgramSceneChanged", {"sceneName": name}))
        return {}

    def _get_parameter(self, data: Data) -> Data:
        value = self.profile.get((data["parameterCategory"], data["parameterName"]))
        return {"parameterValue": value, "defaultParameterValue": None}

    def _set_parameter(self, data: Data) -> Data:
        key = (data["parameterCategory"], data["parameterName"])
        self.profile[key] = data["parameterValue"]
        if key == ("SimpleOutput", "FilePath"):
            self.directory = data["parameterValue"]
        return {}

    def _set_directory(self, data: Data) -> Data:
        self.directory = data["recordDirectory"]
        return {}

    def _name(self, data: Data) -> str:
        name: str = data["inputName"]
        if name not in self.inputs:
            raise RefusalError(NOT_FOUND, f"No source was found by the name of `{name}`.")
        return name

    def _input(self, data: Data) -> Data:
        return self.inputs[self._name(data)]

    def _set_input(self, data: Data) -> Data:
        self._input(data).update(data["inputSettings"])
        return {}

    def _set_mute(self, data: Data) -> Data:
        name = self._name(data)
        (self.muted.add if data["inputMuted"] else self.muted.discard)(name)
        told = {"inputName": name, "inputMuted": data["inputMuted"]}
        self._later(0, lambda: self._tell("InputMuteStateChanged", told))
        return {}

    def _item(self, source: str) -> int:
        if source not in self.inputs:
            raise RefusalError(NOT_FOUND, "No scene items were found in the specified scene by that name or offset.")
        return list(self.inputs).index(source) + 1

    def _source(self, data: Data) -> str:
        number = data["sceneItemId"]
        if not 0 < number <= len(self.inputs):
            raise RefusalError(NOT_FOUND, "No scene items were found in the specified scene with that ID.")
        found: str = list(self.inputs)[number - 1]
        return found

    def _set_shown(self, data: Data) -> Data:
        source = self._source(data)
        (self.hidden.discard if data["sceneItemEnabled"] else self.hidden.add)(source)
        told = {key: data[key] for key in ("sceneName", "sceneItemId", "sceneItemEnabled")}
        self._later(0, lambda: self._tell("SceneItemEnableStateChanged", told))
        return {}


STATS = {
    "cpuUsage": 1.5,
    "memoryUsage": 180.5,
    "availableDiskSpace": 50_000.0,
    "activeFps": 30.0,
    "averageFrameRenderTime": 0.5,
    "renderSkippedFrames": 0,
    "renderTotalFrames": 1000,
    "outputSkippedFrames": 0,
    "outputTotalFrames": 1000,
    "webSocketSessionIncomingMessages": 1,
    "webSocketSessionOutgoingMessages": 1,
}
STREAM_SERVICE = {
    "streamServiceType": "rtmp_custom",
    "streamServiceSettings": {"server": "rtmp://127.0.0.1/live", "key": "a key", "use_auth": False},
}
