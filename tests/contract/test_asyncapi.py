"""docs/asyncapi.json is a sound AsyncAPI 3.0 document, and its schemas accept what the suite really sends."""

import re
from typing import Any

import jsonschema
import pytest

from deploy import asyncapi
from shared.messages.commands import COMMANDS
from shared.messages.topics import TOPICS
from tests.contract.json_examples import as_json

DOCUMENT = asyncapi.document()
NAMES = list(DOCUMENT["components"]["messages"])
REFERENCE = {"type": "object", "properties": {"$ref": {"type": "string"}}, "required": ["$ref"]}
NAMED = {"type": "object", "propertyNames": {"pattern": r"^[\w\d.\-_]+$"}, "minProperties": 1}
STRUCTURE = {
    "type": "object",
    "required": ["asyncapi", "info", "channels", "operations", "components"],
    "additionalProperties": False,
    "properties": {
        "asyncapi": {"const": "3.0.0"},
        "info": {"type": "object", "required": ["title", "version"]},
        "defaultContentType": {"type": "string"},
        "servers": {
            **NAMED,
            "additionalProperties": {"type": "object", "required": ["host", "protocol"]},
        },
        "channels": {
            **NAMED,
            "additionalProperties": {
                "type": "object",
                "required": ["address", "messages"],
                "properties": {
                    "address": {"type": ["string", "null"]},
                    "messages": {**NAMED, "additionalProperties": REFERENCE},
                    "parameters": {**NAMED, "additionalProperties": REFERENCE},
                    "servers": {"type": "array", "items": REFERENCE, "minItems": 1},
                },
            },
        },
        "operations": {
            **NAMED,
            "additionalProperties": {
                "type": "object",
                "required": ["action", "channel", "messages"],
                "properties": {
                    "action": {"enum": ["send", "receive"]},
                    "channel": REFERENCE,
                    "messages": {"type": "array", "items": REFERENCE, "minItems": 1},
                    "reply": {"type": "object", "required": ["channel", "messages"]},
                },
            },
        },
        "components": {
            "type": "object",
            "properties": dict.fromkeys(("messages", "parameters", "schemas"), NAMED),
            "additionalProperties": False,
        },
    },
}


def test_structure() -> None:
    """The document has the parts that AsyncAPI 3.0 asks for, in their places."""
    jsonschema.validate(DOCUMENT, STRUCTURE)


def test_every_reference_leads_somewhere() -> None:
    """No `$ref` points to what is not in the document."""
    references = list(_references(DOCUMENT))
    assert len(references) > 200
    for reference in references:
        assert _at(reference) is not None, f"{reference} leads nowhere"


def test_every_public_message_is_in_it() -> None:
    """One channel and operation per public topic and per command; wire.* is not for others."""
    public = {name for name, topic in TOPICS.items() if not topic.direct}
    assert set(DOCUMENT["channels"]) == public | set(COMMANDS) | {"mark"}
    assert set(DOCUMENT["operations"]) == {f"publish.{name}" for name in public | {"mark"}} | set(COMMANDS)
    assert not [name for name in DOCUMENT["channels"] if name.startswith("wire.")]


def test_addresses() -> None:
    """A channel's address is its topic's frame, every parameter in it is described, and no two are the same."""
    addresses = [channel["address"] for channel in DOCUMENT["channels"].values() if channel["address"] is not None]
    assert len(addresses) == len(set(addresses))
    for name, channel in DOCUMENT["channels"].items():
        if channel["address"] is None:
            assert name in COMMANDS
            continue
        keys = re.findall(r"{(\w+)}", channel["address"])
        assert keys == list(channel["parameters"])
        if name in TOPICS:
            key = keys[0]
            assert channel["address"].replace(f"{{{key}}}", "x").encode() == TOPICS[name].frame("x")


def test_operations_use_messages_of_their_channel() -> None:
    """An operation and its reply name messages that their channel lists, as the specification demands."""
    for name, operation in DOCUMENT["operations"].items():
        for part in filter(None, (operation, operation.get("reply"))):
            for message in part["messages"]:
                assert message["$ref"].startswith(part["channel"]["$ref"] + "/messages/"), name
        assert ("reply" in operation) == (name in COMMANDS)


@pytest.mark.parametrize("name", NAMES)
def test_payload_accepts_what_is_sent(name: str) -> None:
    """Every example of the message is valid, and one without its first field is not."""
    payload = {**DOCUMENT["components"]["messages"][name]["payload"], "components": DOCUMENT["components"]}
    jsonschema.Draft7Validator.check_schema(payload)
    validator = jsonschema.Draft7Validator(payload)
    found = as_json(name)
    assert found
    for example in found:
        validator.validate(example)
        wrong = dict(example)
        del wrong[payload["required"][0]]
        assert not validator.is_valid(wrong)


def _references(node: Any) -> Any:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from _references(value)
    elif isinstance(node, list):
        for item in node:
            yield from _references(item)


def _at(reference: str) -> Any:
    node: Any = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        node = node.get(step) if isinstance(node, dict) else None
    return node
