"""A reading as JSON (`parsed_data`) and as rows of `pss_event_details`; db-writer's hot path.

Each class of readings is inspected once, at import. A scoring system says few different things (the clock's values over
and over), so the newest answers are kept, but for those of long messages.

A nested struct is flattened with dots (`chong.long_name`), a tuple becomes JSON. What was not read (None) or is empty
(`()`) has no row.
"""

from collections.abc import Callable
from enum import Enum
from functools import lru_cache, partial
from operator import attrgetter
from types import UnionType
from typing import Any, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgspec

from shared.messages.pss import AnyReading, Reading

_to_json = msgspec.json.Encoder().encode

_KEPT = 4096
_LONGEST_KEPT = 512  # characters of the message: what is kept is bounded in bytes too, whatever is sent

Detail = tuple[str, str, str]
"""detail_key, detail_value, detail_type."""


class Stored(NamedTuple):
    """A reading as the database holds it."""

    parsed: str
    details: tuple[Detail, ...]


class Leaf(NamedTuple):
    """One flattened field: its key, its detail_type, how a value becomes text, whether a reading may lack it."""

    key: str
    kind: str
    text: Callable[[Any], str]
    is_optional: bool


class _Flat(NamedTuple):
    leaves: tuple[Leaf, ...]
    values: Callable[[Any], tuple[Any, ...]]


def stored(data: Reading, *, length: int = 0) -> Stored:
    """`data`, read from a message of `length` characters, as it is stored."""
    return _kept(data) if length <= _LONGEST_KEPT else _stored(data)


def _stored(data: Reading) -> Stored:
    leaves, values = _FLAT[type(data)]
    pairs = zip(leaves, values(data), strict=True)
    details = ((leaf.key, leaf.text(value), leaf.kind) for leaf, value in pairs if value is not None and value != ())
    return Stored(_json(data), tuple(details))


_kept = lru_cache(maxsize=_KEPT)(_stored)


def says_nothing(data: Reading) -> bool:
    """Whether no field could be read; what the stream's keyword alone says (whose point) does not count."""
    leaves, values = _FLAT[type(data)]
    pairs = zip(leaves, values(data), strict=True)
    return all(value is None or value == () for leaf, value in pairs if leaf.is_optional and leaf.key != "faults")


def _boolean(value: bool) -> str:  # noqa: FBT001 - it is the value, not a switch
    return "true" if value else "false"


def _json(value: object) -> str:
    return _to_json(value).decode()


def _leaf(key: str, annotation: Any, *, is_optional: bool) -> Leaf:
    kinds = {get_origin(kind) or kind for kind in _members(annotation)} - {type(None)}
    (kind,) = kinds
    if kind is bool:
        return Leaf(key, "boolean", _boolean, is_optional)
    if kind is int:
        return Leaf(key, "integer", str, is_optional)
    if kind is str or issubclass(kind, Enum):
        return Leaf(key, "string", str, is_optional)
    return Leaf(key, "json", _json, is_optional)


def _members(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)


def _leaves(struct: type[msgspec.Struct], *, prefix: str = "") -> list[Leaf]:
    hints = get_type_hints(struct)
    found: list[Leaf] = []
    for field in msgspec.structs.fields(struct):
        annotation, key = hints[field.name], prefix + field.name
        if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
            found += _leaves(annotation, prefix=f"{key}.")
        else:
            found.append(_leaf(key, annotation, is_optional=not field.required))
    return found


def _single(value_of: Callable[[Any], Any], data: Any) -> tuple[Any, ...]:
    return (value_of(data),)


def _flat(reading: type[Reading]) -> _Flat:
    leaves = tuple(_leaves(reading))
    values: Callable[[Any], Any] = attrgetter(*(leaf.key for leaf in leaves))
    # attrgetter gives a bare value, not a tuple, for a single name.
    return _Flat(leaves, values if len(leaves) > 1 else partial(_single, values))


_FLAT: dict[type, _Flat] = {reading: _flat(reading) for reading in get_args(AnyReading)}
