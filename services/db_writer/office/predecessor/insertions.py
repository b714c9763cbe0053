"""SQL of an import: every insert leaves what is there as it is. The order of `?` is the callers' contract."""

from typing import Final

from services.db_writer.statements import FLAG_OF_ATHLETE

TOURNAMENT: Final = """
INSERT INTO tournaments (name, location, country_code, starts_on, ends_on, time_zone, status)
VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id
"""
DAY: Final = """
INSERT INTO tournament_days (tournament_id, day_number, date, title, status) VALUES (?, ?, ?, ?, ?)
"""
SELECT_DAY: Final = """
SELECT d.id FROM tournament_days d JOIN tournaments t ON t.id = d.tournament_id WHERE t.name = ? AND d.date = ?
"""
ATHLETE: Final = f"""
INSERT INTO pss_athletes (athlete_code, short_name, long_name, country_code, flag_id)
VALUES (?1, ?2, ?3, ?4, {FLAG_OF_ATHLETE})
ON CONFLICT (athlete_code) DO NOTHING
"""
SELECT_ATHLETE: Final = "SELECT id FROM pss_athletes WHERE athlete_code = ?"
SESSION: Final = """
INSERT INTO udp_server_sessions (session_uuid, ring, start_time, end_time, status, error_message, packets_received,
    packets_parsed, parse_errors, total_bytes_received, average_packet_size, max_packet_size_seen,
    min_packet_size_seen, unique_clients_count, last_entry)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (session_uuid) DO NOTHING
"""
SELECT_SESSION: Final = "SELECT id, ring FROM udp_server_sessions WHERE session_uuid = ?"
CLIENT: Final = """
INSERT INTO udp_client_connections (session_id, client_address, client_port, first_seen, last_seen, packets_received,
    total_bytes_received, is_active)
VALUES (?, ?, ?, ?, ?, ?, ?, 0)
ON CONFLICT (session_id, client_address, client_port) DO NOTHING
"""
MATCH: Final = """
INSERT INTO pss_matches (match_id, ring, match_number, category, weight_class, division, total_rounds, round_duration,
    countdown_type, format_type, creation_mode, first_loaded_at, last_loaded_at, load_count, status, closed_at,
    closed_by, close_reason, tournament_day_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'import', ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (match_id) DO NOTHING
"""
SELECT_MATCH: Final = "SELECT id FROM pss_matches WHERE match_id = ?"
SIDE: Final = """
INSERT INTO pss_match_athletes (match_id, athlete_id, athlete_position, bg_color, fg_color, shown_short_name,
    shown_long_name, shown_noc)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (match_id, athlete_position) DO NOTHING
"""
RESULT: Final = """
INSERT INTO match_results (match_id, standing, winner, decision, declared_winner, declared_decision,
    declared_rounds_chong, declared_rounds_hong, rounds_won_chong, rounds_won_hong, assessed_at)
VALUES (?1, 'declared', ?2, ?3, ?2, ?3, ?4, ?5, coalesce(?4, 0), coalesce(?5, 0), ?6)
ON CONFLICT (match_id) DO NOTHING
"""
ROUND: Final = """
INSERT INTO pss_rounds (match_id, round_number, start_time, end_time, duration, winner_athlete_position)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (match_id, round_number) DO NOTHING
"""
SELECT_ROUND: Final = "SELECT id FROM pss_rounds WHERE match_id = ? AND round_number = ?"
EVENT: Final = """
INSERT INTO pss_events_v2 (id, session_id, match_id, round_id, event_type_id, timestamp, raw_data, parsed_data,
    event_sequence, event_index, processing_time_ms, is_valid, error_message, recognition_status)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?)
"""
IS_EVENT: Final = "SELECT 1 FROM pss_events_v2 WHERE session_id = ? AND event_sequence = ? AND event_index = 0"
SELECT_ARCHIVED: Final = "SELECT month FROM archives WHERE events > 0 AND brought_back_at IS NULL"
SCORE: Final = """
INSERT INTO pss_scores (match_id, round_id, athlete_position, score_type, score_value, timestamp)
VALUES (?, ?, ?, ?, ?, ?)
"""
WARNING: Final = """
INSERT INTO pss_warnings (match_id, round_id, athlete_position, warning_type, warning_count, timestamp)
VALUES (?, ?, ?, ?, ?, ?)
"""
IS_SCORE: Final = """
SELECT 1 FROM pss_scores WHERE match_id = ? AND round_id IS ? AND athlete_position = ? AND score_type = ?
    AND score_value = ? AND timestamp = ?
"""
IS_WARNING: Final = """
SELECT 1 FROM pss_warnings WHERE match_id = ? AND round_id IS ? AND athlete_position = ? AND warning_type = ?
    AND warning_count = ? AND timestamp = ?
"""
CONNECTION: Final = """
INSERT INTO obs_connections (name, host, port, password, is_active) VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING
"""
IS_CONNECTION: Final = "SELECT 1 FROM obs_connections WHERE name = ?"
FLAG: Final = """
INSERT INTO flag_mappings (pss_code, ioc_code, country_name, is_custom) VALUES (?, ?, ?, 1)
ON CONFLICT (pss_code) DO UPDATE SET ioc_code = excluded.ioc_code, country_name = excluded.country_name, is_custom = 1,
    kind = 'operator' WHERE is_custom = 0
"""
CONFIG: Final = """
INSERT INTO app_config (key, value, category, description) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO NOTHING
"""
SELECT_SET: Final = """
SELECT k.key_name FROM settings_values v JOIN settings_keys k ON k.id = v.key_id
"""

# The import itself.
SELECT_IMPORTS: Final = (
    "SELECT id, sha256, status, progress, begun_at, ended_at FROM imports WHERE kind = ? ORDER BY id"
)
BEGIN_IMPORT: Final = """
INSERT INTO imports (kind, source, sha256, author, status, progress, begun_at) VALUES (?, ?, ?, ?, 'running', ?, ?)
RETURNING id
"""
ADVANCE_IMPORT: Final = "UPDATE imports SET progress = ?, updated_at = ? WHERE id = ?"
END_IMPORT: Final = """
UPDATE imports SET status = 'done', progress = NULL, report = ?, ended_at = ?2, updated_at = ?2 WHERE id = ?3
"""
LIVE_RINGS: Final = """
SELECT name FROM udp_server_configs
UNION SELECT DISTINCT ring FROM udp_server_sessions WHERE coalesce(session_uuid, '') NOT LIKE 'import-%'
"""
