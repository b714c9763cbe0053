"""Jobs that keep the database fast and small: statistics of its planner, its log, its free pages; db-writer."""

import os
import shutil
from collections.abc import Generator
from typing import Final

from services.db_writer.office.child import errand
from services.db_writer.office.desk import Act, Desk
from services.db_writer.office.jobs import Ordered, Result, Step
from shared.db.sqlite import BUSY_TIMEOUT_S, sqlite3
from shared.db.table_checksums import tables_of
from shared.errors import DatabaseError, ValidationError
from shared.messages.service import INGEST, PARSER
from shared.rpc import is_locked

ANALYSIS_LIMIT: Final = 400
"""Rows of an index that ANALYZE looks at before it goes on to the next key: SQLite's advice, enough for the planner.
Up to 30 ms for an index of two million rows in memory; up to 1.3 s where it must be read from the disk, which is why
a child reads it just before."""
VACUUM_SLICE_PAGES: Final = 100
"""Free pages given back in one transaction: each moves a page from the file's end, some ten microseconds."""
ROOM: Final = 2
"""A full vacuum writes everything twice: into a temporary file, and into the log."""
INCREMENTAL: Final = 2
"""What `PRAGMA auto_vacuum` says of a file whose free pages can be given back in slices."""


def optimize(desk: Desk, _ordered: Ordered) -> Generator[Step, None, Result]:
    """Renew the planner's statistics, an index at a time, and write the log back into the file."""
    connection = desk.connection
    names = [(table, name) for table in tables_of(connection) for name in _indexes(connection, table)]
    yield from errand("read_indexes", {"indexes": names}, paths=desk.paths)
    connection.execute(f"PRAGMA analysis_limit = {ANALYSIS_LIMIT}")
    for done, (_, name) in enumerate(names):
        yield Step("looking at indexes", done, len(names))
        with desk.changing():
            connection.execute(f'ANALYZE "{name}"')
    yield Step("writing the log back", len(names), len(names))
    is_shrunk = shrink_log(connection)
    return {"indexes": len(names), "is_log_written_back": is_shrunk}


def vacuum(desk: Desk, _ordered: Ordered) -> Generator[Step, None, Result]:
    """Give free pages back to the file system, in slices, where the file is made for it."""
    connection = desk.connection
    free = total = _number(connection, "PRAGMA freelist_count")
    if _number(connection, "PRAGMA auto_vacuum") != INCREMENTAL:
        return {"pages": 0, "free_pages": free, "is_incremental": False}
    while free:
        with desk.changing():
            connection.execute(f"PRAGMA incremental_vacuum({VACUUM_SLICE_PAGES})").fetchall()
        left = _number(connection, "PRAGMA freelist_count")
        if left >= free:
            break
        free = left
        yield Step("giving free pages back", total - free, total)
    shrink_log(connection)
    return {"pages": total - free, "free_pages": free, "is_incremental": True}


def vacuum_full(desk: Desk, ordered: Ordered) -> Generator[Step, None, Result]:
    """Write the whole file anew, without gaps, and so that later its free pages can be given back in slices.

    Raises:
        ValidationError: the suite runs: nothing could be stored for as long as this takes.
        DatabaseError: there is not enough room, or SQLite could not do it; the file is as it was.
    """
    _require_stopped(desk)
    connection = desk.connection
    before = _bytes(connection)
    _require_room(desk, bytes_needed=ROOM * before)
    with desk.acting(Act(author=ordered.author, action="database.vacuum", reason=ordered.reason)):
        pass
    yield Step("writing the file anew", 0, None)
    _require_stopped(desk)  # which may have been started since
    os.environ["SQLITE_TMPDIR"] = str(desk.paths.data)  # where room was just looked for
    try:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("VACUUM")
    except sqlite3.Error as error:
        raise DatabaseError(
            "database.vacuum_failed", f"The database stays as it was ({error}); free space on its file system."
        ) from error
    shrink_log(connection)
    return {"bytes_before": before, "bytes_after": _bytes(connection)}


def shrink_log(connection: "sqlite3.Connection") -> bool:
    """Write the log (WAL) back and empty it, without waiting for readers; whether none was in the way."""
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT_S * 1000)}")
    return not busy


def _require_stopped(desk: Desk) -> None:
    running = [name for name in (INGEST, PARSER) if is_locked(desk.paths.lock(name))]
    if running:
        raise ValidationError(
            "database.in_use", f"The suite is running ({', '.join(running)}). End it first with: restrike down"
        )


def _require_room(desk: Desk, *, bytes_needed: int) -> None:
    free = shutil.disk_usage(desk.paths.data).free
    if free < bytes_needed:
        raise DatabaseError(
            "database.no_room",
            f"Writing the file anew needs {bytes_needed >> 20} MiB beside it; make room, or leave it to restrike db"
            " vacuum, which needs none.",
            value=f"{free >> 20} MiB free",
        )


def _indexes(connection: "sqlite3.Connection", table: str) -> list[str]:
    """What ANALYZE takes one by one: the indexes of a table, or the table where it has none of its own."""
    found = [row[1] for row in connection.execute(f'PRAGMA index_list("{table}")').fetchall() if row[3] != "pk"]
    return found or [table]


def _bytes(connection: "sqlite3.Connection") -> int:
    return _number(connection, "PRAGMA page_count") * _number(connection, "PRAGMA page_size")


def _number(connection: "sqlite3.Connection", query: str) -> int:
    return int(connection.execute(query).fetchone()[0])
