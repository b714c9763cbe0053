"""How everything stands, for `restrike health`, `status`, `up`: as cpu-monitor judges it, else as the services say."""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from services.cli import output, readiness
from services.cli.obs.status_lines import ALARMS
from services.cli.readiness import Readiness
from shared.clock import unix_ns
from shared.errors import RestrikeError
from shared.messages.health import Condition, GetHealthReport, HealthItem, HealthReport, Subject
from shared.messages.service import MONITOR
from shared.rpc import Client

DEADLINE_S: Final = 1.0
SYMBOLS: Final = {Condition.OK: "✓", Condition.UNKNOWN: "?", Condition.DEGRADED: "!", Condition.FAILED: "✗"}
"""So that nobody needs colours."""
RANK: Final = {Condition.OK: 0, Condition.UNKNOWN: 1, Condition.DEGRADED: 2, Condition.FAILED: 3}


class Seen(Struct, frozen=True, kw_only=True):
    """A report; `is_judged`: it is cpu-monitor's, otherwise it holds only what the services answered just now."""

    report: HealthReport
    is_judged: bool

    @property
    def is_running(self) -> bool:
        """Whether any service answers."""
        services = [item for item in self.report.items if item.subject is Subject.SERVICE]
        return self.is_judged or any(item.condition is Condition.OK for item in services)


def current(client: Client, *, deadline_s: float = DEADLINE_S) -> Seen:
    """Ask cpu-monitor; every service, when it does not answer."""
    try:
        return Seen(report=client.call(GetHealthReport(), deadline_s=deadline_s), is_judged=True)
    except RestrikeError as error:
        known = {MONITOR: error.message}
        return Seen(report=of_answers(readiness.ask(client, deadline_s=deadline_s, silent=known)), is_judged=False)


def of_answers(ready: Readiness) -> HealthReport:
    """What the services answered, in the form of cpu-monitor's report."""
    now_us = unix_ns() // 1000
    items = [_item(*found, now_us=now_us) for found in _found(ready)]
    items.sort(key=lambda item: -RANK[item.condition])
    worst = items[0].condition if items else Condition.UNKNOWN
    return HealthReport(at_us=now_us, condition=worst, items=tuple(items))


def _item(subject: Subject, name: str, condition: Condition, reason: str | None, *, now_us: int) -> HealthItem:
    return HealthItem(subject=subject, name=name, condition=condition, since_us=now_us, reason=reason)


def _found(ready: Readiness) -> Iterator[tuple[Subject, str, Condition, str | None]]:
    ok, degraded, failed = Condition.OK, Condition.DEGRADED, Condition.FAILED
    for name, sentence in ready.silent.items():
        alone = " Nobody watches the suite until it is back." if name == MONITOR else ""
        yield Subject.SERVICE, name, failed, sentence + alone
    for name, health in ready.services.items():
        yield (
            Subject.SERVICE,
            name,
            ok if health.on_bus else degraded,
            None if health.on_bus else "It is not on the bus.",
        )
    for ring in ready.rings:
        yield Subject.RING, ring.ring, failed if ring.error else ok, ring.error
    if ready.rings:
        is_kept = not any(ring.unjournaled_bytes for ring in ready.rings)
        reason = None if is_kept else "It cannot be written: free space on the disk of data/."
        yield Subject.JOURNAL, "journal.db", ok if is_kept else failed, reason
    if ready.database is not None:
        yield Subject.DATABASE, "restrike.db", failed if ready.database.error else ok, ready.database.error
    for one in ready.obs.connections if ready.obs is not None else []:
        alarms = " ".join(ALARMS[alarm] for alarm in one.alarms)
        yield Subject.OBS, one.connection, failed if alarms else ok, alarms or None


def title(item: HealthItem) -> str:
    """What it is about: `ring ring-1`, `clock`."""
    return item.name if item.name == item.subject else f"{item.subject} {item.name}"


def lines(item: HealthItem) -> list[str]:
    """One thing: how it stands since when, why, and what to do."""
    symbol, since = SYMBOLS[item.condition], output.local_time(item.since_us)[:8]
    shown = [f"{symbol} {item.condition:<9} {title(item)}, since {since}"]
    shown += [f"    {output.one_line(item.reason)}"] if item.reason else []
    return shown + ([f"    → {output.one_line(item.remedy)}"] if item.remedy else [])


def summary(report: HealthReport) -> str:
    """All of it in one line: `degraded: 19 of 20 are well, 1 degraded.`"""
    conditions = [item.condition for item in report.items]
    worse = (Condition.FAILED, Condition.DEGRADED, Condition.UNKNOWN)
    rest = [f"{conditions.count(one)} {one}" for one in worse if one in conditions]
    return (
        f"{report.condition}: {', '.join([f'{conditions.count(Condition.OK)} of {len(conditions)} are well', *rest])}."
    )


class Changes:
    """What changed from report to report. What is unknown is none: something said nothing yet."""

    def __init__(self) -> None:
        self._before: dict[tuple[Subject, str], HealthItem] = {}

    def take(self, report: HealthReport) -> Iterator[tuple[HealthItem, HealthItem | None]]:
        """Each item that stands otherwise, and how it stood before (None: it was well, or is new)."""
        for item in report.items:
            key = (item.subject, item.name)
            before = self._before.get(key)
            if item.condition is Condition.UNKNOWN:
                continue
            if (before.condition if before is not None else Condition.OK) is not item.condition:
                yield item, before
            self._before[key] = item


def changed_line(item: HealthItem, before: HealthItem | None) -> str:
    """A change in a line, without its time."""
    head = f"{SYMBOLS[item.condition]} {item.condition} {title(item)}"
    if item.condition is Condition.OK:
        lasted_s = max(0, item.since_us - before.since_us) // 1_000_000 if before is not None else 0
        return f"{head}, after {lasted_s} s"
    words = [word for word in (item.reason, item.remedy) if word]
    return f"{head}: {output.one_line(' '.join(words))}"
