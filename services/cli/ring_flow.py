"""What is under way to a ring of the suite: sent by us, and not counted by udp-ingest yet."""

from collections.abc import Callable
from typing import Final

from services.cli.pacing import Window
from shared.clock import monotonic_s, wait_s
from shared.errors import ValidationError
from shared.messages.commands import GetRings
from shared.messages.udp import RingStatus
from shared.rpc import Client

HEARD_WITHIN_S: Final = 2.0
"""Datagrams that udp-ingest has not counted this long after the last one that it did were dropped on the way."""
POLL_S: Final = 0.001


def status_of(client: Client, ring: str) -> RingStatus:
    """What udp-ingest says of a ring.

    Raises:
        ValidationError: there is no such ring.
    """
    rings = {status.ring: status for status in client.call(GetRings()).rings}
    if ring not in rings:
        raise ValidationError("ring.unknown", f"There is no ring {ring}. Configured: {', '.join(rings)}.")
    return rings[ring]


class Flow:
    """`sent` by us, of which udp-ingest had counted `heard` when it was last asked, by `count`.

    `is_full`: more than the ring's buffer may hold is under way, or nobody asked for `look_every_s`.
    """

    def __init__(self, count: Callable[[], int], *, buffer_bytes: int, look_every_s: float) -> None:
        self.sent = 0
        self.heard = 0
        self._missed = 0
        self._count = count
        self._window = Window(buffer_bytes=buffer_bytes, look_every_s=look_every_s, now_s=monotonic_s)

    @property
    def is_full(self) -> bool:
        """Whether to `look` before more is sent."""
        return self._window.is_full

    def add(self, body: bytes) -> None:
        """A datagram was sent."""
        self.sent += 1
        self._window.add(body)

    def look(self) -> None:
        """Wait until udp-ingest has counted what was sent; what it never will is remembered as missed."""
        deadline_s = monotonic_s() + HEARD_WITHIN_S
        while (count := self._count()) < self.sent - self._missed:
            if count != self.heard:
                deadline_s = monotonic_s() + HEARD_WITHIN_S
            elif monotonic_s() > deadline_s:
                self._missed = self.sent - count
            self.heard = count
            wait_s(POLL_S)
        self.heard = count
        self._window.clear()
