"""How everything stands, for `restrike health`, `status`, `up`: as cpu-monitor judges it, else as the services say."""

import shutil
import sys
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

from services.cli import output, readiness
from services.cli.obs.status_lines import ALARMS
from services.cli.readiness import Readiness
from shared.clock import unix_ns
from shared.errors import RestrikeError
from shared.messages.health import RANK, Condition, GetHealthReport, HealthItem, HealthReport, Subject
from shared.messages.service import MONITOR
from shared.rpc import Client
from shared.supervised import ANEW

DEADLINE_S: Final = 1.0
MOST_COLUMNS: Final = 100
TIME_COLUMNS: Final = len("09:30:12 ")
SYMBOLS: Final = {Condition.OK: "✓", Condition.UNKNOWN: "?", Condition.DEGRADED: "!", Condition.FAILED: "✗"}
"""So that nobody needs colours."""


Fault = tuple[Condition, str | None, str | None]
"""How something stands that is not well, why, and what to do."""
UNJUDGED: Final[Fault] = (Condition.UNKNOWN, "Only cpu-monitor judges it, and that does not answer.", None)


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
        known = {MONITOR: error}
        return Seen(report=of_answers(readiness.ask_all(client, deadline_s=deadline_s, silent=known)), is_judged=False)


def of_answers(ready: Readiness) -> HealthReport:
    """What the services answered, in the form of cpu-monitor's report."""
    now_us = unix_ns() // 1000
    items = [_item(*found, now_us=now_us) for found in _found(ready)]
    items.sort(key=lambda item: -RANK[item.condition])
    worst = items[0].condition if items else Condition.UNKNOWN
    return HealthReport(at_us=now_us, condition=worst, items=tuple(items))


def _item(subject: Subject, name: str, fault: Fault | None, *, now_us: int) -> HealthItem:
    condition, reason, remedy = fault if fault is not None else (Condition.OK, None, None)
    return HealthItem(subject=subject, name=name, condition=condition, since_us=now_us, reason=reason, remedy=remedy)


def _found(ready: Readiness) -> Iterator[tuple[Subject, str, Fault | None]]:
    """What a service says of itself is known. All else only cpu-monitor judges: it is unknown where nobody says that it
    failed.
    """
    failed = Condition.FAILED
    for name in ready.silent:
        yield Subject.SERVICE, name, _silence(ready, name)
    for name, health in ready.services.items():
        off = (Condition.DEGRADED, "It is not on the bus.", "See whether the broker runs: restrike ps")
        yield Subject.SERVICE, name, None if health.on_bus else off
    for ring in ready.rings:
        yield Subject.RING, ring.ring, (failed, ring.error, "See: restrike udp status") if ring.error else UNJUDGED
    if ready.rings:
        is_kept = not any(ring.unjournaled_bytes for ring in ready.rings)
        full = (failed, "It cannot be written.", "Free space on the disk of data/.")
        yield Subject.JOURNAL, "journal.db", UNJUDGED if is_kept else full
    if ready.database is not None:
        error = ready.database.error
        yield Subject.DATABASE, "restrike.db", (failed, error, "See: restrike db status") if error else UNJUDGED
    for one in ready.obs.connections if ready.obs is not None else []:
        alarms = " ".join(ALARMS[alarm] for alarm in one.alarms)
        look = f"Look at: restrike obs status {one.connection}"
        yield Subject.OBS, one.connection, (failed, alarms, look) if alarms else UNJUDGED


def _silence(ready: Readiness, name: str) -> Fault:
    """Why a service does not answer, and who brings it back: supervisord, cpu-monitor, and of that one broker."""
    reason = f"{name} is not running." if name in ready.gone else ready.silent[name]
    if name == MONITOR:
        reason += " Nobody watches the suite until it is back."
    if ready.unsupervised is not None:
        remedy = f"{ready.unsupervised} {ANEW}"
    elif name in ready.gone:
        remedy = "It is started again by itself within seconds. If it does not come back: restrike up -d"
    elif name == MONITOR:
        remedy = f"If it is frozen, broker ends it, and it is started again. See: restrike logs tail {name}"
    else:
        remedy = f"If it is frozen, cpu-monitor ends it, once that is back. See: restrike logs tail {name}"
    return Condition.FAILED, reason, remedy


def title(item: HealthItem) -> str:
    """What it is about: `ring ring-1`, `clock`."""
    return item.name if item.name == item.subject else f"{item.subject} {item.name}"


def listed(items: Iterable[HealthItem]) -> Iterator[str]:
    """Each thing: how it stands since when, why, and what to do. What nobody judges stands together."""
    unjudged = []
    for item in items:
        if (item.condition, item.reason, item.remedy) == UNJUDGED:
            unjudged.append(title(item))
            continue
        yield f"{_head(item.condition)} {title(item)}, since {output.local_time(item.since_us)[:8]}"
        yield from _words(item.reason, item.remedy)
    if unjudged:
        yield f"{_head(UNJUDGED[0])} {', '.join(unjudged)}"
        yield from _words(*UNJUDGED[1:])


def _head(condition: Condition) -> str:
    return f"{SYMBOLS[condition]} {condition:<9}"


def _words(reason: str | None, remedy: str | None) -> Iterator[str]:
    if reason:
        yield f"    {output.one_line(reason)}"
    if remedy:
        yield f"    → {output.one_line(remedy)}"


def summary(report: HealthReport) -> str:
    """All of it in one line: `degraded: 19 of 20 are well, 1 degraded.`"""
    conditions = [item.condition for item in report.items]
    worse = (Condition.FAILED, Condition.DEGRADED, Condition.UNKNOWN)
    rest = [f"{conditions.count(one)} {one}" for one in worse if one in conditions]
    return (
        f"{report.condition}: {', '.join([f'{conditions.count(Condition.OK)} of {len(conditions)} are well', *rest])}."
    )


def changed_line(item: HealthItem, before: HealthItem | None, *, width: int | None = None) -> str:
    """A change in a line of up to `width` characters, without its time and without what to do: that is in the list."""
    head = f"{SYMBOLS[item.condition]} {item.condition} {title(item)}"
    if item.condition is Condition.OK:
        lasted_s = max(0, item.since_us - before.since_us) // 1_000_000 if before is not None else 0
        return f"{head}, after {lasted_s} s"
    line = f"{head}: {output.one_line(item.reason or '')}"
    return line if width is None or len(line) <= width else f"{line[: width - 1].rstrip()}…"


def line_width() -> int | None:
    """How long a line with its time before it may be: of a terminal's width, and no longer than is read at a glance."""
    if not sys.stdout.isatty():
        return None
    return min(MOST_COLUMNS, shutil.get_terminal_size().columns) - TIME_COLUMNS
