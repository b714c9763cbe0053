"""Follows the broker's events through restarts of anything; the receiving half of `restrike events tail`."""

from collections import deque
from collections.abc import Sequence
from typing import Any, Final

import zmq

from services.cli import output
from shared.bus import Delivery, Subscriber
from shared.clock import monotonic_s
from shared.paths import Paths
from shared.rpc import is_locked

BROKER: Final = "broker"
LOOK_MS: Final = 250
"""How often to look whether the broker still runs while nothing arrives."""


class Tail:
    """A subscription. Says on standard error when the broker is gone and when it is back."""

    def __init__(self, context: "zmq.Context[Any]", paths: Paths, frames: Sequence[bytes]) -> None:
        self._lock = paths.lock(BROKER)
        self._waiting: deque[Delivery] = deque()
        self._is_away = False
        self._subscriber = Subscriber(context, paths.socket("broker.sub"))
        for frame in frames:
            self._subscriber.subscribe(frame)

    def subscribe(self, frame: bytes) -> None:
        """Receive this frame, too."""
        self._subscriber.subscribe(frame)

    def wait_for_broker(self) -> None:
        """Return when the broker runs."""
        while not self._broker_runs():
            self._subscriber.socket.poll(LOOK_MS)

    def next(self) -> Delivery:
        """The next event, however long that takes."""
        while not self._waiting:
            self._receive(LOOK_MS)
            if not self._waiting:
                self._broker_runs()
        return self._waiting.popleft()

    def wait_for(self, frame: bytes, *, within_s: float) -> bool:
        """Whether an event of `frame` arrives in time; it is taken out, those before it stay to be read."""
        deadline = monotonic_s() + within_s
        while True:
            for delivery in self._waiting:
                if delivery.frame == frame:
                    self._waiting.remove(delivery)
                    return True
            left_ms = int((deadline - monotonic_s()) * 1000)
            if left_ms < 0:
                return False
            self._receive(left_ms + 1)

    def _receive(self, wait_ms: int) -> None:
        if self._subscriber.socket.poll(wait_ms):
            self._waiting.extend(self._subscriber.drain())

    def _broker_runs(self) -> bool:
        runs = is_locked(self._lock)
        if not runs and not self._is_away:
            output.note("The broker is not running; waiting for it. Start the suite with: restrike up")
        elif runs and self._is_away:
            output.note("The broker is running.")
        self._is_away = not runs
        return runs
