"""Keeps a connection from doing anything but reading: for queries that people write. Whoever runs them.

The authorizer is asked about each step when a statement is prepared, so what is refused has not begun.
"""

from typing import Final

from shared.db.sqlite import sqlite3

READING_PRAGMAS: Final = frozenset(
    {"table_info", "table_xinfo", "table_list", "index_list", "index_info", "data_version"}
)
"""What says how tables look (as `pragma_table_info('…')`), and what the text index reads by itself."""


def allow_reading_only(connection: "sqlite3.Connection") -> None:
    """Refuse whatever is not reading on `connection` from now on, ATTACH and most of PRAGMA included."""
    connection.execute("PRAGMA query_only = ON")
    connection.set_authorizer(_allowed)


def is_refusal(error: Exception) -> bool:
    """Whether `error` says that a statement would do more than read."""
    return any(word in str(error) for word in ("authoriz", "prohibited", "readonly"))


def _allowed(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    if action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE):
        return sqlite3.SQLITE_OK
    is_known = action == sqlite3.SQLITE_PRAGMA and first in READING_PRAGMAS
    is_function = action == sqlite3.SQLITE_FUNCTION and second != "load_extension"
    return sqlite3.SQLITE_OK if is_known or is_function else sqlite3.SQLITE_DENY
