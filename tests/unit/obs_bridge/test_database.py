"""How obs-bridge reads restrike.db: never for long, whoever holds it, and always the file that is there now."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from unittest.mock import Mock

import pytest

from services.obs_bridge import database as under_test
from services.obs_bridge.database import Database
from shared.db.sqlite import connect_reader, connect_writer, sqlite3
from shared.errors import DatabaseError
from tests.support.wait import eventually

SQL = "SELECT a FROM t WHERE a >= :least"
VALUES = {"least": 1}


def make(path: Path, *values: int) -> None:
    """A database with these rows."""
    with closing(connect_writer(path)) as connection:
        connection.execute("CREATE TABLE t (a)")
        connection.executemany("INSERT INTO t VALUES (?)", [(value,) for value in values])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "restrike.db"


@pytest.fixture
def holder(path: Path) -> Iterator["sqlite3.Connection"]:
    """Somebody who lets nobody else read."""
    make(path, 1, 2)
    with closing(connect_writer(path)) as one:
        one.execute("PRAGMA locking_mode = EXCLUSIVE")
        one.execute("INSERT INTO t VALUES (3)")
        yield one


def test_rows(path: Path) -> None:
    """Before db-writer has made it an error; afterwards the rows as they are now."""
    database = Database(path)
    assert not database.is_there
    with pytest.raises(DatabaseError):
        database.ask(SQL, VALUES)
    make(path, 0, 1)
    assert database.is_there
    assert database.ask(SQL, VALUES) == [(1,)]
    with closing(connect_writer(path)) as writer:
        writer.execute("INSERT INTO t VALUES (2)")
        assert database.ask(SQL, VALUES) == [(1,), (2,)]


@pytest.mark.slow
def test_one_that_is_held(holder: "sqlite3.Connection", path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it is read, the loop is held up once in a while, for a moment; it is read again when it is free."""
    monkeypatch.setattr(under_test, "REST_S", 1.0)
    tries = Mock(wraps=connect_reader)
    monkeypatch.setattr(under_test, "connect_reader", tries)
    database = Database(path)
    begun = time.monotonic()
    sentences = set()
    for _ in range(20):
        with pytest.raises(DatabaseError, match="locked") as refused:
            database.ask(SQL, VALUES)
        sentences.add(str(refused.value))
    assert tries.call_count <= 1 + (time.monotonic() - begun) / under_test.REST_S
    assert len(sentences) == 1, "told as one thing"
    holder.close()
    assert eventually(lambda: database.ask(SQL, VALUES), within=5, what="it is read again") == [(1,), (2,), (3,)]


def test_a_restore(path: Path) -> None:
    """The next reading is of the file that took its place."""
    make(path, 1)
    database = Database(path)
    assert database.ask(SQL, VALUES) == [(1,)]
    other = path.with_name("other.db")
    make(other, 7)
    path.rename(path.with_name("replaced.db"))
    other.rename(path)
    assert database.ask(SQL, VALUES) == [(7,)]


def test_one_commit(path: Path) -> None:
    """All queries of one reading see the same, whatever is stored meanwhile."""
    make(path, 1)

    def twice(connection: "sqlite3.Connection") -> list[int]:
        found = [connection.execute("SELECT count(*) FROM t").fetchone()[0]]
        with closing(connect_writer(path)) as writer:
            writer.execute("INSERT INTO t VALUES (2)")
        return [*found, connection.execute("SELECT count(*) FROM t").fetchone()[0]]

    assert Database(path).read(twice) == [1, 1]


def test_the_end_of_the_suite(path: Path) -> None:
    """What reads leaves db-writer, which ends first, everything in one file."""
    make(path, 1)
    writer = connect_writer(path)
    database = Database(path)
    assert database.ask(SQL, VALUES) == [(1,)]
    writer.close()
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_what_is_no_database(path: Path) -> None:
    """Told, and left as it is; once it is one, it is read."""
    path.write_bytes(b"damaged!" * 512)
    database = Database(path)
    with pytest.raises(DatabaseError, match="not a SQLite database"):
        database.ask(SQL, VALUES)
    path.unlink()
    make(path, 1)
    with pytest.raises(DatabaseError, match="no such table"):
        database.ask("SELECT a FROM u", {})
    assert database.ask(SQL, VALUES) == [(1,)]
