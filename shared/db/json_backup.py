"""Backups that a person can read: all rows as JSON lines. Written by a child of db-writer, loaded by who restores.

    {"format": "restrike-json", "format_version": 1, "schema_version": 9, …}
    {"table": "pss_matches", "columns": ["id", "match_id", …], "rows": 512}
    [1, "m-1", …]             a row; a blob is {"base64": "…"}, an endless number {"real": "inf"}
    {"end": 14}               the number of tables

Text indexes and the list of migrations are left out: they follow from the rows and the version. Sensitive settings stay
encrypted as they are.
"""

import base64
import hashlib
import io
import math
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import zstandard

from shared.db.backup_contents import Contents, contents, open_scratch, product_version
from shared.db.backup_files import Manifest, damaged, read_manifest, require_whole
from shared.db.compression import CHUNK_BYTES, Packed, PackedWriter, Tell, tell_nobody
from shared.db.migrate import SHIPPED, migrate
from shared.db.migration_files import read_migrations
from shared.db.sqlite import is_empty, sqlite3
from shared.db.table_checksums import columns_of, differences, select_rows, table_content
from shared.errors import DatabaseError

if TYPE_CHECKING:
    from shared.db.backup import Wanted

FORMAT: Final = "restrike-json"
FORMAT_VERSION: Final = 1
DATAGRAMS: Final = frozenset({"raw_datagrams"})
"""The largest table, and the one that nobody reads: what was understood of it is in the others."""
MADE_ANEW: Final = frozenset({"migratehistory", "schema_version", "search_progress"})
BATCH_ROWS: Final = 1_000
_SPECIAL: Final = {bytes, float}

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


def write(scratch: Path, target: Path, wanted: "Wanted", tell: Tell) -> tuple[Packed, Contents]:
    """Write the rows of the database `scratch` to the new file `target`; the file, and what is in it.

    Raises OSError, sqlite3.Error, DatabaseError.
    """
    found = contents(scratch, tell=tell)
    omitted = MADE_ANEW | wanted.left_out
    kept = msgspec.structs.replace(found, tables={t: c for t, c in found.tables.items() if t not in omitted})
    header = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "product_version": product_version(),
        "schema_version": found.schema_version,
        "left_out": sorted(wanted.left_out),
    }
    with closing(open_scratch(scratch)) as connection, PackedWriter(target, level=wanted.level) as writer:
        writer.write(_encode(header) + b"\n")
        for number, (table, content) in enumerate(kept.tables.items()):
            tell("write", number, len(kept.tables))
            columns, _ = columns_of(connection, table)
            writer.write(_encode({"table": table, "columns": columns, "rows": content.rows}) + b"\n")
            cursor = connection.execute(select_rows(connection, table))
            while rows := cursor.fetchmany(BATCH_ROWS):
                writer.write(b"".join([_encode(_plain(row)) + b"\n" for row in rows]))
        writer.write(_encode({"end": len(kept.tables)}) + b"\n")
        return writer.finish(), kept


def load(path: Path, database: Path, *, migrations: Path = SHIPPED, tell: Tell = tell_nobody) -> Manifest:
    """Make the new database `database` of the JSON backup `path`, at the latest version of the schema; its manifest.

    It is made at the backup's version, filled, compared with the manifest, and migrated. Nothing waits for the disk.
    Raises DatabaseError: `backup.damaged` naming what differs, `backup.newer`, `database.exists`; OSError.
    """
    manifest = read_manifest(path)
    require_whole(path, manifest)
    if not is_empty(database):
        raise DatabaseError("database.exists", "A backup is loaded into a new file only.", value=str(database))
    if manifest.schema_version > len(read_migrations(migrations)):
        raise DatabaseError(
            "backup.newer", "This backup is of a newer version; install the newer program.", value=str(path)
        )
    migrate(database, manifest.schema_version, backups=None, migrations=migrations)
    try:
        with closing(open_scratch(database)) as connection:
            _fill(connection, path, manifest=manifest, tell=tell)
            _compare(connection, path, manifest=manifest)
        migrate(database, backups=None, migrations=migrations)
        with closing(open_scratch(database)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        raise damaged(path, f"its rows do not fit: {error}") from error
    return manifest


def lines_of(path: Path, *, sha256: str) -> Iterator[bytes]:
    """The lines in the compressed file `path`, without their ends.

    Raises DatabaseError `backup.damaged`: it cannot be decompressed, or has another SHA-256 than `sha256`.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as packed:
            reader = zstandard.ZstdDecompressor().stream_reader(packed)
            for line in io.BufferedReader(reader, CHUNK_BYTES):
                digest.update(line)
                yield line[:-1]
    except zstandard.ZstdError as error:
        raise damaged(path, f"it cannot be decompressed: {error}") from error
    if digest.hexdigest() != sha256:
        raise damaged(path, "its content has another SHA-256 than its manifest says")


def _fill(connection: "sqlite3.Connection", path: Path, *, manifest: Manifest, tell: Tell) -> None:
    connection.execute("BEGIN")
    insert, waiting, tables, done = "", [], 0, 0
    total = sum(content.rows for content in manifest.tables.values())
    for line in lines_of(path, sha256=manifest.content_sha256):
        said: Any = _decode(line)
        if isinstance(said, list):
            waiting.append([_value(value) for value in said] if any(type(v) is dict for v in said) else said)
        elif "table" in said:
            _insert(connection, insert, waiting)
            insert = _emptied(connection, said["table"], said["columns"])
            tables += 1
        elif "end" in said and said["end"] != tables:
            raise damaged(path, f"it has {tables} tables and should have {said['end']}")
        if len(waiting) == BATCH_ROWS:
            _insert(connection, insert, waiting)
            done += BATCH_ROWS
            tell("load", done, total)
    _insert(connection, insert, waiting)
    connection.execute("COMMIT")


def _emptied(connection: "sqlite3.Connection", table: str, columns: Sequence[str]) -> str:
    """Empty `table` of what its migration put there; the statement that fills it."""
    quoted = [name.replace('"', '""') for name in (table, *columns)]
    connection.execute(f'DELETE FROM "{quoted[0]}"')
    names = ", ".join(f'"{name}"' for name in quoted[1:])
    return f'INSERT INTO "{quoted[0]}" ({names}) VALUES ({", ".join("?" * len(columns))})'


def _insert(connection: "sqlite3.Connection", insert: str, waiting: list[Any]) -> None:
    if waiting:
        connection.executemany(insert, waiting)
        waiting.clear()


def _compare(connection: "sqlite3.Connection", path: Path, *, manifest: Manifest) -> None:
    found = {table: table_content(connection, table) for table in manifest.tables}
    said = differences(manifest.tables, found)
    if said:
        raise damaged(path, "; ".join(said))
    broken = connection.execute("PRAGMA foreign_key_check").fetchone()
    if broken:
        raise damaged(path, f"a row of {broken[0]} refers to a row of {broken[2]} that is not there")


def _plain(row: Sequence[Any]) -> Sequence[Any]:
    return [_written(value) for value in row] if _SPECIAL & set(map(type, row)) else row


def _written(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, float) and not math.isfinite(value):
        return {"real": str(value)}
    return value


def _value(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return base64.b64decode(value["base64"]) if "base64" in value else float(value["real"])
