"""An external subscriber that remembers everything it heard, in a thread of its own."""

import threading
from typing import Any, Self

import msgspec
import zmq

from tests.support.wait import lenient

Heard = tuple[str, dict[str, Any]]


class Listener:
    """Subscribed to `prefixes` at `endpoint` from its `__enter__` on; `heard` holds (frame, envelope) in order."""

    def __init__(self, endpoint: str, *prefixes: str) -> None:
        self._endpoint = endpoint
        self._prefixes = prefixes
        self._stop = threading.Event()
        self._connected = threading.Event()
        self.heard: list[Heard] = []
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._connected.wait(lenient(5)), f"no event at {self._endpoint}: is the suite up?"
        self.heard.clear()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(5)

    def of(self, topic: str) -> list[dict[str, Any]]:
        """The events of one topic, in order."""
        return [envelope["event"] for frame, envelope in list(self.heard) if frame.startswith(topic + "/")]

    def published(self) -> list[tuple[str, int, int, str]]:
        """Topic, entry, index and text of every `pss.*` event, in order of arrival."""
        return [
            (frame, envelope["event"]["entry"], envelope["event"]["index"], envelope["event"]["raw"])
            for frame, envelope in list(self.heard)
            if frame.startswith("pss.")
        ]

    def _run(self) -> None:
        context = zmq.Context()
        socket = context.socket(zmq.SUB)
        socket.set(zmq.RCVHWM, 0)
        socket.set(zmq.RECONNECT_IVL, 10)
        for prefix in (*self._prefixes, "service.health/"):
            socket.subscribe(prefix.encode())
        socket.connect(self._endpoint)
        while not self._stop.is_set():
            if socket.poll(20):
                frame, body = socket.recv_multipart()
                # Subscriptions travel in byte order: what pss-parser heard of last, it tells first by its health.
                if frame == b"service.health/pss-parser/":
                    self._connected.set()
                if not frame.startswith(b"service.health/") or "service.health/" in self._prefixes:
                    self.heard.append((frame.decode(), msgspec.msgpack.decode(body)))
        socket.close(linger=0)
        context.term()
