"""Every value of a configuration with where it comes from: the file, the environment, or the default."""

from typing import Any, Final

import msgspec
from msgspec import Struct

from shared.config.model import Config

FROM_FILE: Final = "file"
DEFAULT: Final = "default"


class Value(Struct, frozen=True, kw_only=True):
    """One value; rings by their names: `rings.ring-1.port`. `origin` is `file`, `default` or a variable's name."""

    path: str
    value: Any
    origin: str


def values_of(config: Config, document: dict[str, Any], origins: dict[str, str]) -> list[Value]:
    """All values of `config`. `document` is what the file says, `origins` the variable of each path that one sets."""
    return list(_within(config, document, "", origins, None))


def _within(value: Any, said: Any, path: str, origins: dict[str, str], variable: str | None) -> list[Value]:
    variable = origins.get(path, variable)
    found: list[Value] = []
    if isinstance(value, Struct):
        for field in msgspec.structs.fields(value):
            name = field.encode_name
            inside = said.get(name, msgspec.UNSET) if isinstance(said, dict) else msgspec.UNSET
            at = f"{path}.{name}" if path else name
            found += _within(getattr(value, field.name), inside, at, origins, variable)
        return found
    if isinstance(value, list) and value and all(isinstance(item, Struct) for item in value):
        for number, item in enumerate(value):
            inside = said[number] if isinstance(said, list) and number < len(said) else msgspec.UNSET
            found += _within(item, inside, f"{path}.{item.name}", origins, variable)
        return found
    origin = variable or (DEFAULT if said is msgspec.UNSET else FROM_FILE)
    return [Value(path=path, value=msgspec.to_builtins(value), origin=origin)]
