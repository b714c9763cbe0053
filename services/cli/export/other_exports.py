"""The exports of athletes, events, findings, settings and the audit."""

from typing import Final

from services.cli.export import fragments as sql
from services.cli.export.columns import Export, flag, json, milliseconds, moment, number, text, word
from services.cli.export.match_exports import TECHNIQUES

MASKED: Final = "********"
"""What stands for a sensitive value that is set, in every format, always."""


def _total(value: str) -> str:
    """A sum that numbers of any size cannot break; nothing while no match is summed."""
    return f"CASE WHEN count(s.id) > 0 THEN CAST(total({value}) AS INTEGER) END"


def _mine(name: str) -> str:
    return _total(f"CASE a.athlete_position WHEN 1 THEN s.chong_{name} ELSE s.hong_{name} END")


def _theirs(name: str) -> str:
    return _total(f"CASE a.athlete_position WHEN 1 THEN s.hong_{name} ELSE s.chong_{name} END")


_FIGURES: Final = (
    ("rounds_won", "Rounds won", _mine("rounds_won")),
    ("rounds_lost", "Rounds lost", _theirs("rounds_won")),
    ("points", "Points", _mine("points")),
    ("points_against", "Points against", _theirs("points")),
    ("gam_jeoms", "Gam-jeoms", _mine("gam_jeoms")),
    ("challenges", "Reviews asked", _mine("challenges")),
    ("challenges_granted", "Reviews granted", _mine("challenges_granted")),
    ("hits", "Hits", _mine("hits")),
    *((key, title, _mine(key)) for key, title in TECHNIQUES),
)
# As in athlete_summaries, of matches that are over; but from the matches, so that a day can be asked for, too.
_FOUGHT: Final = f"""
LEFT JOIN (
    SELECT a.athlete_id, count(*) AS matches, coalesce(sum(r.winner = a.athlete_position), 0) AS wins,
        coalesce(sum(r.winner = 3 - a.athlete_position), 0) AS losses,
        coalesce(sum(r.winner = a.athlete_position AND o.winner = 3 - a.athlete_position), 0) AS comebacks,
        {_total("s.fought_ms")} AS fought_ms, min(m.first_loaded_at) AS first_at, max(m.first_loaded_at) AS last_at,
        {", ".join(f"{figure} AS {key}" for key, _, figure in _FIGURES)}
    FROM pss_match_athletes a JOIN pss_matches m ON m.id = a.match_id
    LEFT JOIN match_summaries s ON s.match_id = m.id LEFT JOIN match_results r ON r.match_id = m.id
    LEFT JOIN round_results o ON o.match_id = m.id AND o.round_number = 1
    WHERE m.status IN ('decided', 'closed') AND (:matches IS NULL OR m.id IN (SELECT value FROM json_each(:matches)))
        AND (:ring IS NULL OR m.ring = :ring)
        AND (:since IS NULL OR m.first_loaded_at >= :since) AND (:until IS NULL OR m.first_loaded_at < :until)
    GROUP BY a.athlete_id
) f ON f.athlete_id = at.id"""

ATHLETES: Final = Export(
    name="athletes",
    title="Athletes",
    purpose="One row per athlete: figures of the matches that are over.",
    main="pss_athletes at",
    key="at.id",
    joins=_FOUGHT,
    conditions=dict.fromkeys(("matches", "ring", "since", "until"), "f.athlete_id IS NOT NULL"),
    columns=(
        text("name", "Name", "coalesce(at.long_name, at.short_name)", 28),
        text("short_name", "Short name", "at.short_name", 18),
        text("noc", "NOC", "at.country_code", 7),
        number("matches", "Matches", "coalesce(f.matches, 0)"),
        number("wins", "Won", "coalesce(f.wins, 0)", 7),
        number("losses", "Lost", "coalesce(f.losses, 0)", 7),
        *(number(key, title, f"f.{key}") for key, title, _ in _FIGURES),
        number("comebacks", "Comebacks", "coalesce(f.comebacks, 0)", 11),
        milliseconds("fought_ms", "Time fought", "f.fought_ms"),
        moment("first_match_at", "First match", "f.first_at"),
        moment("last_match_at", "Last match", "f.last_at"),
        text("athlete_code", "Athlete code", "at.athlete_code", 26),
    ),
)

EVENTS: Final = Export(
    name="events",
    title="Events",
    purpose="One row per message, as sent and as understood.",
    main="pss_events_v2 e",
    key="e.id",
    joins="LEFT JOIN udp_server_sessions s ON s.id = e.session_id"
    " LEFT JOIN pss_event_types k ON k.id = e.event_type_id"
    " LEFT JOIN pss_matches m ON m.id = e.match_id LEFT JOIN pss_rounds p ON p.id = e.round_id",
    conditions={
        "matches": "e.match_id IN (SELECT value FROM json_each(:matches))",
        "ring": "e.session_id IN (SELECT id FROM udp_server_sessions WHERE ring = :ring)",
        "since": "e.timestamp >= :since",
        "until": "e.timestamp < :until",
    },
    columns=(
        number("event", "Event", "e.id", 10),
        moment("at", "Time", "e.timestamp"),
        text("ring", "Ring", "s.ring", 10),
        text("match_id", "Match id", "m.match_id", 26),
        text("match_number", "Match", sql.MATCH_NUMBER, 8),
        number("round", "Round", "p.round_number", 7),
        milliseconds("clock_ms", "Clock", "e.clock_ms"),
        word("kind", "Kind", "k.event_code", 8),
        word("kind_name", "Kind's name", "k.event_name", 20),
        number("entry", "Entry", "e.event_sequence", 10),
        number("index", "Index", "e.event_index", 7),
        word("recognition", "Recognition", "e.recognition_status", 12),
        flag("is_valid", "Valid", "e.is_valid"),
        text("error", "Error", "e.error_message", 24),
        text("raw", "As sent", "e.raw_data", 40),
        json("data", "As understood", "e.parsed_data", 50),
    ),
)

FINDINGS: Final = Export(
    name="findings",
    title="Findings",
    purpose="One row per finding: what does not add up.",
    main="findings fi",
    key="fi.id",
    joins="LEFT JOIN pss_matches m ON m.id = fi.match_id",
    conditions={
        "matches": "fi.match_id IN (SELECT value FROM json_each(:matches))",
        "ring": "fi.ring = :ring",
        "since": "fi.found_at >= :since",
        "until": "fi.found_at < :until",
        "severity": "fi.severity IN (SELECT value FROM json_each(:severity))",
    },
    columns=(
        moment("found_at", "Time", "fi.found_at"),
        word("severity", "Severity", "fi.severity", 11),
        text("ring", "Ring", "fi.ring", 10),
        text("match_id", "Match id", "m.match_id", 26),
        text("match_number", "Match", sql.MATCH_NUMBER, 8),
        word("rule", "Finding", "fi.rule", 24),
        text("explanation", "Explanation", "fi.explanation", 70),
        number("entry", "Entry", "fi.entry", 9),
        number("index", "Index", "fi.entry_index", 7),
        json("evidence", "Evidence", "fi.evidence", 40),
    ),
)


def _shown(value: str) -> str:
    return f"CASE WHEN k.is_sensitive AND {value} IS NOT NULL THEN '{MASKED}' ELSE {value} END"


SETTINGS: Final = Export(
    name="settings",
    title="Settings",
    purpose="One row per setting; sensitive values are masked.",
    main="settings_keys k",
    key="k.id",
    joins="LEFT JOIN settings_categories c ON c.id = k.category_id LEFT JOIN settings_values v ON v.key_id = k.id",
    conditions={},
    columns=(
        word("category", "Category", "c.name", 11),
        word("key", "Setting", "k.key_name", 34),
        text("title", "Name", "k.display_name", 30),
        text("value", "Value", _shown("coalesce(v.value, k.default_value)"), 30),
        text("default", "Default", _shown("k.default_value"), 24),
        flag("is_set", "Set", "v.id IS NOT NULL"),
        flag("is_sensitive", "Sensitive", "k.is_sensitive"),
        flag("is_required", "Required", "k.is_required"),
        word("data_type", "Type", "k.data_type", 10),
        json("validation_rules", "Allowed", "k.validation_rules"),
        moment("changed_at", "Changed", "v.updated_at"),
        text("description", "Description", "k.description", 60),
    ),
)

AUDIT: Final = Export(
    name="audit",
    title="Audit",
    purpose="One row per act of an operator.",
    main="operator_audit o",
    key="o.id",
    conditions={"ring": "o.ring = :ring", "since": "o.done_at >= :since", "until": "o.done_at < :until"},
    columns=(
        moment("done_at", "Time", "o.done_at"),
        text("author", "Author", "o.author", 16),
        word("action", "Action", "o.action", 22),
        text("target", "Of what", "o.target", 24),
        json("details", "Details", "o.details", 40),
        text("reason", "Reason", "o.reason", 30),
        word("outcome", "Outcome", "o.outcome", 10),
        text("error", "Error", "o.error", 30),
        text("ring", "Ring", "o.ring", 10),
        number("entry", "Entry", "o.entry", 9),
    ),
)
