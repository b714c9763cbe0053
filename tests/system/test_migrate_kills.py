"""Kill -9 in the middle of a migration, at any moment: the database is at one version, whole, and migrates on."""

import os
import random
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from shared.clock import monotonic_s
from shared.db.migrate import migrate, rollback, status
from shared.db.sqlite import connect_reader
from shared.db.table_checksums import TableContent, contents_of
from tests.support.wait import pause

ROUNDS = int(os.environ.get("RESTRIKE_KILL_ROUNDS", "3"))
OLD = 6
BOOKKEEPING = {"schema_version", "migratehistory"}


def migration(path: Path, backups: Path) -> "subprocess.Popen[bytes]":
    """The process that migrates."""
    command = [sys.executable, "-P", "-m", "shared.db.migrate", "migrate", str(path), "--backups", str(backups)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def contents(path: Path) -> dict[str, TableContent]:
    """What is in the tables; the database passes SQLite's own checks."""
    with closing(connect_reader(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        return {table: content for table, content in contents_of(connection).items() if table not in BOOKKEEPING}


@pytest.fixture
def older(season_database: Path, tmp_path: Path) -> Path:
    """A filled database at an older version."""
    path = tmp_path / "older.db"
    shutil.copy(season_database, path)
    rollback(path, OLD, backups=tmp_path / "unused")
    return path


def test_killed_at_any_moment(older: Path, tmp_path: Path) -> None:
    """Whatever the moment: old or new content, nothing between; then the migration ends as if nothing had happened."""
    latest, began_s = tmp_path / "latest.db", monotonic_s()
    shutil.copy(older, latest)
    assert migration(latest, tmp_path / "backups").wait(60) == 0
    took_s = monotonic_s() - began_s
    before, after = contents(older), contents(latest)
    chance = random.Random(11)
    for number in range(ROUNDS):
        path, backups = tmp_path / f"{number}.db", tmp_path / f"backups-{number}"
        shutil.copy(older, path)
        process = migration(path, backups)
        pause(chance.uniform(0, took_s))
        process.kill()
        process.wait(10)
        version = status(path).current
        assert version in range(OLD, status(latest).latest + 1)
        if version == OLD:
            assert contents(path) == before
        migrate(path, backups=backups)
        assert contents(path) == after
