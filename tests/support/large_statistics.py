"""What ANALYZE says of two million events (see large_database.py), so that query plans for such a database can be
tested on an empty one.
"""

from typing import Final

from shared.db.sqlite import sqlite3

LARGE_TABLES: Final = (
    "pss_events_v2",
    "pss_event_details",
    "raw_datagrams",
    "pss_scores",
    "findings",
    "match_stages",
)
"""What no usual question may read from end to end."""
STATISTICS: Final = (
    ("athlete_summaries", "ix_athlete_summaries_points", "1885 19"),
    ("athlete_summaries", "sqlite_autoindex_athlete_summaries_1", "1885 1"),
    ("challenges", "ix_challenges_requested_at", "865 1"),
    ("challenges", "sqlite_autoindex_challenges_1", "865 1 1"),
    ("corrections", "ix_corrections_match_id", "879 2"),
    ("event_counts", "event_counts", "339513 51 9 1"),
    ("findings", "ix_findings_found_at", "8233 1"),
    ("findings", "ix_findings_match_id", "8233 3"),
    ("findings", "ix_findings_rule", "8233 101"),
    ("findings", "ix_findings_severity", "8233 401 1"),
    ("findings", "sqlite_autoindex_findings_1", "8233 41 1 1 1 1"),
    ("injuries", "ix_injuries_began_at", "892 1"),
    ("injuries", "sqlite_autoindex_injuries_1", "892 1 1"),
    ("match_edits", "ix_match_edits_made_at", "177 1"),
    ("match_edits", "ix_match_edits_match_id", "177 1"),
    ("match_edits", "sqlite_autoindex_match_edits_1", "177 1"),
    ("match_results", "sqlite_autoindex_match_results_1", "4702 1"),
    ("match_stages", "ix_match_stages_entry", "116896 401 1"),
    ("match_stages", "ix_match_stages_match_id", "116896 20"),
    ("match_summaries", "ix_match_summaries_comeback_points", "4806 401"),
    ("match_summaries", "sqlite_autoindex_match_summaries_1", "4806 1"),
    ("pss_athletes", "ix_pss_athletes_country_code", "1885 45"),
    ("pss_athletes", "sqlite_autoindex_pss_athletes_1", "1885 1"),
    ("pss_event_details", "sqlite_autoindex_pss_event_details_1", "2817511 3 1"),
    ("pss_event_types", "sqlite_autoindex_pss_event_types_1", "31 1"),
    ("pss_events_v2", "ix_pss_events_v2_event_type_id", "2082190 401 1"),
    ("pss_events_v2", "ix_pss_events_v2_match_id", "2082190 201 101"),
    ("pss_events_v2", "ix_pss_events_v2_timestamp", "2082190 1"),
    ("pss_events_v2", "sqlite_autoindex_pss_events_v2_1", "2082190 401 1 1"),
    ("pss_match_athletes", "ix_pss_match_athletes_athlete_id", "9612 15"),
    ("pss_match_athletes", "sqlite_autoindex_pss_match_athletes_1", "9612 2 1"),
    ("pss_matches", "ix_pss_matches_first_loaded_at", "4806 1"),
    ("pss_matches", "ix_pss_matches_match_number", "4806 23"),
    ("pss_matches", "ix_pss_matches_ring", "4806 401 1"),
    ("pss_matches", "ix_pss_matches_tournament_day_id", "4806 134"),
    ("pss_matches", "ix_pss_matches_weight_class", "4806 58"),
    ("pss_matches", "sqlite_autoindex_pss_matches_1", "4806 1"),
    ("pss_rounds", "ix_pss_rounds_duration", "11167 21"),
    ("pss_rounds", "sqlite_autoindex_pss_rounds_1", "11167 3 1"),
    ("pss_scores", "ix_pss_scores_match_id", "69287 13 6 4"),
    ("pss_warnings", "ix_pss_warnings_match_id", "10645 3 2 2"),
    ("raw_datagrams", "sqlite_autoindex_raw_datagrams_1", "2082128 401 1"),
    ("round_results", "sqlite_autoindex_round_results_1", "10999 3 1"),
    ("search_events_docsize", None, "2082190"),
    ("search_names_content", None, "16303"),
    ("tournament_days", "sqlite_autoindex_tournament_days_1", "24 3 1"),
    ("tournament_days", "sqlite_autoindex_tournament_days_2", "24 3 1"),
    ("tournament_days", "ux_tournament_days_is_active", "0 0"),
    ("tournaments", "sqlite_autoindex_tournaments_1", "8 1"),
    ("tournaments", "ux_tournaments_is_active", "1 1"),
    ("udp_server_sessions", "ix_udp_server_sessions_ring", "192 24 1"),
    ("udp_server_sessions", "ix_udp_server_sessions_status", "192 192 1"),
    ("udp_server_sessions", "ux_udp_server_sessions_session_uuid", "192 1"),
    ("watermarks", "watermarks", "192 192 24 1"),
)


def pretend_large(connection: "sqlite3.Connection") -> None:
    """Let the planner of this connection believe that its database holds two million events."""
    connection.execute("ANALYZE")  # makes the tables of statistics
    connection.execute("DELETE FROM sqlite_stat1")
    connection.executemany("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", STATISTICS)
    connection.execute("ANALYZE sqlite_schema")  # reads them
