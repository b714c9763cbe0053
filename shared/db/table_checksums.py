"""What is in a database, table by table: rows and one checksum over all of them; backups, checks and restores.

The checksum is over the rows in primary-key order, so it is the same for the same content, whatever the layout of the
pages. Text indexes (FTS5) are left out: what they hold follows from the other tables.
"""

import hashlib
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from shared.db.compression import Tell, tell_nobody
from shared.db.sqlite import sqlite3

if TYPE_CHECKING:
    from hashlib import _Hash

BATCH_ROWS: Final = 1_000
BYTES_TEXT: Final = b"text as bytes"
"""Stands before the rows of a table whose text is not all UTF-8."""


class TableContent(Struct, frozen=True):
    """Rows of a table, and the SHA-256 over its columns' names and its rows, in hexadecimal."""

    rows: int
    checksum: str


def tables_of(connection: "sqlite3.Connection") -> list[str]:
    """The tables with rows of their own, by name: no views, no text indexes, nothing of SQLite's."""
    rows = connection.execute("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'")
    return sorted(name for (name,) in rows.fetchall() if not name.startswith("sqlite_"))


def columns_of(connection: "sqlite3.Connection", table: str) -> tuple[list[str], list[str]]:
    """The columns of `table` in their order, and those of its primary key in theirs (none: `rowid`)."""
    rows = connection.execute(f'PRAGMA table_info("{table}")').fetchall()
    key = [name for place, name in sorted((row[5], row[1]) for row in rows) if place]
    return [row[1] for row in rows], key or ["rowid"]


def select_rows(connection: "sqlite3.Connection", table: str) -> str:
    """The query of all rows of `table` in primary-key order."""
    columns, key = columns_of(connection, table)
    return f"SELECT {_listed(columns)} FROM {_listed([table])} ORDER BY {_listed(key)}"


def table_content(connection: "sqlite3.Connection", table: str) -> TableContent:
    """Count and checksum the rows of `table`; about 3 µs a row. Raises sqlite3.Error: it cannot be read."""
    columns, _ = columns_of(connection, table)
    query = select_rows(connection, table)
    try:
        return _content(connection, query, hashlib.sha256(msgspec.msgpack.encode(columns)))
    except sqlite3.OperationalError as error:
        if "UTF-8" not in str(error):
            raise
    text_factory = connection.text_factory
    connection.text_factory = bytes
    try:
        return _content(connection, query, hashlib.sha256(BYTES_TEXT + msgspec.msgpack.encode(columns)))
    finally:
        connection.text_factory = text_factory


def contents_of(connection: "sqlite3.Connection", *, tell: Tell = tell_nobody) -> dict[str, TableContent]:
    """`table_content` of every table. Raises sqlite3.Error."""
    tables = tables_of(connection)
    found = {}
    for number, table in enumerate(tables):
        tell("checksums", number, len(tables))
        found[table] = table_content(connection, table)
    return found


def differences(
    expected: dict[str, TableContent], found: dict[str, TableContent], *, what: str = "the backup"
) -> list[str]:
    """One sentence per table that is not as `expected`; none: the same content."""
    said = [f"table {table} is missing in {what}" for table in sorted(expected.keys() - found.keys())]
    said += [f"table {table} in {what} is not expected" for table in sorted(found.keys() - expected.keys())]
    for table in sorted(expected.keys() & found.keys()):
        if expected[table].rows != found[table].rows:
            said.append(f"table {table} has {found[table].rows} rows in {what} and should have {expected[table].rows}")
        elif expected[table] != found[table]:
            said.append(f"table {table} has other values in {what} than it should have")
    return said


def _content(connection: "sqlite3.Connection", query: str, digest: "_Hash") -> TableContent:
    encode = msgspec.msgpack.Encoder().encode
    count = 0
    cursor = connection.execute(query)
    while rows := cursor.fetchmany(BATCH_ROWS):
        count += len(rows)
        digest.update(b"".join(map(encode, rows)))
    return TableContent(count, digest.hexdigest())


def _listed(names: list[str]) -> str:
    return ", ".join('"' + name.replace('"', '""') + '"' for name in names)
