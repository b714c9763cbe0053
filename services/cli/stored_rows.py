"""Reads rows of the database, read-only; for `restrike`."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

from shared.db.sqlite import connect_reader, is_empty, sqlite3
from shared.errors import DatabaseError

R = TypeVar("R")


def rows(path: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """What the query gives; nothing where nothing was stored yet.

    Raises:
        DatabaseError: the database cannot be read, or is of another version.
    """
    return read(path, lambda connection: list(connection.execute(sql, values).fetchall()), empty=[])


def read(path: Path, look: "Callable[[sqlite3.Connection], R]", *, empty: R) -> R:
    """What `look` finds; `empty` where nothing was stored yet.

    Raises:
        DatabaseError: the database cannot be read, or is of another version.
    """
    if is_empty(path):
        return empty
    with closing(connect_reader(path)) as connection:
        try:
            return look(connection)
        except sqlite3.Error as error:
            raise DatabaseError(
                "database.unreadable",
                f"The database cannot be read ({error}). See restrike db status, and run restrike db migrate.",
            ) from error
