"""What changes in health from one report to the next: for `restrike health --watch`, the terminal of `restrike up` and
the live screen.
"""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from services.cli.health_report import Seen
from shared.messages.health import Condition, HealthItem, HealthReport, Subject

SETTLED_US: Final = 6_000_000
"""A cpu-monitor that is back has heard, and judged, everything by then."""
Key = tuple[Subject, str]


class _Told(Struct, frozen=True):
    """How something stands as far as it was told, and whether cpu-monitor found it ill."""

    item: HealthItem
    is_judged_ill: bool


class Changes:
    """What changed from report to report. What is unknown is none: something said nothing yet.

    While cpu-monitor is away only services are told of, and none is called well that cpu-monitor found ill. Once it is
    back, nothing but a service is called well before it can have heard how that is.
    """

    def __init__(self) -> None:
        self._before: dict[Key, _Told] = {}
        self._away_at_us: int | None = None

    def take(self, seen: Seen) -> Iterator[tuple[HealthItem, HealthItem | None]]:
        """Each item that stands otherwise, and how it stood before (None: it was well, or is new). Both say since when
        they stood so, over all reports.
        """
        report = seen.report
        if not seen.is_judged:
            self._away_at_us = report.at_us
        for item in report.items:
            key = (item.subject, item.name)
            told = self._before.get(key)
            if not self._counts(item, told, seen):
                continue
            at_us = max(report.at_us, self._away_at_us or 0)  # the first of a cpu-monitor that was frozen is an old one
            now = item if told is None else _since(item, told.item, at_us=at_us)
            is_judged_ill = item.condition is not Condition.OK if seen.is_judged else bool(told and told.is_judged_ill)
            self._before[key] = _Told(now, is_judged_ill)
            if (Condition.OK if told is None else told.item.condition) is not item.condition:
                yield now, None if told is None else told.item

    def _counts(self, item: HealthItem, told: _Told | None, seen: Seen) -> bool:
        if item.condition is Condition.UNKNOWN:
            return False
        is_service, is_well = item.subject is Subject.SERVICE, item.condition is Condition.OK
        if not seen.is_judged:
            return is_service and not (is_well and told is not None and told.is_judged_ill)
        return is_service or not is_well or self._is_settled(seen.report.at_us)

    def _is_settled(self, at_us: int) -> bool:
        """A clock that was set meanwhile puts nothing off."""
        return self._away_at_us is None or not 0 <= at_us - self._away_at_us < SETTLED_US


def _since(item: HealthItem, before: HealthItem, *, at_us: int) -> HealthItem:
    """What is as before is so since then. What is otherwise cannot be so for longer than the time before lasted."""
    if item.condition is before.condition:
        return replace(item, since_us=min(item.since_us, before.since_us))
    return item if item.since_us >= before.since_us else replace(item, since_us=at_us)


def carried(report: HealthReport, before: HealthReport | None) -> HealthReport:
    """A report of what the services answered, with what stands as in the one before since then."""
    known = {(item.subject, item.name): item for item in before.items} if before is not None else {}
    items = []
    for item in report.items:
        same = known.get((item.subject, item.name))
        is_same = same is not None and same.condition is item.condition
        items.append(replace(item, since_us=same.since_us) if same is not None and is_same else item)
    return replace(report, items=tuple(items))
