"""What grew lately: the memory of health's judgements and of alerts; cpu-monitor. No clock."""

from collections import deque
from collections.abc import Collection, Hashable

from msgspec import Struct, field


class Trail(Struct):
    """One counter: its last value, whose it is, and when it grew by how much."""

    value: float = 0
    life: str | None = None
    grown: deque[tuple[float, float]] = field(default_factory=deque)


class Growth:
    """What is counted, by key, and by how much it grew within the last `within_s`. What is older is forgotten, whether
    anybody asks for it or not.
    """

    def __init__(self, within_s: float) -> None:
        self._within_s = within_s
        self._trails: dict[Hashable, Trail] = {}

    def count(self, key: Hashable, value: float, *, now_s: float, life: str | None = None) -> None:
        """A counter stands at `value`. What is met for the first time tells nothing. With another `life` (of a process,
        of a session) it began anew, without one when it fell: then all of it is new. What falls within one life is
        told late, and nothing new.
        """
        trail = self._trails.get(key)
        if trail is None:
            self._trails[key] = Trail(value=value, life=life)
            return
        is_anew = life != trail.life or (life is None and value < trail.value)
        by = value if is_anew else value - trail.value
        if is_anew or by > 0:
            trail.value, trail.life = value, life
            self._grow(trail, by, now_s)

    def mark(self, key: Hashable, by: float, *, now_s: float) -> None:
        """It happened now; `by` is how often, or how bad."""
        self._grow(self._trails.setdefault(key, Trail()), by, now_s)

    def recent(self, key: Hashable, *, now_s: float) -> list[float]:
        """By how much it grew, each time."""
        trail = self._trails.get(key)
        if trail is None:
            return []
        self._forget(trail, now_s)
        return [by for _, by in trail.grown]

    def keep(self, keys: Collection[Hashable]) -> None:
        """Forget all others."""
        for key in self._trails.keys() - set(keys):
            del self._trails[key]

    def _grow(self, trail: Trail, by: float, now_s: float) -> None:
        self._forget(trail, now_s)
        if by:
            trail.grown.append((now_s, by))

    def _forget(self, trail: Trail, now_s: float) -> None:
        while trail.grown and now_s - trail.grown[0][0] > self._within_s:
            trail.grown.popleft()
