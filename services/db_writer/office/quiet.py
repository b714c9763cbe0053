"""Whether a match is running on some ring, from what is stored: care waits for its end; db-writer."""

from datetime import UTC, datetime, timedelta
from typing import Final

from shared.db.sqlite import sqlite3
from shared.messages.match import Stage

AT_REST: Final = frozenset({Stage.NOT_LOADED, Stage.DECIDED, Stage.CLOSED})
FORGOTTEN_AFTER: Final = timedelta(minutes=15)
"""A ring that was silent for this long runs no match, whatever it said last: a break is one minute, an injury takes up
to some minutes, and a scoring system that was switched off says nothing."""

# Per ring its newest session that heard something, the last stage told in it, and when the session was last written to.
_STAGES: Final = """
SELECT s.ring, s.updated_at,
    (SELECT stage FROM match_stages m WHERE m.session_id = s.id ORDER BY m.entry DESC, m.id DESC LIMIT 1)
FROM udp_server_sessions s
WHERE s.id IN (SELECT max(id) FROM udp_server_sessions GROUP BY ring)
"""


def running_rings(connection: "sqlite3.Connection", *, now: datetime | None = None) -> list[str]:
    """The rings on which a match is running, by name; `now` (UTC) is given in tests."""
    since = (now or datetime.now(UTC)) - FORGOTTEN_AFTER
    return sorted(
        ring
        for ring, updated_at, stage in connection.execute(_STAGES).fetchall()
        if stage is not None and Stage(stage) not in AT_REST and datetime.fromisoformat(updated_at) >= since
    )


def why_busy(connection: "sqlite3.Connection") -> str | None:
    """A sentence when a match is running, None when it is quiet."""
    rings = running_rings(connection)
    return f"A match is running on {', '.join(rings)}." if rings else None
