"""The port at which Prometheus asks. The loop accepts, a thread for each connection answers, a few at a time, and each
only so long: whatever clients do, the loop goes on; cpu-monitor.
"""

import contextlib
import os
import socket
import threading
from functools import partial

from services.cpu_monitor.exposing.snapshot import Snapshot, taken
from services.cpu_monitor.picture import Picture
from shared.clock import monotonic_s
from shared.meter_list import SCRAPES
from shared.runtime import Runtime

MOST_CLIENTS = 4
"""Clients that are answered at once; there are one or two Prometheus. More wait in the kernel's queue."""
BACKLOG = 8
WITHIN_S = 10.0
"""A connection is ended then, whatever it does; Prometheus gives up after 10 s, too."""
SNAPSHOT_WITHIN_S = 2.0
BIND_EVERY_S = 2.0
"""How often a port that is taken is tried again."""


class Door:
    """Listens where it is told by `move`. What it cannot do is in the picture (`metrics_error`)."""

    def __init__(self, runtime: Runtime, picture: Picture) -> None:
        self._runtime = runtime
        self._picture = picture
        self._place: tuple[str, int] | None = None
        self._listening: socket.socket | None = None
        self._is_open = False
        self._clients: dict[int, socket.socket] = {}
        self._count = 0
        self._answered = runtime.meters.counter(SCRAPES, "answered")
        self._failed = runtime.meters.counter(SCRAPES, "failed")

    def move(self, endpoint: str | None) -> None:
        """Listen at `endpoint` from here on; None: nowhere."""
        self.close()
        self._picture.metrics_error = None
        host, _, port = (endpoint or "").rpartition(":")
        self._place = (host, int(port)) if endpoint else None
        self.bind()

    def bind(self) -> None:
        """Listen, unless it does; called again and again."""
        if self._listening is not None:
            self._open()
        if self._listening is not None or self._place is None:
            return
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.settimeout(0)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(self._place)
            listening.listen(BACKLOG)
        except OSError as error:
            listening.close()
            self._tell(error, "{}:{}".format(*self._place))
            return
        if self._picture.metrics_error is not None:
            self._runtime.log.info("metrics_served", endpoint="{}:{}".format(*self._place))
        self._picture.metrics_error = None
        self._listening = listening
        self._open()

    def close(self) -> None:
        """Listen no more, and let everybody go."""
        self._shut()
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        for number in list(self._clients):
            self._cut(number)

    def _tell(self, error: OSError, endpoint: str) -> None:
        reason = os.strerror(error.errno) if error.errno else str(error)
        sentence = f"Metrics are not served: {endpoint} cannot be bound ({reason}). It is tried again every 2 s."
        if self._picture.metrics_error != sentence:
            self._picture.metrics_error = sentence
            self._runtime.log.warning("metrics_not_served", error=sentence)

    def _open(self) -> None:
        if self._listening is not None and not self._is_open and len(self._clients) < MOST_CLIENTS:
            self._is_open = True
            self._runtime.on_readable(self._listening.fileno(), self._accept)

    def _shut(self) -> None:
        if self._listening is not None and self._is_open:
            self._is_open = False
            self._runtime.forget(self._listening.fileno())

    def _accept(self) -> None:
        """One client; with as many as there may be, the others wait."""
        if self._listening is None:
            return
        try:
            client, address = self._listening.accept()
        except BlockingIOError:  # it went away
            return
        except OSError:  # there are no file handles left just now: `bind` opens again
            self._shut()
            return
        self._count += 1
        number = self._count
        self._clients[number] = client
        if len(self._clients) >= MOST_CLIENTS:
            self._shut()
        timer = self._runtime.after(WITHIN_S, partial(self._cut, number))

        def ended(*, is_answered: bool) -> None:
            timer.cancel()
            self._gone(number, is_answered=is_answered)

        def serve() -> None:
            is_answered = False
            try:
                from services.cpu_monitor.exposing.answering import answer  # noqa: PLC0415  # 2 MB, only for Prometheus

                is_answered = answer(client, address, self._snapshot)
            finally:
                with contextlib.suppress(OSError):  # the loop has ended
                    self._runtime.post(partial(ended, is_answered=is_answered))

        try:
            threading.Thread(target=serve, name=f"metrics-{number}", daemon=True).start()
        except RuntimeError:  # there are no threads left just now
            ended(is_answered=False)

    def _snapshot(self) -> Snapshot | None:
        """In a client's thread: the loop makes a snapshot, between two of its handlers."""
        found: list[Snapshot] = []
        made = threading.Event()

        def make() -> None:
            try:
                found.append(taken(self._picture, now_s=monotonic_s()))
            finally:
                made.set()

        self._runtime.post(make)
        made.wait(SNAPSHOT_WITHIN_S)
        return found[0] if found else None

    def _cut(self, number: int) -> None:
        """End a connection under its thread; that ends by itself then."""
        client = self._clients.get(number)
        if client is not None:
            with contextlib.suppress(OSError):  # the client did
                client.shutdown(socket.SHUT_RDWR)

    def _gone(self, number: int, *, is_answered: bool) -> None:
        (self._answered if is_answered else self._failed).value += 1
        self._clients.pop(number).close()
        self._open()


def expose(runtime: Runtime, picture: Picture) -> None:
    """Serve the metrics where `restrike.json` says; nowhere, if it says null."""
    door = Door(runtime, picture)
    runtime.on_config("metrics.endpoint", door.move)
    runtime.on_config("metrics.allow_remote", lambda _: None)  # it only says whether the endpoint may be as it is
    runtime.every(BIND_EVERY_S, door.bind)
    runtime.on_stop(door.close)
