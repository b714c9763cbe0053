"""What a setting is: its key with type, default and rules; every process that reads or changes one."""

from enum import StrEnum
from typing import Any, Generic, TypeVar

from msgspec import Struct

T = TypeVar("T")


class Category(StrEnum):
    """The headings under which settings are listed."""

    APP = "app"
    OBS = "obs"
    UDP = "udp"
    LOGGING = "logging"
    UI = "ui"
    VIDEO = "video"
    LICENSE = "license"
    FLAGS = "flags"
    ADVANCED = "advanced"


class Kind(StrEnum):
    """The type of a setting's value."""

    STRING = "string"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    FLOAT = "float"
    JSON = "json"


class Rules(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a value must keep to. `min` and `max` are for numbers, `pattern` (the whole text must match; `form` says in
    words what does) and `max_length` (characters) for texts, `max_length` for the compact text of json, too. A json
    value must be what its default is: an object or a list; with `names`, it is an object of texts whose names are of
    that form (numbers and truth values become texts).
    """

    min: float | None = None
    max: float | None = None
    enum: tuple[str, ...] | None = None
    pattern: str | None = None
    max_length: int | None = None
    names: str | None = None
    form: str | None = None


class Key(Struct, Generic[T], frozen=True, kw_only=True):
    """A setting. `T` is the type that a service reads: str, int, bool, float, or what a json value is made of.

    `name` is dotted and stable, `title` a heading, `description` one or two sentences for the operator, with the unit.
    A sensitive setting is encrypted at rest and shown to nobody; its default is empty. `needs_restart` names the
    services that take a new value only when they start again; empty: it is in force at once.
    """

    name: str
    category: Category
    title: str
    description: str
    kind: Kind
    default: T
    rules: Rules = Rules()
    is_required: bool = False
    is_sensitive: bool = False
    needs_restart: tuple[str, ...] = ()


def listed(values: list[Any]) -> dict[str, Key[Any]]:
    """The keys among `values` by name.

    Raises:
        ValueError: two have the same name.
    """
    keys = [value for value in values if isinstance(value, Key)]
    by_name = {key.name: key for key in keys}
    if len(by_name) != len(keys):
        raise ValueError("a setting is listed twice")
    return by_name
