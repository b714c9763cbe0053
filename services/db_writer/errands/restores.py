"""Restores and drills: a backup becomes a database again, is checked whole, and is compared with what came after.

Everything is done on a copy; the present database is only read, and the suite goes on meanwhile.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from services.db_writer.after_backup import RingAfter, after, leave_out, tell_gaps
from services.db_writer.errand import Options, Tell
from services.db_writer.restoring import PLAN, PREPARED, restore_folder
from shared.clock import monotonic_s, utc_now_iso
from shared.db.backup_contents import open_scratch, problems_against
from shared.db.backup_files import Manifest, damaged, find_backup, list_backups, scratch_file, sync_folder, unpack
from shared.db.migrate import migrate
from shared.db.sqlite import connect_reader, connect_writer, is_empty, sqlite3
from shared.db.table_checksums import table_content
from shared.errors import DatabaseError, ValidationError
from shared.journal_ends import journal_ends
from shared.paths import Paths

ROOM: Final = 1.1
"""Of the database's size, what a restore needs free: the copy and a little."""
MOST_TOLD: Final = 3
"""Of what is wrong with a backup; more do not help."""
BY_HAND: Final = (
    "settings_values",
    "tournaments",
    "tournament_days",
    "planned_matches",
    "saved_queries",
    "obs_connections",
    "flag_mappings",
    "imports",
)
"""What people enter here and no journal holds: changes of it since the backup are lost by a restore."""
_AUDIT: Final = """
INSERT INTO operator_audit (done_at, author, action, target, details, reason, outcome) VALUES (?, ?, ?, ?, ?, ?, 'done')
"""


class Timing:
    """How long each part took, in the order in which they were done."""

    def __init__(self) -> None:
        self.parts_ms: dict[str, int] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Time a part."""
        began_s = monotonic_s()
        yield
        self.parts_ms[name] = round((monotonic_s() - began_s) * 1000)


class Rebuilt(Struct, frozen=True, kw_only=True):
    """A backup as a database again: what its manifest says, and what the journal has of the time after it."""

    manifest: Manifest
    rings: list[RingAfter]
    migrated_to: int


def prepare(options: Options, *, paths: Paths, tell: Tell) -> dict[str, Any]:
    """Make `data/restore/restrike.db` of a backup, ready to be put in place.

    Options: backup (name or path), folder, as_of_backup, author, reason. Raises DatabaseError, ValidationError.
    """
    backup = find_backup(str(options["backup"]), _folders(options, paths)).path
    folder = restore_folder(paths)
    folder.mkdir(mode=0o700, exist_ok=True)
    if (folder / PLAN).exists():
        raise DatabaseError("restore.pending", "A restore waits for a start of db-writer; let it start first.")
    (folder / PREPARED).unlink(missing_ok=True)  # without its plan it is what a killed restore left
    timing = Timing()
    with scratch_file(folder, purpose="prepare") as scratch:
        rebuilt = _rebuild(backup, scratch, paths=paths, timing=timing, tell=tell)
        with timing.part("finish"):
            _finish(scratch, rebuilt, options=options, paths=paths)
            scratch.rename(folder / PREPARED)
            sync_folder(folder)
    return {**_told(rebuilt, timing), "left_out": bool(options.get("as_of_backup"))}


def drill(options: Options, *, paths: Paths, tell: Tell) -> dict[str, Any]:
    """Do all of a restore but put it in place, and say what would be lost.

    Options: backup (name or path; the newest if left out), folder. Raises DatabaseError, ValidationError.
    """
    folders = _folders(options, paths)
    named = options.get("backup")
    newest = next((one for folder in folders for one in list_backups(folder) if not one.problem), None)
    if named is None and newest is None:
        raise ValidationError("backup.none", "There is no backup yet; make one with: restrike backup create")
    backup = newest.path if named is None and newest else find_backup(str(named), folders).path
    folder = restore_folder(paths)
    folder.mkdir(mode=0o700, exist_ok=True)
    timing = Timing()
    with scratch_file(folder, purpose="drill") as scratch:
        rebuilt = _rebuild(backup, scratch, paths=paths, timing=timing, tell=tell)
        with timing.part("compare"):
            changed = _changed_by_hand(scratch, paths.database)
    return {**_told(rebuilt, timing), "changed_by_hand": changed}


def _rebuild(backup: Path, scratch: Path, *, paths: Paths, timing: Timing, tell: Tell) -> Rebuilt:
    _require_room(backup, scratch.parent)
    with timing.part("unpack"):
        manifest = unpack(backup, scratch, tell=tell)
    with timing.part("check"):
        problems = problems_against(scratch, manifest, tell=tell)
        if problems:
            raise damaged(backup, "; ".join(problems[:MOST_TOLD]))
    with timing.part("migrate"):
        tell("migrate", 0, None)
        moved = migrate(scratch, backups=None).after
    with timing.part("journal"):
        rings = after(manifest.positions, journal_ends(paths))
    return Rebuilt(manifest=manifest, rings=rings, migrated_to=moved)


def _require_room(backup: Path, folder: Path) -> None:
    found = next((one for one in list_backups(backup.parent) if one.path == backup), None)
    size = found.manifest.content_bytes if found and found.manifest else backup.stat().st_size
    free = shutil.disk_usage(folder).free
    if free < size * ROOM:
        raise DatabaseError(
            "restore.no_room",
            f"A restore needs {size * ROOM / 1e6:.0f} MB free in data/ and there are {free / 1e6:.0f}; make room.",
            value=str(folder),
        )


def _finish(scratch: Path, rebuilt: Rebuilt, *, options: Options, paths: Paths) -> None:
    """Write into the copy what the restore means for it, and put all of it on the disk as one file."""
    with closing(connect_writer(scratch)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        if options.get("as_of_backup"):
            ends = journal_ends(paths)
            leave_out(connection, after(rebuilt.manifest.positions, ends), ends)
        tell_gaps(connection, rebuilt.rings)
        details = f'{{"taken_at":"{rebuilt.manifest.taken_at}"}}'
        what = ("backup.restore", rebuilt.manifest.name, details)
        connection.execute(_AUDIT, (utc_now_iso(), options["author"], *what, options.get("reason")))
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = DELETE")
    handle = os.open(scratch, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _changed_by_hand(scratch: Path, database: Path) -> dict[str, int]:
    """Tables that people fill and that are not as in the backup: how many rows more (or fewer) there are now."""
    if is_empty(database):
        return {}
    changed = {}
    with closing(connect_reader(database)) as live, closing(open_scratch(scratch)) as copy:
        for table in BY_HAND:
            try:
                now, then = table_content(live, table), table_content(copy, table)
            except sqlite3.Error as error:
                raise DatabaseError("database.unreadable", f"The database cannot be read ({error}).") from error
            if now != then:
                changed[table] = now.rows - then.rows
    return changed


def _told(rebuilt: Rebuilt, timing: Timing) -> dict[str, Any]:
    manifest = rebuilt.manifest
    return {
        "backup": manifest.name,
        "taken_at": manifest.taken_at,
        "schema_version": rebuilt.migrated_to,
        "matches": manifest.matches,
        "coming_back": {ring.ring: ring.coming_back for ring in rebuilt.rings if ring.coming_back},
        "gone": {ring.ring: ring.gone for ring in rebuilt.rings if ring.gone},
        "other_journal": [ring.ring for ring in rebuilt.rings if ring.is_other_journal],
        "parts_ms": timing.parts_ms,
    }


def _folders(options: Options, paths: Paths) -> list[Path]:
    named = str(options.get("folder") or "")
    return [*([Path(named)] if named else []), paths.backups]
