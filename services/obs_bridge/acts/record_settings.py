"""Where and how OBS records: folder, file name, format, replay buffer, in both of its output modes; obs-bridge."""

from typing import Final

from services.obs_bridge.acts import folders
from services.obs_bridge.acts.facts import Done, ObsFacts
from services.obs_bridge.procedure import Ask, Procedure
from shared.errors import ObsError
from shared.messages.obs_actions import Answer, RecordSettings, SetFileName, SetRecordDirectory

SIMPLE: Final = "SimpleOutput"
ADVANCED: Final = "AdvOut"
"""The sections of a profile that the two output modes read."""
FILE_NAME: Final = ("Output", "FilenameFormatting")
OWN_FORMAT: Final = "%CCYY-%MM-%DD %hh-%mm-%ss"
"""How OBS names files as it comes."""


def parameter(section: str, name: str) -> Procedure[str | None]:
    """What the profile says, or OBS's default; None: nothing."""
    found = yield Ask("GetProfileParameter", {"parameterCategory": section, "parameterName": name})
    value = found.get("parameterValue")
    if value is None:
        value = found.get("defaultParameterValue")
    return None if value is None else str(value)


def set_parameter(section: str, name: str, value: str) -> Procedure[None]:
    """Set a parameter and read it back; raises `obs.not_confirmed`."""
    data = {"parameterCategory": section, "parameterName": name}
    yield Ask("SetProfileParameter", {**data, "parameterValue": value})
    now = yield from parameter(section, name)
    if now != value:
        raise ObsError(
            "obs.not_confirmed", f"OBS accepted {section}/{name} = {value}, and still has another value.", value=now
        )


def mode() -> Procedure[str]:
    """The section of the profile that OBS's output mode reads: SIMPLE or ADVANCED."""
    return ADVANCED if (yield from parameter("Output", "Mode")) == "Advanced" else SIMPLE


def flag(section: str, name: str) -> Procedure[bool]:
    """A parameter that is true or false."""
    return ((yield from parameter(section, name)) or "").lower() in {"true", "1"}


def directory() -> Procedure[str]:
    """The folder that OBS records to, as OBS names it."""
    found = yield Ask("GetRecordDirectory")
    return str(found["recordDirectory"])


def set_directory(path: str, on: ObsFacts) -> Procedure[None]:
    """Have the next recordings go to `path`; raises `obs.folder_missing` when it can be seen that it is not there."""
    yield from folders.must_be_there(on, path)
    if on.knows("SetRecordDirectory"):
        yield Ask("SetRecordDirectory", {"recordDirectory": path})
    else:
        yield from set_parameter(*(yield from _directory_parameter()), path)
    now = yield from directory()
    if now != path:
        raise ObsError("obs.not_confirmed", "OBS accepted the folder, and still records to another.", value=now)


def _directory_parameter() -> Procedure[tuple[str, str]]:
    section = yield from mode()
    if section == SIMPLE:
        return section, "FilePath"
    is_custom = (yield from parameter(section, "RecType")) == "FFmpeg"
    return section, "FFFilePath" if is_custom else "RecFilePath"


def set_file_name(pattern: str) -> Procedure[None]:
    """Have the next recordings named by `pattern`, in OBS's own format; a `%` of a name is written `%%`."""
    yield from set_parameter(*FILE_NAME, pattern)


def own_format(now: str | None) -> str:
    """How files that are no match's have to be named: as OBS does `now`, unless that tells no seconds. Then it is a
    match's name that was left behind, and the next file of that name would be written over the one before.
    """
    return now if now and "%s" in now.replace("%%", "") else OWN_FORMAT


def tell_files_apart() -> Procedure[None]:
    """See to it that what is recorded or saved now gets a name of its own."""
    now = yield from parameter(*FILE_NAME)
    if now != own_format(now):
        yield from set_file_name(own_format(now))


def set_format(extension: str) -> Procedure[None]:
    """Have the next recordings written as `extension` (mkv, mp4, hybrid_mp4, mov …), in every version of OBS."""
    section = yield from mode()
    for name in ("RecFormat2", "RecFormat"):
        yield from set_parameter(section, name, extension)


def set_record_directory(action: SetRecordDirectory, on: ObsFacts) -> Procedure[Done]:
    """Have the next recordings go there."""
    yield from set_directory(action.path, on)
    return Done(message=f"OBS records to {action.path} from the next recording on.", details={"path": action.path})


def set_file_name_format(action: SetFileName, _: ObsFacts) -> Procedure[Done]:
    """Have the next recordings named so."""
    yield from set_file_name(action.format)
    return Done(message=f"OBS names its files {action.format} from the next recording on.")


def ask_record_settings(_: RecordSettings, on: ObsFacts) -> Procedure[Answer]:
    """`{mode, directory, file_name, format, replay_buffer, replay_s}`."""
    section = yield from mode()
    return {
        "mode": "Simple" if section == SIMPLE else "Advanced",
        "directory": (yield from directory()),
        "file_name": (yield from parameter(*FILE_NAME)),
        "format": (yield from record_format(section, on)),
        "replay_buffer": (yield from flag(section, "RecRB")),
        "replay_s": int((yield from parameter(section, "RecRBTime")) or 0),
    }


def record_format(section: str, on: ObsFacts) -> Procedure[str | None]:
    """The format of recordings: since OBS 30 in RecFormat2, before in RecFormat."""
    names = ("RecFormat2", "RecFormat") if on.knows("SetRecordDirectory") else ("RecFormat", "RecFormat2")
    for name in names:
        found = yield from parameter(section, name)
        if found:
            return found
    return None
