"""The jobs `archive` and `unarchive`: whole months out of the database into files of their own, and back; db-writer.

A child makes a month's file, reads it back and gives it its name. Then one transaction writes its row in `archives`,
and only then rows are removed, in slices. Killed at any moment nothing is lost: what has a row is compared with its
file again, and its removal goes on; a file without a row is only a copy.
"""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, TypeVar

from services.db_writer.office.care.moving import Moved, put_back, remove_archived
from services.db_writer.office.child import errand
from services.db_writer.office.desk import Act, Desk
from services.db_writer.office.jobs import Options, Ordered, Result, Step
from shared.clock import utc_now_iso
from shared.errors import RestrikeError, ValidationError
from shared.settings.catalogue import RETENTION_DATAGRAMS_DAYS, RETENTION_EVENTS_DAYS

LEAST_DAYS: Final = 7
"""Younger rows stay whatever is asked: the journal may send them again for two days, and protests take some more."""
REST_DAYS: Final = 30
"""A month that was brought back is left alone so long by what is not ordered with --older-than: somebody uses it."""
WHAT: Final = {"datagrams": ("datagrams",), "events": ("events",), "all": ("datagrams", "events")}

_INSERT: Final = """
INSERT INTO archives (name, month, path, status, schema_version, datagrams, events, size_bytes, sha256, archived_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_MARK: Final = "UPDATE archives SET status = ?, updated_at = ? WHERE name = ?"
_ARCHIVED: Final = "UPDATE archives SET status = ?, brought_back_at = NULL, updated_at = ? WHERE name = ?"
_BACK: Final = "UPDATE archives SET status = ?, brought_back_at = ?2, updated_at = ?2 WHERE name = ?3"
_ARCHIVING: Final = "SELECT job_id FROM jobs WHERE kind = 'archive' AND status IN ('waiting', 'running') LIMIT 1"

T = TypeVar("T")


class ArchiveStatus(StrEnum):
    """How an archive stands. In between (`removing`, `returning`) its rows are in both places, or partly."""

    REMOVING = "removing"
    ARCHIVED = "archived"
    RETURNING = "returning"
    BACK = "back"


def archive(desk: Desk, ordered: Ordered) -> Generator[Step, None, Result]:
    """Move the whole months that are older than the retention, or than `older_than_days`.

    Options: `older_than_days`, `what` (datagrams, events or all), `dry_run`. What an earlier one began is ended first.
    A month that fails does not hold up the others: the first failure is told at the end.

    Raises:
        ValidationError: fewer than `LEAST_DAYS` days, or another word in `what`.
        DatabaseError, ErrandError: an archive is damaged or could not be made; nothing of it was removed.
    """
    cuts = _cuts(desk, ordered.options)
    if ordered.options.get("dry_run"):
        return _planned((yield from errand("archive_plan", cuts, paths=desk.paths)))
    moved = Moved()
    failures: list[RestrikeError] = []
    for name in _of_status(desk, ArchiveStatus.REMOVING):
        yield from _noting(failures, _remove(desk, name, moved))
    plan: dict[str, Any] = yield from errand("archive_plan", cuts, paths=desk.paths)
    resting = _months(desk, ArchiveStatus.RETURNING)  # on their way back: that must end first
    if "older_than_days" not in ordered.options:
        resting |= _back_lately(desk)
    left_alone = resting | _months(desk, ArchiveStatus.REMOVING)
    made: list[str] = []
    for month in plan["months"]:
        if month["month"] not in left_alone:
            new = yield from _noting(failures, _make(desk, ordered, month))
            if new is not None:
                made.append(new)
                yield from _noting(failures, _remove(desk, new, moved))
    if failures:
        raise failures[0]
    return {
        "archives": made,
        "datagrams": moved.datagrams,
        "events": moved.events,
        "left": moved.left,
        "resting": sorted(resting & {month["month"] for month in plan["months"]}),
        "open_sessions": plan["open_sessions"],
    }


def unarchive(desk: Desk, ordered: Ordered) -> Generator[Step, None, Result]:
    """Bring the archive `name` back: the same rows under the same ids. Its file stays.

    Raises:
        ValidationError: there is no such archive, it is back already, or another job removes its rows.
        DatabaseError, ErrandError: it is damaged, or other rows are where its rows were; the database is whole.
    """
    name = str(ordered.options.get("name", ""))
    row = desk.connection.execute("SELECT status, sha256 FROM archives WHERE name = ?", (name,)).fetchone()
    if row is None:
        raise ValidationError("archive.unknown", "There is no such archive. See restrike db archives.", value=name)
    status, sha256 = row
    if status == ArchiveStatus.BACK:
        raise ValidationError("archive.is_back", "This archive was brought back already.", value=name)
    at_work = desk.connection.execute(_ARCHIVING).fetchone() if status == ArchiveStatus.REMOVING else None
    if at_work is not None:
        sentence = f"Its rows are being removed by job {at_work[0]}: wait for its end, or cancel it."
        raise ValidationError("archive.at_work", sentence, value=name)
    opened = yield from errand("archive_open", {"name": name, "sha256": sha256}, paths=desk.paths)
    act = Act(author=ordered.author, action="archive.bring_back", target=name, reason=ordered.reason)
    with desk.acting(act) as connection:
        connection.execute(_MARK, (ArchiveStatus.RETURNING.value, utc_now_iso(), name))
    moved = yield from put_back(desk, Path(str(opened["path"])))
    with desk.changing() as connection:
        connection.execute(_BACK, (ArchiveStatus.BACK.value, utc_now_iso(), name))
    return {"archive": name, "datagrams": moved.datagrams, "events": moved.events, "left": moved.left}


def _make(desk: Desk, ordered: Ordered, month: dict[str, Any]) -> Generator[Step, None, str | None]:
    wanted = {
        "month": month["month"],
        "sessions": month["sessions"],
        "is_datagrams": month["datagrams"] > 0,
        "is_events": month["events"] > 0,
        "taken": [name for (name,) in desk.connection.execute("SELECT name FROM archives").fetchall()],
    }
    made: dict[str, Any] = yield from errand("archive_make", wanted, paths=desk.paths)
    name: str | None = made["name"]
    if name is None:
        return None
    details = {"month": made["month"], "datagrams": made["datagrams"], "events": made["events"]}
    act = Act(author=ordered.author, action="archive.make", target=name, details=details, reason=ordered.reason)
    with desk.acting(act) as connection:
        figures = (made["schema_version"], made["datagrams"], made["events"], made["size_bytes"])
        path = f"{desk.paths.archive.name}/{name}.db.zst"
        row = (name, made["month"], path, ArchiveStatus.REMOVING.value, *figures, made["sha256"], made["archived_at"])
        connection.execute(_INSERT, row)
    return name


def _remove(desk: Desk, name: str, total: Moved) -> Generator[Step, None, None]:
    (sha256,) = desk.connection.execute("SELECT sha256 FROM archives WHERE name = ?", (name,)).fetchone()
    opened = yield from errand("archive_open", {"name": name, "sha256": sha256}, paths=desk.paths)
    moved = yield from remove_archived(desk, Path(str(opened["path"])))
    with desk.changing() as connection:
        connection.execute(_ARCHIVED, (ArchiveStatus.ARCHIVED.value, utc_now_iso(), name))
    total.datagrams += moved.datagrams
    total.events += moved.events
    total.left += moved.left


def _noting(failures: list[RestrikeError], work: Generator[Step, None, T]) -> Generator[Step, None, T | None]:
    """Do that; a failure is noted, and gives None."""
    try:
        return (yield from work)
    except RestrikeError as error:
        failures.append(error)
        return None


def _cuts(desk: Desk, options: Options) -> dict[str, str | None]:
    """The first day that stays, of each kind of row; None: all of it stays."""
    what = str(options.get("what", "all"))
    if what not in WHAT:
        raise ValidationError("archive.what", f"What is archived is one of: {', '.join(WHAT)}.", value=what)
    days: dict[str, int] = {
        "datagrams": desk.settings.get(RETENTION_DATAGRAMS_DAYS),
        "events": desk.settings.get(RETENTION_EVENTS_DAYS),
    }
    given = options.get("older_than_days")
    if given is not None:
        if not isinstance(given, int) or given < LEAST_DAYS:
            raise ValidationError(
                "archive.too_young", f"Rows stay for at least {LEAST_DAYS} days: give more days.", value=str(given)
            )
        days = dict.fromkeys(days, given)
    return {f"{kind}_before": _cut(count) if kind in WHAT[what] and count else None for kind, count in days.items()}


def _cut(days: int) -> str:
    """The first of the month in which the youngest day lies that is old enough."""
    return f"{datetime.now(UTC) - timedelta(days=max(days, LEAST_DAYS)):%Y-%m}-01"


def _months(desk: Desk, status: ArchiveStatus) -> set[str]:
    query = "SELECT month FROM archives WHERE status = ?"
    return {month for (month,) in desk.connection.execute(query, (status.value,)).fetchall()}


def _back_lately(desk: Desk) -> set[str]:
    since = f"{datetime.now(UTC) - timedelta(days=REST_DAYS):%Y-%m-%dT%H:%M:%S}"
    query = "SELECT month FROM archives WHERE status = ? AND brought_back_at >= ?"
    return {month for (month,) in desk.connection.execute(query, (ArchiveStatus.BACK.value, since)).fetchall()}


def _of_status(desk: Desk, status: ArchiveStatus) -> list[str]:
    query = "SELECT name FROM archives WHERE status = ? ORDER BY id"
    return [name for (name,) in desk.connection.execute(query, (status.value,)).fetchall()]


def _planned(plan: dict[str, Any]) -> Result:
    months = [f"{one['month']}: {one['datagrams']} datagrams, {one['events']} events" for one in plan["months"]]
    return {"months": months, "open_sessions": plan["open_sessions"]}
