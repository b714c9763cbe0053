"""The errands `archive_make` and `archive_open`: a month into a file that answers questions alone; db-writer's child.

The file has the present schema, the month's bulky rows, and of all other tables what these speak of: matches of the
month with everything that belongs to them, sessions, athletes, types, rules. What is secret or about this machine
stays. It appears under its name when it was read back and compared.
"""

from contextlib import closing
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import structs

from services.db_writer.errand import Options, Tell
from services.db_writer.errands.archive_plans import newest_events
from shared.clock import utc_now_iso
from shared.db.archive_files import (
    BULKY,
    NAME,
    OPENED,
    SUFFIX,
    ArchiveManifest,
    archive_file,
    close_log,
    opened_archive,
    unpack_checked,
)
from shared.db.backup_contents import product_version
from shared.db.backup_files import PARTIAL, manifest_path, scratch_file
from shared.db.compression import pack
from shared.db.migrate import migrate
from shared.db.sqlite import reader_uri, sqlite3
from shared.db.table_checksums import TableContent, columns_of, contents_of, tables_of
from shared.durable import sync, write_durably
from shared.errors import DatabaseError
from shared.paths import Paths

STAYS: Final = frozenset(
    {
        "schema_version",
        "migratehistory",
        "alert_deliveries",
        "alert_rules",
        "alerts",
        "app_config",
        "archives",
        "backup_copies",
        "backup_verifications",
        "backups",
        "disk_samples",
        "imports",
        "jobs",
        "license_changes",
        "network_samples",
        "obs_connections",
        "obs_recording_config",
        "obs_recording_sessions",
        "obs_rule_firings",
        "obs_rules",
        "obs_samples",
        "operator_audit",
        "outbox_marks",
        "process_samples",
        "pss_events",
        "recorded_video_events",
        "recorded_videos",
        "refused_facts",
        "resource_samples",
        "saved_queries",
        "service_incidents",
        "settings_categories",
        "settings_history",
        "settings_keys",
        "settings_values",
        "watermarks",
    }
)
"""What is about this installation, its people and its files, secrets among it, and what old databases brought."""
BY_MATCH: Final = "match_id"
# What `search_events` keeps for itself is made anew for the rows that are there.
_SEARCH: Final = ("search_events", "search_names", "search_progress")
_MATCHES: Final = """
INSERT OR IGNORE INTO month_matches (id)
SELECT match_id FROM main.pss_events_v2 WHERE match_id IS NOT NULL
UNION SELECT t.match_id FROM month_sessions s CROSS JOIN source.match_stages t ON t.session_id = s.id
WHERE t.match_id IS NOT NULL
"""
_DATAGRAMS: Final = """
SELECT {columns} FROM month_sessions s CROSS JOIN source.raw_datagrams d ON d.session_id = s.id
WHERE d.received_at >= ?1 AND d.received_at < ?2 AND d.id <> (SELECT max(id) FROM source.raw_datagrams) ORDER BY d.id
"""
_EVENTS: Final = """
SELECT {columns} FROM month_sessions s CROSS JOIN source.pss_events_v2 d ON d.session_id = s.id
WHERE d.timestamp >= ?1 AND d.timestamp < ?2 AND d.id NOT IN (?3, ?4) ORDER BY d.id
"""
_DETAILS: Final = """
SELECT {columns} FROM main.pss_events_v2 e CROSS JOIN source.pss_event_details d ON d.event_id = e.id ORDER BY d.id
"""
AFTER_EVERY_DAY: Final = "~"
"""Sorts after every day of a month: `2026-03~`."""


def make(options: Options, *, paths: Paths, tell: Tell) -> dict[str, Any]:
    """`options`: `month`, its `sessions`, `is_datagrams`, `is_events`, and `taken` names. Returns the archive's row."""
    paths.archive.mkdir(mode=0o700, exist_ok=True)
    with scratch_file(paths.archive, purpose="archive") as scratch:
        try:
            tables, ids, version = _fill(scratch, options, paths=paths, tell=tell)
        except sqlite3.Error as error:
            raise DatabaseError("archive.failed", f"The archive could not be written ({error}); make room.") from error
        if not ids:
            return {"name": None, "datagrams": 0, "events": 0}
        name = _free_name(paths.archive, options["month"], taken=set(options["taken"]))
        packed_file = paths.archive / f".{name}{SUFFIX}{PARTIAL}"
        packed_file.unlink(missing_ok=True)
        packed = pack(scratch, packed_file, tell=tell)
    manifest = ArchiveManifest(
        product_version=product_version(),
        name=name,
        month=options["month"],
        made_at=utc_now_iso(),
        schema_version=version,
        sqlite_version=sqlite3.sqlite_version,
        **structs.asdict(packed),
        ids=ids,
        tables=tables,
    )
    _keep(paths.archive, packed_file, manifest, tell)
    return {
        "name": name,
        "month": options["month"],
        "schema_version": version,
        "datagrams": tables["raw_datagrams"].rows,
        "events": tables["pss_events_v2"].rows,
        "size_bytes": packed.size_bytes,
        "sha256": packed.sha256,
        "archived_at": manifest.made_at,
    }


def open_checked(options: Options, *, paths: Paths, tell: Tell) -> dict[str, Any]:
    """`options`: `name` and `sha256` as the database has them. Returns the `path` of the opened database."""
    return {"path": str(opened_archive(paths.archive, options["name"], sha256=options["sha256"], tell=tell))}


def _fill(
    scratch: Path, options: Options, *, paths: Paths, tell: Tell
) -> tuple[dict[str, TableContent], dict[str, tuple[int, int]], int]:
    version = migrate(scratch, backups=paths.archive).after
    scratch.with_name(f".{scratch.name}.lock").unlink(missing_ok=True)
    with closing(sqlite3.connect(reader_uri(scratch).replace("mode=ro", "mode=rw"), uri=True)) as connection:
        connection.isolation_level = None
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("ATTACH ? AS source", (reader_uri(paths.database),))
        connection.execute("BEGIN")
        _copy_bulky(connection, options, tell)
        _copy_others(connection, options["month"], tell)
        connection.execute("COMMIT")
        connection.execute("DETACH source")
        broken = connection.execute("PRAGMA foreign_key_check").fetchone()
        if broken:
            raise DatabaseError("archive.incomplete", f"A row of {broken[0]} refers to none of {broken[2]}.")
        ids = _ids(connection)
        tables = contents_of(connection, tell=tell)
    close_log(scratch)
    return tables, ids, version


def _copy_bulky(connection: "sqlite3.Connection", options: Options, tell: Tell) -> None:
    connection.execute("CREATE TEMP TABLE month_sessions (id INTEGER PRIMARY KEY)")
    connection.execute("CREATE TEMP TABLE month_matches (id INTEGER PRIMARY KEY)")
    connection.executemany("INSERT INTO month_sessions VALUES (?)", [(one,) for one in options["sessions"]])
    between = (options["month"], options["month"] + AFTER_EVERY_DAY)
    if options["is_datagrams"]:
        tell("copying datagrams", 0, None)
        _insert(connection, "raw_datagrams", _DATAGRAMS, *between)
    if options["is_events"]:
        tell("copying events", 0, None)
        _insert(connection, "pss_events_v2", _EVENTS, *between, *newest_events(connection, schema="source"))
        tell("copying details", 0, None)
        _insert(connection, "pss_event_details", _DETAILS)
    connection.execute(_MATCHES)


def _copy_others(connection: "sqlite3.Connection", month: str, tell: Tell) -> None:
    tables = [table for table in tables_of(connection) if is_copied(table)]
    for done, table in enumerate(tables):
        tell("copying what they speak of", done, len(tables))
        columns, _ = columns_of(connection, table)
        connection.execute(f"DELETE FROM {table}")  # some come with rows of their own
        where = ""
        if table == "event_counts":
            where = f"WHERE minute >= '{month}' AND minute < '{month}{AFTER_EVERY_DAY}'"
        elif BY_MATCH in columns and table != "pss_matches":
            where = "WHERE match_id IN (SELECT id FROM month_matches)"
            if "session_id" in columns:
                where += " OR (match_id IS NULL AND session_id IN (SELECT id FROM month_sessions))"
        _insert(connection, table, f"SELECT {{columns}} FROM source.{table} d {where}")
    connection.execute("INSERT INTO search_events (search_events) VALUES ('rebuild')")
    connection.execute("UPDATE search_progress SET through_event_id = (SELECT coalesce(max(id), 0) FROM pss_events_v2)")


def is_copied(table: str) -> bool:
    """Whether the rows of `table` that a month speaks of go into its archive, beside the bulky ones."""
    return table not in STAYS and table not in BULKY and not table.startswith(_SEARCH)


def _insert(connection: "sqlite3.Connection", table: str, select: str, *values: object) -> None:
    columns, _ = columns_of(connection, table)
    named = select.format(columns=", ".join(f"d.{column}" for column in columns))
    connection.execute(f"INSERT INTO main.{table} ({', '.join(columns)}) {named}", values)


def _ids(connection: "sqlite3.Connection") -> dict[str, tuple[int, int]]:
    found = {table: connection.execute(f"SELECT min(id), max(id) FROM {table}").fetchone() for table in BULKY}
    return {table: (first, last) for table, (first, last) in found.items() if first is not None}


def _free_name(folder: Path, month: str, *, taken: set[str]) -> str:
    number, name = 1, f"restrike-{month}"
    while name in taken or archive_file(folder, name).exists():
        number += 1
        name = f"restrike-{month}-{number}"
    assert NAME.fullmatch(name), name  # noqa: S101  # else nobody would find it again
    return name


def _keep(folder: Path, packed_file: Path, manifest: ArchiveManifest, tell: Tell) -> None:
    """Read the file back from the disk, compare it, and give it its name; its manifest comes first."""
    opened = folder / OPENED
    opened.mkdir(mode=0o700, exist_ok=True)
    target = opened / f"{manifest.name}-{manifest.sha256[:8]}.db"
    unpack_checked(packed_file, target, manifest=manifest, tell=tell)
    final = archive_file(folder, manifest.name)
    manifest_path(final).unlink(missing_ok=True)  # of one that was killed here
    write_durably(manifest_path(final), msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
    packed_file.rename(final)
    sync(folder)
