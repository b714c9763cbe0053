"""By how much counts grew lately, and when; cpu-monitor. No clock."""

from collections import deque
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

MOST_MOMENTS: Final = 600
"""Of one count: ten minutes of seconds."""

Moment = tuple[float, float]


class Growth:
    """Counts by name, over the last `window_s`. A count that fell began anew with its process: then all of it is new.

    Only what is added again within the window is kept, so that names which come and go take no memory.
    """

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._moments: dict[str, deque[Moment]] = {}

    def add(self, name: str, count: float, *, now_s: float) -> float:
        """By how much the count `name`, which is `count` now, grew in the window."""
        moments = self._moments.setdefault(name, deque(maxlen=MOST_MOMENTS))
        if not moments or moments[-1][1] != count:
            moments.append((now_s, count))
        while len(moments) > 1 and moments[1][0] <= now_s - self._window_s:
            moments.popleft()
        counts = [count for _, count in moments]
        return sum(after - before if after >= before else after for before, after in pairwise(counts))

    def keep(self, names: Iterable[str]) -> None:
        """Forget all others."""
        for name in set(self._moments) - set(names):
            del self._moments[name]


class Delay:
    """How long the oldest number that was told has waited until it was done; of each name."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[tuple[float, int]]] = {}

    def add(self, name: str, told: int, done: int, *, now_s: float) -> float:
        """Seconds since the first number behind `done` was told; 0 when all is done."""
        waiting = self._waiting.setdefault(name, deque())
        while waiting and waiting[0][1] <= done:
            waiting.popleft()
        if told > done and (not waiting or told > waiting[-1][1]) and len(waiting) < MOST_MOMENTS:
            waiting.append((now_s, told))
        return now_s - waiting[0][0] if waiting else 0.0

    def keep(self, names: Iterable[str]) -> None:
        """Forget all others."""
        for name in set(self._waiting) - set(names):
            del self._waiting[name]
