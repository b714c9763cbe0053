"""Notices that the machine's wall clock was set; obs-bridge."""

from collections.abc import Callable
from typing import Final

STEP_US: Final = 100_000
"""Less is the ordinary correction of a clock."""


class WallClock:
    """Compares the wall clock with the one that nobody sets."""

    def __init__(self, now_us: int, monotonic_us: Callable[[], int]) -> None:
        self._monotonic_us = monotonic_us
        self._ahead_us = now_us - monotonic_us()

    def stepped_us(self, now_us: int) -> int:
        """By how much the wall clock was set since the last call; 0: it was not."""
        ahead_us = now_us - self._monotonic_us()
        by_us = ahead_us - self._ahead_us
        if abs(by_us) <= STEP_US:
            return 0
        self._ahead_us = ahead_us
        return by_us
