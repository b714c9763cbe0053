"""Judges twice a second and tells the rest of the suite; cpu-monitor."""

import re
from pathlib import Path
from typing import Final

from services.cpu_monitor.health.facts import INTERFACES_EVERY_S, Facts
from services.cpu_monitor.health.judging import judge
from services.cpu_monitor.health.noting import Notes
from services.cpu_monitor.health.rings import is_suspicious
from services.cpu_monitor.health.since import KEEP_EVERY_S, Since
from services.cpu_monitor.health.view import Tolerances
from services.cpu_monitor.listening import Ears
from services.cpu_monitor.picture import Picture
from shared.clock import monotonic_s, unix_ns
from shared.db.migration_files import read_migrations
from shared.errors import DatabaseError
from shared.messages.health import RANK, Condition, GetHealthReport, HealthItem, HealthReport
from shared.messages.service import INGEST, PARSER
from shared.messages.topics import SYSTEM_HEALTH
from shared.outbox import Outbox
from shared.runtime import Runtime
from shared.settings.backup_keys import BACKUP_EVERY_HOURS
from shared.settings.monitor_keys import (
    BEHIND_S,
    CLOCK_OFFSET_MS,
    DISK_FREE_GIB,
    DISK_LEAST_GIB,
    KILL_AFTER_S,
    LOOP_LAG_MS,
    MEMORY_PERCENT,
    RECORDINGS_FREE_GIB,
    SILENCE_MS,
    WAITING_PERCENT,
)

JUDGE_EVERY_S: Final = 0.5
"""With `monitor.silence_ms` and this a silent ring is told within 3 s."""
TELL_EVERY_S: Final = 5.0
SUSPECT_AFTER_S: Final = 1.2
"""A clock ticks each second. A ring that did not is asked for: udp-ingest tells its counters only once a second."""
READ_WITHIN_S: Final = 0.4
"""What waits in the kernel reaches the loop by a thread of ZeroMQ's, which was held up, too. By then it is listened to
once more.
"""
MOST_PUT_OFF: Final = 3
"""On a machine where each turn is slow it is judged nevertheless."""
_NUMBERS: Final = re.compile(r"\d[\d.]*( (B|KiB|MiB|GiB))?")
_GIB: Final = 1 << 30


def watch_health(runtime: Runtime, picture: Picture, ears: Ears, outbox: Outbox) -> "Telling":
    """Register the judge. Its `keep` has to be called at the end of a turn, after whoever tells of what changed."""
    since = Since(outbox, picture, was_alive_us=runtime.last_alive_us, now_us=unix_ns() // 1000)
    telling = Telling(runtime, picture, ears, since)
    facts = Facts(runtime, picture)
    read_schema_version(picture, runtime.paths.migrations)
    runtime.on_command(GetHealthReport, lambda _: picture.health or telling.judge())
    runtime.on_start(facts.look)
    runtime.every(INTERFACES_EVERY_S, facts.look)
    runtime.every(JUDGE_EVERY_S, telling.look)
    runtime.every(KEEP_EVERY_S, telling.want_kept)
    runtime.after_turn(telling.note_turn)
    runtime.on_stop(telling.end)
    return telling


def read_schema_version(picture: Picture, migrations: Path) -> None:
    """Which version the database ought to have; where the files do not say it, that is told."""
    try:
        picture.schema_version = max((one.version for one in read_migrations(migrations)), default=None)
    except (DatabaseError, OSError, ValueError) as error:  # db-writer does not start then, and says why
        picture.schema_error = str(error)


class Telling:
    """Keeps `picture.health`, and publishes it."""

    def __init__(self, runtime: Runtime, picture: Picture, ears: Ears, since: Since) -> None:
        self._runtime = runtime
        self._picture = picture
        self._ears = ears
        self._since = since
        self._notes = Notes(picture)
        self._settings = runtime.settings
        self._told_at_s = 0.0
        self._put_off = 0
        self._is_keeping_due = False

    def note_turn(self) -> None:
        """A turn of the loop ends: everything that waited was read."""
        self._picture.turned_at_s = monotonic_s()

    def look(self) -> None:
        """Judge, and tell what changed. If this process was held up, what the others said meanwhile is read first."""
        now_s = monotonic_s()
        if self._picture.is_unread(now_s=now_s) and self._put_off < MOST_PUT_OFF:
            self._put_off += 1
            self._runtime.after(READ_WITHIN_S, self.look)
            return
        self._put_off = 0
        rings = self._picture.rings.values()
        if any(is_suspicious(ring, now_s=now_s, after_s=SUSPECT_AFTER_S) for ring in rings):
            self._ears.ask(INGEST)
            self._ears.ask(PARSER)
        elif any(ring.status is not None and ring.status.unjournaled_bytes for ring in rings):
            self._ears.ask(INGEST)  # it tells by itself only that entries came
        before = self._picture.health
        report = self.judge()
        changed = changes(before, report)
        for item in changed:
            self._log(item)
        if changed or now_s - self._told_at_s >= TELL_EVERY_S:
            self._told_at_s = now_s
            self._runtime.bus.publish(SYSTEM_HEALTH, self._runtime.service, report)

    def want_kept(self) -> None:
        """Keep how everything stands, at the end of this turn."""
        self._is_keeping_due = True

    def keep(self) -> None:
        """Keep it, if it is time to. It waits for the disk, so alerts of this turn are told before."""
        if self._is_keeping_due:
            self.end()

    def end(self) -> None:
        """Keep how everything stood."""
        self._is_keeping_due = False
        if self._picture.health is not None:
            self._since.keep(self._picture.health, now_s=monotonic_s())

    def judge(self) -> HealthReport:
        """How everything stands now."""
        now_s, settings = monotonic_s(), self._tolerances()
        self._notes.take(now_s=now_s, loop_lag_ms=settings.loop_lag_ms)
        report = judge(self._picture, now_s=now_s, now_us=unix_ns() // 1000, settings=settings)
        self._picture.health = report
        return report

    def _log(self, item: HealthItem) -> None:
        write = self._runtime.log.warning if RANK[item.condition] > RANK[Condition.UNKNOWN] else self._runtime.log.info
        write("health", subject=item.subject, of=item.name, condition=item.condition, reason=item.reason)

    def _tolerances(self) -> Tolerances:
        settings, rings = self._settings, self._runtime.config.rings
        return Tolerances(
            silence_s=settings.get(SILENCE_MS) / 1000,
            disk_free_bytes=settings.get(DISK_FREE_GIB) * _GIB,
            disk_least_bytes=settings.get(DISK_LEAST_GIB) * _GIB,
            recordings_free_bytes=settings.get(RECORDINGS_FREE_GIB) * _GIB,
            clock_offset_ms=settings.get(CLOCK_OFFSET_MS),
            behind_s=settings.get(BEHIND_S),
            loop_lag_ms=settings.get(LOOP_LAG_MS),
            waiting_percent=settings.get(WAITING_PERCENT),
            memory_percent=settings.get(MEMORY_PERCENT),
            backup_every_hours=settings.get(BACKUP_EVERY_HOURS),
            kill_after_s=settings.get(KILL_AFTER_S),
            rings=tuple(ring.name for ring in rings),
            off_rings=frozenset(ring.name for ring in rings if not ring.auto_start),
        )


def changes(before: HealthReport | None, now: HealthReport) -> list[HealthItem]:
    """The items that stand otherwise than before, or for another reason; a number that moved is none. Where one is
    gone, the report as a whole changed: it is told with the next that changes, or within 5 s.
    """
    known = {(item.subject, item.name): item for item in before.items} if before is not None else {}
    return [item for item in now.items if _is_other(known.get((item.subject, item.name)), item)]


def _is_other(before: HealthItem | None, now: HealthItem) -> bool:
    if before is now:
        return False
    if before is None or before.condition is not now.condition:
        return before is not None or now.condition is not Condition.OK
    return _NUMBERS.sub("", before.reason or "") != _NUMBERS.sub("", now.reason or "")
