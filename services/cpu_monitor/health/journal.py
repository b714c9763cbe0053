"""The journal: whether what is received is kept; cpu-monitor."""

from collections.abc import Iterator
from typing import Final

from services.cpu_monitor.health.rings import kept_in_memory
from services.cpu_monitor.health.view import Verdict, View, closed, degraded, failed, ok, unknown
from shared.messages.service import INGEST

NAME: Final = "journal.db"
_REMEDY: Final = "Free space on the disk of data/: what is in memory is then kept, and until then is lost by a restart."

SLOW_S: Final = 0.1
"""A commit takes a millisecond on an SSD and some ten on a hard disk."""


def judge_journal(view: View) -> Iterator[Verdict]:
    """One item."""
    statuses = [ring.status for ring in view.picture.rings.values() if ring.status is not None]
    if not view.is_alive(INGEST) or not statuses:
        yield unknown(NAME, f"{INGEST} does not say how it is.", f"See what is said of {INGEST}.")
        return
    waiting = kept_in_memory(statuses)
    error = view.picture.journal_error
    if error is None and waiting is None:
        yield _slow(view.picture.trails.commit_s)
        return
    why = f": {closed(error)}" if error is not None else "."
    kept = f" {waiting} are in memory only." if waiting is not None else ""
    yield failed(NAME, f"The journal cannot be written{why}{kept}", _REMEDY)


def _slow(commit_s: float | None) -> Verdict:
    if commit_s is None or commit_s < SLOW_S:
        return ok(NAME)
    took = f"{commit_s * 1000:.0f} ms"
    reason = f"The disk of data/ is slow: a commit to the journal takes {took}, and all is that much later."
    return degraded(NAME, reason, "See who keeps the disk busy: restrike monitor show. Try it: restrike doctor")
