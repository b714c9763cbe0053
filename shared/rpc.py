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
import structlog
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
        self.paths = paths
        self._context = context or zmq.Context.instance()
        self._is_over = is_over

    def call(self, command: Command[R], *, service: str | None = None, deadline_s: float | None = None) -> R:
        """Send `command` and return its result.

        Raises:
            NetworkError: no answer by the deadline, or one that cannot be read, or the service does not run.
            RefusedError: the service answered with an error.
        """
        name = service or command.service
        if not is_locked(self.paths.lock(name)):
            sentence = f"{name} is not running (yet); see: restrike ps. Start the suite with: restrike up"
            raise NetworkError("service.not_running", sentence)
        wait_s = command.deadline_s if deadline_s is None else deadline_s
        request = Request(service=name, command=command.name, id=uuid.uuid4().hex, body=msgspec.Raw(_encode(command)))
        try:
            answer = self._exchange(self.paths.command_socket(name), request, wait_s)
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


class Later:
    """What a handler returns whose reply takes time: the loop's thread gives it once, by `answer` or `refuse`. Whoever
    asked waits no longer than the command's deadline.
    """

    def __init__(self) -> None:
        self._outcome: Callable[[], Any] | None = None
        self._deliver: Callable[[Callable[[], Any]], None] | None = None

    @property
    def is_answered(self) -> bool:
        """Whether it was answered or refused."""
        return self._outcome is not None

    def answer(self, result: object) -> None:
        """Reply with `result`.

        Raises:
            ValueError: it is answered already.
        """
        self._end(lambda: result)

    def refuse(self, error: RestrikeError) -> None:
        """Reply that it was not done; raises like `answer`."""

        def refuse() -> None:
            raise error

        self._end(refuse)

    def when_answered(self, deliver: Callable[[Callable[[], Any]], None]) -> None:
        """Have `deliver` called with the outcome, which returns the result or raises; for the server."""
        self._deliver = deliver
        if self._outcome is not None:
            deliver(self._outcome)

    def _end(self, outcome: Callable[[], Any]) -> None:
        if self._outcome is not None:
            raise ValueError("this command was answered already")
        self._outcome = outcome
        if self._deliver is not None:
            self._deliver(outcome)


class Handler(Protocol):
    """Does what a command asks and returns its reply, or a `Later`."""

    def __call__(self, command: Any, /) -> Any:
        """Answer `command`."""


class Server:
    """One service's command socket. `on_fault` is told of handlers that raised what they should not."""

    def __init__(
        self,
        socket: "zmq.Socket[bytes]",
        *,
        on_fault: Callable[[str, Exception], None],
        log: structlog.stdlib.BoundLogger | None = None,
    ) -> None:
        self.socket = socket
        self._log = log
        self._on_fault = on_fault
        self._handlers: dict[str, tuple[type[Command[Any]], Handler]] = {}
        self._open: set[Later] = set()

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
        self._take(route, body)

    def refuse_open(self, error: RestrikeError) -> None:
        """Refuse what was to be answered later and will not be: the service ends."""
        for later in list(self._open):
            later.refuse(error)

    def _take(self, route: list[bytes], body: bytes) -> None:
        def send(reply: Reply) -> None:
            self.socket.send_multipart([*route, _encode(reply)])

        try:
            request = _decode_request(body)
        except UNREADABLE as error:
            return send(_refusal("", "command.unreadable", f"The request is not understood: {error}"))
        known = self._handlers.get(request.command)
        if known is None:
            return send(_refusal(request.id, "command.unknown", f"There is no command {request.command!r} here."))
        try:
            command = msgspec.msgpack.decode(request.body, type=known[0])
        except UNREADABLE as error:
            return send(_refusal(request.id, "command.invalid", f"{request.command}: {error}"))
        return self._answer(request, lambda: known[1](command), send)

    def _answer(self, request: Request, outcome: Callable[[], Any], send: Callable[[Reply], None]) -> None:
        try:
            result = outcome()
            if isinstance(result, Later):
                return self._answer_later(request, result, send)
            reply = Reply(id=request.id, ok=True, result=msgspec.Raw(_encode(result)))
        except RestrikeError as error:
            value = None if error.value is None else str(error.value)
            reply = Reply(id=request.id, ok=False, error=Err(code=error.code, message=error.message, value=value))
        except Exception as error:  # noqa: BLE001  # a request must always be answered, whatever its handler did
            self._on_fault(request.command, error)
            reply = _refusal(request.id, "internal", f"{request.command} failed inside the service: {error!r}")
        if self._log is not None:
            self._log.debug("command_answered", command=request.command, refused=reply.error and reply.error.code)
        return send(reply)

    def _answer_later(self, request: Request, later: Later, send: Callable[[Reply], None]) -> None:
        def deliver(outcome: Callable[[], Any]) -> None:
            self._open.discard(later)
            self._answer(request, outcome, send)

        self._open.add(later)
        later.when_answered(deliver)


def _refusal(request_id: str, code: str, message: str) -> Reply:
    return Reply(id=request_id, ok=False, error=Err(code=code, message=message))
