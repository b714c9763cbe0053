"""SQL of results, edits, reviews, injuries, rule sets and unknown streams: what is written rarely; db-writer.

The order of `?` is the callers' contract.
"""

from collections.abc import Sequence


def upsert(table: str, columns: str, *, key: str, kept: Sequence[str] = ()) -> str:
    """An insert of `columns` that overwrites the row of the same `key` (names, separated by commas), but for `kept`.

    Two more `?` follow those of the columns: `created_at` and `updated_at`.
    """
    names = columns.replace(" ", "").split(",")
    stays = {*key.split(","), *kept}
    changes = ", ".join(f"{name} = excluded.{name}" for name in (*names, "updated_at") if name not in stays)
    marks = ", ".join("?" * (len(names) + 2))
    insert = f"INSERT INTO {table} ({', '.join(names)}, created_at, updated_at) VALUES ({marks})"
    return f"{insert} ON CONFLICT ({key}) DO UPDATE SET {changes}"


# What was in force without an edit is told, or is what it was as long as nothing else is declared.
JUDGED = """
, judged = CASE WHEN excluded.judged IS NOT NULL OR declared_winner IS NOT excluded.declared_winner
    THEN excluded.judged ELSE judged END
"""

# Results.
UPSERT_MATCH_RESULT = (
    upsert(
        "match_results",
        "match_id, standing, winner, decision, declared_winner, declared_decision, declared_name,"
        " declared_rounds_chong, declared_rounds_hong, derived_winner, method, rounds_won_chong, rounds_won_hong,"
        " rule_set, doubts, judged, assessed_at",
        key="match_id",
        kept=["judged"],
    )
    + JUDGED
)
UPSERT_ROUND_RESULT = (
    upsert(
        "round_results",
        "match_id, round_number, standing, score_chong, score_hong, gam_jeoms_chong, gam_jeoms_hong,"
        " chong_punches, chong_body_kicks, chong_head_kicks, chong_technical_body_kicks, chong_technical_head_kicks,"
        " hong_punches, hong_body_kicks, hong_head_kicks, hong_technical_body_kicks, hong_technical_head_kicks,"
        " winner, declared_winner, derived_winner, method, fought_ms, is_golden, doubts, judged, assessed_at",
        key="match_id,round_number",
        kept=["judged"],
    )
    + JUDGED
)

# Edits, and what they do to the results of a match.
INSERT_EDIT = """
INSERT INTO match_edits (edit_id, match_id, match_key, ring, entry, author, reason, changes, made_at, created_at,
    updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (edit_id) DO NOTHING
"""
UNDO_EDIT = """
UPDATE match_edits SET undone_at = ?, undone_by = ?, undo_reason = ?, updated_at = ?
WHERE edit_id = ? AND undone_at IS NULL
RETURNING match_id, changes
"""
SELECT_EDITS = "SELECT changes FROM match_edits WHERE match_id = ? AND undone_at IS NULL ORDER BY id"
# A match that was stored before there were results, or of which nothing but its load was heard, has no row yet.
MAKE_MATCH_RESULT = """
INSERT INTO match_results (match_id, standing, assessed_at, created_at, updated_at) VALUES (?, 'open', ?, ?, ?)
ON CONFLICT (match_id) DO NOTHING
"""
MAKE_ROUND_RESULT = """
INSERT INTO round_results (match_id, round_number, standing, assessed_at, created_at, updated_at)
VALUES (?, ?, 'open', ?, ?, ?)
ON CONFLICT (match_id, round_number) DO NOTHING
"""
SELECT_MATCH_SOURCES = """
SELECT declared_winner, derived_winner, method, judged, declared_decision FROM match_results WHERE match_id = ?
"""
SELECT_ROUND_SOURCES = """
SELECT declared_winner, derived_winner, method, judged FROM round_results WHERE match_id = ? AND round_number = ?
"""
FORCE_MATCH_RESULT = """
UPDATE match_results SET winner = ?, derived_winner = ?, method = ?, standing = ?, decision = ?, updated_at = ?
WHERE match_id = ?
"""
FORCE_ROUND_RESULT = """
UPDATE round_results SET winner = ?, derived_winner = ?, method = ?, standing = ?, updated_at = ?
WHERE match_id = ? AND round_number = ?
"""
# As pss-parser counts them: a golden round is none of the rounds of a format.
COUNT_ROUNDS_WON = """
UPDATE match_results SET
    rounds_won_chong = (SELECT count(*) FROM round_results r WHERE r.match_id = match_results.match_id
        AND r.winner = 1 AND NOT r.is_golden),
    rounds_won_hong = (SELECT count(*) FROM round_results r WHERE r.match_id = match_results.match_id
        AND r.winner = 2 AND NOT r.is_golden)
WHERE match_id = ?
"""

# Reviews and injuries.
UPSERT_CHALLENGE = upsert(
    "challenges",
    "match_id, number, athlete_position, status, round_number, clock_ms, requested_at, decided_at, ended_at,"
    " end_reason, entry",
    key="match_id,number",
)
UPSERT_INJURY = upsert(
    "injuries",
    "match_id, number, kind, athlete_position, round_number, clock_ms, left_ms, began_at, ended_at, end_reason, entry",
    key="match_id,number",
)

# A review or an injury that is told of when another match is on already is still of its own.
_OWNER = """
SELECT t.match_id FROM {} t JOIN pss_matches m ON m.id = t.match_id WHERE m.ring = ? AND t.entry = ? AND t.{} = ?
"""
CHALLENGE_OWNER = _OWNER.format("challenges", "requested_at")
INJURY_OWNER = _OWNER.format("injuries", "began_at")

# Rule sets, and where they were in force.
INSERT_RULE_SET = """
INSERT INTO rule_sets (name, version, title, effective_from, is_confirmed, definition) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (name, version, definition) DO NOTHING
"""
SELECT_RULE_SET = "SELECT id FROM rule_sets WHERE name = ? AND version = ? AND definition = ?"
INSERT_INTERPRETATION = """
INSERT INTO ring_interpretations (ring, session_id, entry, rule_set_id, dialect, strictness, encodings, chosen_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""

# Unknown streams.
SELECT_STREAMS = "SELECT stream FROM unknown_streams WHERE ring = ?"
COUNT_STREAM = """
INSERT INTO unknown_streams (ring, stream, message_count, first_seen, last_seen, sample_raw, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (ring, stream) DO UPDATE SET message_count = message_count + excluded.message_count,
    last_seen = excluded.last_seen, updated_at = excluded.updated_at
"""
