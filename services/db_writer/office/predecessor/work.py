"""The job `import_predecessor`: a child plans, then the plan is stored in slices between the stream's transactions.

How far it came is committed with each slice in `imports.progress`. Killed at any moment, what was committed stays, and
the same command goes on: the plan of the same file is the same again.
"""

import re
from collections.abc import Generator
from typing import Any, Final

import msgspec
from msgspec import Struct

from services.db_writer.office.child import errand
from services.db_writer.office.desk import Act, Desk
from services.db_writer.office.jobs import Ordered, Result, Step
from services.db_writer.office.predecessor import insertions as sql
from services.db_writer.office.predecessor.items import PLAN_VERSION, SettingsItem, decode
from services.db_writer.office.predecessor.plan import NAME, items_after, planned
from services.db_writer.office.predecessor.report import Report
from services.db_writer.office.predecessor.writing import Writing
from services.db_writer.office.settings import change_settings
from services.db_writer.office.tournament import rows as tournament_rows
from services.db_writer.office.tournament.time_zones import zone_of
from shared.clock import monotonic_s, utc_now_iso
from shared.db.sqlite import sqlite3
from shared.errors import ValidationError
from shared.messages.settings import ChangeSettings

KIND: Final = "predecessor"
OPTIONS: Final[dict[str, type]] = {"file": str, "ring": str, "time_zone": str, "dry_run": bool, "again": bool}
SLICE_S: Final = 0.005
"""About how long one transaction may take: the stream waits for it."""
FEWEST: Final = 5
MOST: Final = 500
"""Items of one slice."""
_RING: Final = r"[a-z0-9][a-z0-9-]{0,31}"


class Progress(Struct, kw_only=True):
    """How far an import is: `through` the last item that is stored, of a plan of this `version`."""

    ring: str | None
    time_zone: str
    is_again: bool
    through: int = 0
    version: int = PLAN_VERSION
    written: dict[str, int] = {}
    there: dict[str, int] = {}


class _Import(Struct):
    id: int
    progress: Progress
    ordered: Ordered
    report: Report


def import_predecessor(desk: Desk, ordered: Ordered) -> Generator[Step, None, Result]:
    """Import the predecessor's database `file`. Options: `ring`, `time_zone`, `dry_run`, `again`.

    Raises:
        ValidationError: the ring or the time zone cannot be used.
        ErrandError: the file cannot be imported, or was before.
    """
    is_dry_run, is_again = bool(ordered.options.get("dry_run")), bool(ordered.options.get("again"))
    plan = desk.paths.data / NAME
    try:
        made = yield from errand("predecessor", _errand_options(desk, ordered), paths=desk.paths)
        report = msgspec.json.decode(str(made["report"]), type=Report)
        if not is_dry_run:
            running = _running(desk, ordered, made, report, is_again=is_again)
            with planned(plan) as items:
                yield from _store(desk, running, items, total=int(str(made["items"])))
            _end(desk, running)
    finally:
        plan.unlink(missing_ok=True)
    return {"report": msgspec.json.encode(report).decode()}


def _errand_options(desk: Desk, ordered: Ordered) -> dict[str, Any]:
    options = ordered.options
    in_use = {ring for (ring,) in desk.connection.execute(sql.LIVE_RINGS).fetchall()}
    ring, zone = options.get("ring"), options.get("time_zone")
    if ring is not None and str(ring) in in_use:
        sentence = "This suite has a ring of that name, and imported matches must not mix with it: take another name."
        raise ValidationError("import.ring_in_use", sentence, value=str(ring))
    if ring is not None:
        _check_ring(str(ring))
    active = tournament_rows.active(desk.connection)
    done: dict[str, str] = {}
    begun: dict[str, Any] = {}
    for _, sha256, status, progress, _, ended_at in desk.connection.execute(sql.SELECT_IMPORTS, (KIND,)).fetchall():
        if status == "done":
            done[sha256] = ended_at
            begun.pop(sha256, None)
        else:
            begun[sha256] = msgspec.json.decode(progress)
    return {
        "file": str(options.get("file", "")),
        "ring": ring,
        "time_zone": None if zone is None else zone_of(str(zone)).key,
        "default_zone": active.time_zone if active else "UTC",
        "in_use": sorted(in_use),
        "done": {sha256: ended_at for sha256, ended_at in done.items() if sha256 not in begun},
        "begun": begun,
        "again": bool(options.get("again")),
        "dry_run": bool(options.get("dry_run")),
    }


def _check_ring(ring: str) -> None:
    if not re.fullmatch(_RING, ring):
        raise ValidationError(
            "import.ring", "A ring has small letters, digits and hyphens, at most 32, such as old-hall.", value=ring
        )


def _running(desk: Desk, ordered: Ordered, made: Result, report: Report, *, is_again: bool) -> _Import:
    """The import of this file that was not ended, or a new one."""
    sha256 = str(made["sha256"])
    for row_id, known, status, progress, _, _ in desk.connection.execute(sql.SELECT_IMPORTS, (KIND,)).fetchall():
        if known == sha256 and status != "done":
            found = msgspec.json.decode(progress, type=Progress)
            if found.version != PLAN_VERSION:
                found = msgspec.structs.replace(found, version=PLAN_VERSION, through=0, is_again=True)
            return _Import(row_id, found, ordered, report)
    new = Progress(ring=report.ring, time_zone=report.time_zone, is_again=is_again)
    details = {"sha256": sha256, "ring": report.ring, "time_zone": report.time_zone, "again": is_again}
    act = Act(author=ordered.author, action="import.begin", target=report.file, details=details, reason=ordered.reason)
    with desk.acting(act) as connection:
        values = (KIND, report.file, sha256, ordered.author, msgspec.json.encode(new).decode(), utc_now_iso())
        (row_id,) = connection.execute(sql.BEGIN_IMPORT, values).fetchone()
    return _Import(row_id, new, ordered, report)


def _store(desk: Desk, running: _Import, plan: "sqlite3.Connection", *, total: int) -> Generator[Step, None, None]:
    progress, report = running.progress, running.report
    writing = Writing(desk, author=running.ordered.author, is_again=progress.is_again)
    writing.written.update(progress.written)
    writing.there.update(progress.there)
    limit = FEWEST
    while rows := items_after(plan, progress.through, limit=limit):
        began_s = monotonic_s()
        found = [(number, decode(body)) for number, body in rows]
        if isinstance(found[0][1], SettingsItem):
            _set(desk, running, found[0][1], writing)
            found = found[:1]
        with desk.changing() as connection:
            writing.begin()
            for number, item in found:
                if not isinstance(item, SettingsItem):
                    writing.add(item)
                elif number != found[0][0]:
                    break  # settings are changed in a transaction of their own, the next one
                progress.through = number
                if monotonic_s() - began_s >= SLICE_S:
                    break
            writing.end()
            progress.written, progress.there = dict(writing.written), dict(writing.there)
            values = (msgspec.json.encode(progress).decode(), utc_now_iso(), running.id)
            connection.execute(sql.ADVANCE_IMPORT, values)
        limit = max(FEWEST, min(MOST, int(limit * min(2.0, SLICE_S / max(monotonic_s() - began_s, 1e-6)))))
        yield Step("storing", progress.through, total)
    report.written, report.there_already = dict(writing.written), dict(writing.there)


def _set(desk: Desk, running: _Import, item: SettingsItem, writing: Writing) -> None:
    """Give settings their old values, but for those that somebody set here."""
    is_set = {name for (name,) in desk.connection.execute(sql.SELECT_SET).fetchall()}
    values = {name: value for name, value in item.values.items() if name not in is_set}
    kept = sorted(item.values.keys() - values.keys())
    if kept:
        running.report.notes.append(f"Settings that were set here stay as they are: {', '.join(kept)}.")
    if values:
        reason = f"imported from {running.report.file}"[:200]
        change_settings(desk, ChangeSettings(author=running.ordered.author, reason=reason, values=values))
    writing.written["settings"] += len(values)
    writing.there["settings"] += len(kept)


def _end(desk: Desk, running: _Import) -> None:
    ordered, report = running.ordered, running.report
    details = {"sha256": report.sha256, "written": report.written, "there_already": report.there_already}
    act = Act(
        author=ordered.author, action="import.predecessor", target=report.file, details=details, reason=ordered.reason
    )
    with desk.acting(act) as connection:
        kept = msgspec.json.encode(report).decode()
        connection.execute(sql.END_IMPORT, (kept, utc_now_iso(), running.id))
