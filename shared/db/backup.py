"""Backups of a live database, whole and checked; the migration process, the command line, later a schedule.

SQLite's online backup copies the state of one commit while the writer goes on. (A copy of the file of a live WAL
database lacks what is still in the WAL.) A backup appears under its name only when it is complete and on the disk.
"""

import os
import re
from contextlib import closing
from pathlib import Path

from shared.clock import utc_now_iso
from shared.db.lock import file_lock
from shared.db.sqlite import connect_reader, sqlite3
from shared.errors import DatabaseError

_REASON = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LOCK_WITHIN_S = 60.0
_PARTIAL = ".partial"


def back_up(path: Path, *, backups: Path, reason: str) -> Path:
    """Copy the database `path` to `backups/restrike-<UTC yyyymmddThhmmssZ>-<reason>.db` and return that path.

    `reason` is lower-case words joined by hyphens. An existing backup is never overwritten: a second one of the same
    second and reason ends in `-2`. The folder is made if need be. The copy is one file, not in WAL mode.
    Raises DatabaseError: the database or the folder cannot be used, or the copy is damaged; then no backup is left.
    """
    if not _REASON.fullmatch(reason):
        raise DatabaseError(
            "backup.reason", "Name the reason of a backup in lower-case words joined by hyphens.", value=reason
        )
    try:
        backups.mkdir(mode=0o700, parents=True, exist_ok=True)
        with file_lock(backups / ".lock", within_s=_LOCK_WITHIN_S):
            return _back_up(path, backups=backups, reason=reason)
    except (OSError, sqlite3.Error) as error:
        raise DatabaseError(
            "backup.failed",
            f"The backup could not be written ({error}); make room or rights in the backup folder.",
            value=str(backups),
        ) from error


def _back_up(path: Path, *, backups: Path, reason: str) -> Path:
    for left_over in backups.glob(f".restrike-*{_PARTIAL}*"):
        left_over.unlink()  # whoever holds the lock is the only one who writes here: its writer was killed
    final = _free_name(backups, reason=reason)
    partial = backups / f".{final.name}{_PARTIAL}"
    try:
        os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        _copy(path, partial)
        _fsync(partial)
        partial.rename(final)
        _fsync(backups)
    finally:
        partial.unlink(missing_ok=True)
    return final


def _free_name(backups: Path, *, reason: str) -> Path:
    stamp = utc_now_iso()[:19].replace("-", "").replace(":", "") + "Z"
    stem = f"restrike-{stamp}-{reason}"
    name = backups / f"{stem}.db"
    number = 1
    while name.exists():
        number += 1
        name = backups / f"{stem}-{number}.db"
    return name


def _copy(path: Path, partial: Path) -> None:
    with (
        closing(connect_reader(path)) as source,
        closing(sqlite3.connect(partial.absolute(), isolation_level=None)) as copy,
    ):
        # One step: in more, a commit between two would make it start over.
        source.backup(copy, pages=-1)
        copy.execute("PRAGMA journal_mode = DELETE")
        (verdict,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
    if verdict != "ok":
        raise DatabaseError(
            "backup.damaged",
            f"The database is damaged ({verdict}), so no backup was kept; restore an older backup.",
            value=str(path),
        )


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
