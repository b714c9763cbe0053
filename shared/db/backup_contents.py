"""What a copy of a database holds, for its manifest, and whether it is sound; backups, their checks and restores."""

import shutil
from contextlib import closing
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from msgspec import Struct

from shared.db.backup_files import LOG, BackupFile, BackupKind, Manifest, damaged
from shared.db.compression import Tell, sha256_of, tell_nobody
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


def copy_plain(backup: BackupFile, scratch: Path) -> Manifest:
    """Copy a plain database to the new file `scratch`, with what only its log holds; the manifest that it would have.

    Raises DatabaseError: it is damaged or not ours; OSError.
    """
    shutil.copyfile(backup.path, scratch)
    log = backup.path.with_name(backup.path.name + LOG)
    if log.exists():
        shutil.copyfile(log, scratch.with_name(scratch.name + LOG))
    try:
        with closing(sqlite3.connect(scratch, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")  # takes the log into the file
    except sqlite3.Error as error:
        raise damaged(backup.path, str(error)) from error
    sha256 = sha256_of(scratch)
    found = contents(scratch)
    if not found.schema_version:
        raise damaged(backup.path, "there is nothing of ours in it")
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
