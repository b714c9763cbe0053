"""The examples of every message as the JSON documents that the schemas describe: `bin` as base64 text."""

import json
from typing import Any

import msgspec

from shared.messages.requests import Reply, Request
from tests.contract.examples import decoded, examples


def as_json(name: str) -> list[Any]:
    """Every example of a message, whole, after a way over the wire."""
    return [_whole(name, encoded) for encoded in examples(name).values()]


def _whole(name: str, encoded: bytes) -> Any:
    if name == "refusal.reply":
        return _reply(encoded, None)
    said = decoded(name, encoded)
    if name.endswith(".reply"):
        return _reply(encoded, said)
    if not name.endswith(".request"):
        return _json(said)
    request = msgspec.msgpack.decode(encoded, type=Request)
    return {"service": request.service, "command": request.command, "id": request.id, "body": _json(said)}


def _reply(encoded: bytes, result: Any) -> Any:
    reply = msgspec.msgpack.decode(encoded, type=Reply)
    return {"id": reply.id, "ok": reply.ok, "result": _json(result), "error": _json(reply.error)}


def _json(value: Any) -> Any:
    return json.loads(msgspec.json.encode(value))
