"""What is due is lined up, once, and only when it is."""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.db_writer.office.backup.backups import SCHEDULE
from services.db_writer.office.care.duties import CARE
from services.db_writer.office.desk import Desk
from services.db_writer.office.jobs import JobLine, Kind, Ordered, Result, Step
from services.db_writer.office.schedule import DUTIES, Duty, Schedule, last_done
from shared.db.sqlite import sqlite3
from shared.messages.jobs import Detail, ListJobs, StartJob
from shared.paths import Paths
from shared.settings.backup_keys import BACKUP_EVERY_HOURS, BACKUP_VERIFY_EVERY_HOURS

HOUR = timedelta(hours=1)


def _work(_desk: Desk, ordered: Ordered) -> Generator[Step, None, Result]:
    yield Step()
    if ordered.options.get("fail"):
        raise OSError("the disk is not in")
    return {}


class Clockwork:
    """A schedule with a clock of its own; the jobs do nothing, or fail."""

    def __init__(self, connection: "sqlite3.Connection", tmp_path: Path, *duties: Duty) -> None:
        self.desk = Desk(connection, paths=Paths(tmp_path))
        kinds = {name: Kind(work=_work, options={"fail": bool}) for name in ("backup", "verify", "sweep")}
        kinds["care"] = Kind(work=_work, is_care=True)
        self.busy: str | None = None
        self.jobs = JobLine(self.desk, kinds, is_busy=lambda: self.busy)
        self.now = datetime.now(UTC)
        self.schedule = Schedule(self.desk, self.jobs, duties or DUTIES, now=lambda: self.now)

    def look(self, *, after: timedelta = timedelta(0)) -> list[str]:
        """What a look lines up, and does."""
        self.now += after
        before = len(self.jobs.jobs(ListJobs(limit=1000)).jobs)
        self.schedule.look()
        lined_up = self.jobs.jobs(ListJobs(limit=1000)).jobs
        while not self.jobs.is_idle:
            self.jobs.turn()
        return [job.kind for job in lined_up[: len(lined_up) - before] if job.author == SCHEDULE]


def _sweep(*, hours: float = 6, fail: bool = False) -> Duty:
    options = {"fail": True} if fail else {}
    return Duty(kind="sweep", every_hours=lambda _: hours, last=last_done("sweep"), options=lambda _: options)


def test_overdue_duties_are_done_once(connection: "sqlite3.Connection", tmp_path: Path) -> None:
    """A new database is left in peace for an interval; days of downtime make one job; by hand counts, too."""
    clockwork = Clockwork(connection, tmp_path, _sweep())
    assert clockwork.look() == []
    assert clockwork.look(after=100 * HOUR) == ["sweep"]
    # The job's own times are of the real clock: from it on is counted.
    clockwork.now = datetime.now(UTC)
    assert clockwork.look(after=5 * HOUR) == []
    assert clockwork.look(after=HOUR) == ["sweep"]


def test_a_failure_is_tried_again_after_a_while(connection: "sqlite3.Connection", tmp_path: Path) -> None:
    clockwork = Clockwork(connection, tmp_path, _sweep(fail=True))
    assert clockwork.look(after=7 * HOUR) == ["sweep"]
    connection.execute("UPDATE schema_version SET applied_at = '2020-01-01T00:00:00.000Z'")
    clockwork.now = datetime.now(UTC)
    assert clockwork.look(after=timedelta(minutes=9)) == []
    assert clockwork.look(after=timedelta(minutes=2)) == ["sweep"]


@pytest.mark.parametrize(
    ("statuses", "rest"),
    [
        (["failed"], timedelta(minutes=10)),
        (["failed", "broken"], timedelta(hours=1)),
        (["failed", "failed", "failed"], timedelta(hours=20)),
        (["failed", "failed", "done"], timedelta(minutes=10)),
        (["cancelled"], timedelta(hours=20)),
    ],
    ids=["once", "twice", "again_and_again", "then_done", "cancelled"],
)
def test_failures_in_a_row_rest_longer(
    connection: "sqlite3.Connection", tmp_path: Path, statuses: list[str], rest: timedelta
) -> None:
    """What fails again and again is left for the next night, and what somebody cancelled at once."""
    duty = Duty(kind="sweep", every_hours=lambda _: 0.1, last=last_done("sweep"), retry_after=CARE[0].retry_after)
    clockwork = Clockwork(connection, tmp_path, duty)
    connection.execute("UPDATE schema_version SET applied_at = '2020-01-01T00:00:00.000Z'")
    for number, status in enumerate(statuses):
        connection.execute(
            "INSERT INTO jobs (job_id, kind, options, author, status, begun_at) VALUES (?, 'sweep', '{}', ?, ?, ?)",
            (str(number), SCHEDULE, status, f"{clockwork.now:%Y-%m-%dT%H:%M:%S.%f}Z"),
        )
    assert clockwork.look(after=rest - timedelta(minutes=1)) == []
    assert clockwork.look(after=timedelta(minutes=2)) == ["sweep"]


def test_what_was_ordered_otherwise_is_not_the_duty(connection: "sqlite3.Connection", tmp_path: Path) -> None:
    """A dry run by hand puts nothing off; the plain job by hand does."""
    clockwork = Clockwork(connection, tmp_path, _sweep())
    connection.execute("UPDATE schema_version SET applied_at = '2020-01-01T00:00:00.000Z'")
    orders: tuple[tuple[dict[str, Detail], list[str]], ...] = (({"fail": False}, ["sweep"]), ({}, []))
    for options, due in orders:
        connection.execute("DELETE FROM jobs")
        clockwork.jobs.start(StartJob(kind="sweep", author="ana", options=options))
        clockwork.now = datetime.now(UTC) + HOUR
        while not clockwork.jobs.is_idle:
            clockwork.jobs.turn()
        assert clockwork.look() == due


def test_care_waits_for_the_end_of_a_match(connection: "sqlite3.Connection", tmp_path: Path) -> None:
    duty = Duty(kind="care", every_hours=lambda _: 1, last=last_done("care"))
    clockwork = Clockwork(connection, tmp_path, duty)
    clockwork.busy = "A match is running on ring-1."
    assert clockwork.look(after=2 * HOUR) == []
    clockwork.busy = None
    assert clockwork.look() == ["care"]


def test_off_out_of_time_and_nothing_to_do(connection: "sqlite3.Connection", tmp_path: Path) -> None:
    never = Duty(kind="sweep", every_hours=lambda _: 0, last=last_done("sweep"))
    by_day = Duty(kind="sweep", every_hours=lambda _: 1, last=last_done("sweep"), is_time=lambda _: False)
    idle = Duty(kind="sweep", every_hours=lambda _: 1, last=last_done("sweep"), options=lambda _: None)
    assert Clockwork(connection, tmp_path, never, by_day, idle).look(after=100 * HOUR) == []


def test_a_waiting_job_is_not_lined_up_twice(connection: "sqlite3.Connection", tmp_path: Path) -> None:
    clockwork = Clockwork(connection, tmp_path, _sweep())
    clockwork.jobs.start(StartJob(kind="sweep", author=SCHEDULE))
    clockwork.now += 100 * HOUR
    clockwork.schedule.look()
    assert len(clockwork.jobs.jobs(ListJobs()).jobs) == 1


@pytest.mark.parametrize(("days", "due"), [(0, []), (2, ["verify", "backup"])])
def test_backups_and_their_checks(connection: "sqlite3.Connection", tmp_path: Path, days: int, due: list[str]) -> None:
    """A backup each hour, a check of the newest each day; without a backup there is nothing to check. A time that is
    ahead of the clock says nothing.
    """
    clockwork = Clockwork(connection, tmp_path)
    assert (
        clockwork.desk.settings.get(BACKUP_EVERY_HOURS),
        clockwork.desk.settings.get(BACKUP_VERIFY_EVERY_HOURS),
    ) == (1, 24)
    assert clockwork.look(after=30 * HOUR) == ["backup"]
    clockwork.now = datetime.now(UTC)
    connection.execute("DELETE FROM jobs")
    taken_at = f"{clockwork.now - timedelta(days=days):%Y-%m-%dT%H:%M:%S}.000Z"
    for name, at in (("one", taken_at), ("ahead", "2999-01-01T00:00:00.000Z")):
        connection.execute(
            "INSERT INTO backups (name, path, format, reason, status, schema_version, size_bytes, database_bytes,"
            " sha256, taken_at) VALUES (?, '', 'database', 'x', 'present', 8, 1, 1, '', ?)",
            (name, at),
        )
    connection.execute("UPDATE schema_version SET applied_at = ?", (taken_at,))
    assert clockwork.look() == due


def test_a_job_whose_end_could_not_be_written_is_over(connection: "sqlite3.Connection", tmp_path: Path) -> None:
    """The table says that it waits; the duty is done again all the same."""
    clockwork = Clockwork(connection, tmp_path, _sweep())
    clockwork.now += 7 * HOUR
    clockwork.schedule.look()
    connection.execute("PRAGMA query_only = ON")
    clockwork.jobs.turn()
    clockwork.jobs.turn()
    connection.execute("PRAGMA query_only = OFF")
    assert clockwork.look(after=HOUR) == ["sweep"]
