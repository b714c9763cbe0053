"""All clocks of a stage: time passes when a test lets it."""

import heapq
import itertools
from collections.abc import Callable

AT_US = 1_790_000_000_000_000


class Timer:
    """What happens later on the stage."""

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """Have it not happen."""
        self.callback = None


class Time:
    """All clocks. `wall_us` may be set; `monotonic` is what the small OBS asks."""

    def __init__(self) -> None:
        self.mono_us = 5_000_000_000
        self.ahead_us = AT_US - self.mono_us
        self.steps = 0
        self._heap: list[tuple[int, int, Timer]] = []
        self._numbers = itertools.count()

    @property
    def wall_us(self) -> int:
        """Unix microseconds."""
        return self.mono_us + self.ahead_us

    def monotonic(self) -> float:
        """Seconds."""
        return self.mono_us / 1e6

    def after(self, seconds: float, callback: Callable[[], None]) -> Timer:
        """Have something happen."""
        timer = Timer(callback)
        heapq.heappush(self._heap, (self.mono_us + round(seconds * 1e6), next(self._numbers), timer))
        return timer

    def pass_s(self, seconds: float, each: Callable[[], None]) -> None:
        """Let time pass; `each` is called after everything that happens."""
        until_us = self.mono_us + round(seconds * 1e6)
        while self._heap and self._heap[0][0] <= until_us:
            at_us, _, timer = heapq.heappop(self._heap)
            self.mono_us = max(self.mono_us, at_us)
            if timer.callback is not None:
                timer.callback()
                self.steps += 1
                each()
        self.mono_us = until_us
