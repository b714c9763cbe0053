"""Making and checking a backup, in a child of db-writer: it reads for minutes, and must not hold anybody up."""

import shutil
from pathlib import Path
from typing import Any, Final

import msgspec

from services.db_writer.errand import Options, Tell
from services.db_writer.office.backup.rows import Found
from shared.clock import monotonic_s
from shared.db.backup import RESERVE_BYTES, Wanted, make_backup
from shared.db.backup_contents import problems_against
from shared.db.backup_files import (
    BackupFile,
    BackupKind,
    describe,
    find_backup,
    list_backups,
    manifest_path,
    read_manifest,
    require_there,
    scratch_file,
    unpack,
)
from shared.db.json_backup import DATAGRAMS
from shared.errors import DatabaseError
from shared.paths import Paths

UNSOUND: Final = frozenset({"backup.damaged", "backup.no_manifest", "backup.newer"})
"""Errors that are a verdict on a backup; others say that it could not be checked."""


def create(options: Options, *, paths: Paths, tell: Tell) -> dict[str, Any]:
    """Make one. Options: reason, format, without_datagrams, folder (empty: of the home), level.

    Raises DatabaseError: see `make_backup`; `backup.folder_missing`.
    """
    require_folder(options)
    folder = Path(options["folder"]) if options["folder"] else paths.backups
    began_s = monotonic_s()
    wanted = Wanted(
        reason=options["reason"],
        kind=BackupKind(options["format"]),
        level=options["level"],
        left_out=DATAGRAMS if options["without_datagrams"] else frozenset(),
    )
    path = make_backup(paths.database, folder, wanted, tell=tell)
    manifest = read_manifest(path)
    return {
        "name": manifest.name,
        "path": str(path),
        "format": manifest.kind.value,
        "reason": manifest.reason,
        "taken_at": manifest.taken_at,
        "schema_version": manifest.schema_version,
        "size_bytes": manifest.size_bytes,
        "content_bytes": manifest.content_bytes,
        "matches": manifest.matches,
        "duration_ms": round((monotonic_s() - began_s) * 1000),
    }


def require_folder(options: Options) -> None:
    """Raise DatabaseError `backup.folder_missing` if the `folder` that was set for backups is not there."""
    require_there(str(options.get("folder") or ""))


def find(options: Options, *, paths: Paths, tell: Tell) -> dict[str, Any]:  # noqa: ARG001  # every errand takes them
    """The backups in `folders`, the newest first and each name once, or the one that `backup` names.

    Raises ValidationError: there is none of that name.
    """
    folders = [Path(folder) for folder in options["folders"]]
    if options["backup"] is not None:
        return {"found": [_found(find_backup(options["backup"], folders))]}
    by_name: dict[str, BackupFile] = {}
    for folder in folders:
        for one in list_backups(folder):
            by_name.setdefault(one.name, one)
    ordered = sorted(by_name.values(), key=lambda one: (one.taken_at, one.name), reverse=True)
    return {"found": [_found(one) for one in ordered]}


def remove(options: Options, *, paths: Paths, tell: Tell) -> dict[str, Any]:  # noqa: ARG001  # every errand takes them
    """Remove the backups at `paths`, and then their manifests. Raises OSError."""
    for number, path in enumerate(map(Path, options["paths"])):
        tell(f"remove {path.name}", number, len(options["paths"]))
        path.unlink(missing_ok=True)
        manifest_path(path).unlink(missing_ok=True)
    return {}


def verify(options: Options, *, paths: Paths, tell: Tell) -> dict[str, Any]:
    """Check one. Options: path, sha256 (what was recorded of its file, or None). `problems` is empty when it is sound.

    Raises DatabaseError: there is no room for its scratch file; OSError.
    """
    began_s = monotonic_s()
    path = Path(options["path"])
    problems: list[str] = []
    try:
        problems = _problems(path, options["sha256"], folder=paths.backups, tell=tell)
    except DatabaseError as error:
        if error.code not in UNSOUND:
            raise
        problems = [error.message]
    return {"problems": problems, "duration_ms": round((monotonic_s() - began_s) * 1000)}


def _problems(path: Path, sha256: str | None, *, folder: Path, tell: Tell) -> list[str]:
    found = describe(path)
    size_bytes = found.manifest.content_bytes if found and found.manifest else path.stat().st_size
    free = shutil.disk_usage(folder).free
    if free < size_bytes + RESERVE_BYTES:
        raise DatabaseError(
            "backup.no_room",
            f"A check needs {(size_bytes + RESERVE_BYTES) >> 20} MiB and {free >> 20} MiB are free; make room.",
            value=str(folder),
        )
    with scratch_file(folder, purpose="verify") as scratch:
        manifest = unpack(path, scratch, tell=tell)
        if sha256 not in (None, manifest.sha256):
            return ["it is another file than the one that was made: its SHA-256 is not the recorded one"]
        return problems_against(scratch, manifest, tell=tell)


def _found(one: BackupFile) -> dict[str, Any]:
    manifest = one.manifest
    found = Found(
        name=one.name,
        path=str(one.path),
        kind=one.kind.value,
        reason=one.reason,
        taken_at=one.taken_at,
        size_bytes=one.size_bytes,
        sha256=manifest.sha256 if manifest else None,
        content_bytes=manifest.content_bytes if manifest else None,
        schema_version=manifest.schema_version if manifest else None,
    )
    return dict(msgspec.to_builtins(found))
