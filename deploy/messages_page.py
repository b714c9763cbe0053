"""docs/messages.md: the contract for people. Used by reference.py."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from msgspec import inspect as look

from deploy import schemas
from shared.messages.match import MatchEvent
from shared.messages.pss import PssEvent
from shared.messages.requests import Command, Err
from shared.messages.service import ANY_SERVICE
from shared.messages.topic import Topic

HEAD: Final = """\
# Messages

Everything that the suite publishes, and every command that it answers. Made from `shared/messages` by `make docs`; do \
not edit.

How to subscribe and ask, with complete programs: [subscribe.md](subscribe.md). The same for machines: \
[asyncapi.json](asyncapi.json), and one JSON Schema per message in [schemas/](schemas/).

## How a message looks

An event has two ZeroMQ frames: the topic frame (`pss.point/ring-1/`, always ending in `/`), and one MessagePack map, \
the envelope:

| field | type | meaning |
|---|---|---|
| `producer` | text | the service that sent it |
| `boot_id` | text | changes when that service restarts |
| `seq` | integer | counts the events of this producer on this topic frame from 1, sent or not; a gap under one \
`boot_id` is loss |
| `sent_at_us` | integer | Unix time in microseconds |
| `event` | map | what the tables below list |

- A field that is missing in a map has its default. A field that this page does not know is new: ignore it.
- Athlete 1 is chong (blue), 2 is hong (red). Units stand in the names: `_ms`, `_us`, `_s`, `_bytes`.
- `bytes` is MessagePack's `bin`; the JSON Schemas say base64 text instead.

"""

SHARED: Final = """\
### The moment: fields of `{family}.*`

{doc}

"""

WIRE: Final = """\
## wire.*: not for you

`wire.datagrams/<ring>/` (udp-ingest to pss-parser) and `wire.events/<ring>/` (pss-parser to db-writer) are streams \
between processes of the suite. They do not cross the broker, hold compact batches, and change without notice. What \
they say is in the public topics, and complete in the reply of [replay_events](#replay_events).

"""

COMMANDS: Final = """\
## Commands

A REQ socket connected to the gateway sends one MessagePack map and receives one:

| request field | type | meaning |
|---|---|---|
| `service` | text | who shall do it |
| `command` | text | what, by its name below |
| `id` | text | anything; it comes back in the reply |
| `body` | map | the command's fields |

| reply field | type | meaning |
|---|---|---|
| `id` | text | of the request |
| `ok` | boolean | whether it was done |
| `result` | map or nil | what the command answers, when `ok` |
| `error` | [Err](#type-err) or nil | why not, when not `ok` |

Always answered: by the service, or by the gateway with `service.not_running`, `service.no_answer` (after the \
command's deadline), `command.unknown`, `command.unreadable` or `gateway.busy`.

"""

Shape = look.StructType | look.EnumType
WORDS: Final[dict[Any, str]] = {
    look.IntType: "integer",
    look.FloatType: "number",
    look.StrType: "text",
    look.BoolType: "boolean",
    look.BytesType: "bytes",
    look.NoneType: "nil",
    look.AnyType: "anything",
}


def page() -> str:
    """The whole page."""
    parts = [HEAD, _topics(), WIRE, COMMANDS, _commands(), _types()]
    return "".join(parts).rstrip() + "\n"


def _topics() -> str:
    topics = schemas.public_topics()
    rows = (
        f"| [`{t.name}`](#{_anchor(t.name)}) | `<{t.keyed_by}>` | {_producer(t.producer)} | {_first(t.doc)} |"
        for t in topics
    )
    parts = ["## Topics\n\n", _table("topic | key | producer | what", rows)]
    for family, doc, moment in (
        ("pss", schemas.text_of(PssEvent), PssEvent[Any]),
        ("match", schemas.text_of(MatchEvent), MatchEvent[Any]),
    ):
        parts += [SHARED.format(family=family, doc=doc), _fields(_struct(moment), but="data")]
    return "".join([*parts, *(_topic(topic) for topic in topics)])


def _topic(topic: Topic) -> str:
    shape = _shown(topic)
    lines = [f"### {topic.name}\n\n{topic.doc}\n\n"]
    said = f"Frame `{topic.name}/<{topic.keyed_by}>/`, from {_producer(topic.producer)}"
    silence = "" if topic.max_silence_s is None else f", at least every {topic.max_silence_s:g} s"
    lines.append(f"{said}{silence}. Schema: [{_file(topic)}](schemas/{_file(topic)}).\n\n")
    if shape.cls is not topic.type:
        family = topic.name.split(".", 1)[0]
        lines.append(f"The fields of [the moment](#the-moment-fields-of-{family}), and in `data`:\n\n")
    return "".join([*lines, _fields(shape)])


def _shown(topic: Topic) -> look.StructType:
    """What the topic's own table lists: the event, or its `data` where the rest is the moment."""
    event = _struct(topic.type)
    data = next((field.type for field in event.fields if field.name == "data"), None)
    return data if isinstance(data, look.StructType) else event


def _file(topic: Topic) -> str:
    return f"{topic.name.removeprefix('~')}.json"


def _commands() -> str:
    rows = (
        f"| [`{c.name}`](#{c.name}) | {_producer(c.service)} | {c.deadline_s:g} s | {_first(schemas.text_of(c))} |"
        for c in schemas.commands()
    )
    return "".join(
        [_table("command | service | deadline | what", rows), *(_command(command) for command in schemas.commands())]
    )


def _command(command: type[Command[Any]]) -> str:
    shape, reply = _struct(command), look.type_info(command.reply)
    body = _fields(shape) if shape.fields else "`body` is an empty map.\n\n"
    files = ", ".join(f"[{half}](schemas/{command.name}.{half}.json)" for half in ("request", "reply"))
    return (
        f"### {command.name}\n\n{schemas.text_of(command)}\n\n"
        f"Answered by {_producer(command.service)} with {_text(reply)}. Schemas: {files}.\n\n{body}"
    )


def _types() -> str:
    found: dict[str, Shape] = {}
    for kind in [*(t.type for t in schemas.public_topics()), *(c.reply for c in schemas.commands()), Err]:
        _collect(look.type_info(kind), found)
    for command in schemas.commands():
        for field in _struct(command).fields:
            _collect(field.type, found)
    own = {name: shape for name, shape in sorted(found.items()) if name not in _HOMES}
    parts = [_type(name, shape) for name, shape in own.items() if not hasattr(shape.cls, "__origin__")]
    return "".join(["## Types\n\n", *parts])


def _collect(node: Any, found: dict[str, Shape]) -> None:
    if isinstance(node, Shape):
        if _name(node) in found:
            return
        found[_name(node)] = node
    for inner in _inside(node):
        _collect(inner, found)


def _inside(node: Any) -> Iterable[Any]:
    match node:
        case look.StructType():
            return [field.type for field in node.fields]
        case look.UnionType():
            return node.types
        case look.TupleType():
            return node.item_types
        case look.ListType() | look.VarTupleType():
            return [node.item_type]
        case look.DictType():
            return [node.value_type]
    return []


def _type(name: str, shape: Shape) -> str:
    head = f"### type {name}\n\n{schemas.text_of(shape.cls)}\n\n"
    if isinstance(shape, look.EnumType):
        return head + "One of: " + ", ".join(f"`{member.value}`" for member in shape.cls) + ".\n\n"
    if shape.array_like:
        head += "A MessagePack array of these fields in this order; those at the end may be missing.\n\n"
    return head + _fields(shape)


def _fields(shape: Any, *, but: str = "") -> str:
    rows = [f"| `{f.encode_name}` | {_text(f.type)} | {_default(f)} |" for f in shape.fields if f.name != but]
    if shape.tag is not None:
        rows.insert(0, f"| `{shape.tag_field}` | `{shape.tag}` | |")
    return _table("field | type | when missing", rows) if rows else "No fields.\n\n"


def _default(field: look.Field) -> str:
    if field.required:
        return ""
    default = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
    if isinstance(default, msgspec.Struct):
        return "all defaults"
    return f"`{msgspec.json.encode(default).decode()}`".replace("`null`", "nil")


def _text(node: Any) -> str:
    match node:
        case look.StructType() | look.EnumType():
            return f"[{_name(node)}](#{_home(_name(node))})"
        case look.UnionType():
            return " or ".join(_text(inner) for inner in node.types)
        case look.TupleType():
            return f"({', '.join(_text(inner) for inner in node.item_types)})"
        case look.ListType() | look.VarTupleType():
            return f"list of {_text(node.item_type)}"
        case look.DictType():
            return f"map of text to {_text(node.value_type)}"
    return WORDS[type(node)]


def _struct(kind: Any) -> look.StructType:
    shape = look.type_info(kind)
    if not isinstance(shape, look.StructType):
        raise TypeError(f"{kind} is no struct")
    return shape


def _home(name: str) -> str:
    return _HOMES.get(name, f"type-{name.lower()}")


def _name(shape: Shape) -> str:
    return getattr(shape.cls, "__name__", str(shape.cls))


def _producer(name: str) -> str:
    return "every service" if name == ANY_SERVICE else name


def _first(text: str) -> str:
    joined = " ".join(text.split())
    return joined.split(". ", 1)[0].rstrip(".") + "."


def _anchor(title: str) -> str:
    return "".join(c for c in title.lower().replace(" ", "-") if c.isalnum() or c in "-_")


def _table(head: str, rows: Iterable[str]) -> str:
    columns = head.count("|") + 1
    return "\n".join([f"| {head} |", "|" + "---|" * columns, *rows]) + "\n\n"


_HOMES: Final = {_name(_shown(topic)): _anchor(topic.name) for topic in schemas.public_topics()}
"""Types whose fields a topic's own section lists, with that section's anchor."""
