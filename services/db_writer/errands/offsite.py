"""Off-site copies of backups: pushed in parts, so that an interrupted copy goes on, verified by reading them back.

On the remote a backup is a folder of its name: the parts of the compressed file, numbered, and at last the manifest,
which says that the copy is complete. `cat` of the parts in their order is the file.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from services.db_writer.errand import Options, Tell
from services.db_writer.rclone import Remote
from shared.db.backup_files import (
    BackupFile,
    find_backup,
    manifest_path,
    read_manifest,
    scratch_file,
    sync_folder,
)
from shared.errors import DatabaseError, NetworkError, ValidationError
from shared.paths import Paths

MIB: Final = 1 << 20
MANIFEST: Final = "manifest.json"


class Part(Struct, frozen=True):
    """A part of a file: from `start`, `size_bytes` long, under `name` on the remote."""

    name: str
    start: int
    size_bytes: int


def parts_of(file_name: str, size_bytes: int, *, part_bytes: int) -> list[Part]:
    """A file cut into parts of `part_bytes`, the last one shorter."""
    count = max(1, -(-size_bytes // part_bytes))
    digits = max(4, len(str(count)))  # so that the names sort as the parts follow each other
    return [
        Part(
            name=f"{file_name}.part-{number + 1:0{digits}d}-of-{count:0{digits}d}",
            start=number * part_bytes,
            size_bytes=min(part_bytes, size_bytes - number * part_bytes),
        )
        for number in range(count)
    ]


def push(options: Options, *, paths: Paths, tell: Tell) -> dict[str, Any]:
    """Copy a backup to the remote and verify the copy.

    Options: backup, folder, target, remote_options, part_mib, kib_per_s. Raises ValidationError, DatabaseError,
    NetworkError.
    """
    remote = _remote(options)
    backup = find_backup(str(options["backup"]), _folders(options, paths))
    if backup.manifest is None:
        raise DatabaseError(
            "backup.no_manifest", "Only a backup with its manifest can be checked after it was copied; make a new one."
        )
    parts = parts_of(backup.path.name, backup.size_bytes, part_bytes=int(options["part_mib"]) * MIB)
    there = {one.name: one.size_bytes for one in remote.listed(backup.name)}
    sent = _send(remote, backup, [part for part in parts if there.get(part.name) != part.size_bytes], tell=tell)
    for part in _differing(remote, backup, parts, tell=tell):
        _send(remote, backup, [part], tell=tell)
        sent += 1
        if _differing(remote, backup, [part], tell=tell):
            raise NetworkError(
                "backup.copy_differs", "The remote gives back other bytes than it was given.", value=part.name
            )
    remote.put(manifest_path(backup.path), f"{backup.name}/{MANIFEST}", tell=lambda _: None)
    return {
        "backup": backup.name,
        "remote": remote.target,
        "parts": len(parts),
        "sent": sent,
        "already_there": len(parts) - sent,
        "bytes": backup.size_bytes,
    }


def fetch(options: Options, *, paths: Paths, tell: Tell) -> dict[str, Any]:
    """Bring a backup back from the remote into the folder of backups.

    Options: backup, folder, target, remote_options, kib_per_s. Raises ValidationError, DatabaseError, NetworkError.
    """
    remote, folder, name = _remote(options), _folders(options, paths)[0], str(options["backup"])
    there = sorted(remote.listed(name), key=lambda one: one.name)
    if MANIFEST not in {one.name for one in there}:
        raise ValidationError("backup.unknown", "There is no complete copy of this backup there.", value=name)
    with remote.reading(f"{name}/{MANIFEST}") as pieces:
        manifest_text = b"".join(pieces)
    parts = [one for one in there if one.name != MANIFEST]
    total = sum(one.size_bytes for one in parts)
    final = folder / parts[0].name.rpartition(".part-")[0]
    with scratch_file(folder, purpose="fetch") as scratch:
        with scratch.open("xb") as file:
            for one in parts:
                with remote.reading(f"{name}/{one.name}") as pieces:
                    for piece in pieces:
                        file.write(piece)
                        tell("fetch", file.tell(), total)
        _keep(scratch, final, manifest_text)
    return {"backup": name, "remote": remote.target, "parts": len(parts), "bytes": total}


def remote_backups(options: Options, *, paths: Paths, tell: Tell) -> dict[str, Any]:
    """The backups that the remote has: complete ones, and those of which parts are missing."""
    del paths
    remote = _remote(options)
    complete: list[str] = []
    partial: list[str] = []
    folders = sorted(one.name for one in remote.listed() if one.is_folder)
    for number, name in enumerate(folders):
        tell("list", number, len(folders))
        (complete if MANIFEST in {one.name for one in remote.listed(name)} else partial).append(name)
    return {"remote": remote.target, "complete": complete, "partial": partial}


def _keep(scratch: Path, final: Path, manifest_text: bytes) -> None:
    if final.exists():
        raise ValidationError(
            "backup.exists", "This backup is here already; verify it, or move it away.", value=final.name
        )
    beside = manifest_path(final)
    beside.write_bytes(manifest_text)
    try:
        manifest = read_manifest(final)
        with scratch.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != manifest.sha256:
                raise DatabaseError("backup.damaged", "The copy is damaged; use another backup.", value=final.name)
        scratch.rename(final)
    except BaseException:
        beside.unlink()
        raise
    sync_folder(final.parent)


def _send(remote: Remote, backup: BackupFile, parts: list[Part], *, tell: Tell) -> int:
    total = sum(part.size_bytes for part in parts)
    done = 0
    for part in parts:
        with scratch_file(backup.path.parent, purpose="push") as scratch:
            with scratch.open("xb") as file:
                for piece in _local(backup.path, part):
                    file.write(piece)
            remote.put(scratch, f"{backup.name}/{part.name}", tell=_adding(tell, done, total))
        done += part.size_bytes
        tell("send", done, total)
    return len(parts)


def _adding(tell: Tell, before: int, total: int) -> Callable[[int], None]:
    return lambda sent: tell("send", before + sent, total)


def _differing(remote: Remote, backup: BackupFile, parts: list[Part], *, tell: Tell) -> list[Part]:
    """The parts that the remote gives back otherwise than they are here."""
    total, done, differing = sum(part.size_bytes for part in parts), 0, []
    for part in parts:
        there, here = hashlib.sha256(), hashlib.sha256()
        with remote.reading(f"{backup.name}/{part.name}") as pieces:
            for piece in pieces:
                there.update(piece)
                done += len(piece)
                tell("read back", done, total)
        for piece in _local(backup.path, part):
            here.update(piece)
        if there.digest() != here.digest():
            differing.append(part)
    return differing


def _local(path: Path, part: Part) -> Iterator[bytes]:
    left = part.size_bytes
    with path.open("rb") as file:
        file.seek(part.start)
        while left and (piece := file.read(min(left, MIB))):
            left -= len(piece)
            yield piece


def _remote(options: Mapping[str, Any]) -> Remote:
    target = str(options["target"] or "")
    if ":" not in target:
        raise ValidationError(
            "backup.no_remote",
            "Say where copies go, as rclone names it: restrike settings set backup.offsite_target gdrive:restrike",
            value=target or None,
        )
    return Remote(target, dict(options["remote_options"] or {}), kib_per_s=int(options["kib_per_s"]))


def _folders(options: Options, paths: Paths) -> list[Path]:
    named = str(options.get("folder") or "")
    return [*([Path(named)] if named else []), paths.backups]
