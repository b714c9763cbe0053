"""Recordings, videos and what is where in them (`obs_recording_sessions`, `recorded_videos`, `recorded_video_events`);
db-writer.

A fact says all that its producer knows, so the later one wins; but what was known once and is not said any more (by a
producer that had to begin anew) stays. A video's connection stays, too: it may have got another name since. Which match
and which review a row belongs to is seen to by the triggers of the database, whichever is stored first.
"""

from typing import Final

from services.db_writer.outboxes.stamp import Stamp
from services.db_writer.timestamps import Timestamps
from shared.db.sqlite import sqlite3
from shared.messages.recordings import RecordingChanged, RecordingState, VideoEventsPlaced, VideoKind, VideoStored

_MATCH: Final = "(SELECT id FROM pss_matches WHERE match_id = :match_key)"
_CHANGE: Final = f"""
INSERT INTO obs_recording_sessions (video_key, connection, ring, match_key, match_id, part, by_hand, state, reason,
    obs_path, prepared_at, started_at, ended_at, failed_at, created_at, updated_at)
VALUES (:video_key, :connection, :ring, :match_key, {_MATCH}, :part, :by_hand, :state, :reason,
    :obs_path, :prepared_at, :started_at, :ended_at, :failed_at, :now, :now)
ON CONFLICT (video_key) DO UPDATE SET ring = excluded.ring, part = excluded.part, by_hand = excluded.by_hand,
    state = excluded.state, reason = excluded.reason,
    match_key = coalesce(excluded.match_key, match_key), match_id = coalesce(excluded.match_id, match_id),
    obs_path = coalesce(excluded.obs_path, obs_path), prepared_at = coalesce(prepared_at, excluded.prepared_at),
    started_at = coalesce(excluded.started_at, started_at), ended_at = coalesce(excluded.ended_at, ended_at),
    failed_at = coalesce(excluded.failed_at, failed_at), updated_at = excluded.updated_at
"""
# Of what was recorded a little is known before the file is whole.
_BEGIN: Final = f"""
INSERT INTO recorded_videos (video_key, kind, connection, ring, match_key, match_id, part, obs_path, started_at,
    ended_at, is_whole, is_kept, created_at, updated_at)
VALUES (:video_key, :kind, :connection, :ring, :match_key, {_MATCH}, :part, :obs_path, :started_at,
    :ended_at, 1, 0, :now, :now)
ON CONFLICT (video_key) DO UPDATE SET
    match_key = coalesce(match_key, excluded.match_key), match_id = coalesce(match_id, excluded.match_id),
    obs_path = coalesce(obs_path, excluded.obs_path), started_at = coalesce(started_at, excluded.started_at),
    ended_at = coalesce(ended_at, excluded.ended_at), updated_at = excluded.updated_at
"""
_SAID: Final = ("kind", "ring", "part", "is_whole", "is_kept", "problem")
"""Columns that are always as they were said last."""
_KNOWN: Final = (
    "match_key",
    "obs_path",
    "path",
    "started_at",
    "ended_at",
    "duration_ms",
    "size_bytes",
    "sha256",
    "in_ms",
    "out_ms",
    "challenge_number",
    "athlete_position",
    "round_number",
    "clock_ms",
    "decisive_ms",
    "outcome",
    "deleted_at",
)
"""Columns that stay as they were known when nothing is said."""
_STORE: Final = f"""
INSERT INTO recorded_videos (video_key, connection, match_id, {", ".join((*_SAID, *_KNOWN))}, created_at, updated_at)
VALUES (:video_key, :connection, {_MATCH}, {", ".join(f":{name}" for name in (*_SAID, *_KNOWN))}, :now, :now)
ON CONFLICT (video_key) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _SAID)},
    {", ".join(f"{name} = coalesce(excluded.{name}, {name})" for name in _KNOWN)},
    match_id = coalesce(excluded.match_id, match_id), updated_at = excluded.updated_at
"""
# Places count from the first picture: when it turns out to be another one, they go with it, once. What was before it is
# at its beginning; when that is earlier after all, its time says where. Only times of one and the same clock count.
_IS_MOVED: Final = "SELECT 1 FROM recorded_videos WHERE video_key = ? AND started_at = ?"
_MOVE: Final = """
UPDATE recorded_video_events SET offset_ms = CASE WHEN offset_ms > 0 THEN max(0, offset_ms - ?2)
    ELSE max(0, min(-?2, CAST(round(86400000 * (julianday(happened_at) - julianday(?3))) AS INTEGER))) END
WHERE video_id = (SELECT id FROM recorded_videos WHERE video_key = ?1)
"""
_BEGAN: Final = "UPDATE obs_recording_sessions SET started_at = ?2, updated_at = ?3 WHERE video_key = ?1"
_VIDEO: Final = "SELECT id FROM recorded_videos WHERE video_key = ?"
_EXPECT: Final = """
INSERT INTO recorded_videos (video_key, kind, connection, ring, part, is_whole, is_kept, created_at, updated_at)
VALUES (?, ?, ?, ?, 1, 1, 0, ?5, ?5) RETURNING id
"""
_PLACE: Final = """
INSERT INTO recorded_video_events (video_id, kind, label, offset_ms, happened_at, session_uuid, entry, entry_index,
    match_key, athlete_position, round_number, clock_ms, score_chong, score_hong)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (video_id, session_uuid, entry, entry_index, kind, happened_at) DO UPDATE SET label = excluded.label,
    offset_ms = excluded.offset_ms, match_key = excluded.match_key, athlete_position = excluded.athlete_position,
    round_number = excluded.round_number, clock_ms = excluded.clock_ms, score_chong = excluded.score_chong,
    score_hong = excluded.score_hong
"""

_text = Timestamps().text


def store_change(connection: "sqlite3.Connection", fact: RecordingChanged, stamp: Stamp) -> None:
    """A match's recording went on to another state; there is a video as soon as something is recorded."""
    state, at = fact.state, _text(fact.at_us)
    started = _time(fact.started_at_us) or (at if state is RecordingState.RECORDING else None)
    values = {
        "video_key": fact.video_id,
        "connection": fact.connection,
        "ring": fact.ring,
        "match_key": fact.match_id,
        "part": fact.part,
        "by_hand": fact.by_hand,
        "state": state.value,
        "reason": fact.reason,
        "obs_path": fact.obs_path,
        "prepared_at": at if state is RecordingState.PREPARING else None,
        "started_at": started,
        "ended_at": at if state is RecordingState.IDLE else None,
        "failed_at": at if state is RecordingState.FAILED else None,
        "now": stamp.now,
    }
    connection.execute(_CHANGE, values)
    if started is not None or fact.obs_path is not None:
        kind = VideoKind.MANUAL if fact.match_id is None else VideoKind.MATCH
        connection.execute(_BEGIN, values | {"kind": kind.value})


def store_video(connection: "sqlite3.Connection", fact: VideoStored, stamp: Stamp) -> None:
    """A file of OBS, with what is known of it now."""
    values = {
        "video_key": fact.video_id,
        "kind": fact.kind.value,
        "connection": fact.connection,
        "ring": fact.ring,
        "match_key": fact.match_id,
        "part": fact.part,
        "obs_path": fact.obs_path or None,
        "path": fact.path,
        "started_at": _time(fact.started_at_us),
        "ended_at": _time(fact.ended_at_us),
        "duration_ms": fact.duration_ms,
        "size_bytes": fact.size_bytes,
        "sha256": fact.sha256,
        "is_whole": fact.is_whole,
        "in_ms": fact.in_ms,
        "out_ms": fact.out_ms,
        "challenge_number": fact.challenge,
        "athlete_position": fact.athlete,
        "round_number": fact.round,
        "clock_ms": fact.clock_ms,
        "decisive_ms": fact.decisive_ms,
        "outcome": fact.outcome,
        "is_kept": fact.is_kept,
        "deleted_at": _time(fact.deleted_at_us),
        "problem": fact.problem,
        "now": stamp.now,
    }
    _move(connection, fact, stamp)
    connection.execute(_STORE, values)


def _move(connection: "sqlite3.Connection", fact: VideoStored, stamp: Stamp) -> None:
    began_us, before_us = fact.started_at_us, fact.placed_from_us
    if began_us is None or before_us is None or began_us == before_us:
        return
    if connection.execute(_IS_MOVED, (fact.video_id, _text(before_us))).fetchone() is not None:
        connection.execute(_MOVE, (fact.video_id, (began_us - before_us) // 1000, _text(began_us)))
        connection.execute(_BEGAN, (fact.video_id, _text(began_us), stamp.now))


def place_events(connection: "sqlite3.Connection", fact: VideoEventsPlaced, stamp: Stamp) -> None:
    """What happened is at these places of a file, which may be told of later; an event that is told again is moved."""
    row = connection.execute(_VIDEO, (fact.video_id,)).fetchone()
    if row is None:
        expected = (fact.video_id, VideoKind.MATCH.value, fact.connection, fact.ring, stamp.now)
        row = connection.execute(_EXPECT, expected).fetchone()
    for event in fact.events:
        what = (event.kind, event.label, event.offset_ms, _text(event.at_us))
        where = (event.session, event.entry, event.index)
        when = (event.match_id, event.athlete, event.round, event.clock_ms, *(event.score or (None, None)))
        connection.execute(_PLACE, (row[0], *what, *where, *when))


def _time(at_us: int | None) -> str | None:
    return None if at_us is None else _text(at_us)
