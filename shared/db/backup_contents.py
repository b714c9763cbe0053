"""What a copy of a database holds, for its manifest, and whether it is sound; backups, their checks and restores."""

from contextlib import closing
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from msgspec import Struct

from shared.db.backup_files import BackupFile, BackupKind, Manifest, damaged
from shared.db.compression import Tell, tell_nobody
from shared.db.schema_version import read_applied
from shared.db.sqlite import sqlite3
from shared.db.table_checksums import TableContent, contents_of, differences
from shared.messages.service import Position

DISTRIBUTION: Final = "restrike-vta"
MOST_SHOWN: Final = 20
"""Rows that refer to nothing, named one by one; more do not help."""
# Per ring the newest session, by the database's own order.
_POSITIONS: Final = """
SELECT w.ring, w.journal_id, w.session_uuid, w.entry, max(s.id)
FROM watermarks w JOIN udp_server_sessions s ON s.session_uuid = w.session_uuid GROUP BY w.ring
"""


class Contents(Struct, frozen=True, kw_only=True):
    """What is in a database file."""

    schema_version: int
    tables: dict[str, TableContent]
    positions: dict[str, Position]
    matches: int


def open_scratch(path: Path) -> "sqlite3.Connection":
    """Open or make a database that nobody else has and that may be lost: nothing waits for the disk."""
    connection = sqlite3.connect(path.absolute(), isolation_level=None)
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA synchronous = OFF")
    return connection


def contents(path: Path, *, tell: Tell = tell_nobody) -> Contents:
    """Read everything in the scratch database `path`. Raises DatabaseError: it is not ours or cannot be read."""
    schema_version = len(read_applied(path))
    try:
        with closing(open_scratch(path)) as connection:
            tables = contents_of(connection, tell=tell)
            rows = connection.execute(_POSITIONS).fetchall() if "watermarks" in tables else []
    except sqlite3.Error as error:
        raise damaged(path, str(error)) from error
    return Contents(
        schema_version=schema_version,
        tables=tables,
        positions={ring: Position(journal_id, session, entry) for ring, journal_id, session, entry, _ in rows},
        matches=tables["pss_matches"].rows if "pss_matches" in tables else 0,
    )


def problems_of(path: Path) -> list[str]:
    """What SQLite's own checks find in the scratch database `path`: pages, indexes, rows that refer to nothing."""
    try:
        with closing(open_scratch(path)) as connection:
            verdicts = [verdict for (verdict,) in connection.execute("PRAGMA integrity_check").fetchall()]
            broken = connection.execute("PRAGMA foreign_key_check").fetchmany(MOST_SHOWN)
    except sqlite3.Error as error:
        return [f"the database cannot be read: {error}"]
    said = [f"integrity check: {verdict}" for verdict in verdicts if verdict != "ok"]
    return said + [
        f"a row of {table} ({row}) refers to a row of {parent} that is not there" for table, row, parent, _ in broken
    ]


def problems_against(scratch: Path, manifest: Manifest, *, tell: Tell = tell_nobody) -> list[str]:
    """What is wrong with the database `scratch` that `unpack` made: its own checks, and its tables against `manifest`.

    A JSON backup was compared when it was loaded; since then it was brought to another version.
    """
    tell("check", 0, None)
    problems = problems_of(scratch)
    if problems or manifest.kind is BackupKind.JSON:
        return problems
    return differences(manifest.tables, contents(scratch, tell=tell).tables)


def product_version() -> str:
    """The version of this installation, `0` where it is not installed."""
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return "0"


def manifest_of(scratch: Path, backup: BackupFile, *, sha256: str) -> Manifest:
    """The manifest that a plain `.db` would have: what is found in its copy `scratch`."""
    found = contents(scratch)
    return Manifest(
        product_version="",
        kind=backup.kind,
        name=backup.name,
        reason=backup.reason,
        taken_at=backup.taken_at,
        schema_version=found.schema_version,
        sqlite_version="",
        size_bytes=backup.size_bytes,
        sha256=sha256,
        content_bytes=backup.size_bytes,
        content_sha256=sha256,
        matches=found.matches,
        positions=found.positions,
        tables=found.tables,
    )
