"""When each datagram of a replay is due; knows no socket, and time only as it is given."""

import math
from collections.abc import Callable
from typing import Final

MAX: Final = math.inf
"""The speed of a replay that only its receiver holds back."""


def parse_speed(text: str) -> float:
    """`max`, or how many times faster than recorded.

    Raises:
        ValueError: neither; the message says so.
    """
    if text == "max":
        return MAX
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < math.inf:
        raise ValueError(f"{text!r} is neither max nor a number above 0.")
    return speed


class Pacer:
    """Waits until each datagram is due: counted from the first one, so that being late once delays nothing after it.

    `wait_s` may return early; it is asked again.
    """

    def __init__(self, speed: float, *, now_s: Callable[[], float], wait_s: Callable[[float], None]) -> None:
        self._speed = speed
        self._now_s = now_s
        self._wait_s = wait_s
        self._started_s: float | None = None

    def wait_until_due(self, at_s: float) -> None:
        """Return when the datagram recorded `at_s` seconds after the first is due; at once if it was due before."""
        if self._started_s is None:
            self._started_s = self._now_s()
        due_s = self._started_s + at_s / self._speed
        while (left_s := due_s - self._now_s()) > 0:
            self._wait_s(left_s)


class Window:
    """What may be under way before the receiver is asked how far it is, so that its buffer never overflows.

    Also full `look_every_s` after the last look: however slow the replay, a receiver that is gone is noticed.
    """

    DATAGRAMS: Final = 200
    OVERHEAD_BYTES: Final = 1024
    """What the kernel charges a datagram besides twice its bytes, at most: small ones cost a multiple of their size."""

    def __init__(self, *, buffer_bytes: int, look_every_s: float, now_s: Callable[[], float]) -> None:
        self._buffer_bytes = buffer_bytes
        self._look_every_s = look_every_s
        self._now_s = now_s
        self.clear()

    def clear(self) -> None:
        """The receiver has taken everything."""
        self._datagrams = 0
        self._bytes = 0
        self._look_at_s = self._now_s() + self._look_every_s

    def add(self, body: bytes) -> None:
        """A datagram was sent."""
        self._datagrams += 1
        self._bytes += 2 * len(body) + self.OVERHEAD_BYTES

    @property
    def is_full(self) -> bool:
        """Whether it is time to ask."""
        is_much = self._datagrams >= self.DATAGRAMS or self._bytes >= self._buffer_bytes
        return is_much or self._now_s() >= self._look_at_s
