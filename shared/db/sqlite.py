"""The one SQLite of the project and how its files are opened; every process that touches a database file.

`sqlite3` here is pysqlite3 (which bundles its own SQLite) unless the linked library is newer. Import it from here
and from nowhere else: two SQLite libraries in one process silently drop each other's POSIX locks. For the same reason
nothing may `open()` a database file that its own process may have open: closing it drops the locks of all.
"""

import sqlite3 as _linked
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from shared.errors import DatabaseError

if TYPE_CHECKING:
    import sqlite3
else:
    try:
        from pysqlite3 import dbapi2 as _bundled
    except ImportError:
        _bundled = _linked
    # >= and not >: it is the rule by which peewee chooses, and both must end with the same library.
    sqlite3 = _bundled if _bundled.sqlite_version_info >= _linked.sqlite_version_info else _linked

__all__ = [
    "BUSY_TIMEOUT_S",
    "SAFE_WAL_VERSION",
    "connect_reader",
    "connect_writer",
    "is_empty",
    "one_commit",
    "reader_uri",
    "require_safe_wal",
    "sqlite3",
]

BUSY_TIMEOUT_S = 5.0
# Up to 3.51.2 two connections that checkpoint at once can corrupt a WAL database.
SAFE_WAL_VERSION = (3, 51, 3)


def connect_writer(path: Path, *, synchronous: Literal["FULL", "NORMAL"] = "FULL") -> "sqlite3.Connection":
    """Open `path` for reading and writing, making it if need be: WAL, foreign keys on.

    With `synchronous` FULL a commit survives a power cut; with NORMAL the file stays sound, but its last commits may be
    undone: for what can be had again from elsewhere.

    Transactions are the caller's (`BEGIN IMMEDIATE`); another writer is waited for `BUSY_TIMEOUT_S`.
    Raises DatabaseError: the SQLite is too old to be safe, `path` is another kind of file (then it is left as it is),
    it cannot be opened, or its file system cannot hold a WAL.
    """
    require_safe_wal()
    connection = _open(str(path.absolute()), path=path)
    try:
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute("PRAGMA foreign_keys = ON")
    except sqlite3.Error as error:
        connection.close()
        raise _unusable(path, error) from error
    if mode != "wal":
        connection.close()
        raise DatabaseError("database.no_wal", "Put the database on a local disk that can hold a WAL.", value=str(path))
    return connection


def connect_reader(path: Path, *, timeout_s: float = BUSY_TIMEOUT_S) -> "sqlite3.Connection":
    """Open the existing `path` read-only; a commit of the writer is seen by the next statement. One that another holds
    is waited for `timeout_s`.

    Raises DatabaseError: there is no such file, it is another kind of file, or it cannot be opened.
    """
    return _open(reader_uri(path), path=path, timeout_s=timeout_s)


@contextmanager
def one_commit(connection: "sqlite3.Connection") -> "Iterator[None]":
    """Queries of a reader in this block see the same commit; within a transaction they do already. Keep it short: the
    log cannot be emptied meanwhile.
    """
    if connection.in_transaction:
        yield
        return
    connection.execute("BEGIN")
    try:
        yield
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def reader_uri(path: Path) -> str:
    """Give `path` as the URI of a read-only database, safe for every character that a path may hold."""
    return f"file:{quote(str(path.absolute()))}?mode=ro"


def is_empty(path: Path) -> bool:
    """Whether `path` holds no database yet: it is not there or has no bytes (SQLite makes such files itself)."""
    return not path.exists() or (path.is_file() and path.stat().st_size == 0)


def require_safe_wal() -> None:
    """Raise DatabaseError if this SQLite could damage a WAL database."""
    if sqlite3.sqlite_version_info < SAFE_WAL_VERSION:
        raise DatabaseError(
            "database.sqlite_too_old",
            "This SQLite can damage the database; install pysqlite3 0.6.1 or newer"
            " (pip install 'pysqlite3>=0.6.1') or SQLite 3.51.3 or newer.",
            value=sqlite3.sqlite_version,
        )


def _open(target: str, *, path: Path, timeout_s: float = BUSY_TIMEOUT_S) -> "sqlite3.Connection":
    if path.is_file() and path.stat().st_size == 1:
        raise _not_sqlite(path)  # SQLite takes one byte for none, and would write over it
    try:
        connection = sqlite3.connect(target, timeout=timeout_s, isolation_level=None, uri=target.startswith("file:"))
    except sqlite3.Error as error:
        raise _unusable(path, error) from error
    try:
        # SQLite opens lazily; only the first read tells what kind of file this is.
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        connection.close()
        raise _unusable(path, error) from error
    return connection


def _unusable(path: Path, error: "sqlite3.Error") -> DatabaseError:
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_NOTADB:
        return _not_sqlite(path)
    return DatabaseError(
        "database.cannot_open",
        f"The database cannot be opened ({error}); check that it exists, whose it is and who holds it.",
        value=str(path),
    )


def _not_sqlite(path: Path) -> DatabaseError:
    return DatabaseError(
        "database.not_sqlite",
        "This file is not a SQLite database and was left as it is; name another one or move it away.",
        value=str(path),
    )
