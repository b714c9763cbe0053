"""What grew lately, and since when something is behind: the memory of health's judgements; cpu-monitor.

Plain data. Keys are few: services, rings and interfaces, times what is counted of each.
"""

from collections import deque
from typing import Final

from msgspec import Struct, field

WITHIN_S: Final = 60.0
"""How long growth is told: long enough to be read, and for three to be one story."""

Key = tuple[str, str, str]
"""Subject, name, what is counted."""


class Trail(Struct):
    """One counter: its last value, whose it is, and when it grew by how much."""

    value: float = 0
    life: str = ""
    grown: deque[tuple[float, float]] = field(default_factory=deque)

    def grow(self, by: float, *, now_s: float) -> None:
        """It grew now. What is older than a minute goes, whether anybody asks for it or not."""
        self.forget(now_s=now_s)
        self.grown.append((now_s, by))

    def forget(self, *, now_s: float) -> None:
        """Let go what is older than a minute."""
        while self.grown and now_s - self.grown[0][0] > WITHIN_S:
            self.grown.popleft()


class Behind(Struct, frozen=True):
    """Somebody has to come to `entry` of journal `journal_id`, which was there at `at_s`."""

    journal_id: str
    entry: int
    at_s: float


class Trails:
    """All trails."""

    def __init__(self) -> None:
        self.was_synchronised = False
        """Whether the clock ever followed a time server since cpu-monitor began."""
        self.bus_away_at_s: float | None = None
        """When nobody was heard on the bus, the last time."""
        self.sampled_at_s: float | None = None
        """When the newest sample was taken."""
        self.behind: dict[str, Behind] = {}
        self.commit_s: float | None = None
        """How long a commit to the journal took on average between the last two readings of udp-ingest's meters; None:
        it is not known, or nothing was committed.
        """
        self._trails: dict[Key, Trail] = {}

    def count(self, key: Key, value: float, *, life: str, now_s: float) -> None:
        """A counter that only grows within one `life` (of a process, of a session) stands at `value`. What is met for
        the first time tells nothing.
        """
        trail = self._trails.get(key)
        if trail is None:
            self._trails[key] = Trail(value=value, life=life)
            return
        by = value - trail.value if life == trail.life else value
        if by > 0:
            trail.grow(by, now_s=now_s)
        trail.value, trail.life = value, life

    def mark(self, key: Key, by: float, *, now_s: float) -> None:
        """Something happened now; `by` is how bad."""
        self._trails.setdefault(key, Trail()).grow(by, now_s=now_s)

    def recent(self, key: Key, *, now_s: float) -> list[float]:
        """By how much it grew, each time within the last minute."""
        trail = self._trails.get(key)
        if trail is None:
            return []
        trail.forget(now_s=now_s)
        return [by for _, by in trail.grown]
