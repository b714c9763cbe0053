"""Lets a restored database stand at the end of each outbox, so that what came after its backup is never stored.

Used by restores that were asked to leave that out, on a copy of the backup that nobody else has open.
"""

from contextlib import closing
from pathlib import Path
from typing import Final

from services.db_writer.outboxes.store import ADVANCE
from shared.clock import utc_now_iso
from shared.db.sqlite import connect_reader, is_empty, sqlite3
from shared.errors import DatabaseError
from shared.messages.outbox import PRODUCERS
from shared.paths import Paths

_RUNS: Final = "SELECT session, max(last) FROM batches WHERE ring = ? GROUP BY session ORDER BY max(last)"


def leave_out_facts(connection: "sqlite3.Connection", paths: Paths) -> None:
    """Mark as stored all that the outboxes hold now. Raises DatabaseError: one of them cannot be read."""
    now = utc_now_iso()
    for producer in PRODUCERS:
        for run, last in _runs(paths.outbox(producer), producer):
            connection.execute(ADVANCE, (producer, run, last, now))


def _runs(path: Path, producer: str) -> list[tuple[str, int]]:
    """The runs of an outbox, each with its last number; none where there is no outbox."""
    if is_empty(path):
        return []
    try:
        with closing(connect_reader(path)) as outbox:
            return outbox.execute(_RUNS, (producer,)).fetchall()
    except sqlite3.Error as error:
        raise DatabaseError(
            "outbox.unreadable",
            f"The outbox of {producer} cannot be read ({error}). Start {producer}, which sets a damaged one aside, and"
            " restore again.",
            value=str(path),
        ) from error
