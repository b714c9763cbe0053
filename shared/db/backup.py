"""Makes backups of a live database, whole and checked; the migration process, and a child of db-writer.

SQLite's online backup copies the state of one commit while the writer goes on. (A copy of the file of a live WAL
database lacks what is still in the WAL.) A backup appears under its name, after its manifest, only when it is complete
and on the disk. What a killed one left is removed by the next.
"""

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from msgspec import Struct

from shared.clock import utc_now_iso
from shared.db.backup_contents import Contents, contents, open_scratch, product_version
from shared.db.backup_files import PARTIAL, REASON, SUFFIXES, BackupKind, Manifest, encode_manifest, manifest_path
from shared.db.compression import LEVEL, Packed, Tell, pack, tell_nobody
from shared.db.lock import file_lock
from shared.db.sqlite import connect_reader, sqlite3
from shared.durable import sync, write_durably
from shared.errors import DatabaseError

RESERVE_BYTES: Final = 64 << 20
"""What is left free for the journal, which is more important than a backup."""
PACKED_SHARE: Final = 0.5
"""Of the database's size: what its compressed form needs at most. Ours need a fifth."""
MOST_REASON_CHARACTERS: Final = 64
"""It is a part of a file's name, which has at most 255 bytes."""
_LOCK_WITHIN_S: Final = 60.0


class Wanted(Struct, frozen=True, kw_only=True):
    """What kind of backup is wanted; `reason` is lower-case words joined by hyphens. `left_out` names tables that a
    JSON backup is to be without.
    """

    reason: str
    kind: BackupKind = BackupKind.DATABASE
    level: int = LEVEL
    left_out: frozenset[str] = frozenset()


Write = Callable[[Path, Path, Wanted, Tell], tuple[Packed, Contents]]
"""Makes the compressed file (the second path, new) of the scratch database (the first)."""


def back_up(path: Path, *, backups: Path, reason: str) -> Path:
    """Copy the database `path` to `backups/restrike-<UTC yyyymmddThhmmssZ>-<reason>.db.zst` and return that path.

    An existing backup is never overwritten: a second one of the same second and reason ends in `-2`. The folder is made
    if need be. See `make_backup`.
    """
    return make_backup(path, backups, Wanted(reason=reason))


def make_backup(path: Path, backups: Path, wanted: Wanted, *, tell: Tell = tell_nobody) -> Path:
    """Back the database `path` up into the folder `backups`; the path of the compressed file.

    Raises DatabaseError: the database or the folder cannot be used, there is no room (`backup.no_room`), or the copy is
    damaged (`backup.damaged`); then no backup is left.
    """
    if len(wanted.reason) > MOST_REASON_CHARACTERS or not REASON.fullmatch(wanted.reason):
        sentence = (
            f"Name the reason of a backup in lower-case words joined by hyphens, of {MOST_REASON_CHARACTERS} characters"
            " at most."
        )
        raise DatabaseError("backup.reason", sentence, value=wanted.reason[:MOST_REASON_CHARACTERS])
    try:
        backups.mkdir(mode=0o700, parents=True, exist_ok=True)
        with file_lock(backups / ".lock", within_s=_LOCK_WITHIN_S):
            _remove_left_overs(backups)
            return _make(path, backups, wanted, tell=tell)
    except (OSError, sqlite3.Error) as error:
        raise DatabaseError(
            "backup.failed",
            f"The backup could not be written ({error}); make room or rights in the backup folder.",
            value=str(backups),
        ) from error


def _remove_left_overs(backups: Path) -> None:
    """Whoever holds the lock is the only one who writes here: the writer of what is left was killed."""
    for left_over in backups.glob(f".restrike-*{PARTIAL}*"):
        finished = backups / left_over.name.removeprefix(".").partition(PARTIAL)[0]
        if finished.suffix == ".zst" and not finished.exists():
            manifest_path(finished).unlink(missing_ok=True)  # killed between the two renames
        left_over.unlink()


def _make(path: Path, backups: Path, wanted: Wanted, *, tell: Tell) -> Path:
    taken_at = utc_now_iso()
    final = _free_name(backups, wanted, taken_at=taken_at)
    name = final.name.removesuffix(SUFFIXES[wanted.kind])
    scratch, packed, sealed = (
        backups / f".{stem}{PARTIAL}" for stem in (f"{name}.db", final.name, manifest_path(final).name)
    )
    try:
        scratch.touch(0o600, exist_ok=False)
        with closing(connect_reader(path)) as source, closing(open_scratch(scratch)) as copy:
            _require_room(source, path, backups)
            tell("copy", 0, None)
            _copy(source, copy, path=path, tell=tell)
        written, found = _writer_of(wanted.kind)(scratch, packed, wanted, tell)
        scratch.unlink()
        manifest = _manifest(wanted, name=name, taken_at=taken_at, packed=written, found=found)
        write_durably(sealed, encode_manifest(manifest))
        sealed.rename(manifest_path(final))
        packed.rename(final)
        sync(backups)
    finally:
        for partial in (scratch, packed, sealed):
            partial.unlink(missing_ok=True)
        if not final.exists():
            manifest_path(final).unlink(missing_ok=True)
    return final


def _free_name(backups: Path, wanted: Wanted, *, taken_at: str) -> Path:
    stamp = taken_at[:19].replace("-", "").replace(":", "") + "Z"
    stem = f"restrike-{stamp}-{wanted.reason}"
    name, number = stem, 1
    while any((backups / f"{name}{suffix}").exists() for suffix in (*SUFFIXES.values(), ".db")):
        number += 1
        name = f"{stem}-{number}"
    return backups / f"{name}{SUFFIXES[wanted.kind]}"


def _require_room(source: "sqlite3.Connection", path: Path, backups: Path) -> None:
    (pages,) = source.execute("PRAGMA page_count").fetchone()
    (page_bytes,) = source.execute("PRAGMA page_size").fetchone()
    needed = int(pages * page_bytes * (1 + PACKED_SHARE)) + RESERVE_BYTES
    free = shutil.disk_usage(backups).free
    if free < needed:
        raise DatabaseError(
            "backup.no_room",
            f"A backup of {path.name} needs {-(-needed >> 20)} MiB in its folder and {free >> 20} MiB are free; make"
            " room, or choose another folder with: restrike settings set backup.folder",
            value=str(backups),
        )


def _copy(source: "sqlite3.Connection", copy: "sqlite3.Connection", *, path: Path, tell: Tell) -> None:
    # One step: in more, a commit between two would make it start over.
    source.backup(copy, pages=-1)
    copy.execute("PRAGMA journal_mode = DELETE")
    tell("check", 0, None)
    (verdict,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
    if verdict != "ok":
        raise DatabaseError(
            "backup.damaged",
            f"The database is damaged ({verdict}), so no backup was kept; restore an older backup.",
            value=str(path),
        )


def _writer_of(kind: BackupKind) -> Write:
    if kind is BackupKind.DATABASE:
        return _pack_database
    from shared.db.json_backup import write  # noqa: PLC0415  # migrations do not need it

    return write


def _pack_database(scratch: Path, target: Path, wanted: Wanted, tell: Tell) -> tuple[Packed, Contents]:
    found = contents(scratch, tell=tell)
    return pack(scratch, target, level=wanted.level, tell=tell), found


def _manifest(wanted: Wanted, *, name: str, taken_at: str, packed: Packed, found: Contents) -> Manifest:
    return Manifest(
        product_version=product_version(),
        kind=wanted.kind,
        name=name,
        reason=wanted.reason,
        taken_at=taken_at,
        schema_version=found.schema_version,
        sqlite_version=sqlite3.sqlite_version,
        size_bytes=packed.size_bytes,
        sha256=packed.sha256,
        content_bytes=packed.content_bytes,
        content_sha256=packed.content_sha256,
        matches=found.matches,
        positions=found.positions,
        tables=found.tables,
        left_out=sorted(wanted.left_out) if wanted.kind is BackupKind.JSON else [],
    )
