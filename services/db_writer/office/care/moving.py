"""Rows of an opened archive out of the database and back into it, in slices of some milliseconds; db-writer.

A row is removed only where the archive holds exactly the same one, and is put back under the id that it had. Both go on
where they stopped: what is done already is seen from the rows.
"""

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from services.db_writer.office.desk import Desk
from services.db_writer.office.jobs import Step
from services.db_writer.text_index import reindex, unindex
from shared.clock import monotonic_s
from shared.db.sqlite import connect_reader, sqlite3
from shared.db.table_checksums import columns_of
from shared.errors import DatabaseError

SLICE_S: Final = 0.005
"""About how long one transaction may take: the stream waits for it."""
FEWEST: Final = 10
MOST: Final = 1_000
"""Rows of one slice."""

Row = tuple[Any, ...]


class Moved(Struct):
    """Rows that were moved, and rows that were left: not there any more, or not the same as in the archive."""

    datagrams: int = 0
    events: int = 0
    left: int = 0


def remove_archived(desk: Desk, opened: Path) -> Generator[Step, None, Moved]:
    """Remove what the opened archive holds; the text index forgets it with it."""
    moved = Moved()
    with _archive(opened) as archive:
        total = _count(archive)
        for kind, rows in _slices(archive):
            began_s = monotonic_s()
            with desk.changing() as connection:
                gone = (_remove_events if kind.is_events else _remove_datagrams)(connection, archive, rows)
            kind.took(monotonic_s() - began_s)
            _note(moved, kind, done=gone, left=len(rows) - gone)
            yield Step("removing what is archived", moved.datagrams + moved.events + moved.left, total)
    return moved


def put_back(desk: Desk, opened: Path) -> Generator[Step, None, Moved]:
    """Insert what the opened archive holds and the database does not; the text index learns it with it. A row that the
    database holds otherwise is newer there, and is left: it changed while it was being archived.

    Raises DatabaseError `db.contradiction`: other rows are where these were.
    """
    moved, seen = Moved(), 0
    with _archive(opened) as archive:
        total = _count(archive)
        for kind, rows in _slices(archive):
            began_s = monotonic_s()
            with desk.changing() as connection:
                missing, left = _missing(connection, kind.table, rows)
                _insert(connection, kind.table, missing)
                if kind.is_events:
                    _insert_details(connection, archive, [row[0] for row in missing])
            kind.took(monotonic_s() - began_s)
            _note(moved, kind, done=len(missing), left=left)
            seen += len(rows)
            yield Step("bringing back", seen, total)
    return moved


class _Kind:
    """Datagrams or events, and how many of them a slice may hold: as many as the last ones took time for."""

    def __init__(self, table: str) -> None:
        self.table = table
        self.is_events = table == "pss_events_v2"
        self.rows = 100

    def took(self, seconds: float) -> None:
        """Adapt the next slice: growing slowly, as a merge of the text index is dear."""
        self.rows = max(FEWEST, min(MOST, int(self.rows * min(1.2, SLICE_S / max(seconds, 1e-6)))))


@contextmanager
def _archive(opened: Path) -> "Iterator[sqlite3.Connection]":
    try:
        with closing(connect_reader(opened)) as archive:
            yield archive
    except sqlite3.Error as error:
        raise DatabaseError("archive.unreadable", f"The opened archive cannot be read ({error}); try again.") from error


def _slices(archive: "sqlite3.Connection") -> Iterator[tuple[_Kind, list[Row]]]:
    for kind in (_Kind("raw_datagrams"), _Kind("pss_events_v2")):
        select = f"SELECT {_columns(archive, kind.table)} FROM {kind.table} WHERE id > ? ORDER BY id LIMIT ?"
        last = 0
        while rows := archive.execute(select, (last, kind.rows)).fetchall():
            last = rows[-1][0]
            yield kind, rows


def _remove_datagrams(connection: "sqlite3.Connection", _archive: "sqlite3.Connection", rows: list[Row]) -> int:
    same = _same(connection, "raw_datagrams", rows)
    connection.executemany("DELETE FROM raw_datagrams WHERE id = ?", [(row[0],) for row in same])
    return len(same)


def _remove_events(connection: "sqlite3.Connection", archive: "sqlite3.Connection", rows: list[Row]) -> int:
    same = _same(connection, "pss_events_v2", rows)
    ids = [row[0] for row in same]
    mine, archived = _details(connection, ids), _details(archive, ids)
    gone = [event for event in ids if mine.get(event) == archived.get(event)]
    unindex(connection, gone)
    connection.executemany("DELETE FROM pss_event_details WHERE event_id = ?", [(event,) for event in gone])
    connection.executemany("DELETE FROM pss_events_v2 WHERE id = ?", [(event,) for event in gone])
    return len(gone)


def _insert_details(connection: "sqlite3.Connection", archive: "sqlite3.Connection", events: list[int]) -> None:
    _insert(connection, "pss_event_details", [one for details in _details(archive, events).values() for one in details])
    reindex(connection, events)


def _same(connection: "sqlite3.Connection", table: str, rows: list[Row]) -> list[Row]:
    """The rows that the database holds exactly so."""
    found = _by_id(connection, table, [row[0] for row in rows])
    return [row for row in rows if found.get(row[0]) == row]


def _missing(connection: "sqlite3.Connection", table: str, rows: list[Row]) -> tuple[list[Row], int]:
    """The rows that the database does not hold, and how many it holds otherwise."""
    found = _by_id(connection, table, [row[0] for row in rows])
    differing = sum(found.get(row[0], row) != row for row in rows)
    return [row for row in rows if row[0] not in found], differing


def _by_id(connection: "sqlite3.Connection", table: str, ids: list[int]) -> dict[int, Row]:
    marks = ", ".join("?" * len(ids))
    select = f"SELECT {_columns(connection, table)} FROM {table} WHERE id IN ({marks})"
    return {row[0]: row for row in connection.execute(select, ids).fetchall()}


def _details(connection: "sqlite3.Connection", events: list[int]) -> dict[int, list[Row]]:
    columns = _columns(connection, "pss_event_details")
    select = f"SELECT {columns}, event_id FROM pss_event_details WHERE event_id IN ({', '.join('?' * len(events))})"
    found: dict[int, list[Row]] = {}
    for *row, event in connection.execute(f"{select} ORDER BY id", events).fetchall():
        found.setdefault(event, []).append(tuple(row))
    return found


def _insert(connection: "sqlite3.Connection", table: str, rows: list[Row]) -> None:
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f"INSERT INTO {table} ({_columns(connection, table)}) VALUES ({marks})", rows)


def _columns(connection: "sqlite3.Connection", table: str) -> str:
    """The columns of `table`, the id first."""
    return ", ".join(columns_of(connection, table)[0])


def _count(archive: "sqlite3.Connection") -> int:
    (count,) = archive.execute(
        "SELECT (SELECT count(*) FROM raw_datagrams) + (SELECT count(*) FROM pss_events_v2)"
    ).fetchone()
    return int(count)


def _note(moved: Moved, kind: _Kind, *, done: int, left: int) -> None:
    if kind.is_events:
        moved.events += done
    else:
        moved.datagrams += done
    moved.left += left
