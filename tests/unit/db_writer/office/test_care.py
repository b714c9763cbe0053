"""What the night does: statistics, free pages, leftovers, old rows, and when."""

import os
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.db_writer.office.care import leftovers
from services.db_writer.office.care import tidying as care
from services.db_writer.office.care.duties import CARE, is_night, is_night_or_late
from services.db_writer.office.desk import Desk
from services.db_writer.office.jobs import JobLine
from services.db_writer.office.kinds import KINDS
from services.db_writer.office.office import Office
from services.db_writer.office.schedule import Schedule
from services.db_writer.office.settings import change_settings
from shared.db.sqlite import connect_writer
from shared.errors import DatabaseError, ValidationError
from shared.messages.service import INGEST
from shared.messages.settings import ChangeSettings
from shared.service_lock import take_lock
from shared.settings.key import Key
from tests.unit.db_writer.office.cared import contents, rows, steps, work

SECOND = """
INSERT INTO operator_audit (done_at, author, action, outcome) VALUES (?, 'ana', 'x', 'done')
"""

STORED = (
    """INSERT INTO obs_rule_firings (firing_key, rule, happening, ring, session_uuid, entry, entry_index, happened_at,
        fired_at, outcome, actions) VALUES (?1, 'r', 'point', 'ring-1', '', 0, 0, ?2, ?2, 'done', '[]')""",
    "INSERT INTO refused_facts (producer, outbox_id, entry, body, error, created_at) VALUES ('x', '', ?1, '', '', ?2)",
    """INSERT INTO recorded_videos (video_key, kind, connection, ring, started_at, part, is_whole, is_kept)
        VALUES (?1, 'match', 'obs-1', 'ring-1', ?2, 1, 1, 0)""",
)
"""A row of two days."""
NOTHING = dict.fromkeys(leftovers.OLD, 0)
NOBODY = 1 << 30
"""More than Linux gives as a process's id."""


def old(path: Path, *, seconds: float) -> Path:
    """A file that was last written to so long ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"left")
    then = datetime.now(UTC).timestamp() - seconds
    os.utime(path, (then, then))
    return path


@pytest.mark.slow
def test_free_pages_are_given_back_in_slices(cared: Desk) -> None:
    """A database of ours shrinks by what was removed, a slice at a time, and holds what it held."""
    work(cared, "archive", older_than_days=30)
    before = contents(cared)
    free = rows(cared, "PRAGMA freelist_count")[0][0]
    assert free > care.VACUUM_SLICE_PAGES
    size = cared.paths.database.stat().st_size
    assert work(cared, "vacuum") == {"pages": free, "free_pages": 0, "is_incremental": True}
    assert cared.paths.database.stat().st_size < size
    assert contents(cared) == before
    assert work(cared, "optimize")["is_log_written_back"] is True
    assert len(rows(cared, "SELECT DISTINCT tbl FROM sqlite_stat1")) > 5


def test_an_older_file_needs_a_full_vacuum_once(cared: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that was made otherwise is told so; the full vacuum makes it one of ours, keeps its rows, and is refused
    while the suite runs, even if it was just begun, or where there is no room.
    """
    cared.connection.execute("PRAGMA auto_vacuum = NONE")
    cared.connection.execute("VACUUM")
    before = contents(cared)
    assert work(cared, "vacuum")["is_incremental"] is False
    lock = take_lock(cared.paths, INGEST)
    assert lock is not None
    with pytest.raises(ValidationError, match="restrike down"):
        work(cared, "vacuum_full")
    os.close(lock)
    job = steps(cared, "vacuum_full")
    next(job)
    lock = take_lock(cared.paths, INGEST)
    assert lock is not None
    with pytest.raises(ValidationError, match="restrike down"):
        next(job)
    os.close(lock)
    with monkeypatch.context() as patch:
        patch.setattr(care, "ROOM", 1 << 40)
        with pytest.raises(DatabaseError, match="make room"):
            work(cared, "vacuum_full")
    work(cared, "vacuum_full")
    assert work(cared, "vacuum")["is_incremental"] is True
    assert contents(cared) == before


def test_a_reader_is_not_waited_for(cared: Desk) -> None:
    """The log is written back as far as it goes; who reads goes on reading."""
    with closing(connect_writer(cared.paths.database)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM pss_matches").fetchone()
        with cared.changing() as connection:
            connection.execute("UPDATE pss_matches SET division = 'x'")
        assert work(cared, "optimize")["is_log_written_back"] is False
        reader.execute("COMMIT")
    assert work(cared, "optimize")["is_log_written_back"] is True


def test_leftovers_are_removed(cared: Desk, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What something killed left an hour ago goes, with what was unpacked for a question of yesterday; what is young,
    finished or for a person to look at stays.
    """
    paths = cared.paths
    folder = tmp_path_factory.mktemp("disk")
    Office(cared)  # which brings the settings' rows
    change_settings(cared, ChangeSettings(author="ana", values={"backup.folder": str(folder)}))
    gone = [
        old(paths.backups / ".restrike-x.db.zst.partial", seconds=4_000),
        old(paths.archive / ".restrike-2020-01.db.zst.partial", seconds=4_000),
        old(paths.archive / ".open" / "restrike-2020-01-1234.db", seconds=90_000),
        old(paths.parser_states / "ring-1.new", seconds=4_000),
        old(paths.data / "restore" / "restrike.db", seconds=90_000),
        *(old(folder / f".{word}-{NOBODY}.partial", seconds=4_000) for word in ("push", "fetch", "verify")),
        old(folder / f"..prepare-{NOBODY}.partial.lock", seconds=4_000),
    ]
    stay = [
        old(paths.backups / ".restrike-y.db.zst.partial", seconds=60),
        old(paths.backups / "restrike-z.db.zst", seconds=10**7),
        old(paths.archive / ".open" / ".lock", seconds=10**7),
        old(paths.archive / ".open" / "restrike-2020-02-1234.db", seconds=4_000),
        old(paths.data / "journal.db.damaged-2026", seconds=10**7),
        old(paths.data / "replaced-2026.db", seconds=10**7),
        old(paths.data / "replaced-2026.db-wal", seconds=10**7),
        old(folder / f".push-{os.getpid()}.partial", seconds=10**7),  # of one who still runs
        old(folder / ".push.lock", seconds=10**7),
        old(paths.data / "restore" / ".prepare.lock", seconds=10**7),
    ]
    done = work(cared, "clean")
    assert (done["files"], done["bytes"]) == (len(gone), 4 * len(gone))
    assert str(folder / f".push-{NOBODY}.partial") in str(done["removed"])
    assert done["to_look_at"] == ["journal.db.damaged-2026", "replaced-2026.db"]
    assert not any(path.exists() for path in gone)
    assert all(path.exists() for path in stay)


def test_old_rows_about_operators_go(cared: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The audit and the jobs are kept for as long as the setting says; that some went is itself in the audit."""
    monkeypatch.setattr(leftovers, "SLICE_ROWS", 2)
    day = datetime.now(UTC) - timedelta(days=3_700)
    for _ in range(5):
        cared.connection.execute(SECOND, (f"{day:%Y-%m-%dT%H:%M:%S.000Z}",))
    seen = datetime.now(UTC) - timedelta(days=2)
    cared.connection.execute(SECOND, (f"{seen:%Y-%m-%dT%H:%M:%S.000Z}",))
    done = work(cared, "clean")
    assert (done["rows"], done["is_clock_doubtful"]) == (NOTHING | {"operator_audit": 5}, False)
    assert {action for (action,) in rows(cared, "SELECT action FROM operator_audit")} >= {"x", "audit.trim"}


def test_old_firings_go_and_recordings_stay(cared: Desk) -> None:
    """What rules did goes with the audit, what could not be stored, too; a recording is part of its match."""
    old, young = "2012-01-01T00:00:00.000000Z", f"{datetime.now(UTC) - timedelta(days=2):%Y-%m-%dT%H:%M:%S.000Z}"
    for number, at in enumerate((old, young)):
        for insert in STORED:
            cared.connection.execute(insert, (number, at))
    cared.connection.execute(SECOND, (young,))
    assert work(cared, "clean")["rows"] == NOTHING | {"obs_rule_firings": 1, "refused_facts": 1}
    assert rows(cared, "SELECT fired_at FROM obs_rule_firings") == [(young,)]
    assert rows(cared, "SELECT count(*) FROM recorded_videos") == [(2,)]


def test_a_clock_that_jumped_ahead_makes_nothing_old(cared: Desk) -> None:
    """Where nothing was stored in the weeks before, old rows stay, and it is said. Where none is old, nothing is."""
    assert work(cared, "clean")["is_clock_doubtful"] is False
    cared.connection.execute(SECOND, ("2012-01-01T00:00:00.000Z",))
    cared.connection.execute(SECOND, (f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.000Z}",))
    cared.connection.execute("UPDATE udp_server_sessions SET updated_at = '2024-09-07T00:00:00.000Z'")
    done = work(cared, "clean")
    assert (done["rows"], done["is_clock_doubtful"]) == (NOTHING, True)


@pytest.mark.parametrize(
    ("begins", "ends", "hours"),
    [(2, 5, {2, 3, 4}), (22, 1, {22, 23, 0}), (3, 3, set(range(24)))],
)
def test_when_it_is_night(
    cared: Desk, monkeypatch: pytest.MonkeyPatch, begins: int, ends: int, hours: set[int]
) -> None:
    """The hours of care may go over midnight; the same hour twice is any time."""

    def get(key: Key[int]) -> int:
        return {"care.from_hour": begins, "care.to_hour": ends}[key.name]

    monkeypatch.setattr(cared.settings, "get", get)
    assert {hour for hour in range(24) if is_night(cared, hour=hour)} == hours


def test_what_was_not_cleaned_for_days_is_cleaned_by_day(cared: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is off at night: three days after the last time, or after the database was made."""
    hour = datetime.now(UTC).astimezone().hour
    hours = {"care.from_hour": (hour + 2) % 24 or 24, "care.to_hour": (hour + 3) % 24 or 24}
    real = cared.settings.get
    monkeypatch.setattr(cared.settings, "get", lambda key: hours.get(key.name) or real(key))
    assert not is_night_or_late(cared)
    cared.connection.execute("UPDATE schema_version SET applied_at = '2020-01-01T00:00:00.000Z'")
    assert is_night_or_late(cared)
    done = f"{datetime.now(UTC) - timedelta(days=2):%Y-%m-%dT%H:%M:%S.%f}Z"
    row = ("1", "clean", "{}", "schedule", "done", done)
    cared.connection.execute(
        "INSERT INTO jobs (job_id, kind, options, author, status, begun_at) VALUES (?, ?, ?, ?, ?, ?)", row
    )
    assert not is_night_or_late(cared)


def test_care_is_lined_up_at_night_only(cared: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """By day nothing is due; at night each duty is lined up once, rows before room before statistics."""
    hours = {"care.from_hour": 2, "care.to_hour": 2}
    real = cared.settings.get
    monkeypatch.setattr(cared.settings, "get", lambda key: hours.get(key.name) or real(key))
    line = JobLine(cared, KINDS, is_busy=lambda: None)
    later = datetime.now(UTC) + timedelta(days=30)
    schedule = Schedule(cared, line, CARE, now=lambda: later)
    hour = datetime.now(UTC).astimezone().hour
    hours["care.from_hour"], hours["care.to_hour"] = (hour + 2) % 24 or 24, (hour + 3) % 24 or 24
    schedule.look()
    assert line.is_idle
    hours["care.to_hour"] = hours["care.from_hour"]
    schedule.look()
    schedule.look()
    kinds = [kind for (kind,) in rows(cared, "SELECT kind FROM jobs ORDER BY id")]
    assert kinds == ["clean", "archive", "vacuum", "optimize", "check"]
    line.stop()
