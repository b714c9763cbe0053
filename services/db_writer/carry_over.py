"""What history keeps although a backup takes the database's place: the audit, jobs, and what is known of backups.

Used by restores, on a copy of the backup that nobody else has open; the present database is only read.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

from services.db_writer.after_backup import RingAfter
from shared.db.sqlite import sqlite3
from shared.db.table_checksums import columns_of

AUDIT: Final = "operator_audit"
VERDICTS: Final = "backup_verifications"
UNIQUE: Final = {"backups": ("name",), "backup_copies": ("backup_id", "remote"), "jobs": ("job_id",)}
"""What a row is known by; where both have it, the present one counts: it tells what became of the job or the file."""
_BACKUPS: Final = "SELECT id, name FROM backups"

Row = tuple[Any, ...]


def carry_over(
    copy: "sqlite3.Connection", live: "sqlite3.Connection", *, rings: Iterable[RingAfter] = ()
) -> dict[str, int]:
    """Write into `copy` the rows of `live` that it does not have, or has otherwise; how many, by table.

    Decisions about matches that the journal brings back for `rings` are left to it. `live` may be of another version:
    columns that only one has are left out. Raises sqlite3.Error: `live` cannot be read.
    """
    first = {ring.ring: ring.first for ring in rings if ring.first is not None}
    carried = {}
    for table in ("backups", VERDICTS, "backup_copies", "jobs", AUDIT):
        columns = _common(copy, live, table)
        rows = _of_this(copy, live, columns, _rows(live, table, columns))
        if table == AUDIT:
            ring, entry = columns.index("ring"), columns.index("entry")
            rows = (row for row in rows if row[ring] not in first or (row[entry] or 0) < first[row[ring]])
        carried[table] = _write(copy, table, columns, rows)
    return {table: count for table, count in carried.items() if count}


def _common(copy: "sqlite3.Connection", live: "sqlite3.Connection", table: str) -> list[str]:
    """The columns that both have; ids are given anew."""
    there = columns_of(live, table)[0]
    return [column for column in columns_of(copy, table)[0] if column in there and column != "id"]


def _rows(connection: "sqlite3.Connection", table: str, columns: list[str]) -> Iterator[Row]:
    yield from connection.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY id")


def _of_this(
    copy: "sqlite3.Connection", live: "sqlite3.Connection", columns: list[str], rows: Iterator[Row]
) -> Iterator[Row]:
    """The rows of `live` with the ids that backups have in `copy`."""
    if "backup_id" not in columns:
        yield from rows
        return
    place = columns.index("backup_id")
    ids = {name: number for number, name in copy.execute(_BACKUPS)}
    new = {number: ids[name] for number, name in live.execute(_BACKUPS)}
    for row in rows:
        yield (*row[:place], new[row[place]], *row[place + 1 :])


def _write(copy: "sqlite3.Connection", table: str, columns: list[str], rows: Iterable[Row]) -> int:
    """Write the rows that are not there; of equal ones as many as are missing."""
    there = Counter(_rows(copy, table, columns))
    unique, count = UNIQUE.get(table, ()), 0
    insert = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' for _ in columns)})"
    if unique:
        renewed = ", ".join(f"{column} = excluded.{column}" for column in columns if column not in unique)
        insert += f" ON CONFLICT ({', '.join(unique)}) DO UPDATE SET {renewed}"
    for row in rows:
        if there[row] > 0:
            there[row] -= 1
        else:
            copy.execute(insert, row)
            count += 1
    return count
