"""Questions to other services that nobody waits for: the answer comes to a callback, in the asking service's loop.

Used by services that ask many others, or one that may be frozen.
"""

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar

import msgspec
import zmq

from shared.bus import UNREADABLE
from shared.clock import monotonic_s
from shared.errors import NetworkError, RestrikeError
from shared.messages.requests import Command, Err, Reply, Request
from shared.rpc import RefusedError
from shared.runtime import Runtime

SWEEP_EVERY_S: Final = 0.1
RECONNECT_MS: Final = 20

R = TypeVar("R")
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Reply).decode


class _Waiting(msgspec.Struct, gc=False):
    command: Command[Any]
    service: str
    deadline_s: float
    answered: Callable[[Any], None]
    failed: Callable[[RestrikeError], None]


class Asker:
    """Asks the services of one home; one socket for each. Every question ends in `answered` or in `failed`, once."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._sockets: dict[str, zmq.Socket[bytes]] = {}
        self._waiting: dict[str, _Waiting] = {}
        self._is_sweeping = False

    def ask(
        self,
        command: Command[R],
        answered: Callable[[R], None],
        failed: Callable[[RestrikeError], None] = lambda _: None,
        *,
        service: str | None = None,
        deadline_s: float | None = None,
    ) -> None:
        """Send `command`. `failed` gets a NetworkError when no answer came by the deadline (`service.no_answer`), or
        one that cannot be read, and a RefusedError when the service refused.
        """
        name = service or command.service
        number = uuid.uuid4().hex
        request = Request(service=name, command=command.name, id=number, body=msgspec.Raw(_encode(command)))
        wait_s = command.deadline_s if deadline_s is None else deadline_s
        self._waiting[number] = _Waiting(command, name, monotonic_s() + wait_s, answered, failed)
        self._sweep_later()
        try:
            self._socket(name).send_multipart([b"", _encode(request)], zmq.NOBLOCK)
        except zmq.Again:
            self._fail(number, "service.no_answer", f"{name} takes no requests.")

    def _socket(self, service: str) -> "zmq.Socket[bytes]":
        socket = self._sockets.get(service)
        if socket is None:
            socket = self._sockets[service] = self._runtime.context.socket(zmq.DEALER)
            socket.set(zmq.LINGER, 0)
            # A service that is away is not asked at all, rather than when it comes.
            socket.set(zmq.IMMEDIATE, 1)
            socket.set(zmq.RECONNECT_IVL, RECONNECT_MS)
            socket.connect(self._runtime.paths.command_socket(service))
            self._runtime.on_readable(socket, partial(self._take, socket, service))
        return socket

    def _take(self, socket: "zmq.Socket[bytes]", service: str) -> None:
        try:
            reply = _decode(socket.recv_multipart(zmq.NOBLOCK)[-1])
        except zmq.Again:
            return
        except UNREADABLE:
            self._runtime.log.warning("reply_unreadable", service_asked=service)
            return
        waiting = self._waiting.pop(reply.id, None)
        if waiting is None:
            return
        if not reply.ok:
            error = reply.error or Err(code="service.empty_reply", message=f"{service} sent an empty reply.")
            waiting.failed(RefusedError(error.code, error.message, value=error.value))
            return
        try:
            result = msgspec.msgpack.decode(reply.result, type=waiting.command.reply)
        except UNREADABLE as error:
            waiting.failed(NetworkError("service.unreadable", f"{service} answered what is not understood ({error})."))
            return
        waiting.answered(result)

    def _sweep_later(self) -> None:
        if self._waiting and not self._is_sweeping:
            self._is_sweeping = True
            self._runtime.after(SWEEP_EVERY_S, self._sweep)

    def _sweep(self) -> None:
        self._is_sweeping = False
        self._sweep_later()
        now = monotonic_s()
        for number in [number for number, waiting in self._waiting.items() if waiting.deadline_s <= now]:
            service = self._waiting[number].service
            self._fail(number, "service.no_answer", f"{service} did not answer in time.")

    def _fail(self, number: str, code: str, sentence: str) -> None:
        waiting = self._waiting.pop(number, None)
        if waiting is not None:
            waiting.failed(NetworkError(code, sentence))
