"""Sizes and row counts of the database, read-only; used by `restrike db stats`."""

from contextlib import closing
from pathlib import Path
from typing import Any

from msgspec import Struct

from shared.db.sqlite import connect_reader, is_empty, sqlite3
from shared.errors import DatabaseError

# The watermark of a ring's newest session says how far the store is; a bare column beside max() is of that row.
_RINGS = """
SELECT w.ring, (SELECT count(*) FROM raw_datagrams d WHERE d.ring = w.ring), w.entry, w.journal_id, w.updated_at,
    max(s.id)
FROM watermarks w JOIN udp_server_sessions s ON s.session_uuid = w.session_uuid
GROUP BY w.ring ORDER BY w.ring
"""


class RingStats(Struct, frozen=True, kw_only=True):
    """What is stored of a ring: its datagrams, and the last entry of its journal whose consequences are all stored."""

    ring: str
    datagrams: int
    entry: int
    journal_id: str
    updated_at: str


class DatabaseStats(Struct, frozen=True, kw_only=True):
    """One database file; `tables` are the rows of each table."""

    file: Path
    file_bytes: int
    wal_bytes: int
    page_bytes: int
    pages: int
    free_pages: int
    rings: list[RingStats]
    tables: dict[str, int]


def read_stats(path: Path) -> DatabaseStats:
    """Count what is in the database.

    Raises:
        DatabaseError: there is none yet, or it cannot be read.
    """
    if is_empty(path):
        raise DatabaseError("database.missing", "There is no database yet. Start the suite: restrike up", value=path)
    with closing(connect_reader(path)) as connection:
        try:
            return _read(connection, path)
        except sqlite3.Error as error:
            raise DatabaseError("database.unreadable", f"The database cannot be read ({error}).", value=path) from error


def _read(connection: "sqlite3.Connection", path: Path) -> DatabaseStats:
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")]
    tables = {name: _number(connection, f'SELECT count(*) FROM "{name}"') for name in names}
    wal = path.with_name(f"{path.name}-wal")
    return DatabaseStats(
        file=path,
        file_bytes=path.stat().st_size,
        wal_bytes=wal.stat().st_size if wal.exists() else 0,
        page_bytes=_number(connection, "PRAGMA page_size"),
        pages=_number(connection, "PRAGMA page_count"),
        free_pages=_number(connection, "PRAGMA freelist_count"),
        rings=_rings(connection) if "watermarks" in tables else [],
        tables=tables,
    )


def _rings(connection: "sqlite3.Connection") -> list[RingStats]:
    rows = connection.execute(_RINGS).fetchall()
    return [
        RingStats(ring=ring, datagrams=datagrams, entry=entry, journal_id=journal_id, updated_at=updated_at)
        for ring, datagrams, entry, journal_id, updated_at, _ in rows
    ]


def _number(connection: Any, query: str) -> int:
    return int(connection.execute(query).fetchone()[0])
