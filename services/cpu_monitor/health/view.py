"""What a judgement sees, and what it says; cpu-monitor. No clock, no I/O."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from msgspec import Struct

from services.cpu_monitor.picture import Picture
from shared.messages.health import RANK, Condition, HealthItem, Subject

ALIVE_S: Final = 3.0
"""A service says each second that it lives, and each second it is asked: three of its periods."""
GRACE_S: Final = 5.0
"""After cpu-monitor's own start nobody can have been silent for long."""


class Tolerances(Struct, frozen=True, kw_only=True):
    """What is still well: the settings of that name. `rings` are those of restrike.json, `off_rings` those of them that
    are not to listen by themselves.
    """

    silence_s: float = 2.2
    disk_free_bytes: int = 10 << 30
    disk_least_bytes: int = 2 << 30
    recordings_free_bytes: int = 30 << 30
    clock_offset_ms: float = 200
    behind_s: float = 10
    loop_lag_ms: float = 1_000
    waiting_percent: float = 50
    memory_percent: float = 10
    backup_every_hours: float = 1
    kill_after_s: float = 20
    rings: tuple[str, ...] = ()
    off_rings: frozenset[str] = frozenset()


class Verdict(Struct, frozen=True):
    """What is found of one thing; `reason` and `remedy` are None when it is ok."""

    name: str
    condition: Condition = Condition.OK
    reason: str | None = None
    remedy: str | None = None


class View(Struct, frozen=True):
    """The picture at one moment: monotonic seconds and Unix microseconds. `before` is what was found the last time."""

    picture: Picture
    now_s: float
    now_us: int
    tolerances: Tolerances
    before: dict[tuple[Subject, str], HealthItem]

    @property
    def is_new(self) -> bool:
        """Whether cpu-monitor itself began a moment ago, so that what it has not heard may still come."""
        return self.now_s - self.picture.began_at_s < GRACE_S

    @property
    def bus_is_away(self) -> bool:
        """Whether nobody at all was heard lately: then it is the broker that is silent."""
        heard = [life.heard_at_s for life in self.picture.services.values()]
        return not any(self.is_fresh(at_s, ALIVE_S) for at_s in heard)

    def is_fresh(self, at_s: float | None, within_s: float) -> bool:
        """Whether something happened within the last seconds."""
        return at_s is not None and self.now_s - at_s <= within_s

    def is_alive(self, service: str) -> bool:
        """Whether a service was heard or answered lately: without the broker nobody is heard."""
        life = self.picture.services.get(service)
        if life is None:
            return False
        return self.is_fresh(life.heard_at_s, ALIVE_S) or self.is_fresh(life.answered_at_s, ALIVE_S)

    def grew(self, subject: Subject, name: str, what: str) -> float:
        """By how much something grew within the last minute."""
        return sum(self.picture.trails.grown.recent((subject, name, what), now_s=self.now_s))

    def was(self, subject: Subject, name: str) -> Condition:
        """How it was judged the last time."""
        item = self.before.get((subject, name))
        return Condition.UNKNOWN if item is None else item.condition


Judge = Callable[[View], Iterator[Verdict]]


def worst(name: str, found: Iterable[Verdict]) -> Verdict:
    """The worst of what was found of one thing, the first of them; ok when nothing was."""
    return max(found, key=lambda verdict: RANK[verdict.condition], default=Verdict(name))


def ok(name: str) -> Verdict:
    """It is as it should be."""
    return Verdict(name)


def degraded(name: str, reason: str, remedy: str) -> Verdict:
    """It works, but somebody should look."""
    return Verdict(name, Condition.DEGRADED, reason, remedy)


def failed(name: str, reason: str, remedy: str) -> Verdict:
    """It does not do its work."""
    return Verdict(name, Condition.FAILED, reason, remedy)


def unknown(name: str, reason: str, remedy: str) -> Verdict:
    """Nobody can say."""
    return Verdict(name, Condition.UNKNOWN, reason, remedy)


def duration(seconds: float) -> str:
    """A time for people: `12 s`, `5 min`, `3 h`, `2 days`."""
    for most, unit, name in ((120, 1, "s"), (7_200, 60, "min"), (172_800, 3_600, "h")):
        if seconds < most:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds / 86_400:.0f} days"


def size(count: float) -> str:
    """Bytes for people: `3.1 GiB`."""
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.0f} {unit}"
        count /= 1024
    return f"{count:.1f} GiB"


def closed(sentence: str) -> str:
    """A sentence of somebody else's with one full stop at its end."""
    return f"{sentence.rstrip('. ')}."
