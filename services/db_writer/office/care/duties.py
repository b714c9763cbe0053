"""The care that is done by itself at night; db-writer. Each duty waits for a time when no match is running."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from services.db_writer.office.desk import Desk
from services.db_writer.office.schedule import RETRY_AFTER, Duty, last_done, last_or_birth
from shared.clock import unix_ns
from shared.settings.catalogue import CARE_FROM_HOUR, CARE_TO_HOUR

DAILY: Final = 20.0
"""Less than a day: what was a little late last night may begin with the hour tonight."""
WEEKLY: Final = 7 * 24 - 4.0
ARCHIVING: Final = 7 * 24 - 4.0
"""Whole months are moved once the last day is old enough; looked for each week, so that a missed night costs days."""
LATE_AFTER: Final = timedelta(days=3)
NEXT_NIGHT: Final = timedelta(hours=DAILY)
"""What failed again and again, or was cancelled, is left for tonight."""


def is_night(desk: Desk, *, hour: int | None = None) -> bool:
    """Whether it is between `care.from_hour` and `care.to_hour` of this machine's clock, over midnight or not."""
    hour = datetime.fromtimestamp(unix_ns() / 1e9).astimezone().hour if hour is None else hour
    begins, ends = desk.settings.get(CARE_FROM_HOUR), desk.settings.get(CARE_TO_HOUR)
    if begins == ends:
        return True
    return begins <= hour < ends if begins < ends else hour >= begins or hour < ends


def is_night_or_late(desk: Desk) -> bool:
    """Whether it is night, or nothing was cleaned for days: a machine that is off at night collects samples of itself,
    some 170,000 rows a day.
    """
    if is_night(desk):
        return True
    now = datetime.now(UTC)
    done = last_or_birth(last_done("clean"), desk.connection, now=now)
    return done is not None and now - datetime.fromisoformat(done) > LATE_AFTER


def _nightly(kind: str, every_hours: float, *, is_time: Callable[[Desk], bool] = is_night) -> Duty:
    return Duty(
        kind=kind,
        every_hours=lambda _: every_hours,
        last=last_done(kind),
        is_time=is_time,
        retry_after=(*RETRY_AFTER, NEXT_NIGHT),
    )


CARE: Final = (
    _nightly("clean", DAILY, is_time=is_night_or_late),
    _nightly("archive", ARCHIVING),
    _nightly("vacuum", DAILY),
    _nightly("optimize", DAILY),
    _nightly("check", WEEKLY),
)
"""In this order: rows go first, then the room that they leave, then the statistics of what is left."""
