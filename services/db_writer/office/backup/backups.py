"""The jobs `backup`, `verify` and `prune`; db-writer, or `once` without it."""

from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from services.db_writer.office.backup import rows as backup_rows
from services.db_writer.office.backup.retention import Keep, to_remove
from services.db_writer.office.backup.rows import Found
from services.db_writer.office.child import errand
from services.db_writer.office.desk import Act, Desk
from services.db_writer.office.jobs import Ordered, Result, Step
from shared.db.backup_files import BackupKind
from shared.errors import DatabaseError, ValidationError
from shared.messages.jobs import Detail
from shared.settings import backup_keys

SCHEDULE: Final = "schedule"
"""The author of jobs that nobody asked for."""
BY_HAND: Final = "by-hand"
SCHEDULED: Final = "scheduled"


def back_up(desk: Desk, ordered: Ordered) -> Generator[Step, None, Result]:
    """Make a backup in a child, then write its row. Options: reason (a word), format, without_datagrams."""
    options = {
        "reason": ordered.options.get("reason") or (SCHEDULED if ordered.author == SCHEDULE else BY_HAND),
        "format": _format(ordered),
        "without_datagrams": bool(ordered.options.get("without_datagrams")),
        "folder": desk.settings.get(backup_keys.BACKUP_FOLDER),
        "level": desk.settings.get(backup_keys.BACKUP_COMPRESSION_LEVEL),
    }
    result = yield from errand("backup", options, paths=desk.paths)
    found = yield from _found(desk)
    details = {key: result[key] for key in ("format", "size_bytes", "content_bytes", "duration_ms")}
    act = Act(
        author=ordered.author,
        action="backup.create",
        target=str(result["name"]),
        details=details,
        reason=ordered.reason,
    )
    with desk.acting(act) as connection:
        made = [one for one in found if one.name == result["name"]]
        backup_rows.record(connection, made, duration_ms=_number(result["duration_ms"]))
        backup_rows.record(connection, found)
    if ordered.author == SCHEDULE:
        yield from prune(desk, ordered)
    return result


def verify(desk: Desk, ordered: Ordered) -> Generator[Step, None, Result]:
    """Check backups in a child, one after the other. Options: backup (a name or path), all; else the newest.

    Raises:
        ValidationError: there is no such backup, or none.
        DatabaseError: nobody asked for it, and one is damaged: that must not stay unseen.
    """
    unsound: list[str] = []
    said: list[str] = []
    chosen = yield from _chosen(desk, ordered)
    folders = backup_rows.folders(desk)
    for number, one in enumerate(chosen):
        yield Step(f"verify {one.name}", number, len(chosen))
        options = {"path": one.path, "sha256": backup_rows.recorded_sha256(desk.connection, one.name)}
        result = yield from errand("verify", options, paths=desk.paths)
        problems = result["problems"]
        assert isinstance(problems, list)  # noqa: S101 - the errand says so
        if Path(one.path).parent in folders:  # a copy at another place says nothing about ours
            with desk.changing() as connection:
                backup_rows.record(connection, [one])
                backup_rows.mark_verified(connection, one.name, problems, duration_ms=_number(result["duration_ms"]))
        unsound += [one.name] if problems else []
        said += [f"{one.name}: {problem}" for problem in problems]
    if unsound and ordered.author == SCHEDULE:
        raise DatabaseError("backup.damaged", f"{'; '.join(said)}. Make another backup, and look at the disk.")
    return {"verified": [one.name for one in chosen], "unsound": unsound, "problems": said}


def prune(desk: Desk, ordered: Ordered) -> Generator[Step, None, Result]:
    """Remove the backups that need not be kept. Option: dry_run."""
    found = {one.name: one for one in (yield from _found(desk))}
    keep = Keep(
        hourly=desk.settings.get(backup_keys.BACKUP_KEEP_HOURLY),
        daily=desk.settings.get(backup_keys.BACKUP_KEEP_DAILY),
        weekly=desk.settings.get(backup_keys.BACKUP_KEEP_WEEKLY),
        monthly=desk.settings.get(backup_keys.BACKUP_KEEP_MONTHLY),
        before_days=desk.settings.get(backup_keys.BACKUP_KEEP_BEFORE_DAYS),
    )
    names = to_remove(backup_rows.candidates(desk.connection, found.values()), keep, now=datetime.now(UTC))
    freed = sum(found[name].size_bytes for name in names)
    result: Result = {"removed": names, "kept": len(found) - len(names), "freed_bytes": freed}
    if ordered.options.get("dry_run") or not names:
        return result
    with desk.changing() as connection:
        backup_rows.record(connection, found.values())
    for number, name in enumerate(names):
        yield Step(f"remove {name}", number, len(names))
        act = Act(author=ordered.author, action="backup.remove", target=name, reason=ordered.reason)
        with desk.acting(act) as connection:
            backup_rows.mark_removed(connection, name)
    # Killed here, a file gets its row again and is removed next time; the other way round its row would lie.
    yield from errand("backups_remove", {"paths": [found[name].path for name in names]}, paths=desk.paths)
    return result


def _found(desk: Desk, *, named: str | None = None) -> Generator[Step, None, list[Found]]:
    """The backups in all folders, the newest first, each name once; or the one that is named."""
    folders = [str(folder) for folder in backup_rows.folders(desk)]
    result = yield from errand("backups_find", {"folders": folders, "backup": named}, paths=desk.paths)
    return msgspec.convert(result["found"], list[Found])


def _number(value: Detail) -> int:
    return value if isinstance(value, int) else 0


def _format(ordered: Ordered) -> str:
    given = str(ordered.options.get("format") or BackupKind.DATABASE.value)
    known = [kind.value for kind in BackupKind]
    if given not in known:
        raise ValidationError("backup.format", f"A backup is one of: {', '.join(known)}.", value=given)
    return given


def _chosen(desk: Desk, ordered: Ordered) -> Generator[Step, None, list[Found]]:
    name = ordered.options.get("backup")
    found = yield from _found(desk, named=None if name is None else str(name))
    if not found:
        raise ValidationError("backup.none", "There is no backup yet; make one with: restrike backup create")
    return found if ordered.options.get("all") else found[:1]
