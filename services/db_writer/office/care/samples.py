"""Removes samples of the machine that are old enough, a little at a time; part of the job `clean`; db-writer.

Their disks, networks, processes and OBS go with them (ON DELETE CASCADE).
"""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from typing import Final

from services.db_writer.office.desk import Desk
from services.db_writer.office.jobs import Step
from shared.settings.monitor_keys import RETENTION_MINUTE_SAMPLES_DAYS, RETENTION_SAMPLES_HOURS

SLICE_SAMPLES: Final = 50
"""Removed in one transaction, each with some twenty rows of its parts: a few milliseconds."""
SHORT_S, LONG_S = 10, 60
_REMOVE: Final = """
DELETE FROM resource_samples WHERE id IN (
    SELECT id FROM resource_samples WHERE period_s = ? AND sampled_at < ? ORDER BY sampled_at LIMIT ?)
"""
_IS_OLD: Final = "SELECT EXISTS (SELECT 1 FROM resource_samples WHERE period_s = ? AND sampled_at < ?)"


def old_samples(desk: Desk) -> dict[int, str]:
    """The periods of which there are samples that are old enough, and before when that is (UTC ISO text)."""
    ages = {
        SHORT_S: timedelta(hours=desk.settings.get(RETENTION_SAMPLES_HOURS)),
        LONG_S: timedelta(days=desk.settings.get(RETENTION_MINUTE_SAMPLES_DAYS)),
    }
    now = datetime.now(UTC)
    cuts = {period_s: f"{now - age:%Y-%m-%dT%H:%M:%S}" for period_s, age in ages.items() if age}
    is_old = desk.connection.execute
    return {period_s: cut for period_s, cut in cuts.items() if is_old(_IS_OLD, (period_s, cut)).fetchone()[0]}


def remove_samples(desk: Desk, cuts: dict[int, str]) -> Generator[Step, None, int]:
    """Remove what is older than `cuts` say; how many there were."""
    removed = 0
    for period_s, cut in cuts.items():
        while True:
            with desk.changing() as connection:
                count = connection.execute(_REMOVE, (period_s, cut, SLICE_SAMPLES)).rowcount
            if not count:
                break
            removed += count
            yield Step("removing old samples of the machine", removed)
    return removed
