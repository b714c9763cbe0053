"""What a lab OBS finds in its home: settings, a profile and a scene collection."""

import dataclasses
import json
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

SCENES = ("Break", "Fight", "Winner")
COLOUR, NAMES, SOUND = "Colour", "Names", "Sound"
"""The sources of the scenes: a full picture of one colour (in all), a text (in all), an audio input (in Fight)."""

FONT = {"face": "DejaVu Sans", "size": 24, "style": "Book", "flags": 0}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """How a lab OBS is set up. `port` 0 is a free one; `replay_s` 0 switches the replay buffer off."""

    width: int = 320
    height: int = 180
    fps: int = 10
    record_format: str = "mkv"
    quality: str = "Stream"
    """RecQuality of mode Simple. "Stream" is cheap and quick to stop; only with "Small" can a recording be paused.

    With "Small" a key frame comes each 250 frames, and a replay may be shorter than `replay_s` by so much."""
    replay_s: int = 20
    port: int = 0
    password: str = "the password of the lab"  # noqa: S105  # of an OBS that lives for one test
    websocket: bool = True
    scenes: bool = True
    """Without, OBS starts with one empty scene called Scene."""
    advanced: bool = False
    """Output mode Advanced instead of Simple."""
    profile: dict[str, dict[str, str]] = dataclasses.field(default_factory=dict)
    """Profile parameters beside these: {"Output": {"FilenameFormatting": "%CCYY"}}."""


def write(folder: Path, options: Options, *, port: int, records: Path) -> None:
    """Write all that OBS reads at its start to `folder` (its .config/obs-studio)."""
    profile = folder / "basic" / "profiles" / "lab"
    scenes = folder / "basic" / "scenes"
    profile.mkdir(parents=True)
    scenes.mkdir(parents=True)
    _ini(folder / "global.ini", _settings(options, port))
    _ini(profile / "basic.ini", _profile(options, records))
    if options.scenes:
        (scenes / "lab.json").write_text(json.dumps(collection(options)))


def collection(options: Options) -> dict[str, Any]:
    """A scene collection as OBS stores it: SCENES, each with a colour and a text."""
    shown = {scene: [COLOUR, NAMES, *([SOUND] if scene == "Fight" else [])] for scene in SCENES}
    colour = {"color": 0xFF404040, "width": options.width, "height": options.height}
    return {
        "name": "lab",
        "current_scene": SCENES[0],
        "current_program_scene": SCENES[0],
        "scene_order": [{"name": scene} for scene in SCENES],
        "sources": [
            _source(COLOUR, "color_source", colour, version="_v3"),
            _source(NAMES, "text_ft2_source", {"text": "CHONG  HONG", "font": FONT}, version="_v2"),
            _source(SOUND, "ffmpeg_source", {"is_local_file": True, "local_file": ""}, mixers=255),
            *(_scene(scene, items) for scene, items in shown.items()),
        ],
    }


def _scene(name: str, items: list[str]) -> dict[str, Any]:
    listed = [{"name": item, "id": number, "visible": True, "align": 5} for number, item in enumerate(items, 1)]
    for item in listed:
        item |= {"pos": {"x": 0.0, "y": 0.0}, "scale": {"x": 1.0, "y": 1.0}, "rot": 0.0, "bounds_type": 0}
    return _source(name, "scene", {"id_counter": len(items), "custom_size": False, "items": listed})


def _source(name: str, kind: str, settings: dict[str, Any], *, version: str = "", mixers: int = 0) -> dict[str, Any]:
    return {"name": name, "id": kind, "versioned_id": kind + version, "settings": settings, "mixers": mixers}


def _settings(options: Options, port: int) -> dict[str, dict[str, Any]]:
    return {
        "General": {
            **{f"Pre{version}Defaults": "false" for version in ("19", "21", "23", "24.1")},
            "FirstRun": "true",
            "LastVersion": 486539266,
            "InfoIncrement": -1,
            "EnableAutoUpdates": "false",
        },
        "Basic": {
            "Profile": "lab",
            "ProfileDir": "lab",
            "SceneCollection": "lab",
            "SceneCollectionFile": "lab",
            "ConfigOnNewProfile": "true",
        },
        "BasicWindow": {"SysTrayEnabled": "false", "PreviewEnabled": "false"},
        "OBSWebSocket": {
            "FirstLoad": "false",
            "ServerEnabled": str(options.websocket).lower(),
            "ServerPort": port,
            "AlertsEnabled": "false",
            "AuthRequired": str(bool(options.password)).lower(),
            "ServerPassword": options.password,
        },
    }


def _profile(options: Options, records: Path) -> dict[str, dict[str, Any]]:
    replay = {
        "RecRB": str(options.replay_s > 0).lower(),
        "RecRBTime": options.replay_s or 20,
        "RecRBSize": 64,
        "RecRBPrefix": "Replay",
    }
    recording = {"RecFormat": options.record_format, "RecFormat2": options.record_format, **replay}
    sections: dict[str, dict[str, Any]] = {
        "General": {"Name": "lab"},
        "Video": {
            **{f"{kind}CX": options.width for kind in ("Base", "Output")},
            **{f"{kind}CY": options.height for kind in ("Base", "Output")},
            "FPSType": 1,
            "FPSInt": options.fps,
        },
        "Audio": {"SampleRate": 48000, "ChannelSetup": "Stereo"},
        "Output": {"Mode": "Advanced" if options.advanced else "Simple"},
        "SimpleOutput": {
            "FilePath": records,
            **recording,
            "RecQuality": options.quality,
            "StreamEncoder": "x264",
            "RecEncoder": "x264",
            "VBitrate": 1000,
            "ABitrate": 128,
            "UseAdvanced": "true",
            "Preset": "ultrafast",
            "x264Settings": f"keyint={2 * options.fps}",  # a replay is cut at key frames, and by itself OBS makes few
        },
        "AdvOut": {
            "RecType": "Standard",
            "RecFilePath": records,
            "RecEncoder": "obs_x264",
            "Encoder": "obs_x264",
            **recording,
        },
    }
    for section, values in options.profile.items():
        sections.setdefault(section, {}).update(values)
    return sections


def _ini(path: Path, sections: dict[str, dict[str, Any]]) -> None:
    parser = RawConfigParser()
    parser.optionxform = str  # type: ignore[method-assign,assignment]  # OBS knows its keys by their case
    parser.read_dict(sections)
    with path.open("w", encoding="utf-8") as file:
        parser.write(file, space_around_delimiters=False)
