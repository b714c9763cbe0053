"""The database: whether it can be written, keeps up, and is of this version; cpu-monitor."""

from collections.abc import Iterator
from typing import Final

from services.cpu_monitor.health.view import Verdict, View, closed, degraded, duration, failed, unknown, worst
from shared.messages.health import Subject
from shared.messages.service import WRITER

NAME: Final = "restrike.db"
FAR_BEHIND: Final = 6
"""So many times the tolerance is a failure."""


def judge_database(view: View) -> Iterator[Verdict]:
    """One item."""
    picture = view.picture
    if not view.is_alive(WRITER) or picture.database is None:
        yield unknown(NAME, f"{WRITER} does not say how it is.", f"Nothing is lost meanwhile. See {WRITER}.")
        return
    yield worst(NAME, _faults(view))


def _faults(view: View) -> Iterator[Verdict]:
    picture = view.picture
    if picture.database_error is not None:
        said = closed(picture.database_cause or picture.database_error)  # the error says what to do, too
        reason = f"The database cannot be written: {said} Nothing is lost meanwhile."
        remedy = "Free space on the disk of data/, and see that no other program holds the file; see: restrike db check"
        yield failed(NAME, reason, remedy)
    yield from _behind(view)
    refused = view.grew(Subject.DATABASE, NAME, "rows_refused")
    if refused:
        reason = f"The database refused {refused:.0f} rows within a minute; they are stored as they came."
        yield degraded(NAME, reason, "See: restrike logs tail db-writer")
    if picture.schema_error is not None:
        reason = f"Nobody knows which version the database must have: {closed(picture.schema_error)}"
        yield degraded(NAME, reason, "Install the program anew: its folder migrations/ is not whole.")
    wanted, found = picture.schema_version, picture.database.schema_version if picture.database else None
    if wanted is not None and found is not None and found != wanted:
        reason = f"The database is of version {found}, this program of version {wanted}."
        yield degraded(NAME, reason, "Start the suite anew: restrike down, then restrike up -d")


def _behind(view: View) -> Iterator[Verdict]:
    behind = view.picture.trails.behind
    if not behind:
        return
    ring, oldest = min(behind.items(), key=lambda item: item[1].at_s)
    behind_s, most_s = view.now_s - oldest.at_s, view.tolerances.behind_s
    if behind_s <= most_s:
        return
    reason = f"The database is {duration(behind_s)} behind what {ring} received. Nothing is lost."
    remedy = "See what takes the disk or the processor (restrike monitor show), and: restrike logs tail db-writer"
    yield (failed if behind_s > most_s * FAR_BEHIND else degraded)(NAME, reason, remedy)
