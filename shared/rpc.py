"""Commands: one request, one reply, always answered.

The client half is used by `restrike` and by services that ask another one; the server half by every service through
its runtime.
"""

import fcntl
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar, cast

import msgspec
import zmq

from shared.bus import UNREADABLE
from shared.clock import monotonic_s
from shared.errors import IoError, NetworkError, RestrikeError
from shared.messages.requests import Command, Err, Reply, Request
from shared.paths import Paths

LOOK_UP_S: Final = 0.1
"""How often a waiting client looks whether it is still to wait."""

R = TypeVar("R")
_encode = msgspec.msgpack.Encoder().encode
_decode_reply = msgspec.msgpack.Decoder(Reply).decode
_decode_request = msgspec.msgpack.Decoder(Request).decode


class RefusedError(RestrikeError):
    """A service answered that it did not do it."""


def is_locked(lock: Path) -> bool:
    """Whether a process holds `lock`, i.e. whether that service runs.

    Raises:
        IoError: the home is somebody else's.
    """
    try:
        fd = os.open(lock, os.O_RDONLY)
    except PermissionError as error:
        sentence = f"{lock.parent} belongs to another user: ask as that user, or as root."
        raise IoError("home.not_yours", sentence) from error
    except (OSError, ValueError):  # ValueError: the name of a service that somebody asked for holds a NUL
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


class Client:
    """Asks the services of one home. A new socket for each call, so that a lost reply never meets a later request.

    A call is given up early once `is_over` says so: a service that is asked to end waits for nobody.
    """

    def __init__(
        self,
        paths: Paths,
        context: "zmq.Context[Any] | None" = None,
        *,
        is_over: Callable[[], bool] = lambda: False,
    ) -> None:
        self._paths = paths
        self._context = context or zmq.Context.instance()
        self._is_over = is_over

    def call(self, command: Command[R], *, service: str | None = None, deadline_s: float | None = None) -> R:
        """Send `command` and return its result.

        Raises:
            NetworkError: no answer by the deadline, or one that cannot be read, or the service does not run.
            RefusedError: the service answered with an error.
        """
        name = service or command.service
        if not is_locked(self._paths.lock(name)):
            raise NetworkError("service.not_running", f"{name} is not running. Start the suite with: restrike up")
        wait_s = command.deadline_s if deadline_s is None else deadline_s
        request = Request(service=name, command=command.name, id=uuid.uuid4().hex, body=msgspec.Raw(_encode(command)))
        try:
            answer = self._exchange(self._paths.command_socket(name), request, wait_s)
            if answer is None:
                raise NetworkError("service.no_answer", f"{name} did not answer within {wait_s:g} s.")
            if answer.ok:
                return cast(R, msgspec.msgpack.decode(answer.result, type=command.reply))
        except UNREADABLE as error:
            raise NetworkError(
                "service.unreadable", f"{name} answered what this version does not understand ({error}). Restart it."
            ) from error
        refusal = answer.error or Err(code="service.empty_reply", message=f"{name} sent an empty reply.")
        raise RefusedError(refusal.code, refusal.message, value=refusal.value)

    def _exchange(self, endpoint: str, request: Request, wait_s: float) -> Reply | None:
        deadline = monotonic_s() + wait_s
        socket = self._context.socket(zmq.REQ)
        socket.set(zmq.LINGER, 0)
        socket.set(zmq.RECONNECT_IVL, 20)
        try:
            socket.connect(endpoint)
            socket.send(_encode(request))
            while (left := deadline - monotonic_s()) > 0 and not self._is_over():
                if socket.poll(int(min(left, LOOK_UP_S) * 1000) + 1):
                    reply = _decode_reply(socket.recv())
                    if reply.id == request.id:
                        return reply
            return None
        finally:
            socket.close()


class Handler(Protocol):
    """Does what a command asks and returns its reply."""

    def __call__(self, command: Any, /) -> Any:
        """Answer `command`."""


class Server:
    """One service's command socket. `on_fault` is told of handlers that raised what they should not."""

    def __init__(self, socket: "zmq.Socket[bytes]", *, on_fault: Callable[[str, Exception], None]) -> None:
        self.socket = socket
        self._on_fault = on_fault
        self._handlers: dict[str, tuple[type[Command[Any]], Handler]] = {}

    def on(self, command: type[Command[Any]], handler: Handler) -> None:
        """Let `handler` answer `command`; each command has one handler."""
        if command.name in self._handlers:
            raise ValueError(f"{command.name} has a handler already")
        self._handlers[command.name] = (command, handler)

    def answer_next(self) -> None:
        """Answer the request that has waited longest, without blocking. One a turn: a client that asks again at once
        must not keep the loop from its other sockets.
        """
        try:
            *route, body = self.socket.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            return
        self.socket.send_multipart([*route, _encode(self._reply_to(body))])

    def _reply_to(self, body: bytes) -> Reply:
        try:
            request = _decode_request(body)
        except UNREADABLE as error:
            return _refusal("", "command.unreadable", f"The request is not understood: {error}")
        known = self._handlers.get(request.command)
        if known is None:
            return _refusal(request.id, "command.unknown", f"There is no command {request.command!r} here.")
        try:
            command = msgspec.msgpack.decode(request.body, type=known[0])
        except UNREADABLE as error:
            return _refusal(request.id, "command.invalid", f"{request.command}: {error}")
        try:
            return Reply(id=request.id, ok=True, result=msgspec.Raw(_encode(known[1](command))))
        except RestrikeError as error:
            value = None if error.value is None else str(error.value)
            return Reply(id=request.id, ok=False, error=Err(code=error.code, message=error.message, value=value))
        except Exception as error:  # noqa: BLE001  # a request must always be answered, whatever its handler did
            self._on_fault(request.command, error)
            return _refusal(request.id, "internal", f"{request.command} failed inside the service: {error!r}")


def _refusal(request_id: str, code: str, message: str) -> Reply:
    return Reply(id=request_id, ok=False, error=Err(code=code, message=message))
