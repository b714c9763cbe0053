"""The tables of the vendor's books (`licensor.db`). `restrike-licensor`."""

from typing import TYPE_CHECKING, Final

from shared.db.sqlite import sqlite3
from shared.errors import DatabaseError

if TYPE_CHECKING:
    from pathlib import Path

VERSION: Final = 1
APPLICATION: Final = 0x52_53_4C_42
"""Tells the file from other databases ("RSLB")."""

_TABLES: Final = (
    """CREATE TABLE keys (
        key_id TEXT PRIMARY KEY, public TEXT NOT NULL UNIQUE, made_at INTEGER NOT NULL, retired_at INTEGER
    ) STRICT""",
    """CREATE TABLE licenses (
        license_id TEXT PRIMARY KEY, key_digest BLOB NOT NULL UNIQUE, entry TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE seats (
        license_id TEXT NOT NULL REFERENCES licenses, number INTEGER NOT NULL, machine TEXT NOT NULL,
        host TEXT NOT NULL, program TEXT NOT NULL, taken_at INTEGER NOT NULL, seen_at INTEGER, released_at INTEGER,
        released_by TEXT,
        PRIMARY KEY (license_id, number)
    ) STRICT""",
    """CREATE TABLE tokens (
        token_id TEXT PRIMARY KEY, license_id TEXT NOT NULL REFERENCES licenses, seat INTEGER, key_id TEXT NOT NULL,
        issued_at INTEGER NOT NULL, revision INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX tokens_of_license ON tokens (license_id)",
    """CREATE TABLE audit (
        number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, who TEXT NOT NULL, act TEXT NOT NULL,
        outcome TEXT NOT NULL, license_id TEXT, machine TEXT, key_end TEXT, detail TEXT, times INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX audit_of_license ON audit (license_id)",
)


def prepare(connection: "sqlite3.Connection", path: "Path") -> None:
    """Make the tables where there are none.

    Raises:
        DatabaseError: the file is of another program, or of a newer version of this one.
    """
    if _version(connection) == VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)  # another process may have been quicker
        if version == 0:
            _make(connection, path)
        elif version != VERSION:
            sentence = "These books were written by a newer version of restrike-licensor: upgrade."
            raise DatabaseError("books.too_new", sentence, value=str(path))
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _make(connection: "sqlite3.Connection", path: "Path") -> None:
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone() != (0,):
        raise DatabaseError(
            "books.not_ours", "This database is of another program: name another --home.", value=str(path)
        )
    for statement in _TABLES:
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def _version(connection: "sqlite3.Connection") -> int:
    found: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return found
