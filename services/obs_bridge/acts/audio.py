"""Audio inputs: mute and volume; obs-bridge."""

from typing import Any, Final

from services.obs_bridge.acts.facts import NOT_AVAILABLE, Done, ObsFacts, no_such
from services.obs_bridge.procedure import Ask, Data, Procedure
from shared.errors import ObsError, ValidationError
from shared.messages.obs_actions import Mute, SetVolume

SILENT_DB: Final = -100.0
LOUDEST_DB: Final = 26.0
EXACT_DB: Final = 0.1
"""OBS keeps a factor, so that a volume does not come back to the last digit."""


def mute(action: Mute, _: ObsFacts) -> Procedure[Done]:
    """Mute or unmute, and read it back."""
    where = {"inputName": action.source}
    yield from _tell(Ask("SetInputMute", {**where, "inputMuted": action.muted}), action.source)
    now = yield Ask("GetInputMute", where)
    if now["inputMuted"] != action.muted:
        raise ObsError("obs.not_confirmed", "OBS accepted it, and the input is as before.", value=action.source)
    return Done(message=f"{action.source} is {'muted' if action.muted else 'not muted'}.")


def set_volume(action: SetVolume, _: ObsFacts) -> Procedure[Done]:
    """Set the volume, and read it back."""
    if not SILENT_DB <= action.volume_db <= LOUDEST_DB:
        raise ValidationError("obs.volume", "A volume is from -100 (silent) to 26 dB.", value=action.volume_db)
    where = {"inputName": action.source}
    yield from _tell(Ask("SetInputVolume", {**where, "inputVolumeDb": action.volume_db}), action.source)
    volume_db = (yield Ask("GetInputVolume", where))["inputVolumeDb"]
    if abs(max(volume_db, SILENT_DB) - action.volume_db) > EXACT_DB:
        raise ObsError("obs.not_confirmed", "OBS accepted the volume, and has another one.", value=volume_db)
    return Done(message=f"{action.source} is at {action.volume_db:g} dB.", details={"volume_db": action.volume_db})


def _tell(ask: Ask, source: str) -> Procedure[Data]:
    try:
        answer: Data = yield ask
    except ObsError as error:
        if error.status == NOT_AVAILABLE:
            raise ObsError("obs.no_sound", "This source has no sound: name an audio input.", value=source) from None
        if error.code != "obs.refused":
            raise
        raise no_such("audio input", source, (yield from _audible())) from None
    return answer


def _audible() -> Procedure[list[str]]:
    listed = yield Ask("GetInputList")
    sounds = {}
    for one in listed["inputs"]:
        sounds[one["inputName"]] = yield from sound_of(one["inputName"])
    return [name for name, sound in sounds.items() if sound["muted"] is not None]


def sound_of(source: str) -> Procedure[dict[str, Any]]:
    """`{muted, volume_db}` of an input; both None when it has no sound."""
    where = {"inputName": source}
    try:
        muted = (yield Ask("GetInputMute", where))["inputMuted"]
        volume_db = (yield Ask("GetInputVolume", where))["inputVolumeDb"]
    except ObsError as error:
        if error.code != "obs.refused":
            raise
        return {"muted": None, "volume_db": None}
    return {"muted": muted, "volume_db": round(volume_db, 2)}
