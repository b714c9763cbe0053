"""Which database a question is put to, and how: read-only, with a time limit. For `restrike query`.

This is the one place that knows what `--database` means (`--archive` is the same option): every question takes it and
hands its value on.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from services.cli.query.boxed import CACHE_KIB
from shared.clock import monotonic_s
from shared.errors import DatabaseError, ValidationError
from shared.paths import Paths

if TYPE_CHECKING:
    from shared.db.sqlite import sqlite3

Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        "--archive",
        metavar="FILE|ARCHIVE",
        help="Ask this file instead, such as a copy of the database, or an archive by its name (restrike-2026-03).",
    ),
]
Row = dict[str, Any]

WITHIN_S: Final = 10.0
"""How long a question may take. The usual ones need a hundredth of it; what takes longer asks for too much at once."""
STEPS_BETWEEN_LOOKS: Final = 20_000
"""Instructions of SQLite between two looks at the clock: about a millisecond."""


class Source:
    """An open database that questions are put to; `path` is its file."""

    def __init__(self, connection: "sqlite3.Connection", path: Path) -> None:
        self.connection = connection
        self.path = path
        self._within_s = 0.0
        self._until_s = 0.0

    def rows(self, sql: str, **values: object) -> list[Row]:
        """What the query gives, by column name; `values` are bound to its named parameters.

        Raises:
            DatabaseError: it took too long, or the database cannot be read or is of another version.
        """
        cursor, rows = self._ask(sql, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in rows]

    def tuples(self, sql: str, **values: object) -> list[tuple[Any, ...]]:
        """The same, in the order of the columns."""
        return self._ask(sql, values)[1]

    def value(self, sql: str, **values: object) -> Any:
        """The first column of the first row, None where there is none."""
        return next((value for row in self.rows(sql, **values) for value in row.values()), None)

    def limit(self, within_s: float) -> None:
        """End what has not ended in `within_s` from now."""
        self._within_s = within_s
        self._until_s = monotonic_s() + within_s
        self.connection.set_progress_handler(self._is_late, STEPS_BETWEEN_LOOKS)

    def _ask(self, sql: str, values: Row) -> "tuple[sqlite3.Cursor, list[tuple[Any, ...]]]":
        from shared.db.sqlite import sqlite3  # noqa: PLC0415  # see `opened`

        try:
            cursor = self.connection.execute(sql, values)
            return cursor, cursor.fetchall()
        except sqlite3.Error as error:
            raise _failed(error, within_s=self._within_s) from error
        except OverflowError as error:
            raise ValidationError("query.too_large", "A number of this question is too large; give another.") from error

    def _is_late(self) -> bool:
        return monotonic_s() > self._until_s


@contextmanager
def opened(database: str | None, *, within_s: float = WITHIN_S) -> Iterator[Source]:
    """The database that `database` names (the suite's own if None), until the questions are answered.

    Raises:
        DatabaseError: there is no database yet, or it cannot be opened.
        ValidationError: there is no such file.
    """
    from shared.db.sqlite import connect_reader  # noqa: PLC0415  # loads SQLite, only for a question

    path = _path(database)
    with closing(connect_reader(path)) as connection:
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        source = Source(connection, path)
        source.limit(within_s)
        yield source


def _path(database: str | None) -> Path:
    from shared.db.sqlite import is_empty  # noqa: PLC0415  # see `opened`

    if database is None:
        path = Paths.from_environment().database
        if is_empty(path):
            sentence = "There is no database yet. Start the suite: restrike up"
            raise DatabaseError("database.missing", sentence, value=path)
        return path
    path = Path(database).expanduser()
    if not path.exists():
        from services.cli import archives  # noqa: PLC0415  # see `opened`

        if archives.is_archive_name(database):
            return archives.opened(database)
    if is_empty(path):
        raise ValidationError("database.missing", "There is no database in this file; name another one.", value=path)
    return path


def _failed(error: "sqlite3.Error", *, within_s: float) -> DatabaseError:
    from shared.db.sqlite import sqlite3  # noqa: PLC0415  # see `opened`

    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
        return DatabaseError(
            "query.too_long",
            f"The question was not answered in {within_s:g} s and was ended; ask for less: a match, a day, a kind.",
        )
    return DatabaseError(
        "database.unreadable",
        f"The database cannot be read ({error}). See restrike db status, and run restrike db migrate.",
    )
