"""The files of backups: how they are named, what a manifest says, how one is unpacked; whoever touches a backup.

`restrike-<UTC yyyymmddThhmmssZ>-<reason>.db.zst` is a database, `….jsonl.zst` its rows as JSON lines. Beside each lies
its manifest, `….db.json` or `….jsonl.json`, which ends with a checksum over itself. A plain `….db` is what earlier
versions made; it has no manifest.
"""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from shared.clock import iso_utc
from shared.db.compression import Tell, sha256_of, tell_nobody, unpack_file
from shared.db.lock import file_lock
from shared.db.table_checksums import TableContent
from shared.errors import DatabaseError, ValidationError
from shared.messages.service import Position

MANIFEST_VERSION: Final = 1
PARTIAL: Final = ".partial"
REASON: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
SCRATCH_WITHIN_S: Final = 60.0
UNSEALED: Final = "0" * 64
_NAME: Final = re.compile(r"(restrike-(\d{8}T\d{6}Z)-([a-z0-9-]+))(\.db\.zst|\.jsonl\.zst|\.db)")
_SEAL: Final = re.compile(rb'"manifest_sha256": "([0-9a-f]{64})"\n}\n\Z')


class BackupKind(StrEnum):
    """What is inside: the database file as it was, or its rows as JSON lines."""

    DATABASE = "database"
    JSON = "json"


SUFFIXES: Final = {BackupKind.DATABASE: ".db.zst", BackupKind.JSON: ".jsonl.zst"}
PLAIN: Final = ".db"
LOG: Final = "-wal"
"""Ends the name of the file beside a database that holds what is not yet in it."""
_SQLITE: Final = b"SQLite format 3\0"


class Manifest(Struct, frozen=True, kw_only=True):
    """What a backup should be. Times are UTC ISO text.

    `size_bytes` and `sha256` are of the compressed file; `content_bytes` and `content_sha256` of what is inside, the
    database file or the JSON lines. `tables` lists what is inside, `left_out` the tables that are not (JSON only).
    `positions` says per ring how far the copy itself is in the ring's journal, `matches` how many it holds.
    """

    format_version: int = MANIFEST_VERSION
    product_version: str
    kind: BackupKind
    name: str
    reason: str
    taken_at: str
    schema_version: int
    sqlite_version: str
    size_bytes: int
    sha256: str
    content_bytes: int
    content_sha256: str
    matches: int
    positions: dict[str, Position]
    tables: dict[str, TableContent]
    left_out: list[str] = []
    manifest_sha256: str = UNSEALED


class BackupFile(Struct, frozen=True, kw_only=True):
    """A backup as it lies in its folder. `manifest` is None for a plain `.db` and where `problem` says why."""

    path: Path
    name: str
    kind: BackupKind
    reason: str
    taken_at: str
    size_bytes: int
    manifest: Manifest | None = None
    problem: str | None = None

    @property
    def is_plain(self) -> bool:
        """Whether it is an uncompressed database, without a manifest: of an earlier version, or set aside."""
        return not self.path.name.endswith(tuple(SUFFIXES.values()))


def damaged(path: Path, what: str) -> DatabaseError:
    """The error of a backup of which `what` is wrong."""
    return DatabaseError("backup.damaged", f"This backup is damaged ({what}); use another one.", value=str(path))


def manifest_path(backup: Path) -> Path:
    """Where the manifest of the compressed file `backup` lies."""
    return backup.with_suffix(".json")


def read_manifest(backup: Path) -> Manifest:
    """The manifest of the compressed file `backup`.

    Raises DatabaseError: `backup.no_manifest`, `backup.newer`, or `backup.damaged` (also when it is not this file's).
    """
    path = manifest_path(backup)
    try:
        text = path.read_bytes()
    except FileNotFoundError as error:
        raise DatabaseError(
            "backup.no_manifest", "This backup has no manifest beside it; put the .json file back.", value=str(backup)
        ) from error
    except OSError as error:
        raise damaged(backup, f"its manifest cannot be read: {error.strerror}") from error
    return decode_manifest(text, backup)


def decode_manifest(text: bytes, backup: Path) -> Manifest:
    """The manifest that `text` is, if it is whole and that of the compressed file `backup` (not looked at).

    Raises DatabaseError: `backup.newer` or `backup.damaged`.
    """
    seal = _SEAL.search(text)
    if seal is None or _sealed(text[: seal.start(1)], text[seal.end(1) :]) != seal[1].decode():
        raise damaged(backup, "its manifest was changed")
    try:
        manifest = msgspec.json.decode(text, type=Manifest)
    except msgspec.MsgspecError as error:
        raise DatabaseError(
            "backup.newer", f"This backup's manifest is of another version ({error}).", value=str(manifest_path(backup))
        ) from error
    if manifest.format_version > MANIFEST_VERSION:
        raise DatabaseError(
            "backup.newer",
            "This backup is of a newer version; install the newer program.",
            value=str(manifest_path(backup)),
        )
    if manifest.name + SUFFIXES[manifest.kind] != backup.name:
        raise damaged(backup, f"its manifest is that of {manifest.name}")
    return manifest


def encode_manifest(manifest: Manifest) -> bytes:
    """`manifest` as its file's bytes, sealed with its checksum."""
    unsealed = msgspec.structs.replace(manifest, manifest_sha256=UNSEALED)
    text = msgspec.json.format(msgspec.json.encode(unsealed), indent=2) + b"\n"
    before, after = text[: -len(UNSEALED) - len(b'"\n}\n')], text[-len(b'"\n}\n') :]
    return before + _sealed(before, after).encode() + after


def list_backups(folder: Path) -> list[BackupFile]:
    """The backups in `folder`, the newest first; none if it is not there. Their contents are not looked at."""
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    found = [described for path in paths if (described := describe(path)) is not None]
    return sorted(found, key=lambda one: (one.taken_at, one.name), reverse=True)


def describe(path: Path) -> BackupFile | None:
    """The file `path` as a backup; None if it is not named like one or has gone."""
    name = _NAME.fullmatch(path.name)
    try:
        size_bytes = path.stat().st_size
    except OSError:
        return None
    if name is None:
        return None
    stem, stamp, reason, suffix = name.groups()
    kind = BackupKind.JSON if suffix == SUFFIXES[BackupKind.JSON] else BackupKind.DATABASE
    manifest, problem = None, None
    if suffix != PLAIN:
        try:
            manifest = read_manifest(path)
        except DatabaseError as error:
            problem = error.message
    taken_at = f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}T{stamp[9:11]}:{stamp[11:13]}:{stamp[13:15]}.000Z"
    return BackupFile(
        path=path,
        name=stem,
        kind=kind,
        reason=manifest.reason if manifest else reason,
        taken_at=manifest.taken_at if manifest else taken_at,
        size_bytes=size_bytes,
        manifest=manifest,
        problem=problem,
    )


def describe_database(path: Path) -> BackupFile | None:
    """The database file `path`, whatever its name, as a plain backup; None if it is none. This process does not have it
    open.
    """
    log = path.with_name(path.name + LOG)
    try:
        with path.open("rb") as file:
            if file.read(len(_SQLITE)) != _SQLITE:
                return None
        files = [one.stat() for one in (path, log) if one == path or one.exists()]
    except OSError:
        return None
    return BackupFile(
        path=path,
        name=path.stem,
        kind=BackupKind.DATABASE,
        reason="",
        taken_at=iso_utc(max(one.st_mtime_ns for one in files)),
        size_bytes=sum(one.st_size for one in files),
    )


def find_backup(name: str, folders: Iterable[Path]) -> BackupFile:
    """The backup that `name` names: a name, a file name, or a path; by its path any database file, too, such as one
    that a restore replaced.

    Raises ValidationError `backup.unknown`: there is none.
    """
    given = Path(name)
    if given.is_file():
        found = describe(given.absolute()) or describe_database(given.absolute())
        if found is not None:
            return found
    for folder in folders:
        for one in list_backups(folder):
            if name in (one.name, one.path.name):
                return one
    raise ValidationError("backup.unknown", "There is no such backup; see them with: restrike backup list", value=name)


def require_there(folder: str) -> None:
    """Raise DatabaseError `backup.folder_missing` if the `folder` that is set for backups (empty: none) is missing."""
    if folder and not Path(folder).is_dir():
        raise DatabaseError(
            "backup.folder_missing",
            "The folder of backups is not there: put its disk in, or name another with: restrike settings set"
            " backup.folder",
            value=folder,
        )


def unpack(backup: Path, scratch: Path, *, tell: Tell = tell_nobody) -> Manifest:
    """Write the database in `backup` to the new file `scratch`, checking the SHA-256 of both; its manifest.

    A JSON backup is loaded, and brought to the latest version of the schema. A plain `.db` is copied with its log; what
    its manifest says is then what was found in it. Nothing is synced, nor are the database's own checks run.
    Raises DatabaseError: `backup.damaged` naming what differs, `backup.no_manifest`, `backup.newer`; OSError.
    """
    found = describe(backup) or describe_database(backup)
    if found is not None and found.is_plain:
        from shared.db.backup_contents import copy_plain  # noqa: PLC0415  # it needs this file

        return copy_plain(found, scratch)
    manifest = read_manifest(backup)
    if manifest.kind is BackupKind.JSON:
        from shared.db.json_backup import load  # noqa: PLC0415  # it needs this file

        return load(backup, scratch, tell=tell)
    unpack_content(backup, scratch, manifest=manifest, tell=tell)
    return manifest


def require_whole(backup: Path, manifest: Manifest) -> None:
    """Raise DatabaseError `backup.damaged` if the compressed file `backup` is not what `manifest` says; OSError."""
    size_bytes = backup.stat().st_size
    if size_bytes != manifest.size_bytes:
        raise damaged(backup, f"its file has {size_bytes} bytes and should have {manifest.size_bytes}")
    if sha256_of(backup) != manifest.sha256:
        raise damaged(backup, "its file has another SHA-256 than its manifest says")


def unpack_content(backup: Path, target: Path, *, manifest: Manifest, tell: Tell = tell_nobody) -> None:
    """Write what the compressed file `backup` holds to the new file `target`, if both are what `manifest` says.

    Raises DatabaseError `backup.damaged` naming what differs; OSError.
    """
    require_whole(backup, manifest)
    content_sha256 = unpack_file(backup, target, most_bytes=manifest.content_bytes, tell=tell)
    if content_sha256 != manifest.content_sha256:
        raise damaged(backup, "its content has another SHA-256 than its manifest says")


@contextmanager
def scratch_file(folder: Path, *, purpose: str) -> Iterator[Path]:
    """A path in `folder` for a large file that is gone after the block; one at a time for each `purpose` (a word).

    What a killed process left is removed first. Raises DatabaseError `database.locked`: another one takes too long.
    """
    with file_lock(folder / f".{purpose}.lock", within_s=SCRATCH_WITHIN_S):
        for left_over in folder.glob(f".{purpose}-*{PARTIAL}*"):
            left_over.unlink()
        path = folder / f".{purpose}-{os.getpid()}{PARTIAL}"
        try:
            yield path
        finally:
            for left in folder.glob(f"*{path.name}*"):  # what SQLite and migrations put beside it, too
                left.unlink(missing_ok=True)


def _sealed(before: bytes, after: bytes) -> str:
    return hashlib.sha256(before + UNSEALED.encode() + after).hexdigest()
