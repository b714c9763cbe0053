"""One example of every message, made from its type: every field set, no field at its default.

A message has more than one example where a field may hold one of several structs: `""` is the first, and
`entries.fact=session_closed` is the same with another struct there. Values are a function of the field's name, so that
a new field changes nothing in the others. The words of enumerations are kept apart, see golden.py.
"""

import zlib
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import inspect as look

from shared.messages.commands import COMMANDS
from shared.messages.envelope import Envelope
from shared.messages.requests import NOTHING, Err, Reply, Request
from shared.messages.service import ANY_SERVICE, Mark
from shared.messages.topic import Topic
from shared.messages.topics import TOPICS

ENCODE = msgspec.msgpack.Encoder().encode
SENT_AT_US = 1_767_225_600_123_456
WORDS = {
    "ring": "ring-1",
    "journal_id": "7f3c0a9e5b2d4c81a6e0f1927d3b8c45",
    "session": "0c5d8e21f4a94b7f9e6a3d1075b2c8ea",
    "previous_session": "e1b6f0c7a2d84935b0c4d7e8f9a16b23",
    "boot_id": "a1b2c3d4e5f60718",
    "match_number": "245.A",
    "noc": "FRA",
    "address": "192.168.10.21",
    "raw": "pt1;3",
    "athlete": 2,
    "round": 3,
    "clock_ms": 83_000,
    "winner": 1,
    "entry": 4711,
    "first": 4711,
    "port": 8888,
    "sent_at_us": SENT_AT_US,
}
"""What well-known fields say; others get text or a number made from their name."""

Example = tuple[str, Any]
"""Where it differs from the first example (`""` for that one), and the object."""


def messages() -> dict[str, Any]:
    """Every message by the name of its golden file, with the type that decodes it."""
    events = {topic.name: Envelope[topic.type] for topic in TOPICS.values()}  # type: ignore[name-defined]  # made here
    found: dict[str, Any] = {**events, "mark": Envelope[Mark], "refusal.reply": Reply}
    for name, command in COMMANDS.items():
        found |= {f"{name}.request": command, f"{name}.reply": command.reply}
    return found


def examples(name: str) -> dict[str, bytes]:
    """The message's encoded examples by label, as they travel: an event in its envelope, a command in its request,
    a result in its reply.
    """
    if name == "refusal.reply":
        error = Err(code="ring.unknown", message="There is no ring ring-9. Configured: ring-1.", value="ring-9")
        return {"": ENCODE(Reply(id="8f14e45fceea167a", ok=False, result=NOTHING, error=error))}
    kind = TOPICS[name].type if name in TOPICS else Mark if name == "mark" else messages()[name]
    return {label: ENCODE(_wrapped(name, example)) for label, example in objects(kind)}


def _wrapped(name: str, example: Any) -> Any:
    command = COMMANDS.get(name.rpartition(".")[0])
    if command is None:
        topic: Topic | None = TOPICS.get(name)
        owner = "pss-parser" if topic is None or topic.producers == (ANY_SERVICE,) else topic.producers[0]
        return Envelope(owner, "a1b2c3d4e5f60718", 42, SENT_AT_US, example)
    body = msgspec.Raw(ENCODE(example))
    if name.endswith(".reply"):
        return Reply(id="8f14e45fceea167a", ok=True, result=body)
    service = "broker" if command.service == ANY_SERVICE else command.service
    return Request(service=service, command=command.name, id="8f14e45fceea167a", body=body)


def decoded(name: str, encoded: bytes) -> Any:
    """What `encoded` says, decoded as its receiver does it: a request's command, a reply's result, else everything."""
    command = COMMANDS.get(name.rpartition(".")[0])
    if command is None:
        return msgspec.msgpack.decode(encoded, type=messages()[name])
    if name.endswith(".reply"):
        return msgspec.msgpack.decode(msgspec.msgpack.decode(encoded, type=Reply).result, type=command.reply)
    return msgspec.msgpack.decode(msgspec.msgpack.decode(encoded, type=Request).body, type=command)


def objects(kind: Any) -> list[Example]:
    """Examples of `kind`; the first one's label is empty."""
    return list(_of(look.type_info(kind), ""))


def _of(node: Any, field: str) -> Iterator[Example]:
    match node:
        case look.StructType():
            yield from _structs(node)
        case look.EnumType():
            yield "", list(node.cls)[-1]
        case look.UnionType():
            yield from _alternatives(node, field)
        case look.ListType():
            for label, example in _of(node.item_type, field):
                yield label, [example]
        case look.VarTupleType():
            yield "", (next(_of(node.item_type, field))[1],) * 2
        case look.TupleType():
            yield "", tuple(next(_of(item, f"{field}{number}"))[1] for number, item in enumerate(node.item_types))
        case look.DictType():
            keys = node.key_type
            key = list(keys.cls)[-1] if isinstance(keys, look.EnumType) else "ring-1"
            yield "", {key: next(_of(node.value_type, field))[1]}
        case _:
            yield "", _plain(node, field)


def _structs(node: look.StructType) -> Iterator[Example]:
    variants = {
        field.name: [("", False)] if field.default is True else list(_of(field.type, field.name))
        for field in node.fields
    }
    first = {name: examples[0][1] for name, examples in variants.items()}
    cls: Any = node.cls
    yield "", cls(**first)
    for name, examples in variants.items():
        for label, value in examples[1:]:
            separator = "" if label.startswith("=") else "."
            yield f"{name}{separator}{label}", cls(**{**first, name: value})


def _alternatives(node: look.UnionType, field: str) -> Iterator[Example]:
    structs = [kind for kind in node.types if isinstance(kind, look.StructType)]
    if len(structs) < 2:
        yield from _of(next(kind for kind in node.types if not isinstance(kind, look.NoneType)), field)
        return
    for number, kind in enumerate(structs):
        for label, example in _of(kind, field):
            yield (label if number == 0 else f"={kind.tag}{'.' if label else ''}{label}"), example


def _plain(node: Any, field: str) -> Any:
    number = zlib.crc32(field.encode()) % 900 + 100
    match node:
        case look.IntType():
            return WORDS.get(field, SENT_AT_US if field.endswith("_us") else number)
        case look.FloatType():
            return number + 0.5
        case look.StrType():
            return WORDS.get(field, f"{field} é")
        case look.BytesType():
            return b"pt1;3;\x00\xff"
        case look.BoolType():
            return True
        case look.AnyType():
            return [number, "text", None]
    raise TypeError(f"no example is known for {node}: add one here")
