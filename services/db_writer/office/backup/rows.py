"""The rows `backups` and `backup_verifications`, and how they agree with the files; db-writer.

The files themselves are looked at by a child: a disk that does not answer must not hold the store up.
"""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from services.db_writer.office.backup.retention import Candidate
from services.db_writer.office.desk import Desk
from shared.clock import utc_now_iso
from shared.db.sqlite import sqlite3
from shared.settings.backup_keys import BACKUP_FOLDER

REMOVED: Final = "removed"

_RECORD: Final = """
INSERT INTO backups (name, path, format, reason, status, schema_version, size_bytes, database_bytes, sha256,
    duration_ms, taken_at)
VALUES (?, ?, ?, ?, 'present', ?, ?, ?, ?, ?, ?)
ON CONFLICT (name) DO UPDATE SET path = excluded.path, status = 'present', removed_at = NULL,
    updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE status <> 'present' OR path <> excluded.path
"""
_REMOVE: Final = "UPDATE backups SET status = ?, removed_at = ?, updated_at = ? WHERE name = ?"
_VERIFIED: Final = """
INSERT INTO backup_verifications (backup_id, verified_at, is_sound, duration_ms, problems)
SELECT id, ?, ?, ?, ? FROM backups WHERE name = ?
"""
_LAST_VERDICTS: Final = """
SELECT b.name, v.is_sound FROM backup_verifications v JOIN backups b ON b.id = v.backup_id
WHERE v.id IN (SELECT max(id) FROM backup_verifications GROUP BY backup_id)
"""


class Found(Struct, frozen=True, kw_only=True):
    """A backup as a child found it in its folder; `sha256` and what follows are None when its manifest is not good."""

    name: str
    path: str
    kind: str
    reason: str
    taken_at: str
    size_bytes: int
    sha256: str | None = None
    content_bytes: int | None = None
    schema_version: int | None = None


def folders(desk: Desk) -> list[Path]:
    """Where backups lie: the folder that is set, and the one of migrations."""
    named = desk.settings.get(BACKUP_FOLDER)
    return [*([Path(named)] if named else []), desk.paths.backups]


def record(connection: "sqlite3.Connection", found: Iterable[Found], *, duration_ms: int | None = None) -> None:
    """Write rows of those that have a manifest and no row: migrations cannot, a restored database does not know."""
    for one in found:
        if one.sha256 is not None:
            values = (one.name, one.path, one.kind, one.reason, one.schema_version)
            sizes = (one.size_bytes, one.content_bytes, one.sha256, duration_ms, one.taken_at)
            connection.execute(_RECORD, (*values, *sizes))


def recorded_sha256(connection: "sqlite3.Connection", name: str) -> str | None:
    """What the row of a backup says of its file; None without a row."""
    row = connection.execute("SELECT sha256 FROM backups WHERE name = ?", (name,)).fetchone()
    return row[0] if row else None


def mark_removed(connection: "sqlite3.Connection", name: str) -> None:
    """The file of a backup was removed."""
    now = utc_now_iso()
    connection.execute(_REMOVE, (REMOVED, now, now, name))


def mark_verified(connection: "sqlite3.Connection", name: str, problems: list[str], *, duration_ms: int) -> None:
    """A backup was checked; without a row of it nothing is kept."""
    text = msgspec.json.encode(problems).decode() if problems else None
    connection.execute(_VERIFIED, (utc_now_iso(), not problems, duration_ms, text, name))


def candidates(connection: "sqlite3.Connection", found: Iterable[Found]) -> list[Candidate]:
    """The backups that may be removed: those with a manifest that is theirs; what is not understood is left alone."""
    verdicts = {name: bool(is_sound) for name, is_sound in connection.execute(_LAST_VERDICTS).fetchall()}
    return [
        Candidate(
            name=one.name,
            group=one.kind,
            reason=one.reason,
            taken_at=datetime.fromisoformat(one.taken_at),
            is_sound=verdicts.get(one.name),
        )
        for one in found
        if one.sha256 is not None
    ]
