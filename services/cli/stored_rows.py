"""Reads rows of the database, read-only; for `restrike`."""

from contextlib import closing
from pathlib import Path
from typing import Any

from shared.db.sqlite import connect_reader, is_empty, sqlite3
from shared.errors import DatabaseError


def rows(path: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """What the query gives; nothing where nothing was stored yet.

    Raises:
        DatabaseError: the database cannot be read, or is of another version.
    """
    if is_empty(path):
        return []
    with closing(connect_reader(path)) as connection:
        try:
            return list(connection.execute(sql, values).fetchall())
        except sqlite3.Error as error:
            raise DatabaseError(
                "database.unreadable",
                f"The database cannot be read ({error}). See restrike db status, and run restrike db migrate.",
            ) from error
