"""docs/streams.md: every stream of the protocol, how it is read and what it becomes. Used by reference.py."""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from services.pss_parser.dialects import PROTOCOLS
from services.pss_parser.encoding import sample_line
from services.pss_parser.fields import Stream
from services.pss_parser.layout import Field, Form
from services.pss_parser.streams import STREAMS
from shared.messages.rules import Dialect
from shared.messages.topics import READING_TOPICS

HEAD: Final = """\
# Streams

What scoring systems send and what it becomes. Made from `services/pss_parser/streams` by `make docs`; do not edit.

{protocols}

A message is a keyword and its fields, all followed by `;` (the last one may be missing). Athlete 1 is chong (blue), 2 \
is hong (red). Several messages in one datagram are separated by CRLF or LF, or follow each other directly. A text \
that is not UTF-8 is read as cp1250, then as latin-1, unless the ring's settings name other encodings.

`restrike pss explain 'clk;01:59;'` prints how a line is read, field by field.

## How well a message was read

| kind | what it means |
|---|---|
| `recognized` | all fields are valid |
| `partial` | a known stream, but some fields are not: the others are kept, these are named in `faults` |
| `deprecated` | valid, but written as only older senders do, in a ring that speaks the newer dialect |
| `unknown` | no such stream; the text is kept |
| `internal_error` | a fault of ours; the text is kept |

A fault is `field:reason`: `missing` (not there, or empty where something must stand), `cut` (the datagram ended in \
it), `out_of_range`, `wrong_type`, `unexpected_field`. `encoding:cut` says that a datagram ended inside a character, \
`encoding:cp1250` that it was no UTF-8, `datagram:too_many_messages` that it holds more than anybody sends.

A message that only one dialect sends shows which one a ring speaks: banners, `to`, `ref` without its empty fields, \
weights as "MEN -68kg" and scoreboard names in place of full ones for A; hit thresholds, weights as "M -68kg", full \
names and `Udp Port` notices for B.

## All streams

| stream | dialect | fields | event |
|---|---|---|---|
"""
_DIGITS: Final = re.compile(r"\d+")
_LATER_ROUND: Final = re.compile(r"\.[3-9]$")
_FORMS: Final = {Form.TIME: "time", Form.NAME: "text", Form.WORD: "word", Form.REST: "all the rest"}


def page() -> str:
    """The whole page."""
    variants = list(_variants())
    protocols = "\n".join(f"- Dialect {dialect.upper()} is {protocol.name}." for dialect, protocol in PROTOCOLS.items())
    rows = "".join(_row(stream, dialects) for stream, dialects in variants)
    details = "\n".join(_detail(stream, dialects) for stream, dialects in variants if stream.layout)
    return f"{HEAD.format(protocols=protocols)}{rows}\n## Their fields\n\n{details}"


def _variants() -> Iterator[tuple[Stream, list[Dialect]]]:
    """Each way in which a stream is read, with the dialects that read it so."""
    found: dict[int, tuple[Stream, list[Dialect]]] = {}
    for dialect in (Dialect.B, Dialect.A):
        for stream in PROTOCOLS[dialect].streams.values():
            _, dialects = found.setdefault(id(stream), (stream, []))
            if dialect not in dialects:
                dialects.append(dialect)
    order = list(STREAMS)
    yield from sorted(found.values(), key=lambda pair: (order.index(pair[0].keywords[0]), pair[1]))


def _row(stream: Stream, dialects: list[Dialect]) -> str:
    topic = READING_TOPICS[stream.reading].name
    event = f"[`{topic}`](messages.md#{topic.replace('.', '')}) `{stream.reading.__name__}`"
    fields = ", ".join(f"{name}{' (optional)' if field.is_optional else ''}" for name, _, field in _shown(stream))
    return f"| {_keywords(stream)} | {_dialects(dialects)} | {fields or 'none'} | {event} |\n"


def _detail(stream: Stream, dialects: list[Dialect]) -> str:
    rows = "".join(
        f"| {label or ''} | {name} | {_form(field)} | {'yes' if field.is_optional else ''} | {_plain(field)} |\n"
        for name, label, field in _shown(stream)
    )
    head = "| after | field | form | may be left out | what it is |\n|---|---|---|---|---|\n"
    title = f"### {_keywords(stream)}, dialect {_dialects(dialects)}"
    usual = {field.name: None for field in stream.layout if _LATER_ROUND.search(field.name)}
    return f"{title}\n\n`{sample_line(stream, stream.keywords[0], usual)}`\n\n{head}{rows}"


def _shown(stream: Stream) -> Iterator[tuple[str, str, Field]]:
    """Name and label of each field; fields that differ by a number only are one, from the first to the last."""
    for _, several in groupby(_ordered(stream), key=lambda field: _DIGITS.sub("", field.name)):
        first, *_, last = (*several,) * 2
        yield _range(first.name, last.name), _range(first.label, last.label), first


def _ordered(stream: Stream) -> Iterable[Field]:
    """The fields as sent, those of one athlete beside each other where the rounds are numbered."""
    if any(field.name.startswith("chong.0") for field in stream.layout):
        return sorted(stream.layout, key=lambda field: field.name)
    return stream.layout


def _range(first: str, last: str) -> str:
    if not first:
        return ""
    return f"`{first}`" if first == last else f"`{first}` … `{last}`"


def _keywords(stream: Stream) -> str:
    words = stream.keywords
    return f"`{words[0]}` … `{words[-1]}`" if len(words) > 5 else " ".join(f"`{word}`" for word in words)


def _dialects(dialects: list[Dialect]) -> str:
    return ", ".join(sorted(dialect.upper() for dialect in dialects))


def _form(field: Field) -> str:
    if field.form is Form.NUMBER:
        return f"{field.low} to {field.high}"
    if field.form in (Form.CHOICE, Form.CONSTANT):
        return " ".join(f"`{word}`" for word in field.words)
    return _FORMS.get(field.form, str(field.form))


def _plain(field: Field) -> str:
    return field.meaning.replace("round 1", "round N") if field.name.endswith(".0") else field.meaning
