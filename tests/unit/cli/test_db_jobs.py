"""`restrike db jobs` while the suite is down: it reads, makes nothing, waits for nobody, and fits a terminal."""

import fcntl
from contextlib import closing
from pathlib import Path

import pytest

from shared.db.sqlite import connect_writer
from shared.messages.service import WRITER
from shared.paths import Paths
from tests.unit.cli.conftest import Run

ROWS = [
    ("aaaaaaaaaaaa", "backup", "done", '{"name": "x"}', None),
    ("bbbbbbbbbbbb", "import_predecessor", "failed", '{"error_code": "backup.no_room"}', "No room. " + "x" * 200),
    ("cccccccccccc", "vacuum_full", "running", None, None),
]


@pytest.fixture
def paths(run: Run, home: Path, migrated: bytes) -> Paths:
    """A home with three jobs, of which the last did not end."""
    assert callable(run)
    paths = Paths(home)
    paths.prepare()
    paths.database.write_bytes(migrated)
    insert = """
        INSERT INTO jobs (job_id, kind, options, author, status, result, error, begun_at)
        VALUES (?, ?, '{}', 'a long name of an operator', ?, ?, ?, '2026-03-01T09:00:00.000Z')
    """
    with closing(connect_writer(paths.database)) as connection:
        connection.executemany(insert, ROWS)
    return paths


def test_a_new_home_stays_as_it_is(run: Run, home: Path) -> None:
    """Nothing is made by looking; an empty list is a sentence."""
    assert run("db", "jobs").out == "There was no job yet.\n"
    assert run("db", "jobs", "--json").document == {"jobs": []}
    assert "no such job" in run("db", "jobs", "--follow", "x").err
    assert not (home / "data").exists()


@pytest.mark.usefixtures("paths")
def test_jobs_are_shown_with_their_date(run: Run) -> None:
    """In at most 100 columns; what one said stands in full below it, and its code is in the document."""
    lines = run("db", "jobs").out.splitlines()
    assert max(map(len, lines)) <= 100
    assert ("running" in lines[1], "broken" in lines[1], "its process ended" in lines[1]) == (False, True, True)
    assert "2026-03-01" in lines[1]
    assert run("db", "jobs", "--follow", "bbbbbbbbbbbb").out.splitlines()[-1] == ROWS[1][4]
    _, failed, done = run("db", "jobs", "--json").document["jobs"]
    assert (failed["error_code"], failed["result"], done["result"]) == ("backup.no_room", {}, {"name": "x"})


def test_another_command_is_not_waited_for(run: Run, paths: Paths) -> None:
    """It holds db-writer's lock; its job runs, and what it does is named."""
    with paths.lock(WRITER).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("4242 restore")
        lock.flush()
        done = run("db", "jobs")
    assert (done.code, "running" in done.out, "restore (process 4242)" in done.err) == (0, True, True)
