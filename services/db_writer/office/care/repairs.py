"""What `restrike db check --repair` does about each fault that it may repair: nothing is lost by it; db-writer.

Each repair looks again whether the fault is still there: the stream went on since it was found.
"""

from collections.abc import Callable
from typing import Any, Final

from services.db_writer.office.backup.rows import mark_removed
from services.db_writer.summaries import athletes_of, rebuild, rebuild_athlete
from shared.clock import utc_now_iso
from shared.db.sqlite import sqlite3

_UNSEEN: Final = "its end was never heard of (found by a check)"

_BREAK: Final = """
UPDATE udp_server_sessions SET status = 'broken', error_message = coalesce(error_message, ?), updated_at = ?
WHERE id = ?3 AND status = 'open' AND id < (SELECT max(id) FROM udp_server_sessions WHERE ring =
    (SELECT ring FROM udp_server_sessions WHERE id = ?3))
"""
_OWNER: Final = """
SELECT s.match_id FROM pss_events_v2 e JOIN match_stages s ON s.id = (
    SELECT t.id FROM match_stages t WHERE t.session_id = e.session_id AND t.entry <= e.event_sequence
    ORDER BY t.entry DESC, t.id DESC LIMIT 1)
WHERE e.id = ? AND e.match_id IS NULL
"""
_ORPHAN: Final = """
DELETE FROM pss_event_details
WHERE id = ? AND NOT EXISTS (SELECT 1 FROM pss_events_v2 e WHERE e.id = pss_event_details.event_id)
"""
_OWN_ROUND: Final = "UPDATE pss_rounds SET match_id = ?, updated_at = ? WHERE id = ? AND match_id IS NULL"
_UNLINK: Final = """
UPDATE planned_matches SET match_id = NULL, updated_at = ?
WHERE id = ? AND match_number IS NOT (SELECT match_number FROM pss_matches m WHERE m.id = planned_matches.match_id)
"""
_COUNT: Final = """
SELECT count(*) FROM pss_events_v2 e JOIN udp_server_sessions s ON s.id = e.session_id
WHERE e.timestamp >= ?1 AND e.timestamp < ?1 || '~' AND s.ring = ?2 AND e.event_type_id = ?3
"""
_TELL: Final = """
INSERT INTO event_counts (minute, ring, event_type_id, events) VALUES (?, ?, ?, ?)
ON CONFLICT (minute, ring, event_type_id) DO UPDATE SET events = excluded.events
"""
_IS_ARCHIVED: Final = """
SELECT 1 FROM archives WHERE month = substr(?, 1, 7) AND events > 0 AND brought_back_at IS NULL LIMIT 1
"""
_FORGET: Final = "DELETE FROM event_counts WHERE minute = ? AND ring = ? AND event_type_id = ?"

Repair = Callable[["sqlite3.Connection", list[Any]], int]
"""Repairs the faults of some keys in the caller's transaction; how many of them."""


def repair(connection: "sqlite3.Connection", check: str, keys: list[Any]) -> int:
    """Repair faults that `check` found; those that are not counted are gone, or cannot be repaired by this."""
    return REPAIRS[check](connection, keys)


def _each(one: Callable[["sqlite3.Connection", Any], bool]) -> Repair:
    return lambda connection, keys: sum(one(connection, key) for key in keys)


def _text_index(connection: "sqlite3.Connection", keys: list[int]) -> int:
    connection.execute("INSERT INTO search_events (search_events) VALUES ('delete-all')")
    connection.execute("INSERT INTO search_names (search_names) VALUES ('rebuild')")
    connection.execute("UPDATE search_progress SET through_event_id = 0")
    return len(keys)


def _search_progress(connection: "sqlite3.Connection", _key: int) -> bool:
    newest = "(SELECT coalesce(max(id), 0) FROM pss_events_v2)"
    update = f"UPDATE search_progress SET through_event_id = {newest} WHERE through_event_id > {newest}"
    return connection.execute(update).rowcount > 0


def _open_sessions(connection: "sqlite3.Connection", session: int) -> bool:
    return connection.execute(_BREAK, (_UNSEEN, utc_now_iso(), session)).rowcount > 0


def _unowned_events(connection: "sqlite3.Connection", events: list[int]) -> int:
    owners: list[int] = []
    for event in events:
        (match_pk,) = connection.execute(_OWNER, (event,)).fetchone() or (None,)
        if match_pk is not None:
            connection.execute("UPDATE pss_events_v2 SET match_id = ? WHERE id = ?", (match_pk, event))
            owners.append(match_pk)
    for match_pk in set(owners):
        _rebuild(connection, match_pk)
    return len(owners)


def _orphaned_details(connection: "sqlite3.Connection", detail: int) -> bool:
    return connection.execute(_ORPHAN, (detail,)).rowcount > 0


def _rounds(connection: "sqlite3.Connection", key: list[int | None]) -> bool:
    round_pk, match_pk = key
    if match_pk is None:
        return False
    return connection.execute(_OWN_ROUND, (match_pk, utc_now_iso(), round_pk)).rowcount > 0


def _summaries(connection: "sqlite3.Connection", key: tuple[str, int]) -> bool:
    table, row = key
    if table == "athlete_summaries":
        rebuild_athlete(connection, row)
        return True
    _rebuild(connection, row)
    return True


def _rebuild(connection: "sqlite3.Connection", match_pk: int) -> None:
    rebuild(connection, match_pk)
    for athlete in athletes_of(connection, match_pk):
        rebuild_athlete(connection, athlete)


def _event_counts(connection: "sqlite3.Connection", key: list[Any]) -> bool:
    if connection.execute(_IS_ARCHIVED, key[:1]).fetchone():
        return False
    (events,) = connection.execute(_COUNT, key).fetchone()
    if events:
        connection.execute(_TELL, (*key, events))
    else:
        connection.execute(_FORGET, key)
    return True


def _planned_matches(connection: "sqlite3.Connection", planned: int) -> bool:
    return connection.execute(_UNLINK, (utc_now_iso(), planned)).rowcount > 0


def _backups(connection: "sqlite3.Connection", name: str) -> bool:
    mark_removed(connection, name)
    return True


REPAIRS: Final[dict[str, Repair]] = {
    "text_index": _text_index,
    "search_progress": _each(_search_progress),
    "open_sessions": _each(_open_sessions),
    "unowned_events": _unowned_events,
    "orphaned_details": _each(_orphaned_details),
    "rounds": _each(_rounds),
    "summaries": _each(_summaries),
    "event_counts": _each(_event_counts),
    "planned_matches": _each(_planned_matches),
    "backups": _each(_backups),
}
