"""The consistency checks that are one query; each row is a fault: its key for the repair, and a sentence."""

from typing import Final

QUERIES: Final = {
    "search_progress": """
        SELECT p.id, 'it goes through event ' || p.through_event_id || ', the newest is '
            || coalesce((SELECT max(id) FROM pss_events_v2), 0)
        FROM search_progress p WHERE p.through_event_id > coalesce((SELECT max(id) FROM pss_events_v2), 0)
    """,
    "open_sessions": """
        SELECT s.id, 'session ' || s.id || ' of ' || s.ring || ', begun ' || s.start_time FROM udp_server_sessions s
        WHERE s.status = 'open' AND s.id < (SELECT max(n.id) FROM udp_server_sessions n WHERE n.ring = s.ring)
    """,
    "watermarks": """
        SELECT s.id, 'session ' || s.id || ' of ' || s.ring || ': stored through entry ' || w.entry || ', its last is '
            || coalesce(s.last_entry, 0)
        FROM watermarks w JOIN udp_server_sessions s ON s.session_uuid = w.session_uuid
        WHERE w.entry > coalesce(s.last_entry, 0)
    """,
    # The entries of a session are a range of its journal's, and ranges of one journal and ring do not overlap.
    "doubled_entries": """
        WITH ranges AS (
            SELECT s.id, s.ring, w.journal_id,
                (SELECT min(r.entry) FROM raw_datagrams r WHERE r.session_id = s.id) AS first,
                (SELECT max(r.entry) FROM raw_datagrams r WHERE r.session_id = s.id) AS last
            FROM udp_server_sessions s JOIN watermarks w ON w.session_uuid = s.session_uuid
        ), before AS (
            SELECT id, ring, first, max(last) OVER older AS last_before FROM ranges WHERE first IS NOT NULL
            WINDOW older AS (PARTITION BY journal_id, ring ORDER BY first, id
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
        )
        SELECT id, 'session ' || id || ' of ' || ring || ' begins with entry ' || first || ', another goes through '
            || last_before
        FROM before WHERE first <= last_before
    """,
    # What was told before the match of a load was known is that of the load before it.
    "unowned_events": """
        SELECT e.id, 'event ' || e.id || ' of ' || e.timestamp || ' in match ' || s.match_id
        FROM pss_events_v2 e JOIN match_stages s ON s.id = (
            SELECT t.id FROM match_stages t WHERE t.session_id = e.session_id AND t.entry <= e.event_sequence
            ORDER BY t.entry DESC, t.id DESC LIMIT 1)
        WHERE e.match_id IS NULL AND s.match_id IS NOT NULL AND s.stage NOT IN ('not_loaded', 'loading', 'closed')
    """,
    "orphaned_details": """
        SELECT d.id, 'detail ' || d.id || ' (' || d.detail_key || ') of event ' || coalesce(d.event_id, 'none')
        FROM pss_event_details d WHERE NOT EXISTS (SELECT 1 FROM pss_events_v2 e WHERE e.id = d.event_id)
    """,
    "results": """
        SELECT r.id, 'result of match ' || r.match_id FROM match_results r
        WHERE NOT EXISTS (SELECT 1 FROM pss_matches m WHERE m.id = r.match_id)
        UNION ALL SELECT r.id, 'result of round ' || r.round_number || ' of match ' || r.match_id FROM round_results r
        WHERE NOT EXISTS (SELECT 1 FROM pss_matches m WHERE m.id = r.match_id)
    """,
    "planned_matches": """
        SELECT p.id, 'planned match ' || p.match_number || ' is linked to match ' || coalesce(m.match_number, 'without')
        FROM planned_matches p JOIN pss_matches m ON m.id = p.match_id WHERE m.match_number IS NOT p.match_number
    """,
    "athletes": """
        SELECT a.id, a.short_name || ' (' || coalesce(a.country_code, '-') || ')' FROM pss_athletes a
        WHERE NOT EXISTS (SELECT 1 FROM pss_match_athletes m WHERE m.athlete_id = a.id)
            AND NOT EXISTS (SELECT 1 FROM planned_matches p WHERE a.id IN (p.chong_athlete_id, p.hong_athlete_id))
    """,
}

ROUNDS: Final = "SELECT id, round_number FROM pss_rounds WHERE match_id IS NULL"
MATCH_OF_ROUND: Final = """
SELECT match_id FROM pss_scores WHERE round_id = ?1 AND match_id IS NOT NULL
UNION ALL SELECT match_id FROM pss_warnings WHERE round_id = ?1 AND match_id IS NOT NULL
UNION ALL SELECT match_id FROM pss_events_v2 WHERE round_id = ?1 AND match_id IS NOT NULL LIMIT 1
"""
EVENT_MONTHS: Final = """
SELECT month FROM (
    SELECT DISTINCT substr(minute, 1, 7) AS month FROM event_counts
    UNION SELECT DISTINCT substr(start_time, 1, 7) FROM udp_server_sessions
    UNION SELECT DISTINCT substr(end_time, 1, 7) FROM udp_server_sessions WHERE end_time IS NOT NULL
)
WHERE month NOT IN (SELECT month FROM archives WHERE events > 0 AND brought_back_at IS NULL) ORDER BY month
"""
COUNTED: Final = """
SELECT substr(e.timestamp, 1, 16), s.ring, e.event_type_id, count(*)
FROM pss_events_v2 e JOIN udp_server_sessions s ON s.id = e.session_id
WHERE e.timestamp >= ?1 AND e.timestamp < ?1 || '~' GROUP BY 1, 2, 3
"""
TOLD: Final = """
SELECT minute, ring, event_type_id, events FROM event_counts WHERE minute >= ?1 AND minute < ?1 || '~'
"""
