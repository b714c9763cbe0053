"""What `restrike backup list` and `schedule` show: rows and files of backups, and how they agree."""

from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from services.cli import output
from services.cli.query.tables import sheet
from shared.db.backup_files import BackupFile, BackupKind, list_backups
from shared.db.sqlite import connect_reader, is_empty, sqlite3
from shared.errors import DatabaseError
from shared.paths import Paths
from shared.settings import backup_keys
from shared.settings.reader import Settings

NO_FILE: Final = "no file"
NO_ROW: Final = "not recorded"
OK: Final = "ok"
HEADERS: Final = ("name", "taken", "size", "kind", "state", "checked", "copies")
READ_WHOLE: Final = frozenset({0, 1, 5})
_STATES: Final = frozenset({OK, NO_FILE, NO_ROW})
_ROWS: Final = """
SELECT b.name, b.path, b.format, b.reason, b.schema_version, b.size_bytes, b.taken_at, v.verified_at, v.is_sound,
    v.problems
FROM backups b LEFT JOIN backup_verifications v
    ON v.id = (SELECT max(id) FROM backup_verifications WHERE backup_id = b.id)
WHERE b.status = 'present' ORDER BY b.taken_at DESC
"""
_COPIES: Final = """
SELECT b.name, c.remote, c.status, c.copied_at, c.verified_at, c.error
FROM backup_copies c JOIN backups b ON b.id = c.backup_id ORDER BY c.remote
"""
_LAST: Final = "SELECT max(taken_at) FROM backups WHERE format = 'database' AND status = 'present'"
_LAST_VERIFIED: Final = "SELECT max(verified_at) FROM backup_verifications"
_BIRTH: Final = "SELECT min(applied_at) FROM schema_version"


class Copy(Struct, frozen=True, kw_only=True):
    """A backup's copy at another place."""

    remote: str
    status: str
    copied_at: str | None
    verified_at: str | None
    error: str | None


class Listed(Struct, frozen=True, kw_only=True):
    """A backup as it is listed. `state`: ok, not recorded (a file without a row), no file (a row without one), or what
    is wrong with its manifest. `is_sound` is None when it was never checked.
    """

    name: str
    path: str
    format: str
    reason: str
    taken_at: str
    age_s: int
    size_bytes: int
    schema_version: int | None
    state: str
    verified_at: str | None = None
    is_sound: bool | None = None
    problems: list[str] = []
    copies: list[Copy] = []


class ScheduleShown(Struct, frozen=True, kw_only=True):
    """When backups are made by themselves. Times are UTC ISO text; `next_due` is None when it is off."""

    every_hours: int
    verify_every_hours: int
    folder: str
    last: str | None
    last_verified: str | None
    next_due: str | None
    keep_hourly: int
    keep_daily: int
    keep_weekly: int
    keep_monthly: int
    keep_before_days: int


def listed(paths: Paths) -> list[Listed]:
    """The backups with a row, a file, or both; the newest first."""
    files = {one.name: one for folder in folders(paths) for one in reversed(list_backups(folder))}
    rows, copies = _read(paths.database, _ROWS), _copies(paths.database)
    now = datetime.now(UTC)
    found = [_with_row(row, files.pop(row[0], None), copies.get(row[0], []), now=now) for row in rows]
    found += [_without_row(one, now=now) for one in files.values()]
    return sorted(found, key=lambda one: (one.taken_at, one.name), reverse=True)


def shown(found: Iterable[Listed]) -> str:
    """The list as a table of at most 100 columns; below it what is wrong with a file, in full."""
    backups = list(found)
    faults = [f"{one.name}: {one.state}" for one in backups if one.state not in _STATES]
    return "\n".join([sheet(HEADERS, [_cells(one) for one in backups], whole=READ_WHOLE), *faults])


def schedule_of(paths: Paths) -> ScheduleShown:
    """What is set, and when the next one is due."""
    settings = Settings.of_file(paths)
    every = settings.get(backup_keys.BACKUP_EVERY_HOURS)
    (last,), (verified,), (birth,) = (
        (_read(paths.database, query) or [(None,)])[0] for query in (_LAST, _LAST_VERIFIED, _BIRTH)
    )
    since = last or birth
    due = _iso(datetime.fromisoformat(since) + timedelta(hours=every)) if since and every else None
    return ScheduleShown(
        every_hours=every,
        verify_every_hours=settings.get(backup_keys.BACKUP_VERIFY_EVERY_HOURS),
        folder=str(folders(paths)[0]),
        last=last,
        last_verified=verified,
        next_due=due,
        keep_hourly=settings.get(backup_keys.BACKUP_KEEP_HOURLY),
        keep_daily=settings.get(backup_keys.BACKUP_KEEP_DAILY),
        keep_weekly=settings.get(backup_keys.BACKUP_KEEP_WEEKLY),
        keep_monthly=settings.get(backup_keys.BACKUP_KEEP_MONTHLY),
        keep_before_days=settings.get(backup_keys.BACKUP_KEEP_BEFORE_DAYS),
    )


def shown_schedule(found: ScheduleShown) -> str:
    """The schedule in sentences."""
    when = f"every {found.every_hours} h" if found.every_hours else "never by itself"
    check = f"every {found.verify_every_hours} h" if found.verify_every_hours else "never by itself"
    kept = f"{found.keep_hourly} hourly, {found.keep_daily} daily, {found.keep_weekly} weekly,"
    kept += f" {found.keep_monthly} monthly (UTC)"
    return "\n".join(
        (
            f"A backup is made {when}, in {found.folder}; the newest is checked {check}.",
            f"last {_time(found.last)}, next due {_time(found.next_due)}, last check {_time(found.last_verified)}",
            f"kept: {kept}; those before a change for {found.keep_before_days} days",
            "Backups are made while the suite runs.",
        )
    )


def folders(paths: Paths) -> list[Path]:
    """Where backups lie: the folder that is set, and the one of migrations."""
    named = Settings.of_file(paths).get(backup_keys.BACKUP_FOLDER)
    return [*([Path(named)] if named else []), paths.backups]


def _read(database: Path, query: str) -> list[Any]:
    """Rows of a query; none without a database, of one without such a table yet, or a damaged one (its backups are
    wanted then more than ever).
    """
    if is_empty(database):
        return []
    try:
        with closing(connect_reader(database)) as connection:
            return list(connection.execute(query).fetchall())
    except (sqlite3.Error, DatabaseError):
        return []


def _copies(database: Path) -> dict[str, list[Copy]]:
    found: dict[str, list[Copy]] = {}
    for name, remote, status, copied_at, verified_at, error in _read(database, _COPIES):
        copy = Copy(remote=remote, status=status, copied_at=copied_at, verified_at=verified_at, error=error)
        found.setdefault(name, []).append(copy)
    return found


def _with_row(row: tuple[Any, ...], file: BackupFile | None, copies: list[Copy], *, now: datetime) -> Listed:
    name, path, form, reason, version, size, taken_at, verified_at, is_sound, problems = row
    return Listed(
        name=name,
        path=str(file.path) if file else path,
        format=form,
        reason=reason,
        taken_at=taken_at,
        age_s=_age_s(taken_at, now=now),
        size_bytes=size,
        schema_version=version,
        state=NO_FILE if file is None else file.problem or OK,
        verified_at=verified_at,
        is_sound=None if is_sound is None else bool(is_sound),
        problems=msgspec.json.decode(problems) if problems else [],
        copies=copies,
    )


def _without_row(one: BackupFile, *, now: datetime) -> Listed:
    return Listed(
        name=one.name,
        path=str(one.path),
        format=one.kind.value,
        reason=one.reason,
        taken_at=one.taken_at,
        age_s=_age_s(one.taken_at, now=now),
        size_bytes=one.size_bytes,
        schema_version=one.manifest.schema_version if one.manifest else None,
        state=one.problem or NO_ROW,
    )


def _cells(one: Listed) -> tuple[object, ...]:
    verdict = None if one.is_sound is None else "sound" if one.is_sound else "DAMAGED"
    copies = ", ".join(f"{copy.remote} ({copy.status})" for copy in one.copies)
    taken = (output.local_date_time(one.taken_at) or "")[: len("2026-03-01 09:30")]
    kind = "file" if one.format == BackupKind.DATABASE else one.format
    return one.name, taken, output.size(one.size_bytes), kind, one.state, verdict or "never", copies


def _age_s(taken_at: str, *, now: datetime) -> int:
    return int((now - datetime.fromisoformat(taken_at)).total_seconds())


def _time(iso: str | None) -> str:
    return output.local_date_time(iso) or "never"


def _iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
