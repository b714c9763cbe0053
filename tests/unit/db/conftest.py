"""Databases for the tests of this folder: one at the latest version, one with rows in every table, and how to look."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from shared.db.sqlite import connect_writer, sqlite3

ROWS_PER_TABLE = 2
# Columns that take one of a few words.
CLOSED = {"data_type": "string", "origin": "live", "severity": "warning"}

Rows = dict[str, list[dict[str, object]]]
# Of a table: columns (type, NOT NULL, default, key), the tables that they refer to, indexes (kind, columns) where the
# kind is U unique, ix plain, one unique and some plain among the rows that a condition names.
Table = tuple[dict[str, tuple[object, ...]], dict[str, str], set[tuple[str, tuple[str, ...]]]]


@pytest.fixture
def backups(tmp_path: Path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
def latest(tmp_path: Path, migrated: bytes) -> Path:
    """A new database at the latest version."""
    path = tmp_path / "restrike.db"
    path.write_bytes(migrated)
    return path


@pytest.fixture(scope="session")
def _filled(tmp_path_factory: pytest.TempPathFactory, migrated: bytes) -> bytes:
    path = tmp_path_factory.mktemp("filled") / "restrike.db"
    path.write_bytes(migrated)
    with closing(connect_writer(path)) as connection:
        for table in _parents_first(connection):
            for number in range(1, ROWS_PER_TABLE + 1):
                _insert(connection, table, number)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.read_bytes()


@pytest.fixture
def filled(tmp_path: Path, _filled: bytes) -> Path:
    """The same with `ROWS_PER_TABLE` rows more in every table."""
    path = tmp_path / "restrike.db"
    path.write_bytes(_filled)
    return path


@pytest.fixture
def contents() -> Callable[[Path], Rows]:
    """All rows of all tables of ours, by table, each a dict by column."""
    return _contents


@pytest.fixture
def schema() -> Callable[[Path], dict[str, Table]]:
    """Columns, foreign keys, indexes of all tables of ours, comparable whatever the order they were made in."""
    return _schema


def tables_of(connection: "sqlite3.Connection") -> list[str]:
    """The tables of the migrations, without the bookkeeping of versions and what a text index keeps for itself."""
    rows = connection.execute("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'")
    return sorted(
        name for (name,) in rows if name not in {"schema_version", "migratehistory"} and not name.startswith("sqlite_")
    )


def _parents_first(connection: "sqlite3.Connection") -> Iterator[str]:
    waiting = {
        table: {row[2] for row in connection.execute(f"PRAGMA foreign_key_list({table})")}
        for table in tables_of(connection)
    }
    while waiting:
        ready = sorted(table for table, parents in waiting.items() if not parents & waiting.keys())
        assert ready, f"tables that refer to each other in a circle: {waiting}"
        for table in ready:
            del waiting[table]
        yield from ready


def _insert(connection: "sqlite3.Connection", table: str, number: int) -> None:
    references = {row[3] for row in connection.execute(f"PRAGMA foreign_key_list({table})")}
    values: dict[str, object] = {}
    for _, column, kind, _, default, key in connection.execute(f"PRAGMA table_info({table})"):
        if key and column == "id":
            continue
        if column in references or kind == "INTEGER":
            values[column] = number
        elif column == "recognition_status":
            values[column] = "unknown"
        elif column in CLOSED or default is None or not default.startswith("strftime"):
            values[column] = CLOSED.get(column, _value(column, kind, number))
    marks = ", ".join("?" * len(values))
    connection.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))


def _value(column: str, kind: str, number: int) -> object:
    return {"TEXT": f"{column} {number} ü", "REAL": number + 0.5, "BLOB": bytes([0, 255, number])}[kind]


def _contents(path: Path) -> Rows:
    with closing(connect_writer(path)) as connection:
        connection.row_factory = sqlite3.Row
        return {
            table: sorted(
                (dict(row) for row in connection.execute(f"SELECT * FROM {table}")),
                key=lambda row: str(next(iter(row.items()))),
            )
            for table in tables_of(connection)
        }


def _schema(path: Path) -> dict[str, Table]:
    with closing(connect_writer(path)) as connection:
        found: dict[str, Table] = {}
        for table in tables_of(connection):
            columns = {row[1]: row[2:] for row in connection.execute(f"PRAGMA table_info({table})")}
            keys = {row[3]: row[2] for row in connection.execute(f"PRAGMA foreign_key_list({table})")}
            indexes = set()
            for _, name, unique, _, partial in connection.execute(f"PRAGMA index_list({table})").fetchall():
                indexed = tuple(row[2] for row in connection.execute(f"PRAGMA index_info({name})"))
                kinds = ("some", "one") if partial else ("ix", "U")
                indexes.add((kinds[unique], indexed))
            found[table] = (columns, keys, indexes)
        return found
