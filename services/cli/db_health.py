"""Whether the database is well: its file, its version, its backups, its text index, and how fast questions are answered
right now; used by `restrike db health`. It only reads.
"""

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from services.cli.query.app import QUESTIONS
from services.cli.query.question import Question
from services.cli.query.source import WITHIN_S, Source
from shared.clock import NS_PER_S, monotonic_s, unix_ns
from shared.db.schema_version import status
from shared.db.set_aside import SetAside, set_aside
from shared.db.sqlite import connect_reader
from shared.errors import DatabaseError, RestrikeError

QUESTION_WITHIN_S: Final = 2.0
"""A usual question that takes longer is ended: what is measured is known by then."""
SLOW_MS: Final = 1000.0
"""From here on a usual question is something wrong; it should take a tenth of it on two million events."""
SHOWN: Final = 5
WAL_BYTES: Final = 256 * 1024 * 1024
"""A WAL that long is not being taken into the file: some program reads without end."""
FRAGMENTED: Final = 0.25
"""From this share of free pages on, giving them back is worth a quiet hour."""
BACKUP_AGE_S: Final = 26 * 3600
"""A day and a little: a daily backup may be late, but not left out."""
UNINDEXED: Final = 500_000
"""Events whose text cannot be searched: about a venue's day. More: nothing indexed them at quiet turns."""
_INDEX: Final = re.compile(r"USING (?:COVERING )?INDEX (\w+)")
_INDEXES: Final = """
SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN (
    SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table') ORDER BY name
"""
_BACKUP: Final = """
SELECT b.name, b.taken_at FROM backups b WHERE b.status = 'present'
ORDER BY b.taken_at DESC LIMIT 1
"""
_LAST_BACKUP_JOB: Final = """
SELECT status, coalesce(error, 'its process ended') AS error FROM jobs
WHERE kind = 'backup' AND status IN ('done', 'failed', 'broken') ORDER BY begun_at DESC LIMIT 1
"""
_CHECK: Final = """
SELECT status, ended_at, result FROM jobs WHERE kind = 'check' AND status IN ('done', 'failed', 'broken')
ORDER BY begun_at DESC LIMIT 1
"""
_LAG: Final = "SELECT coalesce((SELECT max(id) FROM pss_events_v2), 0) - through_event_id FROM search_progress"
_CHANGED: Final = "SELECT max(updated_at) FROM watermarks"


class Measured(Struct, frozen=True, kw_only=True):
    """A usual question, asked now: `milliseconds` is its second run, None if it took longer than it may."""

    name: str
    milliseconds: float | None
    indexes: list[str]


class DatabaseHealth(Struct, frozen=True, kw_only=True):
    """One database file. `problems` are sentences, each with what to do; none: it is well.

    `backup` is the newest one, recorded or not; `backup_error` says why the last attempt at one failed.
    `backup_age_s` and `check` are None where there was none; `unused_indexes` serve no usual question (some serve
    db-writer alone). `set_aside` are files beside it that only a person removes, replaced databases among them.
    """

    file: Path
    is_accessible: bool
    problems: list[str]
    file_bytes: int = 0
    wal_bytes: int = 0
    pages: int = 0
    free_pages: int = 0
    fragmentation: float = 0.0
    version: int = 0
    latest_version: int = 0
    backup: str | None = None
    backup_at: str | None = None
    backup_age_s: int | None = None
    backup_error: str | None = None
    check: str | None = None
    check_at: str | None = None
    check_faults: int = 0
    unindexed_events: int = 0
    slowest: list[Measured] = []
    unused_indexes: list[str] = []
    set_aside: list[SetAside] = []


def read_health(path: Path, *, unrecorded: tuple[str, str] | None = None) -> DatabaseHealth:
    """Look at the database `path`; what is wrong with it is in the answer, not raised. `unrecorded` is the newest
    backup that it has no row of, as after a restore: its name and when it was taken (UTC).
    """
    try:
        standing = status(path)
        if standing.current == 0:
            sentence = "There is no database yet. Start the suite: restrike up"
            return DatabaseHealth(file=path, is_accessible=False, problems=[sentence])
        with closing(connect_reader(path)) as connection:
            source = Source(connection, path)
            source.limit(WITHIN_S)
            facts = _file_facts(source) | {"version": standing.current, "latest_version": standing.latest}
            if standing.current == standing.latest:
                facts |= _care_facts(source, unrecorded) | _questions_facts(source)
    except RestrikeError as error:
        return DatabaseHealth(file=path, is_accessible=False, problems=[str(error)])
    changed_at = facts.pop("changed_at", None)
    health = DatabaseHealth(file=path, is_accessible=True, problems=[], **facts)
    return msgspec.structs.replace(health, problems=list(_problems(health, changed_at=changed_at)))


def _file_facts(source: Source) -> dict[str, Any]:
    wal = source.path.with_name(f"{source.path.name}-wal")
    pages, free = int(source.value("PRAGMA page_count")), int(source.value("PRAGMA freelist_count"))
    return {
        "file_bytes": source.path.stat().st_size,
        "wal_bytes": wal.stat().st_size if wal.exists() else 0,
        "pages": pages,
        "free_pages": free,
        "fragmentation": round(free / pages, 4) if pages else 0.0,
        "set_aside": set_aside(source.path.parent),
    }


def _care_facts(source: Source, unrecorded: tuple[str, str] | None) -> dict[str, Any]:
    backup: dict[str, Any] = next(iter(source.rows(_BACKUP)), {})
    if unrecorded is not None and unrecorded[1] > backup.get("taken_at", ""):
        backup = {"name": unrecorded[0], "taken_at": unrecorded[1]}
    attempt: dict[str, Any] = next(iter(source.rows(_LAST_BACKUP_JOB)), {})
    check: dict[str, Any] = next(iter(source.rows(_CHECK)), {})
    return {
        "backup": backup.get("name"),
        "backup_at": backup.get("taken_at"),
        "backup_age_s": None if not backup else round(unix_ns() / NS_PER_S - _unix_s(backup["taken_at"])),
        "backup_error": None if attempt.get("status") in (None, "done") else attempt["error"],
        "check": check.get("status"),
        "check_at": check.get("ended_at"),
        "check_faults": _faults_left(check.get("result")),
        "unindexed_events": max(int(source.value(_LAG) or 0), 0),
        "changed_at": source.value(_CHANGED),
    }


def _faults_left(result: str | None) -> int:
    """How many faults a check found that it did not repair."""
    found: dict[str, Any] = msgspec.json.decode(result or "{}")
    repaired: dict[str, int] = found.get("repaired", {})
    return sum(max(count - repaired.get(name, 0), 0) for name, count in found.get("faults", {}).items())


def _questions_facts(source: Source) -> dict[str, Any]:
    measured = [measure(source, question) for question in QUESTIONS]
    used = {index for one in measured for index in one.indexes}
    order = sorted(measured, key=lambda one: -(one.milliseconds or QUESTION_WITHIN_S * 1000))
    indexes = [row["name"] for row in source.rows(_INDEXES)]
    return {"slowest": order[:SHOWN], "unused_indexes": [name for name in indexes if name not in used]}


def measure(source: Source, question: Question) -> Measured:
    """Ask a usual question twice and see how long the second time takes, and which indexes it goes by."""
    values = {name: source.value(f"SELECT {value}") for name, value in question.example.items()}
    plan = source.rows(f"EXPLAIN QUERY PLAN {question.sql}", **values)
    indexes = list(dict.fromkeys(index for row in plan for index in _INDEX.findall(row["detail"])))
    taken: float | None = None
    try:
        for _ in range(2):
            source.limit(QUESTION_WITHIN_S)
            begun_s = monotonic_s()
            source.rows(question.sql, **values)
            taken = round((monotonic_s() - begun_s) * 1000, 3)
    except DatabaseError as error:
        if error.code != "query.too_long":
            raise
        taken = None
    source.limit(WITHIN_S)
    return Measured(name=question.name, milliseconds=taken, indexes=indexes)


def _problems(health: DatabaseHealth, *, changed_at: str | None) -> Iterator[str]:
    if health.version < health.latest_version:
        yield f"It is of version {health.version}, the program of {health.latest_version}. Run: restrike db migrate"
    if health.version > health.latest_version:
        yield f"It is of version {health.version}, the program of {health.latest_version}: update the program."
    if health.wal_bytes > WAL_BYTES:
        yield f"Its WAL has {health.wal_bytes} bytes: end programs that keep the database open for reading."
    if health.fragmentation > FRAGMENTED:
        yield f"{health.fragmentation:.0%} of its pages are free: give them back with restrike db vacuum."
    if health.check not in (None, "done"):
        yield f"Its last check did not end well ({health.check}). Run: restrike db check"
    if health.check_faults > 0:
        yield f"Its last check left {health.check_faults} faults. Run: restrike db check --repair"
    yield from _backup_problems(health, changed_at=changed_at)
    if health.unindexed_events > UNINDEXED:
        yield f"The text of {health.unindexed_events} events is not indexed: let the suite run at a quiet time."
    for one in health.slowest:
        if one.milliseconds is None or one.milliseconds > SLOW_MS:
            late = f"The question '{one.name}' takes longer than {SLOW_MS:.0f} ms"
            yield f"{late}. Run: restrike db optimize, or archive old months."


def _backup_problems(health: DatabaseHealth, *, changed_at: str | None) -> Iterator[str]:
    """A database that nothing was stored in since its backup needs no newer one."""
    if health.backup_error is not None:
        yield f"The last backup failed: {health.backup_error.rstrip('.')}; then run: restrike backup create"
    if changed_at is None:
        return
    if health.backup_at is None:
        yield "There is no backup of it. Run: restrike backup create"
    elif (health.backup_age_s or 0) > BACKUP_AGE_S and changed_at > health.backup_at:
        yield f"Its last backup is {(health.backup_age_s or 0) // 3600} hours old. Run: restrike backup create"


def _unix_s(iso_utc: str) -> float:
    return datetime.fromisoformat(iso_utc).astimezone(UTC).timestamp()
