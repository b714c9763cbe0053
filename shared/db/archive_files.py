"""The files of archives: what their manifest says, and how one is opened; db-writer's children and the command line.

`restrike-<yyyy-mm>.db.zst` (a second one of a month ends in `-2`) is a database of a month: its datagrams, events or
both, and the rows of other tables that they speak of. Beside it lies `….db.json`, its manifest. Opened, it lies in
`archive/.open/` until the clean-up removes it: it can be unpacked again.
"""

import os
import re
import shutil
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from shared.db.backup_contents import open_scratch
from shared.db.backup_files import PARTIAL, manifest_path
from shared.db.compression import Tell, sha256_of, tell_nobody, unpack_file
from shared.db.lock import file_lock
from shared.db.migrate import migrate, status
from shared.db.sqlite import sqlite3
from shared.db.table_checksums import TableContent, contents_of, differences
from shared.errors import DatabaseError

MANIFEST_VERSION: Final = 1
SUFFIX: Final = ".db.zst"
NAME: Final = re.compile(r"restrike-(\d{4}-\d{2})(-\d+)?")
OPENED: Final = ".open"
BULKY: Final = ("raw_datagrams", "pss_events_v2", "pss_event_details")
"""The tables whose rows are moved. An event's details refer to it."""
_OPEN_WITHIN_S: Final = 120.0


class ArchiveManifest(Struct, frozen=True, kw_only=True):
    """What an archive should be. `ids` are the first and last id of each bulky table that it has rows of; the other
    fields are as in the manifest of a backup.
    """

    format_version: int = MANIFEST_VERSION
    product_version: str
    name: str
    month: str
    made_at: str
    schema_version: int
    sqlite_version: str
    size_bytes: int
    sha256: str
    content_bytes: int
    content_sha256: str
    ids: dict[str, tuple[int, int]]
    tables: dict[str, TableContent]


def archive_file(folder: Path, name: str) -> Path:
    """Where the archive `name` lies."""
    return folder / f"{name}{SUFFIX}"


def archive_names(folder: Path) -> list[str]:
    """The archives whose files are in `folder`, by month; none if it is not there."""
    found = (path.name.removesuffix(SUFFIX) for path in folder.glob(f"restrike-*{SUFFIX}"))
    return sorted(name for name in found if NAME.fullmatch(name))


def read_archive_manifest(folder: Path, name: str) -> ArchiveManifest:
    """What the archive `name` should be.

    Raises DatabaseError: it has no manifest, one that cannot be read, or that of another archive or newer program.
    """
    path = manifest_path(archive_file(folder, name))
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=ArchiveManifest)
    except FileNotFoundError as error:
        sentence = "There is no such archive, or its .json file is missing. See restrike db archives."
        raise DatabaseError("archive.missing", sentence, value=name) from error
    except (OSError, msgspec.MsgspecError) as error:
        raise damaged(name, f"its .json file cannot be read: {error}") from error
    if manifest.format_version > MANIFEST_VERSION:
        raise DatabaseError(
            "archive.newer", "This archive is of a newer version; install the newer program.", value=name
        )
    if manifest.name != name:
        raise damaged(name, f"its .json file is that of {manifest.name}")
    return manifest


def damaged(name: str, what: str) -> DatabaseError:
    """The error of an archive of which `what` is wrong."""
    return DatabaseError(
        "archive.damaged", f"This archive is damaged ({what}); put an undamaged copy of it back.", value=name
    )


def opened_archive(folder: Path, name: str, *, sha256: str | None = None, tell: Tell = tell_nobody) -> Path:
    """The database in the archive `name`, unpacked, checked, of the present schema; not to be written to.

    The compressed file is compared with its manifest each time, and with `sha256`, what the database says of it.
    Raises DatabaseError: `archive.missing`, `archive.damaged`, `archive.newer`; OSError.
    """
    manifest = read_archive_manifest(folder, name)
    packed = archive_file(folder, name)
    if not packed.is_file():
        raise DatabaseError("archive.missing", "The file of this archive is not there; put it back.", value=name)
    found = sha256_of(packed)
    if found != manifest.sha256 or found != (sha256 or found):
        raise damaged(name, "its file has another SHA-256 than it was made with")
    target = folder / OPENED / f"{name}-{found[:8]}.db"
    target.parent.mkdir(mode=0o700, exist_ok=True)
    with file_lock(folder / OPENED / ".lock", within_s=_OPEN_WITHIN_S):
        if not target.exists():
            unpack_checked(packed, target, manifest=manifest, tell=tell)
        os.utime(target)  # the clean-up leaves alone what was just asked for
    return target


def unpack_checked(packed: Path, target: Path, *, manifest: ArchiveManifest, tell: Tell = tell_nobody) -> None:
    """Write the database in `packed` to `target`, if its rows are those of the manifest; it appears when complete."""
    scratch = target.with_name(f".{target.name}{PARTIAL}")
    for left in target.parent.glob(f"{scratch.name}*"):
        left.unlink()
    try:
        try:
            digest = unpack_file(packed, scratch, most_bytes=manifest.content_bytes, tell=tell)
        except DatabaseError as error:
            raise damaged(manifest.name, error.message) from error
        if digest != manifest.content_sha256:
            raise damaged(manifest.name, "its content has another SHA-256 than it was made with")
        wrong = differences(manifest.tables, _tables(scratch, manifest.name), what="the archive")
        if wrong:
            raise damaged(manifest.name, wrong[0])
        _bring_up_to_date(scratch)
        scratch.rename(target)
    finally:
        for left in target.parent.glob(f"{scratch.name}*"):
            left.unlink()


def _tables(scratch: Path, name: str) -> dict[str, TableContent]:
    try:
        with closing(open_scratch(scratch)) as connection:
            return contents_of(connection)
    except sqlite3.Error as error:
        raise damaged(name, str(error)) from error


def _bring_up_to_date(scratch: Path) -> None:
    """An archive of an older version answers the questions of this one; only its copy is changed."""
    now = status(scratch)
    if now.current == now.latest:
        return
    if now.current > now.latest:
        raise DatabaseError(
            "archive.newer", "This archive is of a newer version; install the newer program.", value=now.current
        )
    before = scratch.with_name(f"{scratch.name}-before")
    try:
        migrate(scratch, backups=before)
    finally:
        shutil.rmtree(before, ignore_errors=True)
        scratch.with_name(f".{scratch.name}.lock").unlink(missing_ok=True)
    close_log(scratch)


def close_log(path: Path) -> None:
    """Make the database `path` one file that can be read from a read-only folder."""
    with closing(sqlite3.connect(path.absolute(), isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
