"""The contract as an AsyncAPI 3.0 document: what a program outside the suite can receive and ask. Used by reference.py.

Its schemas are JSON Schema draft 7, which AsyncAPI's own schema format is made of.
"""

from typing import Any, Final

from msgspec import UNSET

from deploy import schemas
from deploy.schemas import Schema
from services.registry import SERVICES
from shared.config import Bus
from shared.messages.requests import Command, Err
from shared.messages.service import ANY_SERVICE
from shared.messages.topic import CONNECTION, RING, SERVICE, Topic

CONTENT_TYPE: Final = "application/vnd.msgpack"
AT: Final = "#/components/schemas/"
DESCRIPTION: Final = """\
Everything that the suite publishes, and every command that it answers, over ZeroMQ (ZMTP 3.1).

Events: connect a SUB socket to `events`. An event has two frames: the channel's address, and one MessagePack map (the \
envelope). Commands: connect a REQ socket to `commands`, send one MessagePack map, receive one. \
How to use both: docs/subscribe.md."""


def document() -> Schema:
    """The whole document."""
    topics, commands = schemas.public_topics(), schemas.commands()
    types = [*(t.type for t in topics), *commands, *(c.reply for c in commands), Err]
    found, defs = schemas.definitions(types, at=AT)
    events, bodies = found[: len(topics)], found[len(topics) : len(topics) + len(commands)]
    results, err = found[len(topics) + len(commands) : -1], found[-1]
    messages = {_id(t): _message(schemas.event(t, e), _id(t)) for t, e in zip(topics, events, strict=True)}
    for command, body, result in zip(commands, bodies, results, strict=True):
        asked, answered = schemas.request(command, body), schemas.reply(command, result, err)
        messages[f"{command.name}.request"] = _message(asked, f"{command.name}.request", correlated=True)
        messages[f"{command.name}.reply"] = _message(answered, f"{command.name}.reply", correlated=True)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "reStrike VTA", "version": "1", "license": {"name": "MIT"}, "description": DESCRIPTION},
        "defaultContentType": CONTENT_TYPE,
        "servers": _servers(),
        "channels": {
            **{_id(topic): _event_channel(topic) for topic in topics},
            **{command.name: _command_channel(command) for command in commands},
        },
        "operations": {
            **{f"publish.{_id(topic)}": _publish(topic) for topic in topics},
            **{command.name: _answer(command) for command in commands},
        },
        "components": {
            "messages": messages,
            "parameters": _parameters(),
            "schemas": {name: as_draft_7(schema) for name, schema in sorted(defs.items())},
        },
    }


def _id(topic: Topic) -> str:
    return topic.name.removeprefix("~")


def _servers() -> Schema:
    bus = Bus()
    servers = {
        "events": (bus.events, "The event bus. `bus.events` in restrike.json; beyond loopback with CURVE keys only."),
        "commands": (bus.commands, "The command gateway. `bus.commands` in restrike.json; the same rule for keys."),
    }
    return {
        name: {
            "host": endpoint.removeprefix("tcp://"),
            "protocol": "zmtp",
            "protocolVersion": "3.1",
            "description": words,
        }
        for name, (endpoint, words) in servers.items()
    }


def _parameters() -> Schema:
    return {
        RING: {"description": "A ring as restrike.json names it.", "examples": ["ring-1"]},
        SERVICE: {"description": "The service that says it.", "enum": list(SERVICES)},
        CONNECTION: {"description": "A connection to OBS as an operator named it.", "examples": ["main"]},
        "nonce": {"description": "Any text without `/` that the asker made up.", "examples": ["f00fc7c8"]},
    }


def _message(payload: Schema, name: str, *, correlated: bool = False) -> Schema:
    title = payload.pop("title")
    message = {
        "name": name,
        "title": title,
        "summary": payload.pop("description"),
        "contentType": CONTENT_TYPE,
        "payload": as_draft_7(payload),
    }
    if correlated:
        message["correlationId"] = {"location": "$message.payload#/id"}
    return message


def _event_channel(topic: Topic) -> Schema:
    channel: Schema = {
        "address": f"{topic.name}/{{{topic.keyed_by}}}/",
        "description": topic.doc,
        "servers": [{"$ref": "#/servers/events"}],
        "messages": {_id(topic): {"$ref": f"#/components/messages/{_id(topic)}"}},
        "parameters": {topic.keyed_by: {"$ref": f"#/components/parameters/{topic.keyed_by}"}},
    }
    if topic.max_silence_s is not None:
        channel["x-max-silence-s"] = topic.max_silence_s
    return channel


def _command_channel(command: type[Command[Any]]) -> Schema:
    names = (f"{command.name}.request", f"{command.name}.reply")
    return {
        "address": None,
        "description": f"Requests and replies of `{command.name}`; a REQ socket has no addresses.",
        "servers": [{"$ref": "#/servers/commands"}],
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
    }


def _publish(topic: Topic) -> Schema:
    producer = "every service" if topic.producer == ANY_SERVICE else topic.producer
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{_id(topic)}"},
        "summary": f"Published by {producer}.",
        "messages": [{"$ref": f"#/channels/{_id(topic)}/messages/{_id(topic)}"}],
    }


def _answer(command: type[Command[Any]]) -> Schema:
    channel = f"#/channels/{command.name}"
    service = "the service that the request names" if command.service == ANY_SERVICE else command.service
    return {
        "action": "receive",
        "channel": {"$ref": channel},
        "summary": f"Answered by {service} within {command.deadline_s:g} s.",
        "description": schemas.text_of(command),
        "messages": [{"$ref": f"{channel}/messages/{command.name}.request"}],
        "reply": {
            "channel": {"$ref": channel},
            "messages": [{"$ref": f"{channel}/messages/{command.name}.reply"}],
        },
    }


def as_draft_7(node: Any) -> Any:
    """`node` with `prefixItems`, which draft 7 does not know, said in its words."""
    if isinstance(node, list):
        return [as_draft_7(item) for item in node]
    if not isinstance(node, dict):
        return node
    said = {key: as_draft_7(value) for key, value in node.items() if key not in ("prefixItems", "items")}
    items = as_draft_7(node.get("items", UNSET))
    if "prefixItems" in node:
        said["items"] = as_draft_7(node["prefixItems"])
        said["additionalItems"] = {} if items is UNSET else items
    elif items is not UNSET:
        said["items"] = items
    return said
