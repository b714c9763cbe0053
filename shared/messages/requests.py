"""The frame of every command: a request, its one reply, and what a command is. The list is in commands.py."""

from typing import Any, ClassVar, Final, Generic, TypeVar

from msgspec import Raw, Struct

R = TypeVar("R")
NOTHING: Final = Raw(b"\xc0")
"""MessagePack's nil."""


class Request(Struct, frozen=True, kw_only=True):
    """One request: `body` holds the command's fields. `service` matters to the gateway, which passes it on."""

    service: str
    command: str
    id: str
    body: Raw


class Err(Struct, frozen=True, kw_only=True):
    """Why a command was not done: a code for programs, a sentence for people, the offending value."""

    code: str
    message: str
    value: str | None = None


class Reply(Struct, frozen=True, kw_only=True):
    """The one reply to a request: `result` when `ok`, else `error`."""

    id: str
    ok: bool
    result: Raw = NOTHING
    error: Err | None = None


class Command(Struct, Generic[R], frozen=True, kw_only=True):
    """What one service is asked to do. `reply` is the type of the result, `deadline_s` how long the asker waits."""

    name: ClassVar[str]
    service: ClassVar[str]
    reply: ClassVar[Any]
    deadline_s: ClassVar[float] = 2.0
