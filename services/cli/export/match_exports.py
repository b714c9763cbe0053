"""The exports that are of matches: matches, results, rounds, scores, interventions, challenges, edits, athletes."""

from typing import Final

from services.cli.export import fragments as sql
from services.cli.export.columns import (
    Column,
    Export,
    Kind,
    flag,
    json,
    milliseconds,
    moment,
    number,
    text,
    word,
)

TECHNIQUES: Final = (
    ("punches", "Punches"),
    ("body_kicks", "Body kicks"),
    ("head_kicks", "Head kicks"),
    ("technical_body_kicks", "Technical body kicks"),
    ("technical_head_kicks", "Technical head kicks"),
)
_WITHIN: Final = "m.id IN (SELECT value FROM json_each(:matches))"
_OF_MATCHES: Final = {
    "matches": _WITHIN,
    "ring": "m.ring = :ring",
    "since": "m.first_loaded_at >= :since",
    "until": "m.first_loaded_at < :until",
}


def _times(column: str) -> dict[str, str]:
    return {**_OF_MATCHES, "since": f"{column} >= :since", "until": f"{column} < :until"}


_MATCH: Final = (
    text("match_id", "Match id", "m.match_id", 26),
    text("tournament", "Tournament", "t.name", 24),
    number("day", "Day", "d.day_number", 6),
    Column("date", "Date", Kind.DATE, "d.date", 12),
    text("ring", "Ring", "m.ring", 10),
    text("match_number", "Match", sql.MATCH_NUMBER, 8),
    text("phase", "Phase", sql.PHASE, 18),
    text("weight_class", "Weight", sql.WEIGHT, 11),
    text("division", "Division", sql.DIVISION, 12),
    text("chong_name", "Chong", sql.name_of("chong"), 26),
    text("chong_noc", "Chong NOC", sql.noc_of("chong"), 8),
    text("hong_name", "Hong", sql.name_of("hong"), 26),
    text("hong_noc", "Hong NOC", sql.noc_of("hong"), 8),
    number("rounds_chong", "Rounds chong", sql.rounds_won(1), 8),
    number("rounds_hong", "Rounds hong", sql.rounds_won(2), 8),
    word("winner", "Winner", sql.side(sql.WINNER), 8),
    text("winner_name", "Winner's name", sql.name_at(sql.WINNER), 26),
    text("decision", "Decision", sql.DECISION, 9),
    word("standing", "Result is", "r.standing", 13),
    word("status", "Status", "m.status", 9),
    moment("started_at", "Started", f"coalesce({sql.STARTED_AT}, m.first_loaded_at)"),
    text("edited_by", "Edited by", sql.EDITED_BY, 14),
)
_MATCH_JOINS: Final = f"{sql.RESULT_JOIN} {sql.SIDE_JOINS} {sql.DAY_JOINS}"

MATCHES: Final = Export(
    name="matches",
    title="Matches",
    purpose="One row per match: who, where, when, result, figures.",
    main="pss_matches m",
    key="m.id",
    joins=f"{_MATCH_JOINS} LEFT JOIN match_summaries s ON s.match_id = m.id",
    conditions=_OF_MATCHES,
    columns=(
        *_MATCH,
        moment("ended_at", "Ended", sql.ENDED_AT),
        moment("first_loaded_at", "First loaded", "m.first_loaded_at"),
        moment("last_loaded_at", "Last loaded", "m.last_loaded_at"),
        number("load_count", "Loads", "m.load_count"),
        number("total_rounds", "Rounds planned", "m.total_rounds"),
        number("round_duration_s", "Round (s)", "m.round_duration"),
        number("points_chong", "Points chong", "s.chong_points"),
        number("points_hong", "Points hong", "s.hong_points"),
        number("gam_jeoms_chong", "Gam-jeoms chong", "s.chong_gam_jeoms"),
        number("gam_jeoms_hong", "Gam-jeoms hong", "s.hong_gam_jeoms"),
        milliseconds("fought_ms", "Time fought", "s.fought_ms"),
        number("events", "Messages", "s.events"),
        number("injuries", "Injury times", "s.injuries"),
        number("corrections", "Corrections", "s.corrections"),
        number("edits", "Edits", "s.edits"),
        number("warnings", "Warnings", "s.warnings"),
        number("errors", "Errors", "s.errors"),
        number("lead_changes", "Lead changes", "s.lead_changes"),
        number("comeback_points", "Deficit made up", "s.comeback_points"),
    ),
)

RESULTS: Final = Export(
    name="results",
    title="Results",
    purpose="One row per match: the result, declared and by the rules.",
    main="pss_matches m",
    key="m.id",
    joins=_MATCH_JOINS,
    conditions=_OF_MATCHES,
    columns=(
        *_MATCH,
        word("method", "By the rules, by", "r.method", 14),
        word("derived_winner", "By the rules", sql.side("r.derived_winner"), 10),
        word("declared_winner", "Declared", sql.side("r.declared_winner"), 10),
        text("declared_decision", "Declared decision", "r.declared_decision", 10),
        text("declared_name", "Declared name", "r.declared_name", 26),
        number("declared_rounds_chong", "Declared rounds chong", "r.declared_rounds_chong"),
        number("declared_rounds_hong", "Declared rounds hong", "r.declared_rounds_hong"),
        text("rule_set", "Rule set", "r.rule_set", 12),
        json("doubts", "Doubts", "r.doubts", 24),
        moment("assessed_at", "Assessed", "r.assessed_at"),
    ),
)

ROUNDS: Final = Export(
    name="rounds",
    title="Rounds",
    purpose="One row per round: score, gam-jeoms, winner, techniques.",
    main="round_results rr",
    key="rr.id",
    joins=f"LEFT JOIN pss_matches m ON m.id = rr.match_id {sql.SIDE_JOINS}"
    " LEFT JOIN pss_rounds p ON p.match_id = rr.match_id AND p.round_number = rr.round_number",
    conditions=_OF_MATCHES,
    columns=(
        text("match_id", "Match id", "m.match_id", 26),
        text("ring", "Ring", "m.ring", 10),
        text("match_number", "Match", sql.MATCH_NUMBER, 8),
        number("round", "Round", "rr.round_number", 7),
        text("chong_name", "Chong", sql.name_of("chong"), 26),
        text("hong_name", "Hong", sql.name_of("hong"), 26),
        number("score_chong", "Score chong", "rr.score_chong"),
        number("score_hong", "Score hong", "rr.score_hong"),
        number("gam_jeoms_chong", "Gam-jeoms chong", "rr.gam_jeoms_chong"),
        number("gam_jeoms_hong", "Gam-jeoms hong", "rr.gam_jeoms_hong"),
        word("winner", "Winner", sql.side("rr.winner"), 8),
        word("standing", "Result is", "rr.standing", 13),
        word("method", "By the rules, by", "rr.method", 14),
        word("derived_winner", "By the rules", sql.side("rr.derived_winner"), 10),
        flag("is_golden", "Golden round", "rr.is_golden"),
        milliseconds("fought_ms", "Time fought", "rr.fought_ms"),
        moment("started_at", "Started", "p.start_time"),
        moment("ended_at", "Ended", "p.end_time"),
        *(
            number(f"{side}_{key}", f"{title} {side}", f"rr.{side}_{key}")
            for side in sql.SIDES
            for key, title in TECHNIQUES
        ),
        json("doubts", "Doubts", "rr.doubts", 24),
    ),
)


def _in_match(position: str, *, round_number: str) -> tuple[Column, ...]:
    return (
        text("match_id", "Match id", "m.match_id", 26),
        text("ring", "Ring", "m.ring", 10),
        text("match_number", "Match", sql.MATCH_NUMBER, 8),
        number("round", "Round", round_number, 7),
        word("side", "Side", f"CASE {position} WHEN 1 THEN 'chong' WHEN 2 THEN 'hong' END", 8),
        text("athlete", "Athlete", sql.name_at(position), 26),
        text("noc", "NOC", sql.noc_at(position), 8),
    )


SCORES: Final = Export(
    name="scores",
    title="Scores",
    purpose="One row per change of a score.",
    main="pss_scores sc",
    key="sc.id",
    joins=f"LEFT JOIN pss_matches m ON m.id = sc.match_id {sql.SIDE_JOINS}"
    " LEFT JOIN pss_rounds p ON p.id = sc.round_id",
    conditions=_times("sc.timestamp"),
    columns=(
        moment("at", "Time", "sc.timestamp"),
        *_in_match("sc.athlete_position", round_number="p.round_number"),
        word("score_type", "Score of", "sc.score_type", 10),
        number("score", "Score", "sc.score_value"),
    ),
)

CHALLENGES: Final = Export(
    name="challenges",
    title="Video reviews",
    purpose="One row per video review: who asked, and its outcome.",
    main="challenges c",
    key="c.id",
    joins=f"LEFT JOIN pss_matches m ON m.id = c.match_id {sql.SIDE_JOINS}",
    conditions=_times("c.requested_at"),
    columns=(
        moment("requested_at", "Requested", "c.requested_at"),
        *_in_match("c.athlete_position", round_number="c.round_number"),
        word("asked_by", "Asked by", "CASE c.athlete_position WHEN 0 THEN 'referee' ELSE 'coach' END", 10),
        number("number", "Review", "c.number", 8),
        milliseconds("clock_ms", "Clock", "c.clock_ms"),
        word("outcome", "Outcome", "c.status", 11),
        moment("decided_at", "Decided", "c.decided_at"),
        moment("ended_at", "Ended", "c.ended_at"),
        word("end_reason", "Ended by", "c.end_reason", 14),
    ),
)

# Gam-jeoms, injury times and corrections in one list; the keys of the three are kept apart by a factor.
_INTERVENTIONS: Final = """(
    SELECT w.id * 3 AS id, w.match_id, p.round_number, w.athlete_position, w.warning_type AS what,
        w.warning_count AS value, NULL AS before, NULL AS clock_ms, w.timestamp AS at, NULL AS ended_at
    FROM pss_warnings w LEFT JOIN pss_rounds p ON p.id = w.round_id
    UNION ALL SELECT j.id * 3 + 1, j.match_id, j.round_number, j.athlete_position, j.kind, NULL, NULL, j.clock_ms,
        j.began_at, j.ended_at FROM injuries j
    UNION ALL SELECT k.id * 3 + 2, k.match_id, k.round_number, k.athlete_position, 'correction of ' || k.what,
        k.value_after, k.value_before, k.clock_ms, k.made_at, NULL FROM corrections k
) i"""
INTERVENTIONS: Final = Export(
    name="interventions",
    title="Gam-jeoms and interventions",
    purpose="One row per gam-jeom, injury time and correction.",
    main=_INTERVENTIONS,
    key="i.id",
    joins=f"LEFT JOIN pss_matches m ON m.id = i.match_id {sql.SIDE_JOINS}",
    conditions=_times("i.at"),
    columns=(
        moment("at", "Time", "i.at"),
        *_in_match("i.athlete_position", round_number="i.round_number"),
        word("what", "What", "i.what", 22),
        number("value", "Value after", "i.value"),
        number("value_before", "Value before", "i.before"),
        milliseconds("clock_ms", "Clock", "i.clock_ms"),
        moment("ended_at", "Ended", "i.ended_at"),
    ),
)

EDITS: Final = Export(
    name="edits",
    title="Edits of matches",
    purpose="One row per edit of a match: who, when, why, what.",
    main="match_edits ed",
    key="ed.id",
    joins=f"LEFT JOIN pss_matches m ON m.id = ed.match_id {sql.SIDE_JOINS}",
    conditions=_times("ed.made_at"),
    columns=(
        moment("made_at", "Time", "ed.made_at"),
        text("match_id", "Match id", "ed.match_key", 26),
        text("ring", "Ring", "ed.ring", 10),
        text("match_number", "Match", sql.MATCH_NUMBER, 8),
        text("author", "Author", "ed.author", 16),
        text("reason", "Reason", "ed.reason", 30),
        json("changes", "Changes", "ed.changes"),
        moment("undone_at", "Undone", "ed.undone_at"),
        text("undone_by", "Undone by", "ed.undone_by", 16),
        text("undo_reason", "Why undone", "ed.undo_reason", 30),
        text("edit_id", "Edit id", "ed.edit_id", 26),
    ),
)
