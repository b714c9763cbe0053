"""Backups: whether the last one succeeded and is not too old; cpu-monitor."""

from collections.abc import Iterator
from typing import Final

from services.cpu_monitor.health.view import Verdict, View, closed, degraded, duration, failed, ok, unknown
from shared.messages.service import WRITER

NAME: Final = "database"
SETTLED_S: Final = 600.0
"""A suite that was off makes the backup that is due within a minute or two of its start."""
LATE: Final = 2.0
"""A backup waits for another job at most; twice the time between two is no delay any more."""
MUCH_TOO_LATE: Final = 24.0
"""So many times the time between two, a day of hourly backups, is a failure."""


def judge_backup(view: View) -> Iterator[Verdict]:
    """One item."""
    facts, every_hours = view.picture.backups, view.tolerances.backup_every_hours
    if not every_hours:
        yield ok(NAME)
        return
    if facts is None and view.is_new:
        yield unknown(NAME, "cpu-monitor began a moment ago.", "Wait some seconds.")
        return
    if facts is None:
        yield unknown(NAME, "The database was not read yet, or cannot be.", "See: restrike db status")
        return
    if facts.failure is not None:
        remedy = "Mend that, and try: restrike backup create"
        yield degraded(NAME, f"The last backup failed: {closed(facts.failure)}", remedy)
        return
    writer = view.picture.services[WRITER].health if WRITER in view.picture.services else None
    age_s = None if facts.since_us is None else (view.now_us - facts.since_us) / 1e6
    due_s = every_hours * 3_600
    if age_s is None or age_s <= due_s * LATE or writer is None or writer.uptime_s < SETTLED_S:
        yield ok(NAME)
        return
    newest = f"The newest backup is {duration(age_s)} old" if facts.newest_us is not None else "There is no backup"
    reason = f"{newest}; one is due every {duration(due_s)}."
    verdict = failed if age_s > due_s * MUCH_TOO_LATE else degraded
    yield verdict(NAME, reason, "Make one: restrike backup create; see restrike db jobs")
