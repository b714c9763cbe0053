"""What the environment sets instead of the file: RESTRIKE__BUS__EVENTS=tcp://…, lists and groups as JSON."""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, get_args, get_origin

import msgspec
from msgspec import Struct

from shared.config.contradictions import Fault
from shared.config.faults import choice_of, struct_in
from shared.config.model import Config

PREFIX: Final = "RESTRIKE__"
"""With two underscores, so that RESTRIKE_HOME and its like are none of these."""


def overrides(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that set something, by name."""
    return {name: text for name, text in sorted(environment.items()) if name.startswith(PREFIX)}


def override(document: dict[str, Any], environment: Mapping[str, str]) -> tuple[dict[str, str], list[Fault]]:
    """Put what the environment says into `document`. Returns the variable of each path that was set, and what is wrong
    with the others.
    """
    origins: dict[str, str] = {}
    faults: list[Fault] = []
    for name, text in overrides(environment).items():
        kind, keys, fault = _setting(name)
        if fault is not None:
            faults.append(Fault(name, fault))
            continue
        place = document
        for key in keys[:-1]:
            inside = place.get(key)
            place[key] = place = dict(inside) if isinstance(inside, dict) else {}
        place[keys[-1]] = _value(text, kind)
        origins[".".join(keys)] = name
    return origins, faults


def variable_of(path: str) -> str:
    """The name of the variable for a path: `RESTRIKE__BUS__EVENTS` for bus.events."""
    return PREFIX + path.replace(".", "__").upper()


def _setting(name: str) -> tuple[Any, list[str], str | None]:
    struct: type[Struct] | None = Config
    keys: list[str] = []
    kind: Any = Config
    for word in name.removeprefix(PREFIX).lower().split("__"):
        if struct is None:
            at = variable_of(".".join(keys))
            return kind, keys, f"{name} is no setting: {at} takes its whole value, lists and groups as JSON."
        fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
        if word not in fields:
            at = variable_of(".".join([*keys, ""]))
            known = [key.upper() for key in fields if not key.startswith("$")]
            return kind, keys, f"{name} is no setting; after {at} {choice_of(word.upper(), known)}"
        keys.append(word)
        kind = fields[word].type
        struct = struct_in(kind)
    return kind, keys, None


def _value(text: str, kind: Any) -> Any:
    """What a variable's text stands for: itself where text is wanted, else JSON; what is neither, the check tells."""
    if _is_text(kind):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _is_text(kind: Any) -> bool:
    if isinstance(kind, type):
        return issubclass(kind, str | StrEnum)
    if get_origin(kind) in (list, dict):
        return False
    return any(_is_text(member) for member in get_args(kind) if not isinstance(member, msgspec.Meta))
