"""Which backups are kept: the last of each hour, day, week and month, for so many of each; db-writer.

All in UTC, like the names of backups: days do not shift when a machine travels or clocks are changed.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

BEFORE: Final = "before-"


class Keep(Struct, frozen=True, kw_only=True):
    """How many hours, days, weeks and months, that have a backup, keep their last; and for how many days backups before
    a change and damaged ones are kept.
    """

    hourly: int
    daily: int
    weekly: int
    monthly: int
    before_days: int


class Candidate(Struct, frozen=True, kw_only=True):
    """A backup. `group` is its format: a JSON backup does not stand for one of the database. `is_sound` is None when it
    was not verified.
    """

    name: str
    group: str
    reason: str
    taken_at: datetime
    is_sound: bool | None = None


_PERIODS: Final[dict[str, Callable[[datetime], object]]] = {
    "hourly": lambda at: (at.date(), at.hour),
    "daily": lambda at: at.date(),
    "weekly": lambda at: at.isocalendar()[:2],
    "monthly": lambda at: (at.year, at.month),
}


def to_remove(candidates: Iterable[Candidate], keep: Keep, *, now: datetime) -> list[str]:
    """The names of backups that need not be kept, the oldest first; times are UTC.

    Of each group its newest, and its newest that was verified as sound, are always kept. Damaged ones do not count.
    """
    ordered = sorted(candidates, key=lambda one: (one.taken_at, one.name), reverse=True)
    kept = {one.name for one in ordered if _is_young_exception(one, keep, now=now)}
    for group in {one.group for one in ordered}:
        usable = [one for one in ordered if one.group == group and one.is_sound is not False]
        kept |= {one.name for one in usable[:1]}
        kept |= {one.name for one in [one for one in usable if one.is_sound][:1]}
        for period, bucket in _PERIODS.items():
            kept |= _last_of_each(usable, bucket, getattr(keep, period))
    return [one.name for one in reversed(ordered) if one.name not in kept]


def _is_young_exception(one: Candidate, keep: Keep, *, now: datetime) -> bool:
    is_exception = one.reason.startswith(BEFORE) or one.is_sound is False
    return is_exception and one.taken_at > now - timedelta(days=keep.before_days)


def _last_of_each(newest_first: list[Candidate], bucket: Callable[[datetime], object], count: int) -> set[str]:
    last: dict[object, str] = {}
    for one in newest_first:
        last.setdefault(bucket(one.taken_at), one.name)
    return set(list(last.values())[:count])
