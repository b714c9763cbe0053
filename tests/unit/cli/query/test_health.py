"""`restrike db health` and what `db stats` says without counting."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.cli import db_health, db_stats
from services.cli.query.app import QUESTIONS
from shared.clock import utc_now_iso
from shared.db.migrate import rollback
from shared.db.sqlite import connect_writer
from tests.unit.cli.conftest import Done, Run
from tests.unit.cli.query.played import Played

pytestmark = pytest.mark.slow

BACKUP = """
INSERT INTO backups (name, path, format, reason, status, schema_version, size_bytes, database_bytes, sha256, taken_at)
VALUES (?, 'x', 'database', 'asked', ?, 8, 1, 1, 'x', ?)
"""
CHECK = """
INSERT INTO jobs (job_id, kind, options, author, status, result, begun_at, ended_at)
VALUES (?, 'check', '{}', 'a', ?, ?, ?, ?)
"""
Execute = Callable[..., None]


@pytest.fixture
def database(home: Path, run: Run, played: Played) -> Path:
    """A copy of the played tournament that may be written to."""
    assert callable(run)
    path = home / "data" / "restrike.db"
    path.parent.mkdir(parents=True)
    path.write_bytes(played.path.read_bytes())
    return path


@pytest.fixture
def execute(database: Path) -> Execute:
    def run_sql(sql: str, *values: object) -> None:
        with closing(connect_writer(database)) as connection:
            connection.execute(sql, values)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    return run_sql


def _health(run: Run) -> tuple[Done, Any]:
    done = run("db", "health", "--json")
    return done, done.document


def test_a_database_with_a_backup_is_well(run: Run, database: Path, execute: Execute) -> None:
    """Exit 0, with all that is asked for: file, pages, version, backup, text index, slow questions, idle indexes, and
    what lies aside.
    """
    execute(BACKUP, "b1", "present", utc_now_iso())
    replaced = database.with_name("replaced-20260301T093000Z-1.db")
    replaced.write_bytes(b"x" * 2_000)
    done, health = _health(run)
    assert (done.code, health["problems"], health["is_accessible"]) == (0, [], True)
    assert health["set_aside"] == [{"path": str(replaced), "size_bytes": 2_000}]
    assert (health["version"], health["file_bytes"]) == (health["latest_version"], database.stat().st_size)
    assert (health["backup"], health["backup_age_s"] < 60, health["check"]) == ("b1", True, None)
    assert health["unindexed_events"] > 1000
    assert len(health["slowest"]) == db_health.SHOWN
    assert {one["name"] for one in health["slowest"]} <= {question.name for question in QUESTIONS}
    taken = [one["milliseconds"] for one in health["slowest"]]
    assert taken == sorted(taken, reverse=True)
    used = {index for one in health["slowest"] for index in one["indexes"]}
    assert "ix_pss_matches_match_number" in health["unused_indexes"] or used
    assert not {"ix_pss_events_v2_timestamp", "ix_challenges_requested_at"} & set(health["unused_indexes"])
    shown = run("db", "health")
    assert (shown.code, f"{database}: well" in shown.out, "last backup" in shown.out) == (0, True, True)
    assert f"{replaced} (2.0 KiB)" in shown.out


def test_a_new_database_is_well(run: Run, home: Path, migrated: bytes) -> None:
    """Without a match or an event, the usual questions can be asked, too."""
    (home / "data").mkdir(parents=True)
    (home / "data" / "restrike.db").write_bytes(migrated)
    assert (run("db", "health").code, _health(run)[1]["is_accessible"]) == (0, True)


def test_backups_that_are_missing_old_or_gone(run: Run, execute: Execute) -> None:
    """None, one whose file is gone, and one from before what was stored since are told; the newest one counts."""
    assert "There is no backup of it" in _health(run)[1]["problems"][0]
    execute(BACKUP, "gone", "removed", utc_now_iso())
    assert "There is no backup of it" in _health(run)[1]["problems"][0]
    execute(BACKUP, "old", "present", "2026-01-01T00:00:00Z")
    done, health = _health(run)
    assert (done.code, "hours old. Run: restrike backup create" in health["problems"][0]) == (1, True)
    execute("UPDATE watermarks SET updated_at = '2025-12-31T00:00:00Z'")
    assert _health(run)[1]["problems"] == []


def test_the_last_attempt_at_a_backup_counts(run: Run, execute: Execute) -> None:
    """A backup of an hour ago is there, but the disk for the next ones is not: somebody must be told."""
    attempt = CHECK.replace("'check'", "'backup'").replace("result,", "error,")
    execute(BACKUP, "b1", "present", utc_now_iso())
    execute(attempt, "j1", "done", None, "2026-01-01T00:00:00Z", utc_now_iso())
    assert _health(run)[1]["problems"] == []
    execute(attempt, "j2", "failed", "There is no such folder.", "2026-01-02T00:00:00Z", utc_now_iso())
    execute(attempt, "j3", "running", None, "2026-01-03T00:00:00Z", None)
    done, health = _health(run)
    assert (done.code, health["backup_error"]) == (1, "There is no such folder.")
    assert health["problems"] == [
        "The last backup failed: There is no such folder; then run: restrike backup create",
    ]
    execute(attempt, "j4", "done", None, "2026-01-04T00:00:00Z", utc_now_iso())
    assert _health(run)[1]["problems"] == []


def test_a_backup_that_is_not_recorded_is_one(run: Run, execute: Execute, home: Path) -> None:
    """As after a restore: the newest is named, not the newest that the restored database knows."""
    execute(BACKUP, "old", "present", "2026-01-01T00:00:00Z")
    name = f"restrike-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-by-hand"
    (home / "backups").mkdir()
    (home / "backups" / f"{name}.db").write_bytes(b"x")
    _, health = _health(run)
    assert (health["backup"], health["problems"]) == (name, [])


@pytest.mark.parametrize(
    ("limit", "value", "says"),
    [
        ("SLOW_MS", 0.0, "takes longer than 0 ms"),
        ("QUESTION_WITHIN_S", -1.0, "takes longer than 1000 ms"),
        ("UNINDEXED", 10, "events is not indexed"),
        ("WAL_BYTES", -1, "end programs that keep the database open"),
        ("FRAGMENTED", -1.0, "of its pages are free"),
    ],
)
def test_each_limit_is_told_when_it_is_passed(
    run: Run, execute: Execute, monkeypatch: pytest.MonkeyPatch, *, limit: str, value: float, says: str
) -> None:
    """In a sentence, and with exit 1."""
    execute(BACKUP, "b1", "present", utc_now_iso())
    monkeypatch.setattr(db_health, limit, value)
    if limit == "QUESTION_WITHIN_S":
        monkeypatch.setattr("services.cli.query.source.STEPS_BETWEEN_LOOKS", 1)
    done, health = _health(run)
    assert done.code == 1
    assert any(says in problem for problem in health["problems"]), health["problems"]


@pytest.mark.parametrize(
    ("status", "result", "is_well"),
    [
        ("done", '{"faults":{},"repaired":{}}', True),
        ("done", '{"faults":{"orphans":3},"repaired":{"orphans":3}}', True),
        ("done", '{"faults":{"orphans":3},"repaired":{"orphans":1}}', False),
        ("failed", None, False),
    ],
)
def test_the_last_check_counts(run: Run, execute: Execute, *, status: str, result: str | None, is_well: bool) -> None:
    """The last that came to an end, with the faults that it left."""
    execute(BACKUP, "b1", "present", utc_now_iso())
    execute(CHECK, "j1", status, result, "2026-01-01T00:00:00Z", utc_now_iso())
    execute(CHECK, "j2", "running", None, utc_now_iso(), None)
    done, health = _health(run)
    assert (done.code == 0, health["check"], health["check_at"] is not None) == (is_well, status, True)


def test_other_versions_and_other_files(run: Run, database: Path) -> None:
    """An older database is told to be migrated; what is no database is told, too; none yet."""
    rollback(database, 6, backups=database.parent)
    done, health = _health(run)
    assert (done.code, health["is_accessible"], "restrike db migrate" in health["problems"][0]) == (1, True, True)
    database.write_text("notes" * 1000)
    done, health = _health(run)
    assert (done.code, health["is_accessible"], "not a SQLite database" in health["problems"][0]) == (1, False, True)
    database.unlink()
    shown = run("db", "health")
    assert (shown.code, "There is no database yet" in shown.out) == (1, True)


def test_large_tables_are_about(run: Run, played: Played, execute: Execute, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told from their ids unless asked to be counted; events and datagrams from what counts them."""
    monkeypatch.setattr(db_stats, "LARGE", 1000)
    execute("DELETE FROM pss_event_details WHERE id = 500")
    about = run("db", "stats", "--json").document
    exact = run("db", "stats", "--exact", "--json").document
    sent = len(played.bodies())
    assert {"pss_events_v2", "raw_datagrams", "pss_event_details"} <= set(about["about"])
    assert exact["about"] == []
    assert about["tables"]["pss_event_details"] == exact["tables"]["pss_event_details"] + 1
    assert about["tables"]["pss_matches"] == exact["tables"]["pss_matches"] == len(played.truths)
    assert (about["events"], about["tables"]["pss_events_v2"]) == (sent, sent)
    assert {one["ring"]: one["datagrams"] for one in about["rings"]} == {
        ring: len(course.datagrams) for ring, course in played.courses.items()
    }
    assert not [name for name in about["tables"] if name.startswith("search_") and name != "search_progress"]
    assert f"about {sent}" in run("db", "stats").out
