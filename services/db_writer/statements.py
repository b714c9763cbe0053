"""All SQL of db-writer, prepared once by the connection's statement cache; the order of `?` is the callers' contract.

Ids of events and clients are ours (the writer is the only one); the others come from SQLite.
"""


def many(insert: str, count: int) -> str:
    """`insert`, whose row is all that follows VALUES on its line, for `count` rows at once."""
    head, rest = insert.split("VALUES ", 1)
    row, end, tail = rest.partition("\n")
    return f"{head}VALUES {', '.join([row] * count)}{end}{tail}"


# What stands for no clock: None would cost more to bind than all numbers of a row (see pending.py).
NO_CLOCK = -1

# Every datagram.
INSERT_RAW = """
INSERT INTO raw_datagrams (session_id, ring, entry, received_at, source_address, source_port, origin, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
INSERT_EVENT = """
INSERT INTO pss_events_v2 (id, session_id, match_id, round_id, event_type_id, timestamp, raw_data, parsed_data,
    event_sequence, event_index, processing_time_ms, clock_ms, is_valid, error_message, recognition_status)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, -1), ?, ?, ?)
"""
INSERT_DETAIL = """
INSERT INTO pss_event_details (event_id, detail_key, detail_value, detail_type) VALUES (?, ?, ?, ?)
"""
INSERT_SCORE = """
INSERT INTO pss_scores (match_id, round_id, athlete_position, score_type, score_value, timestamp)
VALUES (?, ?, ?, ?, ?, ?)
"""
INSERT_WARNING = """
INSERT INTO pss_warnings (match_id, round_id, athlete_position, warning_type, warning_count, timestamp)
VALUES (?, ?, ?, ?, ?, ?)
"""
INSERT_FINDING = """
INSERT INTO findings (ring, session_id, match_id, entry, entry_index, severity, rule, explanation, evidence, found_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (session_id, entry, entry_index, rule, explanation) DO NOTHING
"""
# Most messages are recognized; what that means for their columns is not bound anew for each of them.
INSERT_RECOGNIZED = """
INSERT INTO pss_events_v2 (id, session_id, match_id, round_id, event_type_id, timestamp, raw_data, parsed_data,
    event_sequence, event_index, processing_time_ms, clock_ms, is_valid, error_message, recognition_status)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, -1), 1, NULL, 'recognized')
"""
INSERT_CORRECTION = """
INSERT INTO corrections (ring, session_id, match_id, entry, entry_index, round_number, what, athlete_position,
    value_before, value_after, clock_ms, made_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
INSERT_STAGE = """
INSERT INTO match_stages (ring, session_id, match_id, entry, entry_index, stage, since, stage_before, before_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
# Events whose rows are in an archive keep their ids, and the text index went over all of them.
SELECT_LAST_EVENT_ID = """
SELECT max(coalesce((SELECT max(id) FROM pss_events_v2), 0),
    coalesce((SELECT through_event_id FROM search_progress WHERE id = 1), 0))
"""

# A datagram that the database refused: what can be kept of it is kept, whatever is there already.
KEEP_RAW = INSERT_RAW.replace("INSERT INTO", "INSERT OR IGNORE INTO")
KEEP_EVENT = INSERT_EVENT.replace("INSERT INTO", "INSERT OR IGNORE INTO")

# Event types.
UPSERT_EVENT_TYPE = """
INSERT INTO pss_event_types (event_code, event_name, category, description) VALUES (?, ?, ?, ?)
ON CONFLICT (event_code) DO UPDATE SET event_name = excluded.event_name, category = excluded.category,
    description = excluded.description, updated_at = excluded.updated_at
WHERE event_name IS NOT excluded.event_name OR category IS NOT excluded.category
    OR description IS NOT excluded.description
"""
SELECT_EVENT_TYPES = "SELECT event_code, id FROM pss_event_types"

# Watermarks.
SELECT_MARK = "SELECT entry FROM watermarks WHERE journal_id = ? AND ring = ? AND session_uuid = ?"
UPSERT_MARK = """
INSERT INTO watermarks (journal_id, ring, session_uuid, entry, updated_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (journal_id, ring, session_uuid) DO UPDATE SET entry = excluded.entry, updated_at = excluded.updated_at
"""
# A bare column beside max() is of the row that has the maximum (SQLite documents it).
SELECT_POSITIONS = """
SELECT w.ring, w.journal_id, w.session_uuid, w.entry, max(s.id)
FROM watermarks w JOIN udp_server_sessions s ON s.session_uuid = w.session_uuid
GROUP BY w.ring
"""

# Rings, their sessions and their clients.
RETIRE_INTERFACES = "UPDATE network_interfaces SET is_active = 0, updated_at = ? WHERE is_active <> 0"
UPSERT_INTERFACE = """
INSERT INTO network_interfaces (name, address, netmask, broadcast, is_loopback, is_active, is_recommended, speed_mbps,
    mtu, mac_address, interface_type, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (name, address) DO UPDATE SET netmask = excluded.netmask, broadcast = excluded.broadcast,
    is_loopback = excluded.is_loopback, is_active = excluded.is_active, is_recommended = excluded.is_recommended,
    speed_mbps = excluded.speed_mbps, mtu = excluded.mtu, mac_address = excluded.mac_address,
    interface_type = excluded.interface_type, updated_at = excluded.updated_at
"""
# An interface may carry several addresses: the one that the ring is bound to comes first.
SELECT_INTERFACE = "SELECT id FROM network_interfaces WHERE name = ? ORDER BY address <> ?, is_active = 0, id LIMIT 1"
UPSERT_CONFIG = """
INSERT INTO udp_server_configs (name, port, bind_address, network_interface_id, enabled, auto_start, max_packet_size,
    buffer_size, created_at, updated_at)
VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?)
ON CONFLICT (name) DO UPDATE SET port = excluded.port, bind_address = excluded.bind_address,
    network_interface_id = excluded.network_interface_id, enabled = 1, auto_start = excluded.auto_start,
    max_packet_size = excluded.max_packet_size, buffer_size = excluded.buffer_size, updated_at = excluded.updated_at
RETURNING id
"""
SELECT_CONFIG = "SELECT id FROM udp_server_configs WHERE name = ?"
SELECT_SESSION = """
SELECT id, packets_received, packets_parsed, parse_errors, total_bytes_received, max_packet_size_seen,
    min_packet_size_seen, last_entry, last_match_id
FROM udp_server_sessions WHERE session_uuid = ?
"""
# A new session goes on with the match of the ring's session before it.
INSERT_SESSION = """
INSERT INTO udp_server_sessions (server_config_id, ring, session_uuid, start_time, status, created_at, updated_at,
    last_match_id)
VALUES (?1, ?2, ?3, ?4, 'open', ?5, ?6,
    (SELECT last_match_id FROM udp_server_sessions WHERE ring = ?2 ORDER BY id DESC LIMIT 1))
RETURNING id, last_match_id
"""
DETECT_DIALECT = "UPDATE udp_server_sessions SET dialect = ?, dialect_reason = ?, updated_at = ? WHERE id = ?"
OPEN_SESSION = "UPDATE udp_server_sessions SET server_config_id = ?, start_time = ?, updated_at = ? WHERE id = ?"
CLOSE_SESSION = "UPDATE udp_server_sessions SET status = 'closed', end_time = ?, updated_at = ? WHERE id = ?"
BREAK_SESSION = """
UPDATE udp_server_sessions SET status = 'broken', end_time = ?, error_message = ?, updated_at = ?
WHERE session_uuid = ?
"""
ABANDON_SESSIONS = """
UPDATE udp_server_sessions SET status = 'broken', error_message = ?, updated_at = ?
WHERE ring = ? AND status = 'open' AND id < ?
"""
UPDATE_SESSION = """
UPDATE udp_server_sessions SET packets_received = ?, packets_parsed = ?, parse_errors = ?, total_bytes_received = ?,
    average_packet_size = ?, max_packet_size_seen = ?, min_packet_size_seen = ?, unique_clients_count = ?,
    last_entry = ?, last_match_id = ?, updated_at = ?
WHERE id = ?
"""
SELECT_LAST_CLIENT_ID = "SELECT coalesce(max(id), 0) FROM udp_client_connections"
SELECT_CLIENTS = """
SELECT client_address, client_port, id, first_seen, last_seen, packets_received, total_bytes_received
FROM udp_client_connections WHERE session_id = ?
"""
UPSERT_CLIENT = """
INSERT INTO udp_client_connections (id, session_id, client_address, client_port, first_seen, last_seen,
    packets_received, total_bytes_received, is_active, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)
ON CONFLICT (session_id, client_address, client_port) DO UPDATE SET last_seen = excluded.last_seen,
    packets_received = excluded.packets_received, total_bytes_received = excluded.total_bytes_received,
    updated_at = excluded.updated_at
"""
RETIRE_CLIENTS = "UPDATE udp_client_connections SET is_active = 0, updated_at = ? WHERE session_id = ?"

# Matches, athletes and rounds.
SELECT_MATCH = "SELECT id FROM pss_matches WHERE match_id = ?"
INSERT_MATCH = """
INSERT INTO pss_matches (match_id, ring, tournament_day_id, creation_mode, load_count, created_at, updated_at)
VALUES (?, ?, ?, 'pss', 0, ?, ?) RETURNING id
"""
# What a later load leaves out stays as it was.
LOAD_MATCH = """
UPDATE pss_matches SET match_number = coalesce(?, match_number), category = coalesce(?, category),
    weight_class = coalesce(?, weight_class), division = coalesce(?, division),
    total_rounds = coalesce(?, total_rounds), round_duration = coalesce(?, round_duration),
    countdown_type = coalesce(?, countdown_type), creation_mode = coalesce(?, creation_mode), updated_at = ?
WHERE id = ?
"""
COUNT_LOAD = """
UPDATE pss_matches SET first_loaded_at = coalesce(first_loaded_at, ?), last_loaded_at = ?, load_count = load_count + 1
WHERE id = ?
"""
# A load empties the ring, so an event of the match since the load began tells that the load was announced before.
SELECT_ANNOUNCED = """
SELECT 1 FROM pss_events_v2 WHERE session_id = ? AND event_sequence >= ? AND event_sequence < ? AND match_id = ? LIMIT 1
"""
ADOPT_EVENTS = """
UPDATE pss_events_v2 SET match_id = ?
WHERE session_id = ? AND event_sequence BETWEEN ? AND ? AND match_id IS NULL
RETURNING event_type_id, timestamp, parsed_data
"""
ADOPT_FINDINGS = """
UPDATE findings SET match_id = ? WHERE session_id = ? AND entry BETWEEN ? AND ? AND match_id IS NULL
RETURNING severity
"""
ADOPT_STAGES = """
UPDATE match_stages SET match_id = ? WHERE session_id = ? AND entry BETWEEN ? AND ? AND match_id IS NULL
"""
FLAG_OF_ATHLETE = """
(SELECT f.id FROM flag_mappings m JOIN flags f ON f.ioc_code = m.ioc_code AND f.is_shown = 1
    WHERE m.pss_code = upper(trim(?4)))
"""
UPSERT_ATHLETE = f"""
INSERT INTO pss_athletes (athlete_code, short_name, long_name, country_code, created_at, updated_at, flag_id)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, {FLAG_OF_ATHLETE})
ON CONFLICT (athlete_code) DO UPDATE SET short_name = excluded.short_name, long_name = excluded.long_name,
    country_code = excluded.country_code, updated_at = excluded.updated_at, flag_id = excluded.flag_id
RETURNING id
"""
UPSERT_MATCH_ATHLETE = """
INSERT INTO pss_match_athletes (match_id, athlete_id, athlete_position, bg_color, fg_color, shown_short_name,
    shown_long_name, shown_noc, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (match_id, athlete_position) DO UPDATE SET athlete_id = coalesce(excluded.athlete_id, athlete_id),
    bg_color = coalesce(excluded.bg_color, bg_color), fg_color = coalesce(excluded.fg_color, fg_color),
    shown_short_name = coalesce(excluded.shown_short_name, shown_short_name),
    shown_long_name = coalesce(excluded.shown_long_name, shown_long_name),
    shown_noc = coalesce(excluded.shown_noc, shown_noc), updated_at = excluded.updated_at
"""
SELECT_ROUND = "SELECT id FROM pss_rounds WHERE match_id = ? AND round_number = ?"
INSERT_ROUND = """
INSERT INTO pss_rounds (match_id, round_number, created_at, updated_at) VALUES (?, ?, ?, ?) RETURNING id
"""
START_ROUND = "UPDATE pss_rounds SET start_time = ?, updated_at = ? WHERE id = ?"
END_ROUND = "UPDATE pss_rounds SET end_time = ?, duration = ?, updated_at = ? WHERE id = ?"
WIN_ROUND = "UPDATE pss_rounds SET winner_athlete_position = ?, updated_at = ? WHERE id = ?"
DECIDE_MATCH = "UPDATE pss_matches SET status = 'decided', updated_at = ? WHERE id = ?"
CLOSE_MATCH = """
UPDATE pss_matches SET status = 'closed', closed_at = ?, closed_by = ?, close_reason = ?, updated_at = ? WHERE id = ?
"""
