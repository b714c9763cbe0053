"""What is done by itself: jobs that are due are lined up under the author `schedule`; db-writer.

A duty that was due more than once while nothing ran is done once. One that failed is tried again after a while, which
grows.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any, Final

from msgspec import Struct

from services.db_writer.office.backup.backups import SCHEDULE
from services.db_writer.office.backup.offsite import newest_uncopied
from services.db_writer.office.desk import Desk
from services.db_writer.office.jobs import JobLine, Options
from shared.clock import iso_utc
from shared.db.sqlite import sqlite3
from shared.errors import LicenseError, ValidationError
from shared.messages.jobs import Job, JobStatus, StartJob
from shared.settings.backup_keys import BACKUP_EVERY_HOURS, BACKUP_VERIFY_EVERY_HOURS, OFFSITE_EVERY_HOURS

LOOK_EVERY_S: Final = 60.0
RETRY_AFTER: Final = (timedelta(minutes=10), timedelta(hours=1))
"""A disk that is full or not there stays so for a while, and each failure is an alarm. The last one goes on, and holds
for what somebody cancelled.
"""

# Times after now are of a clock that was set back since; they say nothing. What somebody ordered otherwise (a dry run,
# a quick check) is not the duty.
_LAST_DONE: Final = """
SELECT max(begun_at) FROM jobs
WHERE kind = ? AND status = 'done' AND begun_at <= ? AND (author = 'schedule' OR options = '{}')
"""
_LAST_BACKUP: Final = """
SELECT max(taken_at) FROM backups WHERE format = 'database' AND status = 'present' AND taken_at <= ?
"""
_LAST_VERIFICATION: Final = "SELECT max(verified_at) FROM backup_verifications WHERE verified_at <= ?"
_ANY_BACKUP: Final = "SELECT 1 FROM backups WHERE status = 'present' LIMIT 1"
_BIRTH: Final = "SELECT min(applied_at) FROM schema_version"

Last = Callable[["sqlite3.Connection", str], str | None]


class Duty(Struct, frozen=True, kw_only=True):
    """A job of `kind` that is due `every_hours` (0: never) after `last` (given now, UTC ISO text like its answer; None:
    never), or else after the database was made. `options` may be None: there is nothing to do. `retry_after` says
    how long it waits after its first failure, after the second in a row, and so on.
    """

    kind: str
    every_hours: Callable[[Desk], float]
    last: Last
    options: Callable[[Desk], Options | None] = lambda _: {}
    is_time: Callable[[Desk], bool] = lambda _: True
    retry_after: tuple[timedelta, ...] = RETRY_AFTER


def last_done(kind: str) -> Last:
    """Tells when the last job of `kind` that succeeded began."""
    return lambda connection, now: _one(connection, _LAST_DONE, kind, now)


def last_or_birth(last: Last, connection: "sqlite3.Connection", *, now: datetime) -> str | None:
    """When something was done last; if never, when the database was made."""
    return last(connection, f"{now:%Y-%m-%dT%H:%M:%S.%f}Z") or _one(connection, _BIRTH)


DUTIES: Final[tuple[Duty, ...]] = (
    Duty(
        kind="backup",
        every_hours=lambda desk: desk.settings.get(BACKUP_EVERY_HOURS),
        last=lambda connection, now: _one(connection, _LAST_BACKUP, now),
    ),
    Duty(
        kind="verify",
        every_hours=lambda desk: desk.settings.get(BACKUP_VERIFY_EVERY_HOURS),
        last=lambda connection, now: _one(connection, _LAST_VERIFICATION, now),
        options=lambda desk: {} if _one(desk.connection, _ANY_BACKUP) else None,
    ),
    Duty(
        kind="push",
        every_hours=lambda desk: desk.settings.get(OFFSITE_EVERY_HOURS),
        last=last_done("push"),
        options=lambda desk: None if (newest := newest_uncopied(desk)) is None else {"backup": newest},
    ),
)


class Schedule:
    """Looks which duties are due. `now` (UTC) is given in tests."""

    def __init__(
        self,
        desk: Desk,
        jobs: JobLine,
        duties: Iterable[Duty] = DUTIES,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._desk = desk
        self._jobs = jobs
        self._duties = duties
        self._now = now

    def look(self) -> None:
        """Line up what is due. What is refused now (a match is running, the licence ended) is asked for again at the
        next look.
        """
        for duty in self._duties:
            options = duty.options(self._desk) if self._is_due(duty) else None
            if options is not None:
                with suppress(LicenseError, ValidationError):
                    self._jobs.start(StartJob(kind=duty.kind, author=SCHEDULE, options=dict(options)))

    def _is_due(self, duty: Duty) -> bool:
        every_hours = duty.every_hours(self._desk)
        if not every_hours or not duty.is_time(self._desk):
            return False
        connection, now = self._desk.connection, self._now()
        ordered = self._jobs.last(duty.kind, author=SCHEDULE, limit=len(duty.retry_after))
        if ordered:
            begun_at = iso_utc(ordered[0].begun_at_us * 1000)
            is_there = ordered[0].status in (JobStatus.WAITING, JobStatus.RUNNING)
            if is_there or _is_within(begun_at, _rest(duty, ordered), now=now):
                return False
        since = last_or_birth(duty.last, connection, now=now)
        return since is not None and not _is_within(since, timedelta(hours=every_hours), now=now)


def _rest(duty: Duty, ordered: list[Job]) -> timedelta:
    """How long it waits after the newest of its last jobs."""
    if ordered[0].status is JobStatus.CANCELLED:
        return duty.retry_after[-1]
    failures = len(list(takewhile(lambda job: job.status is not JobStatus.DONE, ordered)))
    return duty.retry_after[max(0, failures - 1)]


def _is_within(iso: str, length: timedelta, *, now: datetime) -> bool:
    """Whether `iso` is less than `length` ago; a time in the future is not: the clock was set back."""
    return timedelta(0) <= now - datetime.fromisoformat(iso) < length


def _one(connection: "sqlite3.Connection", query: str, *values: object) -> Any:
    row = connection.execute(query, values).fetchone()
    return row[0] if row else None
