"""Streams the rows of an export from the database, read-only; `restrike export`.

Page by page by the key of the main table: no page is a long read, so the writer's checkpoints are never held up,
however slowly the rows are taken (a pipe into a pager). What is stored while an export runs is not in it.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from services.cli.export.choice import Chosen
from services.cli.export.columns import Column, Export
from shared.db.sqlite import connect_reader, is_empty, sqlite3
from shared.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE_ROWS: Final = 500
"""About half a MB of events; larger pages are hardly faster."""

Row = tuple[Any, ...]


@contextmanager
def opened(path: Path) -> "Iterator[sqlite3.Connection]":
    """The database, to read; what SQLite refuses becomes a sentence.

    Raises:
        DatabaseError: there is none yet, it cannot be read, or it is of another version.
    """
    if is_empty(path):
        raise DatabaseError("database.missing", "There is no database yet. Start the suite: restrike up", value=path)
    with closing(connect_reader(path)) as connection:
        try:
            yield connection
        except sqlite3.Error as error:
            raise DatabaseError(
                "database.unreadable",
                f"The database cannot be read ({error}). See restrike db status, and run restrike db migrate.",
                value=path,
            ) from error


def schema_version(connection: "sqlite3.Connection") -> int:
    """The version of the database's schema."""
    return int(connection.execute("SELECT max(version) FROM schema_version").fetchone()[0])


class Rows:
    """The rows of `export` that were chosen, in the order in which they were stored; `count` as they are now."""

    def __init__(self, connection: "sqlite3.Connection", export: Export, chosen: Chosen) -> None:
        self._connection = connection
        self._values = chosen.values
        self._key = export.key
        where = " AND ".join(["TRUE", *chosen.conditions(export)])
        bounds = f"SELECT count(*), min({export.key}), max({export.key}) FROM {export.main} {export.joins}"
        self.count, self._first, self._last = connection.execute(f"{bounds} WHERE {where}", self._values).fetchone()
        # By its key alone: another index would be read from its beginning for each page.
        by_key = "" if export.main.startswith("(") else "NOT INDEXED"
        key = export.key
        self._page = f"""SELECT {key}, {_selected(export.columns)} FROM {export.main} {by_key} {export.joins}
            WHERE {key} >= :first AND {key} <= :last AND {where} ORDER BY {key} LIMIT {PAGE_ROWS}"""

    def __iter__(self) -> Iterator[Row]:
        first = self._first
        while first is not None:
            page = self._connection.execute(self._page, {**self._values, "first": first, "last": self._last}).fetchall()
            for key, *row in page:
                yield tuple(row)
                first = key + 1
            if len(page) < PAGE_ROWS:
                return


def sorted_rows(
    connection: "sqlite3.Connection", export: Export, chosen: Chosen, *, columns: "Sequence[Column]", order: str
) -> list[Row]:
    """Those columns of the rows that were chosen, all at once and sorted by `order` (SQL): for what people read."""
    where = " AND ".join(["TRUE", *chosen.conditions(export)])
    select = f"SELECT {_selected(columns)} FROM {export.main} {export.joins} WHERE {where} ORDER BY {order}"
    return list(connection.execute(select, chosen.values).fetchall())


def _selected(columns: "Sequence[Column]") -> str:
    return ", ".join(f'{column.sql} AS "{column.key}"' for column in columns)
