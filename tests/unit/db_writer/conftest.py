"""A migrated database and the store that writes to it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from services.db_writer.store import Store
from shared.db.sqlite import connect_writer, sqlite3


@pytest.fixture(scope="session")
def _migrated(migrated: bytes) -> bytes:
    return migrated


@pytest.fixture
def path(tmp_path: Path, _migrated: bytes) -> Path:
    """A new database at the latest version."""
    (tmp_path / "restrike.db").write_bytes(_migrated)
    return tmp_path / "restrike.db"


@pytest.fixture
def connection(path: Path) -> "Iterator[sqlite3.Connection]":
    """Its writer; at the end the database is whole."""
    with closing(connect_writer(path)) as connection:
        yield connection
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.fixture
def store(connection: "sqlite3.Connection") -> Store:
    return Store(connection)
