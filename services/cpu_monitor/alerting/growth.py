"""By how much counts grew lately; cpu-monitor. No clock."""

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
