"""Everything that is wrong with a configuration file, at once; used by `restrike config check`.

`shared.config.load` has the last word but stops at its first fault. This walks the same types and goes on.
"""

import json
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

import msgspec

from services.cli.own_rules import known_rules
from shared.config import Config, faults_of, load
from shared.errors import ConfigError

DECISIVE: Final = frozenset({"name", "port", "bind", "source", "curve"})
"""Fields that decide whether a ring or the bus contradicts the rest: without them, nothing is said about that."""


def faults_in(path: Path, *, rules: Path | None = None) -> list[str]:
    """A sentence for each fault of the file; none for a file that is not there. `rules`: the folder of the home's own
    rule sets, if it is to be known whether each ring's rule set can be had.

    Raises:
        ConfigError: it is there and cannot be read.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConfigError("config.unreadable", f"{path} cannot be read: {error.strerror}.") from error
    try:
        given = json.loads(text)
    except UnicodeDecodeError as error:
        return [f"The file is not UTF-8 text (byte {error.start})."]
    except json.JSONDecodeError as error:
        return [f"Line {error.lineno}, column {error.colno}: {error.msg}."]
    faults: list[str] = []
    sound = _sound_part(given, Config, place="", faults=faults)
    if sound is not None:
        config = msgspec.convert(sound, Config)
        faults += faults_of(config)
        faults += _key_file_faults(config)
        faults += _rule_faults(config, rules) if rules is not None else []
    return faults or _last_word(path)


def _last_word(path: Path) -> list[str]:
    try:
        load(path)
    except ConfigError as error:
        return [error.message.removeprefix(f"{path}: ")]
    return []


def _sound_part(value: Any, kind: Any, *, place: str, faults: list[str]) -> Any:
    """What of `value` fits `kind`, with its faults told; None when nothing of it can be used."""
    struct = _struct_in(kind)
    if struct is not None and isinstance(value, dict):
        return _sound_fields(value, struct, place=place, faults=faults)
    bare = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    if get_origin(bare) is list and isinstance(value, list):
        (item,) = get_args(bare)
        parts = [_sound_part(v, item, place=f"{place}[{n}]", faults=faults) for n, v in enumerate(value)]
        return [part for part in parts if part is not None]
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        sentence, _, inside = str(error).partition(" - at `")
        faults.append(f"{place or 'The file'}{inside.removeprefix('$').rstrip('`')}: {sentence}.")
        return None
    return value


def _sound_fields(
    value: dict[str, Any], struct: type[msgspec.Struct], *, place: str, faults: list[str]
) -> dict[str, Any] | None:
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    prefix = f"{place}." if place else ""
    lost = [name for name, field in fields.items() if field.required and name not in value]
    faults += [f"{prefix}{name} is missing." for name in lost]
    sound: dict[str, Any] = {}
    for name, given in value.items():
        if name not in fields:
            faults.append(f"{prefix}{name} is no setting; there are: {', '.join(fields)}.")
            continue
        part = _sound_part(given, fields[name].type, place=f"{prefix}{name}", faults=faults)
        if part is None and given is not None:
            lost.append(name)
        else:
            sound[name] = part
    unusable = DECISIVE.intersection(lost) or any(fields[name].required for name in lost)
    return None if unusable else sound


def _struct_in(kind: Any) -> type[msgspec.Struct] | None:
    members = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    return next((m for m in members if isinstance(m, type) and issubclass(m, msgspec.Struct)), None)


def _key_file_faults(config: Config) -> list[str]:
    if config.bus.curve is None:
        return []
    path = Path(config.bus.curve.secret_key_file)
    try:
        mode, key = path.stat().st_mode, path.read_bytes().strip()
    except OSError as error:
        return [f"bus.curve.secret_key_file: {path} cannot be read: {error.strerror}."]
    faults = [] if len(key) == 40 else [f"bus.curve.secret_key_file: {path} holds no key of 40 characters."]
    if mode & 0o077:
        faults.append(f"bus.curve.secret_key_file: others may read {path}: chmod 600 {path}")
    return faults


def _rule_faults(config: Config, folder: Path) -> list[str]:
    known, broken = known_rules(folder)
    if broken:  # one of these may be the rule set that a ring lacks
        return broken
    names = ", ".join(known)
    return [
        f"Ring {ring.name}: there is no rule set {ring.rules}. Known: {names}."
        for ring in config.rings
        if ring.rules not in known
    ]
