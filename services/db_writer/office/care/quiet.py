"""Whether a match is running on some ring, from what is stored: care waits for its end; db-writer."""

from datetime import UTC, datetime, timedelta
from typing import Final

from services.db_writer.office.desk import Desk
from shared.db.sqlite import sqlite3
from shared.messages.match import Stage
from shared.messages.service import INGEST
from shared.rpc import is_locked

AT_REST: Final = frozenset({Stage.NOT_LOADED, Stage.DECIDED, Stage.CLOSED})
FORGOTTEN_AFTER: Final = timedelta(minutes=15)
"""A ring that was silent for this long runs no match, whatever it said last: a break is one minute, an injury takes up
to some minutes, and a scoring system that was switched off says nothing."""

# When the newest session of each ring was last written to.
_RINGS: Final = """
SELECT ring, updated_at FROM udp_server_sessions WHERE id IN (SELECT max(id) FROM udp_server_sessions GROUP BY ring)
"""
# The last stage of a ring: a session that was begun anew in mid-match has none told yet.
_STAGE: Final = """
SELECT stage FROM match_stages WHERE session_id = (
    SELECT s.id FROM udp_server_sessions s
    WHERE +s.ring = ? AND EXISTS (SELECT 1 FROM match_stages m WHERE m.session_id = s.id) ORDER BY s.id DESC LIMIT 1
) ORDER BY entry DESC, id DESC LIMIT 1
"""


def running_rings(connection: "sqlite3.Connection", *, now: datetime | None = None) -> list[str]:
    """The rings on which a match is running, by name; `now` (UTC) is given in tests."""
    since = (now or datetime.now(UTC)) - FORGOTTEN_AFTER
    return sorted(
        ring
        for ring, updated_at in connection.execute(_RINGS).fetchall()
        if datetime.fromisoformat(updated_at) >= since and _is_running(connection, ring)
    )


def _is_running(connection: "sqlite3.Connection", ring: str) -> bool:
    row = connection.execute(_STAGE, (ring,)).fetchone()
    return row is not None and Stage(row[0]) not in AT_REST


def why_busy(desk: Desk) -> str | None:
    """A sentence when a match is running, None when it is quiet: where nothing is received, nothing runs."""
    if not is_locked(desk.paths.lock(INGEST)):
        return None
    rings = running_rings(desk.connection)
    return f"A match is running on {', '.join(rings)}." if rings else None
