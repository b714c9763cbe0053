"""Sizes and row counts of the database, read-only; used by `restrike db stats`.

No table of events is counted through: datagrams are in the sessions' counters, events in the counts per minute, and
the rows of a large table are told from its first and last id, unless exact numbers are asked for.
"""

from contextlib import closing
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from shared.db.sqlite import connect_reader, is_empty, sqlite3
from shared.errors import DatabaseError

LARGE: Final = 50_000
"""A table with more rows than this is counted only when exact numbers are asked for: it would take longer than all."""
# The watermark of a ring's newest session says how far the store is; a bare column beside max() is of that row.
_RINGS: Final = """
SELECT w.ring, (SELECT sum(packets_received) FROM udp_server_sessions d WHERE d.ring = w.ring), w.entry, w.journal_id,
    w.updated_at, max(s.id)
FROM watermarks w JOIN udp_server_sessions s ON s.session_uuid = w.session_uuid
GROUP BY w.ring ORDER BY w.ring
"""
# The text indexes are no tables of their own: their rows are those of the events and the names.
_TABLES: Final = """
SELECT name, wr FROM pragma_table_list
WHERE schema = 'main' AND type = 'table' AND name <> 'sqlite_schema' ORDER BY name
"""


class RingStats(Struct, frozen=True, kw_only=True):
    """What was stored of a ring: its datagrams, and the last entry of its journal whose consequences are all stored."""

    ring: str
    datagrams: int
    entry: int
    journal_id: str
    updated_at: str


class DatabaseStats(Struct, frozen=True, kw_only=True):
    """One database file; `tables` are the rows of each table, those named in `about` as far as their ids tell.

    `events` are all that were ever stored, archived ones too; None where they are not counted yet.
    """

    file: Path
    file_bytes: int
    wal_bytes: int
    page_bytes: int
    pages: int
    free_pages: int
    events: int | None
    rings: list[RingStats]
    tables: dict[str, int]
    about: list[str]


def read_stats(path: Path, *, is_exact: bool = False) -> DatabaseStats:
    """What is in the database; `is_exact` counts every row, which takes seconds when there are millions.

    Raises:
        DatabaseError: there is none yet, or it cannot be read.
    """
    if is_empty(path):
        raise DatabaseError("database.missing", "There is no database yet. Start the suite: restrike up", value=path)
    with closing(connect_reader(path)) as connection:
        try:
            return _read(connection, path, is_exact=is_exact)
        except sqlite3.Error as error:
            raise DatabaseError("database.unreadable", f"The database cannot be read ({error}).", value=path) from error


def _read(connection: "sqlite3.Connection", path: Path, *, is_exact: bool) -> DatabaseStats:
    found = connection.execute(_TABLES).fetchall()
    about = [] if is_exact else [name for name, has_no_id in found if not has_no_id and _span(connection, name) > LARGE]
    tables = {name: _span(connection, name) if name in about else _count(connection, name) for name, _ in found}
    wal = path.with_name(f"{path.name}-wal")
    return DatabaseStats(
        file=path,
        file_bytes=path.stat().st_size,
        wal_bytes=wal.stat().st_size if wal.exists() else 0,
        page_bytes=_number(connection, "PRAGMA page_size"),
        pages=_number(connection, "PRAGMA page_count"),
        free_pages=_number(connection, "PRAGMA freelist_count"),
        events=_number(connection, "SELECT sum(events) FROM event_counts") if "event_counts" in tables else None,
        rings=_rings(connection) if "watermarks" in tables else [],
        tables=tables,
        about=about,
    )


def _span(connection: "sqlite3.Connection", name: str) -> int:
    """How many rows there are if no id between the first and the last is free: two looks at the table's ends."""
    ends = f'(SELECT max(rowid) FROM "{name}") - (SELECT min(rowid) FROM "{name}") + 1'
    return _number(connection, f"SELECT coalesce({ends}, 0)")


def _count(connection: "sqlite3.Connection", name: str) -> int:
    return _number(connection, f'SELECT count(*) FROM "{name}"')


def _rings(connection: "sqlite3.Connection") -> list[RingStats]:
    rows = connection.execute(_RINGS).fetchall()
    return [
        RingStats(ring=ring, datagrams=datagrams or 0, entry=entry, journal_id=journal_id, updated_at=updated_at)
        for ring, datagrams, entry, journal_id, updated_at, _ in rows
    ]


def _number(connection: "sqlite3.Connection", query: str) -> int:
    row: Any = connection.execute(query).fetchone()
    return int(row[0] or 0)
