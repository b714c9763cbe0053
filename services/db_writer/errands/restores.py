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
from services.db_writer.errands.backups import require_folder
from services.db_writer.office.settings import ENCRYPTED
from services.db_writer.restoring import PLAN, PREPARED, restore_folder
from shared.clock import monotonic_s, utc_now_iso
from shared.db.backup import RESERVE_BYTES
from shared.db.backup_contents import open_scratch, problems_against
from shared.db.backup_files import (
    BackupKind,
    Manifest,
    damaged,
    describe,
    find_backup,
    list_backups,
    scratch_file,
    sync_folder,
    unpack,
)
from shared.db.migrate import migrate
from shared.db.sqlite import connect_reader, connect_writer, is_empty, sqlite3
from shared.db.table_checksums import table_content
from shared.errors import DatabaseError, ValidationError
from shared.journal_ends import journal_ends
from shared.paths import Paths
from shared.settings.secrets import SecretError, Secrets

ROOM: Final = 1.1
"""Of the database's size, what a restore needs free beside the journal's reserve: the copy and a little."""
ROOM_OF_JSON: Final = 2.0
"""Of the JSON lines' size: the database that is made of them has indexes."""
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
    unreadable_secrets: int


class ByHand(Struct, frozen=True, kw_only=True):
    """What people entered that is not as in the backup: `changed` says how many rows more (or fewer) each table has
    now, None where the present database cannot be read. `after` is the last act of `operator_audit` at that time.
    """

    changed: dict[str, int] | None
    after: int | None


def prepare(options: Options, *, paths: Paths, tell: Tell) -> dict[str, Any]:
    """Make `data/restore/restrike.db` of a backup, ready to be put in place.

    Options: backup (name or path), folder, as_of_backup, author, reason. Raises DatabaseError, ValidationError.
    """
    backup = _find(str(options["backup"]), options, paths)
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
        with timing.part("compare"):  # last, so that little can be entered afterwards
            by_hand = _changed_by_hand(scratch, paths.database)
        scratch.rename(folder / PREPARED)
        sync_folder(folder)
    said = {"changed_by_hand": by_hand.changed, "compared_after": by_hand.after}
    return {**_told(rebuilt, timing), **said, "left_out": bool(options.get("as_of_backup"))}


def drill(options: Options, *, paths: Paths, tell: Tell) -> dict[str, Any]:
    """Do all of a restore but put it in place, and say what would be lost.

    Options: backup (name or path; the newest if left out), folder. Raises DatabaseError, ValidationError.
    """
    named = options.get("backup")
    backup = _newest(options, paths) if named is None else _find(str(named), options, paths)
    folder = restore_folder(paths)
    folder.mkdir(mode=0o700, exist_ok=True)
    timing = Timing()
    with scratch_file(folder, purpose="drill") as scratch:
        rebuilt = _rebuild(backup, scratch, paths=paths, timing=timing, tell=tell)
        with timing.part("compare"):
            by_hand = _changed_by_hand(scratch, paths.database)
    return {**_told(rebuilt, timing), "changed_by_hand": by_hand.changed}


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
    unreadable = _unreadable_secrets(scratch, Secrets(paths))
    return Rebuilt(manifest=manifest, rings=rings, migrated_to=moved, unreadable_secrets=unreadable)


def _require_room(backup: Path, folder: Path) -> None:
    found = describe(backup)
    size = found.manifest.content_bytes if found and found.manifest else backup.stat().st_size
    share = ROOM_OF_JSON if found and found.kind is BackupKind.JSON else ROOM
    needed = int(size * share) + RESERVE_BYTES
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise DatabaseError(
            "restore.no_room",
            f"A restore needs {needed >> 20} MiB free in data/ and there are {free >> 20}; make room.",
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


def _changed_by_hand(scratch: Path, database: Path) -> ByHand:
    """Compare the tables that people fill; the present database may be damaged, or of another version."""
    if is_empty(database):
        return ByHand(changed={}, after=0)
    changed = {}
    try:
        with closing(connect_reader(database)) as live, closing(open_scratch(scratch)) as copy:
            (last_act,) = live.execute("SELECT coalesce(max(id), 0) FROM operator_audit").fetchone()
            for table in BY_HAND:
                now, then = table_content(live, table), table_content(copy, table)
                if now != then:
                    changed[table] = now.rows - then.rows
    except (sqlite3.Error, DatabaseError):
        return ByHand(changed=None, after=None)
    return ByHand(changed=changed, after=last_act)


def _unreadable_secrets(scratch: Path, secrets: Secrets) -> int:
    """How many sensitive values the home's key file does not read: it is another home's, or the key was rotated."""
    unreadable = 0
    with closing(open_scratch(scratch)) as copy:
        for select in ENCRYPTED:
            for _, stored in copy.execute(select).fetchall():
                try:
                    secrets.decrypt(stored)
                except SecretError:
                    unreadable += 1
    return unreadable


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
        "unreadable_secrets": rebuilt.unreadable_secrets,
        "parts_ms": timing.parts_ms,
    }


def _find(name: str, options: Options, paths: Paths) -> Path:
    try:
        return find_backup(name, _folders(options, paths)).path
    except ValidationError:
        require_folder(options)  # perhaps it is not there as its disk is not in
        raise


def _newest(options: Options, paths: Paths) -> Path:
    require_folder(options)
    newest = next((one for folder in _folders(options, paths) for one in list_backups(folder) if not one.problem), None)
    if newest is None:
        raise ValidationError("backup.none", "There is no backup yet; make one with: restrike backup create")
    return newest.path


def _folders(options: Options, paths: Paths) -> list[Path]:
    named = str(options.get("folder") or "")
    return [*([Path(named)] if named else []), paths.backups]
