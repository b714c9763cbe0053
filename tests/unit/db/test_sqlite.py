"""How database files are opened."""

from contextlib import closing
from pathlib import Path

import pytest

from shared.db import sqlite
from shared.db.sqlite import connect_reader, connect_writer, sqlite3
from shared.errors import DatabaseError

pytestmark = pytest.mark.slow

ODD_NAME = "a b?c#d%20e&mode=rwc ü.db"


def _pragma(connection: "sqlite3.Connection", name: str) -> object:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def test_writer_is_durable_and_strict(tmp_path: Path) -> None:
    """WAL, synchronous FULL (2), foreign keys, a busy timeout, and transactions only where the caller begins them."""
    with closing(connect_writer(tmp_path / "x.db")) as writer:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        assert [_pragma(writer, name) for name in names] == ["wal", 2, 1, 5000]
        writer.execute("CREATE TABLE t (n)")
        assert not writer.in_transaction


def test_reader_follows_the_writer_and_cannot_write(tmp_path: Path) -> None:
    """A commit is seen at once; a write is refused."""
    path = tmp_path / "x.db"
    with closing(connect_writer(path)) as writer:
        writer.execute("CREATE TABLE t (n)")
        with closing(connect_reader(path)) as reader:
            writer.execute("INSERT INTO t VALUES (1)")
            assert reader.execute("SELECT n FROM t").fetchall() == [(1,)]
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                reader.execute("INSERT INTO t VALUES (2)")


def test_reader_opens_after_the_writer_has_gone(tmp_path: Path) -> None:
    """The last writer removes the WAL; a reader alone still reads."""
    path = tmp_path / "x.db"
    with closing(connect_writer(path)) as writer:
        writer.execute("CREATE TABLE t (n)")
    with closing(connect_reader(path)) as reader:
        assert reader.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_odd_file_name(tmp_path: Path) -> None:
    """Characters that mean something in a URI are only characters of the name."""
    path = tmp_path / ODD_NAME
    with closing(connect_writer(path)) as writer, closing(connect_reader(path)) as reader:
        writer.execute("CREATE TABLE t (n)")
        assert reader.execute("SELECT count(*) FROM t").fetchone() == (0,)
    assert [file.name for file in tmp_path.iterdir()] == [ODD_NAME]


def test_relative_name_like_a_uri(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path that looks like a URI or like SQLite's memory name is a file."""
    monkeypatch.chdir(tmp_path)
    for name in ("file:x.db", ":memory:"):
        connect_writer(Path(name)).close()
        assert (tmp_path / name).is_file()


def test_reader_makes_no_file(tmp_path: Path) -> None:
    """What is not there cannot be read and is not made."""
    with pytest.raises(DatabaseError) as refusal:
        connect_reader(tmp_path / "none.db")
    assert refusal.value.code == "database.cannot_open"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("connect", [connect_writer, connect_reader])
def test_folder_is_no_database(tmp_path: Path, connect: object) -> None:
    """A folder in the database's place is told from a database."""
    assert callable(connect)
    with pytest.raises(DatabaseError) as refusal:
        connect(tmp_path)
    assert refusal.value.code == "database.cannot_open"


@pytest.mark.parametrize("connect", [connect_writer, connect_reader])
def test_other_file_is_left_untouched(tmp_path: Path, connect: object) -> None:
    """A file of another kind is refused, unchanged, with nothing beside it."""
    assert callable(connect)
    path = tmp_path / "notes.txt"
    path.write_text("no database\n")
    with pytest.raises(DatabaseError) as refusal:
        connect(path)
    assert refusal.value.code == "database.not_sqlite"
    assert path.read_text() == "no database\n"
    assert list(tmp_path.iterdir()) == [path]


def test_sqlite_that_damages_wal_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below 3.51.3 nothing is opened for writing, and the sentence says what to install."""
    monkeypatch.setattr(sqlite.sqlite3, "sqlite_version_info", (3, 51, 2))
    with pytest.raises(DatabaseError, match="pip install 'pysqlite3"):
        connect_writer(tmp_path / "x.db")
    assert list(tmp_path.iterdir()) == []


def test_second_writer_waits_no_longer_than_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that finds another in a transaction gets an error when its time is up, not a hang."""
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_S", 0.01)
    path = tmp_path / "x.db"
    with closing(connect_writer(path)) as first, closing(connect_writer(path)) as second:
        first.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            second.execute("BEGIN IMMEDIATE")
