"""How a datagram is read, field by field, as one JSON document; run by `restrike pss explain`, needs no service.

`python -P -m services.pss_parser.explain [--dialect a|b]` reads the datagram's bytes from standard input. Without a
dialect it is the one that a message of the datagram shows, or else the newer one.
"""

import argparse
import sys
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import Struct

from services.pss_parser.datagram import split
from services.pss_parser.dialects import PROTOCOLS, kind_of, sign_of
from services.pss_parser.fields import Fields, Stream
from services.pss_parser.layout import Field, Form, by_label, value_of
from services.pss_parser.streams import OLD_STREAMS, STREAMS, read
from shared.messages.pss import AnyReading, ResultKind, UnknownReceived
from shared.messages.rules import Dialect
from shared.messages.topics import READING_TOPICS

_DEFAULT: Final = "nothing in it shows the dialect, so it is read as the newer one"


class ExplainedField(Struct, frozen=True, kw_only=True):
    """One field. `position` counts from 1 after the keyword, labels included; None and no `raw`: it is not there."""

    position: int | None
    name: str
    raw: str | None
    value: Any
    meaning: str
    fault: str | None


class ExplainedMessage(Struct, frozen=True, kw_only=True):
    """One message; `event` is the struct that `topic` carries, `faults` are all that were found."""

    keyword: str
    raw: str
    kind: ResultKind
    meaning: str
    topic: str
    event: str
    faults: tuple[str, ...]
    fields: list[ExplainedField]


class Explanation(Struct, frozen=True, kw_only=True):
    """A datagram; `reason` says why it is read in this dialect."""

    dialect: Dialect
    protocol: str
    version: str
    reason: str
    messages: list[ExplainedMessage]


def explain(body: bytes, dialect: Dialect | None = None) -> Explanation:
    """How `body` is read in `dialect`, or in the one that it shows. Never raises."""
    reason = "as asked for"
    if dialect is None:
        dialect, reason = _shown(body) or (Dialect.B, _DEFAULT)
    protocol = PROTOCOLS[dialect]
    return Explanation(
        dialect=dialect,
        protocol=protocol.name,
        version=protocol.version,
        reason=reason,
        messages=[_message(fields, dialect) for fields in split(body)],
    )


def _shown(body: bytes) -> tuple[Dialect, str] | None:
    signs = (sign_of(read(fields), fields) for fields in split(body))
    return next((sign for sign in signs if sign is not None), None)


def _message(fields: Fields, dialect: Dialect) -> ExplainedMessage:
    # Reading may drop what was cut: what was sent is looked at apart.
    values = list(fields.values)
    data = read(fields, dialect)
    old = OLD_STREAMS if dialect is Dialect.A else {}
    stream = old.get(fields.keyword) or STREAMS.get(fields.keyword)
    is_known = stream is not None and not isinstance(data, UnknownReceived)
    return ExplainedMessage(
        keyword=fields.keyword,
        raw=fields.raw,
        kind=kind_of(data, fields, dialect),
        meaning=" ".join((data.__doc__ or "").split()) if is_known else _why_unknown(fields),
        topic=READING_TOPICS[type(data)].name,
        event=type(data).__name__,
        faults=data.faults,
        fields=list(_fields(stream, fields.keyword, values, data)) if stream and is_known else _unread(values),
    )


def _why_unknown(fields: Fields) -> str:
    if not fields.keyword:
        return "It begins with nothing that could be the name of a stream; its text is kept."
    return f"No stream is called {fields.keyword!r}; its text is kept."


def _unread(values: list[str]) -> list[ExplainedField]:
    return [
        ExplainedField(position=at, name="", raw=raw, value=None, meaning="", fault=None)
        for at, raw in enumerate(values, 1)
    ]


def _fields(stream: Stream, keyword: str, values: list[str], data: AnyReading) -> Iterator[ExplainedField]:
    placed = list(_placed(stream, keyword, values))
    absent = [field for field in stream.layout if all(field is not found for _, _, found in placed)]
    for position, raw, place in (*placed, *((None, None, field) for field in absent)):
        if isinstance(place, str):
            yield ExplainedField(position=position, name=place, raw=raw, value=None, meaning="label", fault=None)
        elif place is None:
            fault = "unexpected_field" if raw and raw.strip() else None
            yield ExplainedField(position=position, name="", raw=raw, value=None, meaning="no field", fault=fault)
        else:
            fault = _fault(place, data.faults)
            if position is not None or fault is not None:
                value = _value(place, data)
                yield ExplainedField(
                    position=position, name=place.name, raw=raw, value=value, meaning=place.meaning, fault=fault
                )


def _placed(stream: Stream, keyword: str, values: list[str]) -> Iterator[tuple[int, str, Field | str | None]]:
    """Each text that was sent, with its position and the field that it is; a label's own name, None for no field."""
    groups = by_label(stream.layout)
    waiting = groups.pop(keyword if keyword in groups else "", [])
    for position, raw in enumerate(values, 1):
        if raw in stream.labels:
            waiting = groups.pop(raw, [])
            yield position, raw, raw
        else:
            place = waiting[0] if waiting else None
            if place is not None and place.form is not Form.REST:
                waiting = waiting[1:]
            yield position, raw, place


def _value(field: Field, data: AnyReading) -> Any:
    if field.form is Form.CONSTANT:
        return None
    if field.also:
        return {name: value_of(data, name) for name in (*field.also, field.name)}
    return value_of(data, field.name)


def _fault(field: Field, faults: tuple[str, ...]) -> str | None:
    for fault in faults:
        key, _, reason = fault.partition(":")
        is_of_label = key == field.label and reason != "unexpected_field"
        if key == field.name or is_of_label or any(name.startswith(key) for name in field.also):
            return reason
    return None


def main() -> int:
    """Explain what stands on standard input."""
    parser = argparse.ArgumentParser(description="Print how a datagram is read, as JSON.")
    parser.add_argument("--dialect", type=Dialect, choices=list(Dialect))
    dialect: Dialect | None = parser.parse_args().dialect
    sys.stdout.buffer.write(msgspec.json.encode(explain(sys.stdin.buffer.read(), dialect)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
