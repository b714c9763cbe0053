"""What the database says: of the time, by when its newest rows were written and the licence was first judged; and what
became of the licence; license.

Read with a connection of its own for each question. A database that is not there, or cannot be read, says nothing.
"""

from contextlib import closing
from typing import Final

from msgspec import Struct

from services.license.removals import StoredChange
from shared.clock import unix_us
from shared.db.sqlite import connect_reader, sqlite3
from shared.errors import DatabaseError
from shared.paths import Paths

_NEWEST: Final = (
    "SELECT received_at FROM raw_datagrams ORDER BY id DESC LIMIT 1",
    "SELECT done_at FROM operator_audit ORDER BY id DESC LIMIT 1",
    "SELECT changed_at FROM license_changes ORDER BY id DESC LIMIT 1",
)
_FIRST: Final = "SELECT changed_at FROM license_changes ORDER BY id LIMIT 1"
_CHANGES: Final = """
SELECT change_key, license_key, changed_at FROM (
    SELECT *, row_number() OVER (PARTITION BY license_key ORDER BY id DESC) AS place
    FROM license_changes WHERE license_key IS NOT NULL
) WHERE place <= ? ORDER BY id DESC
"""
MOST_CHANGES: Final = 50
"""Of each licence, that are read: no other licence hides its changes. One changes some times a year."""


class Testimony(Struct, frozen=True, kw_only=True):
    """Unix microseconds: when the `newest` rows were written, and when a licence was `first` judged here. `changes` of
    licences, the newest first.
    """

    newest: tuple[int, ...] = ()
    first: int | None = None
    changes: tuple[StoredChange, ...] = ()


def testimony(paths: Paths) -> Testimony:
    """What the database says now; some reads of single rows."""
    if not paths.database.exists():
        return Testimony()
    try:
        with closing(connect_reader(paths.database)) as connection:
            newest = [at for question in _NEWEST if (at := _at(connection, question)) is not None]
            return Testimony(newest=tuple(newest), first=_at(connection, _FIRST), changes=_changes(connection))
    except (DatabaseError, sqlite3.Error):
        return Testimony()


def _changes(connection: "sqlite3.Connection") -> tuple[StoredChange, ...]:
    try:
        rows = connection.execute(_CHANGES, (MOST_CHANGES,)).fetchall()
        return tuple(StoredChange(change_id=str(a), license_id=str(b), at_us=unix_us(at)) for a, b, at in rows)
    except (sqlite3.Error, TypeError, ValueError):  # as below
        return ()


def _at(connection: "sqlite3.Connection", question: str) -> int | None:
    try:
        row = connection.execute(question).fetchone()
        return None if row is None else unix_us(row[0])
    except (sqlite3.Error, TypeError, ValueError):  # of an older schema, or no time
        return None
