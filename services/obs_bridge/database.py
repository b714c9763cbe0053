"""restrike.db as obs-bridge reads it, in the loop's thread: whoever else holds it must not hold up the loop.

It is opened for each reading, which takes less than a millisecond: a restore may put another file in its place, and a
reader that stayed open would keep db-writer from leaving everything in the one file when the suite ends.
"""

from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final, TypeVar

from shared.clock import monotonic_s
from shared.db.sqlite import connect_reader, one_commit, sqlite3
from shared.errors import DatabaseError

WAIT_S: Final = 0.2
"""How long somebody who holds the database is waited for."""
REST_S: Final = 2.0
"""Who waited in vain does not wait again for so long: many readings in a row must not add up."""

T = TypeVar("T")


class Database:
    """Reads; nothing stays open."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rests_until_s = 0.0
        self._why = ""

    @property
    def is_there(self) -> bool:
        """Whether db-writer has made it."""
        return self._path.exists()

    def ask(self, sql: str, values: Mapping[str, Any], /) -> list[tuple[Any, ...]]:
        """The rows of one query, given its named values. Raises DatabaseError as `read` does."""
        return self.read(lambda connection: connection.execute(sql, values).fetchall())

    def read(self, reading: Callable[["sqlite3.Connection"], T]) -> T:
        """What `reading` finds; all its queries see the same commit.

        Raises:
            DatabaseError: it is not there, somebody holds it, or it cannot be read.
        """
        begun_s = monotonic_s()
        if begun_s >= self._rests_until_s:
            try:
                with closing(connect_reader(self._path, timeout_s=WAIT_S)) as connection, one_commit(connection):
                    return reading(connection)
            except (DatabaseError, sqlite3.Error) as error:
                self._why = error.message if isinstance(error, DatabaseError) else f"It cannot be read now: {error}."
                now_s = monotonic_s()
                if now_s - begun_s >= WAIT_S / 2:
                    self._rests_until_s = now_s + REST_S
        raise DatabaseError("database.unreadable", self._why, value=str(self._path))
