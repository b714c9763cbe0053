"""What history keeps when a backup takes the database's place."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from services.db_writer.after_backup import RingAfter
from services.db_writer.carry_over import carry_over
from shared.db.sqlite import connect_writer, sqlite3

BACKUP = """
INSERT INTO backups (id, name, path, format, reason, status, schema_version, size_bytes, database_bytes, sha256,
    taken_at, created_at, updated_at) VALUES (?, ?, 'x', 'database', 'asked', ?, 8, 1, 1, 'x', 't', 't', 't')
"""
VERDICT = "INSERT INTO backup_verifications (backup_id, verified_at, is_sound) VALUES (?, ?, ?)"
COPIED = """
INSERT INTO backup_copies (backup_id, remote, status, parts, bytes_copied, created_at, updated_at)
VALUES (?, 'usb:x', ?, 1, 1, 't', 't')
"""
JOB = "INSERT INTO jobs (job_id, kind, options, author, status, begun_at) VALUES (?, 'backup', '{}', 'ana', ?, 't')"
ACT = "INSERT INTO operator_audit (done_at, author, action, outcome, ring, entry) VALUES (?, ?, 'x', 'done', ?, ?)"
VERDICTS = "SELECT name, verified_at, is_sound FROM backup_verifications v JOIN backups b ON b.id = backup_id"
ACTS = "SELECT done_at, author, ring, entry FROM operator_audit ORDER BY id"


class Both:
    """The present database, and the copy of a backup of it."""

    def __init__(self, live: "sqlite3.Connection", copy: "sqlite3.Connection") -> None:
        self.live, self.copy = live, copy

    def write(self, sql: str, *values: object) -> None:
        """Into the present one alone."""
        self.live.execute(sql, values)

    def carry(self, *rings: RingAfter) -> dict[str, int]:
        """Carry over, in one transaction."""
        self.copy.execute("BEGIN IMMEDIATE")
        carried = carry_over(self.copy, self.live, rings=rings)
        self.copy.execute("COMMIT")
        return carried

    def rows(self, sql: str) -> list[Any]:
        """Rows of the copy."""
        return list(self.copy.execute(sql).fetchall())


@pytest.fixture
def both(path: Path, migrated: bytes) -> Iterator[Both]:
    """Both know one backup, one job that runs and one act."""
    other = path.with_name("copy.db")
    other.write_bytes(migrated)
    with closing(connect_writer(path)) as live, closing(connect_writer(other)) as copy:
        for connection in (live, copy):
            connection.execute(BACKUP, (1, "first", "present"))
            connection.execute(JOB, ("job-1", "running"))
            connection.execute(ACT, ("t1", "ana", None, None))
        yield Both(live, copy)
        assert copy.execute("PRAGMA foreign_key_check").fetchall() == []


def test_nothing_goes_back_in_time(both: Both) -> None:
    """Verdicts, copies and rows of backups, ends of jobs and acts of the present database are in the copy, which keeps
    what it alone has; a second time nothing is carried.
    """
    both.copy.execute(BACKUP, (2, "only in the copy", "present"))
    both.write("UPDATE backups SET status = 'removed', removed_at = 't2'")
    both.write(BACKUP, 2, "second", "present")
    both.write(VERDICT, 2, "t3", 0)
    both.write(VERDICT, 1, "t2", 1)
    both.write(COPIED, 2, "verified")
    both.write("UPDATE jobs SET status = 'done', result = '{}'")
    both.write(JOB, "job-2", "failed")
    for _ in range(2):
        both.write(ACT, "t2", "ben", None, None)
    assert both.carry() == {
        "backups": 2,
        "backup_verifications": 2,
        "backup_copies": 1,
        "jobs": 2,
        "operator_audit": 2,
    }
    assert both.rows("SELECT name, status FROM backups ORDER BY name") == [
        ("first", "removed"),
        ("only in the copy", "present"),
        ("second", "present"),
    ]
    assert sorted(both.rows(VERDICTS)) == [("first", "t2", 1), ("second", "t3", 0)]
    assert both.rows("SELECT name FROM backups b JOIN backup_copies c ON c.backup_id = b.id") == [("second",)]
    assert both.rows("SELECT job_id, status FROM jobs ORDER BY id") == [("job-1", "done"), ("job-2", "failed")]
    assert [row[:2] for row in both.rows(ACTS)] == [("t1", "ana"), ("t2", "ben"), ("t2", "ben")]
    assert both.carry() == {}


def test_decisions_that_come_back_by_themselves(both: Both) -> None:
    """What the journal brings back writes its own act; those that it does not bring back are carried over."""
    for decided in (("ring-1", 9), ("ring-1", 10), ("ring-2", 10)):
        both.write(ACT, "t2", "ben", *decided)
    ring = RingAfter(ring="ring-1", first=10, last=12, gone_from=8, gone_to=9, is_other_journal=False)
    assert both.carry(ring) == {"operator_audit": 2}
    assert [row[2:] for row in both.rows(ACTS)] == [(None, None), ("ring-1", 9), ("ring-2", 10)]


def test_a_present_database_of_another_version(both: Both) -> None:
    """Columns that only one has are left out."""
    both.write("ALTER TABLE jobs ADD COLUMN host TEXT")
    both.write("ALTER TABLE operator_audit DROP COLUMN error")
    both.write(JOB, "job-2", "done")
    both.write(ACT, "t2", "ben", None, None)
    assert both.carry() == {"jobs": 1, "operator_audit": 1}
