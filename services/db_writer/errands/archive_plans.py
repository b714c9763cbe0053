"""The errand `archive_plan`: which whole months of which sessions are old enough to be moved; a child of db-writer."""

from collections import defaultdict
from contextlib import closing
from typing import Any, Final

from msgspec import Struct, to_builtins

from services.db_writer.errand import Options, Tell
from shared.db.sqlite import connect_reader, sqlite3
from shared.errors import DatabaseError
from shared.paths import Paths

# One that was open at the cut or later stays whole, and so does what nobody saw end, until it was last written to
# before the cut.
_SESSIONS: Final = """
SELECT id FROM udp_server_sessions
WHERE status <> 'open' AND coalesce(end_time, updated_at) < ? AND start_time < ? ORDER BY id
"""
_MONTHS: Final = {
    "datagrams": "SELECT substr(received_at, 1, 7), count(*) FROM raw_datagrams WHERE session_id = ? GROUP BY 1",
    "events": "SELECT substr(timestamp, 1, 7), count(*) FROM pss_events_v2 WHERE session_id = ? GROUP BY 1",
}


class Month(Struct, frozen=True, kw_only=True):
    """A month to be moved: the sessions with rows in it, and about how many rows (0: that kind stays)."""

    month: str
    sessions: list[int]
    datagrams: int
    events: int


def plan(options: Options, *, paths: Paths, tell: Tell) -> dict[str, Any]:
    """`options`: `datagrams_before` and `events_before`, each the first day (`2026-03-01`) that stays, or None.

    The result's `months` are `Month`s in order, `open_sessions` how many sessions stay because they were never closed.
    """
    cuts = {kind: options[f"{kind}_before"] for kind in _MONTHS if options[f"{kind}_before"]}
    with closing(connect_reader(paths.database)) as connection:
        try:
            months = _months(connection, cuts, tell)
            newest = max(cuts.values(), default="")
            query = "SELECT count(*) FROM udp_server_sessions WHERE status = 'open' AND start_time < ?"
            (open_sessions,) = connection.execute(query, (newest,)).fetchone()
        except sqlite3.Error as error:
            raise DatabaseError("database.unreadable", f"The database cannot be read ({error}).") from error
    return {"months": to_builtins(months), "open_sessions": open_sessions}


def _months(connection: "sqlite3.Connection", cuts: dict[str, str], tell: Tell) -> list[Month]:
    rows: dict[str, dict[str, int]] = defaultdict(lambda: {"datagrams": 0, "events": 0})
    sessions: dict[str, set[int]] = defaultdict(set)
    for kind, cut in cuts.items():
        found = [session for (session,) in connection.execute(_SESSIONS, (cut, cut)).fetchall()]
        for done, session in enumerate(found):
            tell("looking at sessions", done, len(found))
            for month, count in connection.execute(_MONTHS[kind], (session,)).fetchall():
                if month < cut[:7]:
                    rows[month][kind] += count
                    sessions[month].add(session)
    kept = _kept(connection)
    return [
        Month(month=month, sessions=sorted(sessions[month]), **counts)
        for month, counts in sorted(rows.items())
        if any(counts[kind] > kept[kind].get(month, 0) for kind in counts)
    ]


def _kept(connection: "sqlite3.Connection") -> dict[str, dict[str, int]]:
    """How many rows of a month stay because theirs are the highest ids."""
    raw = connection.execute("SELECT substr(received_at, 1, 7) FROM raw_datagrams ORDER BY id DESC LIMIT 1").fetchall()
    events = connection.execute(
        "SELECT substr(timestamp, 1, 7) FROM pss_events_v2 WHERE id IN (?, ?)", newest_events(connection)
    ).fetchall()
    return {"datagrams": _counted(raw), "events": _counted(events)}


def newest_events(connection: "sqlite3.Connection", *, schema: str = "main") -> tuple[int, int]:
    """The events that stay: the newest, and that of the newest detail; 0 where there is none."""
    (newest,) = connection.execute(f"SELECT coalesce(max(id), 0) FROM {schema}.pss_events_v2").fetchone()
    row = connection.execute(f"SELECT event_id FROM {schema}.pss_event_details ORDER BY id DESC LIMIT 1").fetchone()
    return newest, (row[0] or 0) if row else 0


def _counted(rows: list[tuple[str]]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for (month,) in rows:
        found[month] += 1
    return found
