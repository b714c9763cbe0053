"""Everything that is wrong with a configuration, at once: unknown keys, types, ranges and patterns, each with its place
and what is allowed. Used by every service and by `restrike`, so that both say the same.
"""

from difflib import get_close_matches
from enum import StrEnum
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

import msgspec
from msgspec import Struct

from shared.config.contradictions import Fault, form_faults

DECISIVE: Final = frozenset({"name", "port", "bind", "source", "curve"})
"""Fields that decide whether a ring or the bus contradicts the rest: without them, nothing is said about that."""
SHOWN: Final = 60
"""Characters of an offending value that are shown."""


def sound_part(value: Any, kind: Any, *, place: str, faults: list[Fault]) -> Any:
    """What of `value` fits `kind`, with its faults told; None when nothing of it can be used."""
    struct, bare = struct_in(kind), _bare(kind)
    if struct is not None and isinstance(value, dict):
        return _sound_fields(value, struct, place=place, faults=faults)
    if get_origin(bare) is list and isinstance(value, list):
        (item,) = get_args(bare)
        parts = [sound_part(v, item, place=f"{place}[{n}]", faults=faults) for n, v in enumerate(value)]
        sound = [part for part in parts if part is not None]
        return sound if sound or not value else None  # nothing is said of a list that is empty only for its faults
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        sentence, _, inside = str(error).partition(" - at `")
        there = place + inside.removeprefix("$").rstrip("`")
        faults.append(Fault(there, f"{there or 'The file'}: {sentence}{_given(value, sentence)}.{allowed(kind)}"))
        return None
    return value


def _sound_fields(
    value: dict[str, Any], struct: type[Struct], *, place: str, faults: list[Fault]
) -> dict[str, Any] | None:
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    prefix = f"{place}." if place else ""
    lost = [name for name, field in fields.items() if field.required and name not in value]
    faults += [Fault(prefix + name, f"{prefix}{name} is missing.") for name in lost]
    sound: dict[str, Any] = {}
    for name, given in value.items():
        if name not in fields:
            faults.append(Fault(prefix + name, f"{prefix}{name} is no setting; {choice_of(name, list(fields))}"))
            continue
        told = len(faults)
        part = sound_part(given, fields[name].type, place=prefix + name, faults=faults)
        if part is None and len(faults) > told:  # a null that the field takes is no fault
            lost.append(name)
        else:
            sound[name] = part
    unusable = DECISIVE.intersection(lost) or any(fields[name].required for name in lost)
    if unusable:
        faults += form_faults(struct, sound, place)
    return None if unusable else sound


def choice_of(name: str, known: list[str]) -> str:
    """What there is instead of a name that is none, the nearest first."""
    near = get_close_matches(name, known, n=1)
    listed = ", ".join(one for one in known if not one.startswith("$"))
    return f"did you mean {near[0]}? There are: {listed}." if near else f"there are: {listed}."


def allowed(kind: Any) -> str:
    """What a field of that type takes, for a sentence; empty when the type says it all."""
    bare = _bare(kind)
    if isinstance(bare, type) and issubclass(bare, StrEnum):
        return f" Allowed: {', '.join(bare)}."
    for meta in _metas(kind):
        pattern = meta.pattern or ""
        if pattern.startswith("^(") and pattern.endswith(")$"):
            return f" Allowed: {', '.join(pattern[2:-2].split('|'))}."
        if meta.ge is not None and meta.le is not None:
            return f" Allowed: {meta.ge} to {meta.le}."
        if meta.ge is not None:
            return f" Allowed: {meta.ge} or more."
        if pattern:
            return " Allowed: a-z, 0-9 and -, at most 32 characters, such as ring-1."
    return ""


def struct_in(kind: Any) -> type[Struct] | None:
    """The struct of a field's type, also of one that may be None."""
    bare = _bare(kind)
    members = get_args(bare) if get_origin(bare) in (Union, UnionType) else (bare,)
    return next((m for m in map(_bare, members) if isinstance(m, type) and issubclass(m, Struct)), None)


def _bare(kind: Any) -> Any:
    return _bare(get_args(kind)[0]) if get_origin(kind) is Annotated else kind


def _metas(kind: Any) -> list[msgspec.Meta]:
    if get_origin(kind) is Annotated:
        inside, *metas = get_args(kind)
        return [*(meta for meta in metas if isinstance(meta, msgspec.Meta)), *_metas(inside)]
    return (
        [meta for member in get_args(kind) for meta in _metas(member)] if get_origin(kind) in (Union, UnionType) else []
    )


def _given(value: Any, sentence: str) -> str:
    if ", got " in sentence or isinstance(value, dict | list) or "enum" in sentence:
        return ""
    text = repr(value)
    return f", got {text if len(text) <= SHOWN else text[:SHOWN] + '…'}"
