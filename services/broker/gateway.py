"""The command gateway: other programs and machines ask any service over TCP; the reply comes back the same way.

Requests are passed on as they are; a service that stays silent is answered for.
"""

from functools import partial

import msgspec
import zmq

from services.broker.curve import secure
from services.broker.proxy import bind_tcp
from services.registry import SERVICES
from shared.bus import UNREADABLE
from shared.clock import monotonic_s
from shared.config import Bus
from shared.messages.commands import COMMANDS
from shared.messages.requests import Command, Err, Reply, Request
from shared.messages.service import ANY_SERVICE
from shared.meter_list import GATEWAY_REQUESTS, GATEWAY_WAITING
from shared.paths import Paths
from shared.rpc import is_locked
from shared.runtime import Runtime

MAX_WAITING = 1000
"""Requests under way at once; more are refused, so that a client in a loop costs bounded memory."""
MAX_REQUEST_BYTES = 1024 * 1024
"""No command is longer; what is longer than `MAX_MESSAGE_BYTES` costs its sender the connection, unread."""
MAX_MESSAGE_BYTES = 16 * MAX_REQUEST_BYTES
SWEEP_EVERY_S = 0.1

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Request).decode


class Gateway:
    """A TCP ROUTER in front of the services' command sockets. `passed` and `refused` count requests."""

    def __init__(self, runtime: Runtime, paths: Paths, bus: Bus) -> None:
        self.passed = 0
        self.refused = 0
        self._runtime = runtime
        self._paths = paths
        self._waiting: dict[bytes, tuple[list[bytes], str, str, float]] = {}
        self._count = 0
        self._is_sweeping = False
        self._services: dict[str, zmq.Socket[bytes]] = {}
        self._clients = runtime.context.socket(zmq.ROUTER)
        self._clients.set(zmq.LINGER, 200)
        self._clients.set(zmq.MAXMSGSIZE, MAX_MESSAGE_BYTES)
        secure(self._clients, bus)
        bind_tcp(self._clients, bus.commands, "commands")
        runtime.on_readable(self._clients, self.take_request)
        runtime.meters.follow(GATEWAY_REQUESTS, lambda: self.passed, "passed")
        runtime.meters.follow(GATEWAY_REQUESTS, lambda: self.refused, "refused")
        runtime.meters.follow(GATEWAY_WAITING, lambda: len(self._waiting))

    def take_request(self) -> None:
        """Pass on the request that has waited longest. One a turn: events must not wait for clients that ask without
        pause.
        """
        try:
            *route, body = self._clients.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            return
        if len(body) > MAX_REQUEST_BYTES:
            self._refuse(route, "", "command.too_long", f"A request may have {MAX_REQUEST_BYTES} bytes.")
            return
        try:
            request = _decode(body)
        except UNREADABLE as error:
            self._refuse(route, "", "command.unreadable", f"The request is not understood: {error}")
            return
        self._pass_on(route, request, body)

    def _pass_on(self, route: list[bytes], request: Request, body: bytes) -> None:
        command = COMMANDS.get(request.command)
        if command is None:
            self._refuse(route, request.id, "command.unknown", f"There is no command {request.command!r}.")
        elif request.service not in SERVICES or command.service not in (request.service, ANY_SERVICE):
            self._refuse(route, request.id, "service.unknown", f"{request.service!r} does not answer {command.name}.")
        elif not is_locked(self._paths.lock(request.service)):
            self._refuse(route, request.id, "service.not_running", f"{request.service!r} is not running.")
        elif len(self._waiting) >= MAX_WAITING:
            self._refuse(route, request.id, "gateway.busy", f"{MAX_WAITING} requests are under way. Ask again later.")
        else:
            self._count += 1
            ticket = self._count.to_bytes(8, "big")
            try:
                self._service(request.service).send_multipart([ticket, b"", body], zmq.NOBLOCK)
            except zmq.Again:
                self._refuse(route, request.id, "service.no_answer", f"{request.service} has stopped to answer.")
                return
            self._waiting[ticket] = (route, request.id, request.service, self._deadline(command))
            self._sweep_later()
            self.passed += 1

    @staticmethod
    def _deadline(command: type[Command[object]]) -> float:
        return monotonic_s() + command.deadline_s

    def _service(self, name: str) -> "zmq.Socket[bytes]":
        socket = self._services.get(name)
        if socket is None:
            socket = self._services[name] = self._runtime.context.socket(zmq.DEALER)
            socket.set(zmq.LINGER, 0)
            socket.set(zmq.RECONNECT_IVL, 20)
            socket.connect(self._paths.command_socket(name))
            self._runtime.on_readable(socket, partial(self._take_reply, socket))
        return socket

    def _take_reply(self, socket: "zmq.Socket[bytes]") -> None:
        try:
            ticket, *_, body = socket.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            return
        waiting = self._waiting.pop(ticket, None)
        if waiting is not None:
            self._clients.send_multipart([*waiting[0], body])

    def _sweep_later(self) -> None:
        if self._waiting and not self._is_sweeping:
            self._is_sweeping = True
            self._runtime.after(SWEEP_EVERY_S, self._answer_for_the_silent)

    def _answer_for_the_silent(self) -> None:
        """Tell the clients whose service did not answer in time."""
        self._is_sweeping = False
        self._sweep_later()
        now = monotonic_s()
        for ticket, (route, request_id, service, deadline) in list(self._waiting.items()):
            if deadline <= now:
                del self._waiting[ticket]
                self._refuse(route, request_id, "service.no_answer", f"{service} did not answer in time.")

    def _refuse(self, route: list[bytes], request_id: str, code: str, message: str) -> None:
        self.refused += 1
        reply = Reply(id=request_id, ok=False, error=Err(code=code, message=message))
        self._clients.send_multipart([*route, _encode(reply)])
