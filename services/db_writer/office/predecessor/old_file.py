"""The predecessor's file: copied with its write-ahead log, checked, and read by the names of tables and columns.

The copy is what is opened, as SQLite would write the log of the original back. Columns are found by any of the names
that are asked for; what is not there is None, what nobody asked for is told.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from services.db_writer.errand import Tell
from services.db_writer.office.predecessor.report import Report
from shared.db.sqlite import connect_reader, sqlite3
from shared.errors import DatabaseError, IoError

OLDEST, NEWEST = 4, 21
"""Versions of the predecessor's tables that this import was made for."""
_BLOCK: Final = 1024 * 1024
_BESIDE: Final = ("-wal", "-journal")
_CLOCK_DEFAULT: Final = ("current_timestamp", "'now'")
_RESCUE: Final = (
    "The file is damaged, as copies of a running database are. Rescue what can be read with: sqlite3 FILE .recover |"
    " sqlite3 NEW.db (and look whether a -wal file was left behind), and import NEW.db."
)

Row = dict[str, Any]
Fields = Mapping[str, tuple[str, ...]]


class Table:
    """A table of the old file: its columns by their names in small letters."""

    def __init__(self, connection: "sqlite3.Connection", name: str) -> None:
        self.name = name
        rows = connection.execute("SELECT name, dflt_value FROM pragma_table_info(?)", (name,)).fetchall()
        self.columns = {column.lower(): column for column, _ in rows}
        self.sqlite_clock = {column.lower() for column, default in rows if _is_clock(default)}
        self.asked: set[str] = set()

    def named(self, names: tuple[str, ...]) -> str | None:
        """The first of `names` that is a column, in small letters."""
        self.asked.update(names)
        return next((name for name in names if name in self.columns), None)


class OldFile:
    """An open copy of the predecessor's file; `sha256` is of the original and its log."""

    def __init__(self, connection: "sqlite3.Connection", sha256: str) -> None:
        self._connection = connection
        self.sha256 = sha256
        select = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        names = [name for (name,) in connection.execute(f"{select} AND sql NOT LIKE 'CREATE VIRTUAL%'").fetchall()]
        self.tables = {name.lower(): Table(connection, name) for name in names}

    def count(self, table: str) -> int:
        """How many rows a table has; 0 where there is none."""
        found = self.tables.get(table)
        return (
            0
            if found is None
            else int(self._connection.execute(f"SELECT count(*) FROM {_q(found.name)}").fetchone()[0])
        )

    def rows(self, table: str, fields: Fields) -> Iterator[Row]:
        """The rows of a table in the order of their ids: `id` and what is asked for; none where there is no table."""
        found = self.tables.get(table)
        if found is not None:
            yield from self._select(found, fields, "ORDER BY 1", ())

    def row(self, table: str, fields: Fields, row_id: int) -> Row:
        """One row that was read before."""
        found = self.tables[table]
        return next(self._select(found, fields, f"WHERE {self._id(found)} = ?", (row_id,)))

    def clock_of(self, table: str, names: tuple[str, ...]) -> tuple[str, bool]:
        """Which column is read as `names`, and whether SQLite's clock is its default."""
        found = self.tables[table]
        named = found.named(names) or names[0]
        return named, named in found.sqlite_clock

    def version(self) -> int | None:
        """The newest number in its `schema_version`."""
        table = self.tables.get("schema_version")
        column = None if table is None else table.named(("version",))
        if table is None or column is None:
            return None
        table.asked.update(table.columns)
        (version,) = self._connection.execute(f"SELECT max({_q(column)}) FROM {_q(table.name)}").fetchone()
        return int(version) if isinstance(version, int) or str(version).isdigit() else None

    def _id(self, table: Table) -> str:
        return _q(table.columns[column]) if (column := table.named(("id",))) else "rowid"

    def _select(self, table: Table, fields: Fields, rest: str, values: tuple[Any, ...]) -> Iterator[Row]:
        named = {field: table.named(names) for field, names in fields.items()}
        columns = [_q(table.columns[column]) if column else "NULL" for column in named.values()]
        select = f"SELECT {', '.join([self._id(table), *columns])} FROM {_q(table.name)} {rest}"
        for row in self._connection.execute(select, values):
            yield dict(zip(("id", *named), row, strict=True))


@contextmanager
def opened(path: Path, copy: Path, *, tell: Tell) -> Iterator[OldFile]:
    """The file `path`, through the copy of it that is made at `copy`.

    Raises:
        IoError: there is no such file, or it changes while it is copied.
        DatabaseError: it is no database, or damaged.
    """
    sha256 = _copied(path, copy, tell=tell)
    with closing(_open(copy)) as connection:
        connection.text_factory = lambda text: text.decode("utf-8", "replace")
        tell("checking the file", 0, None)
        _check(connection, path)
        try:
            yield OldFile(connection, sha256)
        except sqlite3.DatabaseError as error:
            raise DatabaseError("import.damaged", _RESCUE, value=f"{path}: {error}") from error


def check_kind(old: OldFile, path: Path) -> None:
    """Raise DatabaseError for a database of ours, or of somebody else."""
    if "watermarks" in old.tables:
        raise DatabaseError(
            "import.ours", "This is a database of this program itself: see restrike backup restore.", value=str(path)
        )
    if not {"pss_events", "pss_events_v2", "pss_matches", "udp_server_sessions"} & old.tables.keys():
        raise DatabaseError("import.not_predecessor", "This database has none of its tables.", value=str(path))


def text(value: Any) -> str | None:
    """A value as text without padding; None where it is empty."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    found = "" if value is None else str(value).replace("\x00", "").strip()
    return found or None


def whole(value: Any) -> int | None:
    """A value as a whole number that the database can hold; None where it is none."""
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if abs(number) < 1 << 53 else None


def unknown(old: OldFile, report: Report, *, not_taken: Mapping[str, str]) -> None:
    """Tell the tables that nobody knows, those that are left out on purpose, and columns that nobody asked for."""
    for name, table in sorted(old.tables.items()):
        rows = old.count(name)
        if name in not_taken:
            if rows:
                report.not_taken.append(f"{table.name} ({rows} rows): {not_taken[name]}")
        elif not table.asked:
            report.unknown_tables.append(f"{table.name} ({rows} rows)")
        else:
            left = [column for low, column in table.columns.items() if low not in table.asked]
            report.unknown_columns += [f"{table.name}.{column}" for column in left]


def _copied(path: Path, copy: Path, *, tell: Tell) -> str:
    """Copy the file and what SQLite keeps beside it; the SHA-256 of all of it."""
    sources = [(path, copy)] + [
        (beside, copy.with_name(copy.name + end))
        for end in _BESIDE
        if (beside := path.with_name(path.name + end)).is_file()
    ]
    if not path.is_file():
        raise IoError("import.no_file", "There is no such file.", value=str(path))
    before = [_stamp(source) for source, _ in sources]
    digest = hashlib.sha256()
    for source, target in sources:
        size, done = source.stat().st_size, 0
        with source.open("rb") as reading, target.open("xb") as writing:
            while block := reading.read(_BLOCK):
                digest.update(block)
                writing.write(block)
                done += len(block)
                tell(f"copying {source.name}", done, size)
    if [_stamp(source) for source, _ in sources] != before:
        raise IoError("import.changing", "Another program writes this file; end it and try again.", value=str(path))
    return digest.hexdigest()


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _open(copy: Path) -> "sqlite3.Connection":
    """The copy, as a reader, with what its log holds. A hot journal is rolled back first, hence the writer."""
    with closing(sqlite3.connect(copy, isolation_level=None)) as writer:
        try:
            writer.execute("PRAGMA trusted_schema = OFF")
            writer.execute("BEGIN IMMEDIATE")
            writer.execute("ROLLBACK")
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_NOTADB:
                raise DatabaseError("import.not_sqlite", "This file is not a SQLite database.") from error
            raise DatabaseError("import.damaged", _RESCUE, value=str(error)) from error
    try:
        return connect_reader(copy)
    except DatabaseError as error:
        raise DatabaseError("import.damaged", _RESCUE, value=str(error.message)) from error


def _check(connection: "sqlite3.Connection", path: Path) -> None:
    """Raise DatabaseError where SQLite finds damage in the tables. What is wrong in an index alone is no loss."""
    connection.execute("PRAGMA trusted_schema = OFF")
    try:
        found = [
            line for (verdict,) in connection.execute("PRAGMA integrity_check(20)") for line in verdict.splitlines()
        ]
    except sqlite3.DatabaseError as error:
        raise DatabaseError("import.damaged", _RESCUE, value=f"{path}: {error}") from error
    if found != ["ok"]:
        raise DatabaseError("import.damaged", _RESCUE, value=f"{path}: {found[0]}")


def _is_clock(default: Any) -> bool:
    said = str(default or "").lower()
    return any(word in said for word in _CLOCK_DEFAULT) and "localtime" not in said


def _q(name: str) -> str:
    quoted = name.replace('"', '""')
    return f'"{quoted}"'
