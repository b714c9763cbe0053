"""What the settings of a recording may hold, one by one; db-writer. Everything here refuses with ValidationError."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from services.db_writer.office.obs.fields import MOST_CHARACTERS, obs_folder_of
from services.db_writer.office.obs.patterns import clip_folder_of, clip_name_of, file_name_of, folder_of
from shared.errors import ValidationError
from shared.messages.obs import RecordingSettings, StartOn

Value = bool | int | str | None
FORMATS: Final = (
    "mkv",
    "mp4",
    "mov",
    "flv",
    "ts",
    "fragmented_mp4",
    "fragmented_mov",
    "hybrid_mp4",
    "hybrid_mov",
)
"""What OBS writes as one file, in its own words; an older OBS has fewer."""


def recording_of(before: RecordingSettings, said: Mapping[str, Value]) -> RecordingSettings:
    """`before` with the fields that are named; None sets a field to what a new connection has."""
    unknown = said.keys() - FIELDS.keys()
    if unknown:
        sentence = f"There is no such setting of a recording; there are: {', '.join(FIELDS)}."
        raise ValidationError("obs.recording", sentence, value=min(unknown)[:MOST_CHARACTERS])
    usual = RecordingSettings()
    values = {name: getattr(usual, name) if value is None else FIELDS[name](value) for name, value in said.items()}
    return msgspec.structs.replace(before, **values)


def _refused(name: str, rule: str, value: object) -> ValidationError:
    shown = value[:MOST_CHARACTERS] if isinstance(value, str) else value
    return ValidationError("obs.recording", f"{name} is {rule}.", value=shown)


def _yes_or_no(name: str) -> Callable[[Value], bool]:
    def check(value: Value) -> bool:
        if not isinstance(value, bool):
            raise _refused(name, "true or false", value)
        return value

    return check


def _number(name: str, *, most: int, unit: str) -> Callable[[Value], int]:
    def check(value: Value) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            raise _refused(name, f"a whole number of {unit} from 0 to {most}", value)
        return value

    return check


def _text(name: str, accept: Callable[[str], Any]) -> Callable[[Value], Any]:
    def check(value: Value) -> Any:
        if not isinstance(value, str):
            raise _refused(name, "a text", value)
        return accept(value)

    return check


def _start_on(value: str) -> StartOn:
    try:
        return StartOn(value)
    except ValueError:
        raise _refused("start_on", f"one of {', '.join(StartOn)}", value) from None


def _format(value: str) -> str:
    if value.lower() not in FORMATS:
        raise _refused("format", f"one of {', '.join(FORMATS)}, or empty: as OBS is set", value)
    return value.lower()


def _root(value: str) -> str:
    return obs_folder_of(value, what="root", code="obs.recording")


FIELDS: Final[dict[str, Callable[[Value], Any]]] = {
    "records_matches": _yes_or_no("records_matches"),
    "root": _text("root", _root),
    "folder": _text("folder", folder_of),
    "file_name": _text("file_name", file_name_of),
    "format": _text("format", _format),
    "start_on": _text("start_on", _start_on),
    "pre_roll_ms": _number("pre_roll_ms", most=600_000, unit="milliseconds"),
    "post_roll_ms": _number("post_roll_ms", most=600_000, unit="milliseconds"),
    "chapters": _yes_or_no("chapters"),
    "split_rounds": _yes_or_no("split_rounds"),
    "least_free_mib": _number("least_free_mib", most=10_000_000, unit="MiB"),
    "keeps_replay": _yes_or_no("keeps_replay"),
    "clip_folder": _text("clip_folder", clip_folder_of),
    "clip_name": _text("clip_name", clip_name_of),
    "review_lead_ms": _number("review_lead_ms", most=300_000, unit="milliseconds"),
    "picture_delay_ms": _number("picture_delay_ms", most=60_000, unit="milliseconds"),
}
"""What checks each field of RecordingSettings."""
