"""SQL of what is summed up: counts of events, summaries of matches and athletes, days, the text index; db-writer.

What the columns of the summaries mean stands in `summaries.py`. The order of `?` is the callers' contract.
"""

from typing import Final

SIDES: Final = ("chong", "hong")
TECHNIQUES: Final = ("punches", "body_kicks", "head_kicks", "technical_body_kicks", "technical_head_kicks")

# Columns of match_summaries by what they rest on.
EVENT_COLUMNS: Final = ("events", "first_event_at", "last_event_at", "chong_hits", "hong_hits")
ROUND_COLUMNS: Final = (
    *(f"{side}_{what}" for side in SIDES for what in ("points", "gam_jeoms", *TECHNIQUES)),
    "rounds",
    "fought_ms",
)
EPISODE_COLUMNS: Final = (
    *(f"{side}_{what}" for side in SIDES for what in ("rounds_won", "challenges", "challenges_granted")),
    "injuries",
    "edits",
)
LEAD_COLUMNS: Final = ("lead_changes", "comeback_points")
DERIVED_COLUMNS: Final = (*ROUND_COLUMNS, *EPISODE_COLUMNS, *LEAD_COLUMNS)
COLUMN_OF_SEVERITY: Final = {"information": "informations", "warning": "warnings", "error": "errors"}
DOUBT_COLUMNS: Final = (*COLUMN_OF_SEVERITY.values(), "corrections")
ATHLETE_COLUMNS: Final = (
    "matches",
    "wins",
    "losses",
    "comebacks",
    "fought_ms",
    "first_match_at",
    "last_match_at",
    "rounds_lost",
    "points_against",
    "rounds_won",
    "points",
    "gam_jeoms",
    "challenges",
    "challenges_granted",
    "hits",
    *TECHNIQUES,
)


def _sum(expression: str) -> str:
    """A sum that numbers of any size cannot break: SQLite's `sum` raises where 64 bits are too few."""
    return f"CAST(total({expression}) AS INTEGER)"


def upsert_summary(table: str, key: str, columns: tuple[str, ...]) -> str:
    """Write `columns` of the row of `key`, whose id is the key; then `updated_at`."""
    names = (*columns, "updated_at")
    changes = ", ".join(f"{name} = excluded.{name}" for name in names)
    marks = ", ".join(f"?{number}" for number in range(2, len(names) + 2))
    insert = f"INSERT INTO {table} (id, {key}, {', '.join(names)}) VALUES (?1, ?1, {marks})"
    return f"{insert} ON CONFLICT ({key}) DO UPDATE SET {changes}"


# Counted in memory, once a transaction.
COUNT_BY_MINUTE = """
INSERT INTO event_counts (minute, ring, event_type_id, events) VALUES (?, ?, ?, ?)
ON CONFLICT (minute, ring, event_type_id) DO UPDATE SET events = events + excluded.events
"""
SELECT_RING = "SELECT ring FROM udp_server_sessions WHERE id = ?"
MAKE_SUMMARY = "INSERT OR REPLACE INTO match_summaries (id, match_id, created_at, updated_at) VALUES (?1, ?1, ?2, ?2)"
COUNT_EVENTS = """
UPDATE match_summaries SET events = events + ?, first_event_at = min(?, coalesce(first_event_at, '~')),
    last_event_at = max(?, coalesce(last_event_at, '')), chong_hits = chong_hits + ?, hong_hits = hong_hits + ?,
    updated_at = ?
WHERE match_id = ?
"""
COUNT_DOUBT = {
    column: f"UPDATE match_summaries SET {column} = {column} + ?, updated_at = ? WHERE match_id = ?"
    for column in DOUBT_COLUMNS
}

# Worked out anew from the tables.
DERIVE = (
    f"UPDATE match_summaries SET {', '.join(f'{column} = ?' for column in DERIVED_COLUMNS)}, updated_at = ?"
    " WHERE match_id = ?"
)
_ROUND_SUMS = [
    _sum(column)
    for side in SIDES
    for column in (f"score_{side}", f"gam_jeoms_{side}", *(f"{side}_{name}" for name in TECHNIQUES))
]
SELECT_ROUND_SUMS = (
    f"SELECT {', '.join(_ROUND_SUMS)}, count(*), {_sum('fought_ms')} FROM round_results WHERE match_id = ?"
)
_CHALLENGES = "(SELECT count(*) FROM challenges c WHERE c.match_id = m.id AND c.athlete_position = {}{})"
_GRANTED = " AND c.status IN ('accepted', 'won')"
_SIDE_SUMS = [
    f"coalesce(r.rounds_won_{side}, 0), {_CHALLENGES.format(position, '')}, {_CHALLENGES.format(position, _GRANTED)}"
    for position, side in enumerate(SIDES, 1)
]
SELECT_EPISODE_SUMS = f"""
SELECT {", ".join(_SIDE_SUMS)},
    (SELECT count(*) FROM injuries i WHERE i.match_id = m.id AND i.kind = 'injury'),
    (SELECT count(*) FROM match_edits e WHERE e.match_id = m.id AND e.undone_at IS NULL)
FROM pss_matches m LEFT JOIN match_results r ON r.match_id = m.id WHERE m.id = ?
"""
SELECT_ROUND_WINNERS = """
SELECT p.id, r.winner FROM round_results r
JOIN pss_rounds p ON p.match_id = r.match_id AND p.round_number = r.round_number WHERE r.match_id = ?
"""
SELECT_SCORES = """
SELECT round_id, timestamp, athlete_position, score_value FROM pss_scores
WHERE match_id = ? AND score_type = 'round' ORDER BY id LIMIT ?
"""
SELECT_IS_ASSESSED = """
SELECT 1 FROM pss_rounds p JOIN round_results r ON r.match_id = p.match_id AND r.round_number = p.round_number
WHERE p.id = ?
"""
_HITS = "count(CASE WHEN event_type_id = ?1 AND json_extract(parsed_data, '$.athlete') = {} THEN 1 END)"
SELECT_EVENT_SUMS = f"""
SELECT count(*), min(timestamp), max(timestamp), {_HITS.format(1)}, {_HITS.format(2)}
FROM pss_events_v2 WHERE match_id = ?2
"""
SELECT_HIT_TYPE = "SELECT id FROM pss_event_types WHERE event_code = 'HL'"
SELECT_DOUBTS = """
SELECT severity, count(*) FROM findings WHERE match_id = ?1 GROUP BY 1
UNION ALL SELECT 'correction', count(*) FROM corrections WHERE match_id = ?1
"""
# Of a match of which events are in an archive, nobody can count them.
SELECT_IS_ARCHIVED = """
SELECT 1 FROM match_summaries s JOIN archives a
    ON a.month BETWEEN substr(s.first_event_at, 1, 7) AND substr(s.last_event_at, 1, 7)
WHERE s.match_id = ? AND a.events > 0 AND a.brought_back_at IS NULL LIMIT 1
"""

# Athletes.
IS_OVER = "m.status IN ('decided', 'closed')"
SELECT_COUNTING = f"""
SELECT a.athlete_id FROM pss_matches m JOIN pss_match_athletes a ON a.match_id = m.id
WHERE m.id = ? AND a.athlete_id IS NOT NULL AND {IS_OVER}
"""
SELECT_ATHLETES = "SELECT athlete_id FROM pss_match_athletes WHERE match_id = ? AND athlete_id IS NOT NULL"


def _of(what: str) -> str:
    return f"CASE a.athlete_position WHEN 1 THEN s.chong_{what} ELSE s.hong_{what} END"


def _of_other(what: str) -> str:
    return f"CASE a.athlete_position WHEN 1 THEN s.hong_{what} ELSE s.chong_{what} END"


_ATHLETE_SUMS = [
    _sum("r.winner = a.athlete_position"),
    _sum("r.winner = 3 - a.athlete_position"),
    _sum("r.winner = a.athlete_position AND f.winner = 3 - a.athlete_position"),
    _sum("s.fought_ms"),
    "min(m.first_loaded_at)",
    "max(m.first_loaded_at)",
    _sum(_of_other("rounds_won")),
    _sum(_of_other("points")),
    *(_sum(_of(column)) for column in ATHLETE_COLUMNS[9:]),
]
SELECT_ATHLETE_SUMS = f"""
SELECT count(*), {", ".join(_ATHLETE_SUMS)}
FROM pss_match_athletes a JOIN pss_matches m ON m.id = a.match_id JOIN match_summaries s ON s.id = a.match_id
LEFT JOIN match_results r ON r.match_id = a.match_id
LEFT JOIN round_results f ON r.winner = a.athlete_position AND f.match_id = a.match_id AND f.round_number = 1
WHERE a.athlete_id = ? AND {IS_OVER}
"""
UPSERT_ATHLETE_SUMMARY = upsert_summary("athlete_summaries", "athlete_id", ATHLETE_COLUMNS)
FORGET_ATHLETES = """
DELETE FROM athlete_summaries WHERE athlete_id IN (SELECT athlete_id FROM pss_match_athletes WHERE match_id = ?)
"""

# What has no summary yet.
SELECT_UNSUMMED_MATCH = """
SELECT id FROM pss_matches m
WHERE id > ? AND NOT EXISTS (SELECT 1 FROM match_summaries s WHERE s.match_id = m.id) ORDER BY id LIMIT 1
"""
SELECT_UNSUMMED_ATHLETE = """
SELECT id FROM pss_athletes a
WHERE id > ? AND NOT EXISTS (SELECT 1 FROM athlete_summaries s WHERE s.athlete_id = a.id) ORDER BY id LIMIT 1
"""

# The day of a match, and its place in the draw.
SELECT_ACTIVE_DAY = "SELECT id FROM tournament_days WHERE is_active = 1"
SELECT_ACTIVE_DAYS = """
SELECT t.time_zone, d.date, d.id FROM tournaments t JOIN tournament_days d ON d.tournament_id = t.id
WHERE t.is_active = 1
"""
LINK_PLANNED = """
UPDATE planned_matches SET match_id = ?1, updated_at = ?2
WHERE match_id IS NULL AND match_number = ?3 AND (ring IS NULL OR ring = ?4)
    AND tournament_day_id = (SELECT tournament_day_id FROM pss_matches WHERE id = ?1)
    AND NOT EXISTS (SELECT 1 FROM planned_matches WHERE match_id = ?1)
"""

# The text index; an external content table of FTS5 must be told the old text of what it is to forget.
SELECT_PROGRESS = "SELECT through_event_id FROM search_progress WHERE id = 1"
SELECT_IS_BEHIND = "SELECT max(id) > ? FROM pss_events_v2"
SELECT_SLICE_END = """
SELECT max(id), count(*) FROM (SELECT id FROM pss_events_v2 WHERE id > ? ORDER BY id LIMIT ?)
"""
INDEX_SLICE = """
INSERT INTO search_events (rowid, raw_data) SELECT id, raw_data FROM search_texts WHERE id > ? AND id <= ? ORDER BY id
"""
MERGE_NOT_BY_ITSELF = "INSERT INTO search_events (search_events, rank) VALUES ('automerge', 0)"
MERGE_INDEX = "INSERT INTO search_events (search_events, rank) VALUES ('merge', ?)"
ADVANCE_PROGRESS = "UPDATE search_progress SET through_event_id = ? WHERE id = 1"
UNINDEX_EVENT = """
INSERT INTO search_events (search_events, rowid, raw_data) SELECT 'delete', id, raw_data FROM search_texts WHERE id = ?
"""
INDEX_EVENT = "INSERT INTO search_events (rowid, raw_data) SELECT id, raw_data FROM search_texts WHERE id = ?"
