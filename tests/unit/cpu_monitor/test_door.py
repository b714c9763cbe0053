"""Who asks for the metrics: a few at a time, each only so long, and the loop never waits."""

import contextlib
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from services.cpu_monitor.exposing import answering, door
from services.cpu_monitor.exposing.door import MOST_CLIENTS, Door
from services.cpu_monitor.exposing.snapshot import Snapshot
from services.cpu_monitor.picture import Picture
from shared.meters import Meters
from tests.support.suite import free_port
from tests.support.wait import eventually


class Loop:
    """As much of a runtime as a door needs. Nothing happens by itself: `turn` does what is to be done now."""

    def __init__(self) -> None:
        self.meters = Meters("cpu-monitor")
        self.log: Any = SimpleNamespace(warning=self._said, info=self._said)
        self.said: list[str] = []
        self.readers: dict[int, Callable[[], None]] = {}
        self.posted: deque[Callable[[], None]] = deque()
        self.timers: list[Callable[[], None]] = []

    def _said(self, event: str, **_: object) -> None:
        self.said.append(event)

    def on_readable(self, number: int, callback: Callable[[], None]) -> None:
        assert number not in self.readers
        self.readers[number] = callback

    def forget(self, number: int) -> None:
        del self.readers[number]

    def post(self, callback: Callable[[], None]) -> None:
        self.posted.append(callback)

    def after(self, seconds: float, callback: Callable[[], None]) -> Any:
        assert seconds == door.WITHIN_S
        self.timers.append(callback)
        return SimpleNamespace(cancel=lambda: self.timers.remove(callback))

    def accept(self) -> bool:
        for callback in list(self.readers.values()):
            callback()
        return True

    def turn(self) -> bool:
        self.accept()
        for _ in range(len(self.posted)):
            self.posted.popleft()()
        return True


class Place:
    """A door at a free port."""

    def __init__(self) -> None:
        self.loop = Loop()
        self.picture = Picture(["broker"], began_at_s=0.0)
        self.address = ("127.0.0.1", free_port())
        self.door = Door(self.loop, self.picture)  # type: ignore[arg-type]  # see Loop
        self.clients: list[socket.socket] = []

    def open(self) -> None:
        self.door.move("{}:{}".format(*self.address))

    def client(self, says: bytes = b"GET /metrics HTTP/1.0\r\n\r\n") -> socket.socket:
        client = socket.create_connection(self.address, timeout=5)
        self.clients.append(client)
        client.sendall(says)
        return client

    def turns(self, until: Callable[[], object]) -> None:
        eventually(lambda: self.loop.turn() and until(), within=5)

    def read(self, client: socket.socket) -> bytes:
        """What a client gets until it is let go, while the loop turns."""
        found = bytearray()
        is_over = threading.Event()

        def take() -> None:
            with contextlib.suppress(ConnectionResetError):  # it had not read all that was said
                while more := client.recv(65536):
                    found.extend(more)
            is_over.set()

        threading.Thread(target=take, daemon=True).start()
        self.turns(is_over.is_set)
        return bytes(found)

    def scrapes(self) -> dict[str, float]:
        return {dict(one.labels)["outcome"]: one.value for one in self.loop.meters.read().counters}


@pytest.fixture
def place() -> Iterator[Place]:
    found = Place()
    yield found
    found.door.close()
    for client in found.clients:
        client.close()
    eventually(lambda: not _threads(), within=5, what="threads left behind")
    while found.loop.posted:
        found.loop.posted.popleft()()


def _threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("metrics-")]


def test_a_scrape(place: Place) -> None:
    """The metrics as text, with the type that Prometheus asks for; then the connection is closed."""
    place.open()
    answer = place.read(place.client())
    assert answer.startswith(b"HTTP/1.0 200")
    assert b"Content-Type: text/plain; version=0.0.4" in answer
    assert b'\nrestrike_service_up{service="broker"} 0.0\n' in answer
    place.turns(lambda: place.scrapes()["answered"] == 1)
    assert not place.loop.timers


@pytest.mark.parametrize(
    ("says", "gets"),
    [
        (b"GET / HTTP/1.0\r\n\r\n", b"HTTP/1.0 404"),
        (b"POST /metrics HTTP/1.0\r\n\r\n", b"HTTP/1.0 501"),
        (b"GET /metrics?name[]=x HTTP/1.1\r\nHost: x\r\n\r\n", b"HTTP/1.0 200"),
        (b"\x16\x03\x01\x00nonsense\r\n\r\n", b""),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.0\r\n\r\n", b"HTTP/1.0 414"),
        (b"GET /metrics HTTP/1.0\r\n" + b"a: b\r\n" * 200 + b"\r\n", b"HTTP/1.0 431"),
    ],
)
def test_whatever_a_client_says(place: Place, says: bytes, gets: bytes) -> None:
    """It is answered or let go, and the next one is served."""
    place.open()
    assert gets in place.read(place.client(says))
    assert place.read(place.client()).startswith(b"HTTP/1.0 200")


def test_a_few_at_a_time(place: Place) -> None:
    """With as many silent clients as there may be, nobody else is let in and the loop is not woken; when one leaves,
    the next one is served.
    """
    place.open()
    for _ in range(MOST_CLIENTS):
        place.client(b"")
    place.turns(lambda: not place.loop.readers)
    waiting = place.client()
    assert len(_threads()) == MOST_CLIENTS
    place.clients[0].close()
    assert place.read(waiting).startswith(b"HTTP/1.0 200")
    assert place.scrapes() == {"answered": 1, "failed": 1}


def test_nobody_stays_for_ever(place: Place) -> None:
    """Who sends a byte now and then is let go when the time is over, though it never was silent for long."""
    place.open()
    slow = place.client(b"GET /met")
    place.turns(lambda: place.loop.timers)
    slow.sendall(b"rics")
    place.loop.timers[0]()
    assert place.read(slow) == b""
    place.turns(lambda: place.scrapes()["failed"] == 1)


def test_who_says_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the time-out of a read, without any answer."""
    monkeypatch.setattr(answering._Handler, "timeout", 0.05)
    ours, client = socket.socketpair()
    with ours, client:
        assert not answering.answer(ours, ("127.0.0.1", 1), Snapshot)


def test_who_takes_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that asks and never reads: the answer does not fit into the socket, and ours ends."""
    monkeypatch.setattr(answering._Handler, "timeout", 0.05)
    monkeypatch.setattr(answering._Handler, "do_GET", lambda self: self.wfile.write(b"x" * 50_000_000))
    ours, client = socket.socketpair()
    with ours, client:
        client.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        assert not answering.answer(ours, ("127.0.0.1", 1), Snapshot)


def test_a_busy_loop(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the loop does not turn there is no snapshot: the client is told, and the rest goes on later."""
    monkeypatch.setattr(door, "SNAPSHOT_WITHIN_S", 0.05)
    place.open()
    client = place.client()
    eventually(lambda: place.loop.accept() and _threads(), within=5)
    assert client.recv(12) == b"HTTP/1.0 503"
    place.turns(lambda: place.scrapes()["failed"] == 1)


def test_a_taken_port(place: Place) -> None:
    """It is told once, and again in health as long as it lasts; then it is over."""
    with socket.create_server(place.address):
        place.open()
        place.door.bind()
        assert place.picture.metrics_error is not None
        assert "cannot be bound (Address already in use)" in place.picture.metrics_error
        assert place.loop.said == ["metrics_not_served"]
    place.door.bind()
    assert place.picture.metrics_error is None
    assert place.loop.said == ["metrics_not_served", "metrics_served"]
    assert place.read(place.client()).startswith(b"HTTP/1.0 200")


def test_no_threads_left(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without threads to spare costs this client its answer, not the door a place."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    place.open()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        client = place.client()
        eventually(lambda: place.loop.turn() and place.scrapes()["failed"], within=5)
    with pytest.raises(ConnectionResetError):
        client.recv(1)
    assert place.read(place.client()).startswith(b"HTTP/1.0 200")


def test_it_moves(place: Place) -> None:
    """Another endpoint of restrike.json is in force at once, and null closes it; who was let in is let go."""
    place.open()
    silent, before = place.client(b""), place.address
    place.turns(lambda: place.loop.timers)
    place.address = ("127.0.0.1", free_port())
    place.open()
    assert place.read(silent) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(before, timeout=1)
    assert place.read(place.client()).startswith(b"HTTP/1.0 200")
    place.door.move(None)
    place.door.bind()
    with pytest.raises(ConnectionRefusedError):
        place.client()
