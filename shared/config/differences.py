"""What two configurations have different, path by path; rings by their names: `rings.ring-2.port`."""

from typing import Any

import msgspec
from msgspec import Struct

from shared.config.model import Config, Ring
from shared.config.reading import said
from shared.errors import ConfigError


class Change(Struct, frozen=True, kw_only=True):
    """One difference. What is not there is None: `rings.ring-2` was added when `before` is None. Of a ring, what is not
    the default is told.
    """

    path: str
    before: Any
    after: Any


def differences(before: Config, after: Config) -> list[Change]:
    """Everything that differs, in the order of the file."""
    return [] if before == after else list(_within("", before, after))


def _within(path: str, before: object, after: object) -> list[Change]:
    if before == after:
        return []
    first, second = _parts(before), _parts(after)
    if first is None or second is None:
        return [Change(path=path, before=_plain(before), after=_plain(after))]
    return [
        change
        for key in dict.fromkeys([*first, *second])
        for change in _within(f"{path}.{key}" if path else key, first.get(key), second.get(key))
    ]


def _parts(value: object) -> dict[str, Any] | None:
    """What a value is made of, by name; None when it is told as a whole."""
    if isinstance(value, Struct):
        return {field.encode_name: getattr(value, field.name) for field in msgspec.structs.fields(value)}
    if isinstance(value, dict):
        return value
    if isinstance(value, list) and value and all(isinstance(item, Ring) for item in value):
        return {ring.name: ring for ring in value}
    return None


def _plain(value: object) -> Any:
    return msgspec.to_builtins(said(value))


def touches(change: str, declared: str) -> bool:
    """Whether a change at one path is a change of what another path stands for."""
    return change == declared or change.startswith(f"{declared}.") or declared.startswith(f"{change}.")


def value_at(config: Config, path: str) -> Any:
    """What `config` has at `path`; None below something that is None.

    Raises:
        ConfigError: there is no such path.
    """
    value: Any = config
    for key in path.split("."):
        parts = _parts(value)
        if value is None:
            return None
        if parts is None or key not in parts:
            raise ConfigError("config.no_path", f"There is no {path} in a configuration.", value=key)
        value = parts[key]
    return value
