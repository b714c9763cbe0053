"""Off-site copies of backups: pushed in parts, so that an interrupted copy goes on, verified by reading them back.

On the remote a backup is a folder of its name: the parts of the compressed file, numbered, and at last the manifest,
which says that the copy is complete. `cat` of the parts in their order is the file.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from services.db_writer.errand import Options, Tell
from services.db_writer.rclone import Remote, RemoteFile
from shared.db.backup import RESERVE_BYTES
from shared.db.backup_files import (
    SUFFIXES,
    BackupFile,
    damaged,
    decode_manifest,
    find_backup,
    manifest_path,
    require_whole,
    scratch_file,
)
from shared.db.compression import sha256_of
from shared.durable import sync, write_durably
from shared.errors import DatabaseError, NetworkError, ValidationError
from shared.paths import Paths

MIB: Final = 1 << 20
MANIFEST: Final = "manifest.json"
MOST_MANIFEST_BYTES: Final = 16 * MIB
"""Ours have some 20 kB; what is larger is not one."""
_OF: Final = re.compile(r"\.part-\d+-of-(\d{1,9})")


class Part(Struct, frozen=True):
    """A part of a file: from `start`, `size_bytes` long, under `name` on the remote."""

    name: str
    start: int
    size_bytes: int


def parts_of(file_name: str, size_bytes: int, *, part_bytes: int) -> list[Part]:
    """A file cut into parts of `part_bytes`, the last one shorter."""
    names = part_names(file_name, max(1, -(-size_bytes // part_bytes)))
    return [
        Part(
            name=name,
            start=number * part_bytes,
            size_bytes=min(part_bytes, size_bytes - number * part_bytes),
        )
        for number, name in enumerate(names)
    ]


def part_names(file_name: str, count: int) -> list[str]:
    """The names of the `count` parts of a file; they sort as the parts follow each other."""
    digits = max(4, len(str(count)))
    return [f"{file_name}.part-{number:0{digits}d}-of-{count:0{digits}d}" for number in range(1, count + 1)]


def push(options: Options, *, paths: Paths, tell: Tell) -> dict[str, Any]:
    """Copy a backup to the remote and verify the copy. One that is not what its manifest says is not copied.

    Options: backup, folder, target, remote_options, part_mib, kib_per_s. Raises ValidationError, DatabaseError
    (`backup.damaged` among others), NetworkError.
    """
    remote = _remote(options)
    backup = find_backup(str(options["backup"]), _folders(options, paths))
    if backup.manifest is None:
        raise DatabaseError(
            "backup.no_manifest", "Only a backup with its manifest can be checked after it was copied; make a new one."
        )
    parts = parts_of(backup.path.name, backup.size_bytes, part_bytes=int(options["part_mib"]) * MIB)
    _require_room(backup.path.parent, max(part.size_bytes for part in parts))
    require_whole(backup.path, backup.manifest)  # or what was damaged here would be called equal there
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
    there = remote.listed(name) if Path(name).name == name else []
    if MANIFEST not in {one.name for one in there}:
        raise ValidationError("backup.unknown", "There is no complete copy of this backup there.", value=name)
    with remote.reading(f"{name}/{MANIFEST}") as pieces:
        text = b"".join(_at_most(MOST_MANIFEST_BYTES, pieces, folder / f"{name}.json"))
    final, parts = _copied(name, there, text, folder=folder)
    _require_room(folder, sum(part.size_bytes for part in parts))
    with scratch_file(folder, purpose="fetch") as scratch:
        _receive(remote, name, parts, scratch, tell=tell)
        _keep(scratch, final, text)
    return {
        "backup": name,
        "remote": remote.target,
        "parts": len(parts),
        "bytes": sum(part.size_bytes for part in parts),
    }


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


def _copied(name: str, there: list[RemoteFile], text: bytes, *, folder: Path) -> tuple[Path, list[Part]]:
    """Where the copy that the manifest `text` describes comes to lie, and its parts."""
    for suffix in SUFFIXES.values():
        final = folder / f"{name}{suffix}"
        sizes = {one.name: one.size_bytes for one in there if one.name.startswith(final.name) and not one.is_folder}
        if sizes and final.exists():
            raise ValidationError(
                "backup.exists", "This backup is here already; verify it, or move it away.", value=final.name
            )
        if sizes and (names := _names_of(final.name, sizes, decode_manifest(text, final).size_bytes)):
            starts = accumulate((sizes[one] for one in names), initial=0)
            return final, [Part(one, start, sizes[one]) for one, start in zip(names, starts, strict=False)]
    raise DatabaseError(
        "backup.parts_missing", "Parts of this copy are missing on the remote; fetch another backup.", value=name
    )


def _names_of(file_name: str, sizes: Mapping[str, int], size_bytes: int) -> list[str]:
    """The parts among `sizes` that together have `size_bytes`; none if there are not all of them. Parts of a push that
    was broken off before the size of parts was changed have other counts in their names.
    """
    counts = {int(found[1]) for one in sizes if (found := _OF.fullmatch(one.removeprefix(file_name)))}
    for count in sorted((count for count in counts if count <= len(sizes)), reverse=True):
        names = part_names(file_name, count)
        if all(one in sizes for one in names) and sum(sizes[one] for one in names) == size_bytes:
            return names
    return []


def _receive(remote: Remote, name: str, parts: list[Part], scratch: Path, *, tell: Tell) -> None:
    total = sum(part.size_bytes for part in parts)
    with scratch.open("xb") as file:
        for part in parts:
            with remote.reading(f"{name}/{part.name}") as pieces:
                for piece in _at_most(part.size_bytes, pieces, scratch):
                    file.write(piece)
                    tell("fetch", file.tell(), total)
        file.flush()
        os.fsync(file.fileno())


def _at_most(most_bytes: int, pieces: Iterator[bytes], path: Path) -> Iterator[bytes]:
    """The pieces, as long as they are no more than was announced: nobody fills the disk."""
    came = 0
    for piece in pieces:
        came += len(piece)
        if came > most_bytes:
            raise damaged(path, "the remote sends more of it than it announced")
        yield piece


def _require_room(folder: Path, size_bytes: int) -> None:
    needed, free = size_bytes + RESERVE_BYTES, shutil.disk_usage(folder).free
    if free < needed:
        raise DatabaseError(
            "backup.no_room",
            f"The copy needs {needed >> 20} MiB and {free >> 20} MiB are free; make room.",
            value=str(folder),
        )


def _keep(scratch: Path, final: Path, manifest_text: bytes) -> None:
    """Give the fetched file its name, if it is what its manifest says; the manifest first, all of it on the disk."""
    if sha256_of(scratch) != decode_manifest(manifest_text, final).sha256:
        raise damaged(final, "the copy has another SHA-256 than its manifest says")
    beside = manifest_path(final)
    beside.unlink(missing_ok=True)  # of a fetch that was killed here
    write_durably(beside, manifest_text)
    scratch.rename(final)
    sync(final.parent)


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
