"""The command server's refusals, and a client that is told to stop waiting."""

import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
import zmq

from shared.clock import monotonic_s
from shared.errors import NetworkError, ValidationError
from shared.messages.commands import GetRings, Rings, StartRing
from shared.messages.requests import Reply, Request
from shared.paths import Paths
from shared.rpc import Client, Later, RefusedError, Server, is_locked
from tests.support.wait import lenient

NIL = msgspec.Raw(b"\xc0")


class Wire:
    """Stands for a ROUTER socket: gives `requests`, keeps what is sent back."""

    def __init__(self, *requests: bytes) -> None:
        self.requests = list(requests)
        self.replies: list[Reply] = []

    def recv_multipart(self, _: int) -> list[bytes]:
        if not self.requests:
            raise zmq.Again
        return [b"client", b"", self.requests.pop(0)]

    def send_multipart(self, frames: list[bytes]) -> None:
        assert frames[:2] == [b"client", b""]
        self.replies.append(msgspec.msgpack.decode(frames[2], type=Reply))


def _answer(handler: Callable[[Any], Any], body: bytes) -> tuple[Reply, list[tuple[str, Exception]]]:
    faults: list[tuple[str, Exception]] = []
    wire = Wire(body)
    server = Server(cast("zmq.Socket[bytes]", wire), on_fault=lambda where, error: faults.append((where, error)))
    server.on(StartRing, handler)
    server.answer_next()
    (reply,) = wire.replies
    return reply, faults


def _request(body: object, *, command: str = "start_ring") -> bytes:
    raw = msgspec.Raw(msgspec.msgpack.encode(body))
    return msgspec.msgpack.encode(Request(service="udp-ingest", command=command, id="r1", body=raw))


def _raise(error: Exception) -> Callable[[Any], Any]:
    def handler(_: Any) -> None:
        raise error

    return handler


def test_an_answer_carries_the_result() -> None:
    """Under the request's id."""
    reply, faults = _answer(lambda command: command.ring.upper(), _request({"ring": "mat"}))
    assert (reply.id, reply.ok, msgspec.msgpack.decode(reply.result), faults) == ("r1", True, "MAT", [])


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"\xc1", "command.unreadable"),
        (b"\x81\xa2id\xa1\xff", "command.unreadable"),
        (_request({}), "command.invalid"),
        (_request({"ring": 5}), "command.invalid"),
        (_request([]), "command.invalid"),
        (_request({}, command="other"), "command.unknown"),
    ],
)
def test_what_is_refused_before_a_handler_sees_it(body: bytes, code: str) -> None:
    """Unreadable, unknown, or with fields that do not fit; none of it is a fault of the service."""
    reply, faults = _answer(_raise(AssertionError("not reached")), body)
    assert reply.error is not None
    assert (reply.ok, reply.error.code, faults) == (False, code, [])


def test_what_a_handler_refuses() -> None:
    """Code, sentence and value; no fault."""
    reply, faults = _answer(_raise(ValidationError("ring.unknown", "No.", value=3)), _request({"ring": "a"}))
    assert reply.error is not None
    assert (reply.error.code, reply.error.message, reply.error.value, faults) == ("ring.unknown", "No.", "3", [])


def test_a_handler_that_meets_undecodable_data_is_at_fault() -> None:
    """A decoding error inside a handler is not the asker's: it is told as internal, and counted."""
    for error in (msgspec.DecodeError("inside"), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "inside")):
        reply, faults = _answer(_raise(error), _request({"ring": "a"}))
        assert reply.error is not None
        assert (reply.error.code, faults) == ("internal", [("start_ring", error)])


def test_a_command_has_one_handler() -> None:
    """A second one is an error where it is registered."""
    server = Server(cast("zmq.Socket[bytes]", Wire()), on_fault=lambda *_: None)
    server.on(StartRing, lambda _: None)
    with pytest.raises(ValueError, match="start_ring has a handler already"):
        server.on(StartRing, lambda _: None)


def test_a_lock_tells_who_runs(tmp_path: Path) -> None:
    """Held: it runs. Not held, not there, or no possible name: it does not. Looking takes nothing away."""
    path = tmp_path / "x.lock"
    assert not is_locked(path)
    path.touch()
    assert not is_locked(path)
    fd = os.open(path, os.O_RDWR)
    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert is_locked(path)
    assert is_locked(path)
    os.close(fd)
    assert not is_locked(path)
    assert not is_locked(tmp_path / "x\x00.lock")
    assert not is_locked(tmp_path / ("x" * 5000))


class Impostor:
    """A socket under a service's name that answers `reply` to everything, once."""

    def __init__(self, paths: Paths, context: "zmq.Context[zmq.Socket[bytes]]") -> None:
        paths.prepare()
        self._lock = os.open(paths.lock("udp-ingest"), os.O_RDWR | os.O_CREAT)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.socket = context.socket(zmq.ROUTER)
        self.socket.bind(paths.command_socket("udp-ingest"))
        self.client = Client(paths, context)

    def close(self) -> None:
        self.socket.close(linger=0)
        os.close(self._lock)


@pytest.fixture
def context() -> Iterator["zmq.Context[zmq.Socket[bytes]]"]:
    made: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    yield made
    made.destroy(linger=0)


@pytest.fixture
def impostor(tmp_path: Path, context: "zmq.Context[zmq.Socket[bytes]]") -> Iterator[Impostor]:
    made = Impostor(Paths(tmp_path / "h"), context)
    yield made
    made.close()


@pytest.mark.parametrize(
    "reply",
    [
        lambda _: b"\xc1",
        lambda _: b"\x81\xa2id\xa1\xff",
        lambda r: msgspec.msgpack.encode(Reply(id=r.id, ok=True, result=msgspec.Raw(b"\x80"))),
    ],
)
def test_an_answer_that_cannot_be_read(impostor: Impostor, reply: Callable[[Request], bytes]) -> None:
    """From another version: a sentence that says so, not a traceback."""
    with pytest.raises(NetworkError) as refusal:
        _exchange(impostor, reply)
    assert refusal.value.code == "service.unreadable"


def test_a_refusal_without_a_reason(impostor: Impostor) -> None:
    """Still a refusal."""
    with pytest.raises(RefusedError) as refusal:
        _exchange(impostor, lambda r: msgspec.msgpack.encode(Reply(id=r.id, ok=False)))
    assert refusal.value.code == "service.empty_reply"


def _exchange(impostor: Impostor, reply: Callable[[Request], bytes]) -> Rings:
    def answer() -> bool:
        # Called while the client waits, so that no second thread is needed.
        if impostor.socket.poll(0):
            *route, body = impostor.socket.recv_multipart()
            impostor.socket.send_multipart([*route, reply(msgspec.msgpack.decode(body, type=Request))])
        return False

    impostor.client._is_over = answer
    return impostor.client.call(GetRings(), deadline_s=5)


def test_a_client_that_is_told_to_stop(impostor: Impostor) -> None:
    """A service that is asked to end while it waits for another one gives up at once."""
    asked = [False, False, True]
    impostor.client._is_over = lambda: asked.pop(0)
    started = monotonic_s()
    with pytest.raises(NetworkError) as refusal:
        impostor.client.call(GetRings(), deadline_s=30)
    assert refusal.value.code == "service.no_answer"
    assert monotonic_s() - started < lenient(2)


def _server(handler: Callable[[Any], Any]) -> tuple[Server, Wire, list[tuple[str, Exception]]]:
    faults: list[tuple[str, Exception]] = []
    wire = Wire(_request({"ring": "ring-1"}))
    server = Server(cast("zmq.Socket[bytes]", wire), on_fault=lambda where, error: faults.append((where, error)))
    server.on(StartRing, handler)
    server.answer_next()
    return server, wire, faults


def test_an_answer_may_come_later() -> None:
    """Nothing is sent until it is there; then it is, once, to the one who asked."""
    later = Later()
    server, wire, faults = _server(lambda _: later)
    assert (wire.replies, later.is_answered) == ([], False)
    later.answer("done")
    (reply,) = wire.replies
    assert (reply.id, reply.ok, msgspec.msgpack.decode(reply.result)) == ("r1", True, "done")
    with pytest.raises(ValueError, match="already"):
        later.answer("again")
    with pytest.raises(ValueError, match="already"):
        later.refuse(ValidationError("x", "No."))
    server.refuse_open(NetworkError("service.ended", "It ends."))
    assert (len(wire.replies), faults) == (1, [])


def test_a_refusal_may_come_later() -> None:
    """As whole as one that comes at once."""
    later = Later()
    _, wire, _ = _server(lambda _: later)
    later.refuse(ValidationError("tiny.refused", "This is refused.", value=42))
    (reply,) = wire.replies
    assert reply.error is not None
    assert (reply.ok, reply.error.code, reply.error.value) == (False, "tiny.refused", "42")


def test_an_answer_that_is_there_at_once() -> None:
    """A handler may know it before it returns."""
    later = Later()
    later.answer("done")
    _, wire, _ = _server(lambda _: later)
    assert [reply.ok for reply in wire.replies] == [True]


def test_a_later_answer_that_cannot_be_sent_is_answered_for() -> None:
    later = Later()
    _, wire, faults = _server(lambda _: later)
    later.answer(object())
    (reply,) = wire.replies
    assert reply.error is not None
    assert (reply.error.code, len(faults)) == ("internal", 1)


def test_what_is_open_at_the_end_is_refused() -> None:
    """Nobody waits for an answer that cannot come any more."""
    later = Later()
    server, wire, _ = _server(lambda _: later)
    server.refuse_open(NetworkError("service.ended", "It ends."))
    (reply,) = wire.replies
    assert reply.error is not None
    assert (reply.error.code, later.is_answered) == ("service.ended", True)
