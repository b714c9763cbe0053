"""Restores and drills: a backup becomes a database again, is checked whole, and is compared with what came after.

Everything is done on a copy; the present database is only read, and the suite goes on meanwhile.
"""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from services.db_writer.after_backup import RingAfter, after, leave_out, tell_gaps
from services.db_writer.carry_over import carry_over
from services.db_writer.errand import Options, Tell
from services.db_writer.errands.backups import require_folder
from services.db_writer.office.settings import ENCRYPTED
from services.db_writer.outboxes.leaving_out import leave_out_facts
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
    unpack,
)
from shared.db.by_hand import BY_HAND, changed_by_hand
from shared.db.migrate import migrate
from shared.db.sqlite import connect_reader, connect_writer, is_empty, sqlite3
from shared.db.table_checksums import table_content
from shared.durable import sync
from shared.errors import DatabaseError, ValidationError
from shared.journal_ends import journal_ends
from shared.messages.jobs import JobStatus
from shared.paths import Paths
from shared.settings.secrets import SecretError, Secrets

ROOM: Final = 1.1
"""Of the database's size, what a restore needs free beside the journal's reserve: the copy and a little."""
ROOM_OF_JSON: Final = 2.0
"""Of the JSON lines' size: the database that is made of them has indexes."""
MOST_TOLD: Final = 3
"""Of what is wrong with a backup; more do not help."""
_AUDIT: Final = """
INSERT INTO operator_audit (done_at, author, action, target, details, reason, outcome) VALUES (?, ?, ?, ?, ?, ?, 'done')
"""
_JOB: Final = """
INSERT INTO jobs (job_id, kind, options, author, status, result, begun_at, ended_at)
VALUES (?, 'restore', ?, ?, ?, ?, ?, ?)
ON CONFLICT (job_id) DO UPDATE SET status = excluded.status, result = excluded.result, ended_at = excluded.ended_at
"""
"""The restore itself: of all present jobs it alone does not break off when the restored database takes its place."""
_LAST_ACT: Final = "SELECT coalesce(max(id), 0) FROM operator_audit"


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


class Kept(Struct, frozen=True, kw_only=True):
    """What becomes of the present rows: `changed` says how many rows more (or fewer) than the backup the tables have
    that people fill (they are lost), `carried` how many of history were carried over; None where the present database
    cannot be read. `after` is the last act of `operator_audit` at that time.
    """

    changed: dict[str, int] | None
    carried: dict[str, int] | None
    after: int | None


def prepare(options: Options, *, paths: Paths, tell: Tell) -> dict[str, Any]:
    """Make `data/restore/restrike.db` of a backup, ready to be put in place.

    Options: backup (name or path), folder, as_of_backup, author, reason, job (its id), replaced (the name that the
    present database gets). Raises DatabaseError, ValidationError.
    """
    begun_at = utc_now_iso()
    backup = _find(str(options["backup"]), options, paths)
    folder = restore_folder(paths)
    folder.mkdir(mode=0o700, exist_ok=True)
    if (folder / PLAN).exists():
        raise DatabaseError("restore.pending", "A restore waits for a start of db-writer; let it start first.")
    (folder / PREPARED).unlink(missing_ok=True)  # without its plan it is what a killed restore left
    timing = Timing()
    with scratch_file(folder, purpose="prepare") as scratch:
        rebuilt = _rebuild(backup, scratch, paths=paths, timing=timing, tell=tell)
        with timing.part("compare"):  # late, so that little can be entered afterwards
            kept = _carry_over(scratch, rebuilt, paths=paths, is_left_out=bool(options.get("as_of_backup")))
        told = {
            **_told(rebuilt, kept, timing),
            "left_out": bool(options.get("as_of_backup")),
            "replaced": options["replaced"],
        }
        with timing.part("finish"):
            _finish(scratch, rebuilt, told, begun_at=begun_at, options=options, paths=paths)
        scratch.rename(folder / PREPARED)
        sync(folder)
    return {**told, "compared_after": kept.after}


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
            kept = _carry_over(scratch, rebuilt, paths=paths, is_left_out=False)
    return _told(rebuilt, kept, timing)


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


def _finish(  # noqa: PLR0913  # what the restore is, and what is told of it
    scratch: Path, rebuilt: Rebuilt, told: dict[str, Any], *, begun_at: str, options: Options, paths: Paths
) -> None:
    """Write into the copy what the restore means for it, and put all of it on the disk as one file."""
    with closing(connect_writer(scratch)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        if options.get("as_of_backup"):
            ends = journal_ends(paths)
            leave_out(connection, after(rebuilt.manifest.positions, ends), ends)
            leave_out_facts(connection, paths)
        tell_gaps(connection, rebuilt.rings)
        details = f'{{"taken_at":"{rebuilt.manifest.taken_at}"}}'
        what = ("backup.restore", rebuilt.manifest.name, details)
        connection.execute(_AUDIT, (utc_now_iso(), options["author"], *what, options.get("reason")))
        asked = {"backup": options["backup"], "as_of_backup": told["left_out"]}
        texts = (_json(asked), options["author"], JobStatus.DONE.value, _json(told))
        connection.execute(_JOB, (options["job"], *texts, begun_at, utc_now_iso()))
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = DELETE")
    sync(scratch)


def _carry_over(scratch: Path, rebuilt: Rebuilt, *, paths: Paths, is_left_out: bool) -> Kept:
    """Compare the tables that people fill, and carry over what history keeps, both at one moment of the present
    database, which may be damaged, or of another version.
    """
    if is_empty(paths.database):
        return Kept(changed={}, carried={}, after=0)
    with closing(open_scratch(scratch)) as copy:
        copy.execute("PRAGMA journal_mode = DELETE")  # it may have to be undone
        copy.execute("BEGIN IMMEDIATE")
        try:
            with closing(connect_reader(paths.database)) as live:
                live.execute("BEGIN")
                (after_act,) = live.execute(_LAST_ACT).fetchone()
                rings = [] if is_left_out else after(rebuilt.manifest.positions, journal_ends(paths))
                changed = changed_by_hand(live, {table: table_content(copy, table) for table in BY_HAND})
                carried = carry_over(copy, live, rings=rings)
        except (sqlite3.Error, DatabaseError):
            copy.execute("ROLLBACK")
            return Kept(changed=None, carried=None, after=None)
        copy.execute("COMMIT")
    return Kept(changed=changed, carried=carried, after=after_act)


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


def _told(rebuilt: Rebuilt, kept: Kept, timing: Timing) -> dict[str, Any]:
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
        "changed_by_hand": kept.changed,
        "carried_over": kept.carried,
        "parts_ms": timing.parts_ms,
    }


def _json(value: dict[str, Any]) -> str:
    return msgspec.json.encode(value).decode()


def _find(name: str, options: Options, paths: Paths) -> Path:
    try:
        found = find_backup(name, _folders(options, paths)).path
    except ValidationError:
        require_folder(options)  # perhaps it is not there as its disk is not in
        raise
    if paths.database.exists() and found.samefile(paths.database):
        raise ValidationError("backup.present", "This is the present database; name a backup.", value=name)
    return found


def _newest(options: Options, paths: Paths) -> Path:
    require_folder(options)
    newest = next((one for folder in _folders(options, paths) for one in list_backups(folder) if not one.problem), None)
    if newest is None:
        raise ValidationError("backup.none", "There is no backup yet; make one with: restrike backup create")
    return newest.path


def _folders(options: Options, paths: Paths) -> list[Path]:
    named = str(options.get("folder") or "")
    return [*([Path(named)] if named else []), paths.backups]
