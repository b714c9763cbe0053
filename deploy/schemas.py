"""JSON Schemas of everything that crosses a process border in public, made from shared/messages.

Used by deploy/reference.py. A schema describes the MessagePack map as a JSON document; MessagePack's `bin` is base64
text there.
"""

import inspect
from typing import Any, Final

import msgspec

from shared.messages.commands import COMMANDS
from shared.messages.envelope import Envelope
from shared.messages.requests import Command, Err, Reply, Request
from shared.messages.service import ANY_SERVICE, Mark
from shared.messages.topic import Topic
from shared.messages.topics import TOPICS

Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
IN_FILE: Final = "#/$defs/"

MARK: Final = Topic(
    name="~mark",
    type=Mark,
    producer=ANY_SERVICE,
    keyed_by="nonce",
    doc="The place in a producer's events where a snapshot was taken. Sent once, when somebody asks for a snapshot; "
    "nobody counts it, so its `seq` is always 0.",
)
"""Documented like a topic, but not listed: every producer that answers Snapshot sends it."""


def public_topics() -> list[Topic]:
    """All topics that cross the broker, in the contract's order, and the mark."""
    return [*(topic for topic in TOPICS.values() if not topic.direct), MARK]


def commands() -> list[type[Command[Any]]]:
    """All commands, in the contract's order."""
    return list(COMMANDS.values())


def text_of(cls: type) -> str:
    """A class's docstring without its indentation."""
    return inspect.cleandoc(cls.__doc__ or "")


def definitions(types: list[Any], *, at: str = IN_FILE) -> tuple[list[Schema], dict[str, Schema]]:
    """One schema per type, and what they refer to by name under `at`."""
    schemas, defs = msgspec.json.schema_components(types, ref_template=at + "{name}")
    return [_tidy(schema) for schema in schemas], {_plain(name): _tidy(schema) for name, schema in defs.items()}


def event(topic: Topic, of: Schema) -> Schema:
    """The envelope of `topic` around an event whose schema is `of`."""
    (envelope,), defs = definitions([Envelope[Any]])
    schema = defs.get("Envelope_Any", envelope)
    producer = {"type": "string"} if topic.producer == ANY_SERVICE else {"const": topic.producer}
    properties = {**schema["properties"], "producer": producer, "event": of}
    return {"title": topic.name, "description": topic.doc, **_without_words(schema), "properties": properties}


def request(command: type[Command[Any]], of: Schema) -> Schema:
    """The request of `command` around a body whose schema is `of`."""
    _, defs = definitions([Request])
    schema = defs["Request"]
    service = {"type": "string"} if command.service == ANY_SERVICE else {"const": command.service}
    properties = {**schema["properties"], "service": service, "command": {"const": command.name}, "body": of}
    title = f"{command.name} (request)"
    return {"title": title, "description": text_of(command), **_without_words(schema), "properties": properties}


def reply(command: type[Command[Any]], of: Schema, err: Schema) -> Schema:
    """The reply to `command`: a result whose schema is `of`, or an error."""
    done = {"ok": {"const": True}, "result": of, "error": {"type": "null"}}
    refused = {"ok": {"const": False}, "result": {"type": "null"}, "error": err}
    return {
        "title": f"{command.name} (reply)",
        "description": text_of(Reply),
        "type": "object",
        "properties": {"id": {"type": "string"}, "ok": {"type": "boolean"}},
        "required": ["id", "ok"],
        "oneOf": [
            {"properties": done, "required": ["result"]},
            {"properties": refused, "required": ["error"]},
        ],
    }


def files() -> dict[str, Schema]:
    """Every schema as a document of its own, by file name."""
    found = {}
    for topic in public_topics():
        (inner,), defs = definitions([topic.type])
        found[f"{topic.name.removeprefix('~')}.json"] = _document(event(topic, inner), defs)
    for command in commands():
        (inner,), defs = definitions([command])
        found[f"{command.name}.request.json"] = _document(request(command, inner), defs)
        (inner, err), defs = definitions([command.reply, Err])
        found[f"{command.name}.reply.json"] = _document(reply(command, inner, err), defs)
    return found


def _document(schema: Schema, defs: dict[str, Schema]) -> Schema:
    return {"$schema": DIALECT, **schema, "$defs": dict(sorted(defs.items()))}


def _without_words(schema: Schema) -> Schema:
    return {key: value for key, value in schema.items() if key not in ("title", "description")}


def _plain(name: str) -> str:
    return name.rstrip("_")


def _tidy(node: Any) -> Any:
    """`node` with descriptions unindented, names of generics without trailing `_`, and no `discriminator`: that is
    OpenAPI's, and each alternative says its `type` itself.
    """
    if isinstance(node, list):
        return [_tidy(item) for item in node]
    if not isinstance(node, dict):
        return node
    tidy = {key: _tidy(value) for key, value in node.items() if key != "discriminator"}
    if isinstance(tidy.get("description"), str):
        tidy["description"] = inspect.cleandoc(tidy["description"])
    if isinstance(tidy.get("$ref"), str):
        tidy["$ref"] = _plain(tidy["$ref"])
    return tidy
