"""Kill -9 in the midst of archive, unarchive and vacuum: the database opens, is sound, no row is lost or doubled."""

import os
import random
import subprocess
import sys
import uuid
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from shared.db.archive_files import BULKY, opened_archive
from shared.db.sqlite import connect_reader
from shared.db.table_checksums import columns_of, contents_of
from shared.messages.jobs import JobStatus, StartJob
from shared.messages.requests import Request
from shared.messages.service import WRITER
from shared.paths import Paths
from tests.support.wait import eventually, pause
from tests.unit.db_writer.office.cared import KEPT, season

ROUNDS = int(os.environ.get("RESTRIKE_KILL_ROUNDS", "2"))
LONGEST_S: Final = 1.2
"""About how long each of these takes, with the start of its process."""
OLD: Final = 30

Rows = set[tuple[Any, ...]]


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """A home with a database that three rings filled in September 2024."""
    home = Paths(tmp_path / "home")
    home.prepare()
    home.database.write_bytes(season(tmp_path))
    return home


def begun(paths: Paths, kind: str, **options: Any) -> "subprocess.Popen[bytes]":
    """A process that does a job without the suite, as `restrike` starts it."""
    command = StartJob(kind=kind, author="ana", options=options, force=True)
    body = msgspec.Raw(msgspec.msgpack.encode(command))
    request = Request(service=WRITER, command=command.name, id=uuid.uuid4().hex, body=body)
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "services.db_writer.once"],
        env=os.environ | {"RESTRIKE_HOME": str(paths.home)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(msgspec.msgpack.encode(request))
    process.stdin.close()
    return process


def done(paths: Paths, kind: str, **options: Any) -> dict[str, Any]:
    """What a job says that is left alone."""
    with begun(paths, kind, **options) as process:
        assert process.stdout is not None
        said: dict[str, Any] = [msgspec.json.decode(line) for line in process.stdout][-1]
    assert said.get("result", {}).get("status") == JobStatus.DONE.value, said
    result: dict[str, Any] = said["result"]["result"]
    return result


def killed(paths: Paths, kind: str, *, after_s: float, **options: Any) -> None:
    """A job that is killed `after_s` seconds after it first told how far it is."""
    with begun(paths, kind, **options) as process:
        assert process.stdout is not None
        process.stdout.readline()
        pause(after_s)
        process.kill()


def held(paths: Paths, table: str) -> tuple[Rows, Rows]:
    """The rows of a table in the database, and those in archives that are not back."""
    with closing(connect_reader(paths.database)) as connection:
        columns = ", ".join(columns_of(connection, table)[0])
        here = set(connection.execute(f"SELECT {columns} FROM {table}").fetchall())
        names = connection.execute("SELECT name FROM archives WHERE status <> 'back'").fetchall()
    there: Rows = set()
    for (name,) in names:
        with closing(connect_reader(opened_archive(paths.archive, name))) as archive:
            there |= set(archive.execute(f"SELECT {columns} FROM {table}").fetchall())
    return here, there


def contents(paths: Paths) -> dict[str, Any]:
    """The checksum of each table; SQLite's own checks find nothing."""
    with closing(connect_reader(paths.database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        found = contents_of(connection)
    return {table: content for table, content in found.items() if table not in KEPT and "settings" not in table}


def test_killed_archive_and_return_lose_nothing(paths: Paths) -> None:
    """Wherever it is killed, each row is in the database or in an archive; the next one ends what was begun, then each
    row is in exactly one place; and all of it comes back as it was.
    """
    chance = random.Random(f"archive {ROUNDS}")
    done(paths, "check")  # its process makes what each start makes, such as the rows of flags
    begun_with = contents(paths)
    rows = {table: held(paths, table)[0] for table in BULKY}
    for _ in range(ROUNDS):
        killed(paths, "archive", older_than_days=OLD, after_s=chance.uniform(0, LONGEST_S))
        contents(paths)
        for table in BULKY:
            here, there = held(paths, table)
            assert here | there == rows[table], table
        done(paths, "archive", older_than_days=OLD)
        for table in BULKY:
            here, there = held(paths, table)
            assert here | there == rows[table], table
            assert not here & there, table
            assert len(here) < 10
        names = archived(paths)
        killed(paths, "unarchive", name=names[0], after_s=chance.uniform(0, LONGEST_S))
        contents(paths)
        for table in BULKY:
            here, there = held(paths, table)
            assert here | there == rows[table], table
        for name in archived(paths):
            done(paths, "unarchive", name=name)
        assert contents(paths) == begun_with
        assert done(paths, "check")["faults"] == {}


def test_killed_vacuum_changes_no_row(paths: Paths) -> None:
    """Killed while pages are given back or the whole file is written anew: the same rows; another one ends it."""
    chance = random.Random(f"vacuum {ROUNDS}")
    done(paths, "archive", older_than_days=OLD)
    left = contents(paths)
    for _ in range(ROUNDS):
        for kind in ("vacuum", "vacuum_full"):
            killed(paths, kind, after_s=chance.uniform(0, 0.05))
            assert contents(paths) == left
    done(paths, "vacuum_full")
    assert done(paths, "vacuum")["free_pages"] == 0
    assert contents(paths) == left
    assert done(paths, "check")["faults"] == {}
    eventually(lambda: not list(paths.data.glob("*etilqs*")), within=5, what="no temporary file of SQLite's")


def archived(paths: Paths) -> list[str]:
    """The archives whose rows are not back."""
    with closing(connect_reader(paths.database)) as connection:
        rows = connection.execute("SELECT name FROM archives WHERE status <> 'back' ORDER BY id").fetchall()
    return [name for (name,) in rows]
