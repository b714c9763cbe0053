"""Databases in the shape of the predecessor's, with its mistakes: versions 4 (its first four migrations), 12 and 21.

Version 4 is what the page of its tables says; of what came later only names are known: 12 and 21 are guesses at them.
"""

import json
import random
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shared.db.sqlite import sqlite3

STARTED = datetime(2024, 5, 11, 9, 0, tzinfo=UTC)
EDITED = "created_at TEXT DEFAULT CURRENT_TIMESTAMP, updated_at TEXT DEFAULT CURRENT_TIMESTAMP"
TABLES = {
    "schema_version": "version INTEGER, description TEXT, applied_at TEXT",
    "pss_events": "event_type TEXT, timestamp TEXT, match_id TEXT, athlete1_code TEXT, athlete2_code TEXT,"
    " score1 INTEGER, score2 INTEGER, round INTEGER, weight_class TEXT, category TEXT, raw_data TEXT",
    "obs_connections": f"name TEXT UNIQUE, host TEXT, port INTEGER, password TEXT, is_active INTEGER, status TEXT,"
    f" error TEXT, {EDITED}",
    "app_config": f"key TEXT UNIQUE, value TEXT, category TEXT, description TEXT, {EDITED}",
    "flag_mappings": f"pss_code TEXT UNIQUE, ioc_code TEXT, country_name TEXT, is_custom INTEGER DEFAULT 0, {EDITED}",
    "settings_categories": f"name TEXT UNIQUE, description TEXT, display_order INTEGER, {EDITED}",
    "settings_keys": f"category_id INTEGER, key_name TEXT, display_name TEXT, description TEXT, data_type TEXT,"
    f" default_value TEXT, validation_rules TEXT, is_required INTEGER, is_sensitive INTEGER, {EDITED}",
    "settings_values": f"key_id INTEGER UNIQUE, value TEXT, {EDITED}",
    "settings_history": "key_id INTEGER, old_value TEXT, new_value TEXT, changed_by TEXT, created_at TEXT",
    "flags": "filename TEXT, file_path TEXT",
    "recognition_history": "flag_id INTEGER, timestamp TEXT",
    "network_interfaces": "name TEXT, address TEXT",
    "udp_server_configs": f"name TEXT UNIQUE, port INTEGER, bind_address TEXT, {EDITED}",
    "udp_server_sessions": "server_config_id INTEGER, start_time TEXT, end_time TEXT, status TEXT,"
    f" packets_received INTEGER DEFAULT 0, packets_parsed INTEGER DEFAULT 0, error_message TEXT, {EDITED}",
    "udp_client_connections": "session_id INTEGER, client_address TEXT, client_port INTEGER, first_seen TEXT,"
    f" last_seen TEXT, packets_received INTEGER, total_bytes_received INTEGER, is_active INTEGER, {EDITED}",
    "pss_event_types": "event_code TEXT UNIQUE, event_name TEXT, description TEXT, category TEXT, is_active INTEGER",
    "pss_matches": "match_id TEXT UNIQUE, match_number TEXT, category TEXT, weight_class TEXT, division TEXT,"
    f" total_rounds INTEGER, round_duration INTEGER, countdown_type TEXT, format_type TEXT, creation_mode TEXT,"
    f" {EDITED}",
    "pss_athletes": "athlete_code TEXT UNIQUE, short_name TEXT, long_name TEXT, country_code TEXT, flag_id INTEGER,"
    f" {EDITED}",
    "pss_match_athletes": "match_id INTEGER, athlete_id INTEGER, athlete_position INTEGER, bg_color TEXT,"
    f" fg_color TEXT, {EDITED}",
    "pss_rounds": "match_id INTEGER, round_number INTEGER, start_time TEXT, end_time TEXT, duration INTEGER,"
    f" winner_athlete_position INTEGER, {EDITED}",
    "pss_events_v2": "session_id INTEGER, match_id INTEGER, round_id INTEGER, event_type_id INTEGER, timestamp TEXT,"
    " raw_data TEXT, parsed_data TEXT, event_sequence INTEGER DEFAULT 0, processing_time_ms REAL,"
    " is_valid INTEGER DEFAULT 1, error_message TEXT",
    "pss_event_details": "event_id INTEGER, detail_key TEXT, detail_value TEXT, detail_type TEXT",
    "pss_scores": "match_id INTEGER, round_id INTEGER, athlete_position INTEGER, score_type TEXT, score_value INTEGER,"
    " timestamp TEXT",
    "pss_warnings": "match_id INTEGER, round_id INTEGER, athlete_position INTEGER, warning_type TEXT,"
    " warning_count INTEGER, timestamp TEXT",
}
LATER = {
    12: (
        "ALTER TABLE pss_matches ADD COLUMN ring TEXT DEFAULT 'Ring 2'",
        "ALTER TABLE pss_matches ADD COLUMN tournament_day_id INTEGER",
        "ALTER TABLE udp_server_sessions ADD COLUMN ring TEXT DEFAULT 'Ring 2'",
        "ALTER TABLE pss_events_v2 ADD COLUMN recognition_status TEXT",
        "CREATE TABLE tournaments (id INTEGER PRIMARY KEY, name TEXT, location TEXT, start_date TEXT, end_date TEXT)",
        "CREATE TABLE tournament_days (id INTEGER PRIMARY KEY, tournament_id INTEGER, date TEXT, name TEXT)",
    ),
    21: (
        "ALTER TABLE pss_matches ADD COLUMN venue_note TEXT",
        "CREATE TABLE match_results (id INTEGER PRIMARY KEY, match_id INTEGER, winner TEXT, decision_code TEXT)",
        "CREATE TABLE trigger_rules (id INTEGER PRIMARY KEY, name TEXT)",
    ),
}
CODES = ("PRE", "AT1", "MCH", "CLK", "RND", "P", "K", "SC", "WIN", "O")
MARIJA = ("M. ČAČIĆ", "Marija ČAČIĆ", "CRO")
OTHER_MARIJA = ("M. ČAČIĆ", "Mirna ČAČIĆ", "SLO")
ANA = ("A. ANIĆ", "Ana ANIĆ", "CRO")


def local(at: datetime) -> str:
    """A time as the predecessor wrote most of them: local, without a zone (the clock of the venue is UTC+2)."""
    return (at + timedelta(hours=2)).replace(tzinfo=None).isoformat()


def clock_of_sqlite(at: datetime) -> str:
    """A time as SQLite's CURRENT_TIMESTAMP writes it: UTC, without saying so."""
    return f"{at:%Y-%m-%d %H:%M:%S}"


def at1(chong: tuple[str, str, str], hong: tuple[str, str, str]) -> str:
    """Who fights, as a scoring system says it."""
    return f"at1;{';'.join(chong)};at2;{';'.join(hong)};"


@contextmanager
def database(path: Path, *, version: int) -> "Iterator[sqlite3.Connection]":
    """An empty database of that version at `path`; what the block does with it is committed."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        for name, columns in TABLES.items():
            key = "" if name == "schema_version" else "id INTEGER PRIMARY KEY, "
            connection.execute(f"CREATE TABLE {name} ({key}{columns})")
        for since, changes in LATER.items():
            for change in changes if since <= version else ():
                connection.execute(change)
        versions = [(number, f"migration {number}", clock_of_sqlite(STARTED)) for number in range(1, version + 1)]
        connection.executemany("INSERT INTO schema_version VALUES (?, ?, ?)", versions)
        put(
            connection,
            "pss_event_types",
            *({"id": n, "event_code": c, "category": "x"} for n, c in enumerate(CODES, 1)),
        )
        yield connection
        connection.execute("COMMIT")


def put(connection: "sqlite3.Connection", table: str, *rows: dict[str, object]) -> None:
    """Insert rows, each a dictionary of its columns."""
    for row in rows:
        marks = ", ".join("?" * len(row))
        connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))


def with_mistakes(path: Path, *, version: int = 4) -> Path:
    """A small database in which each known mistake was made, once or more."""
    with database(path, version=version) as connection:
        _venue(connection, version)
        _people(connection)
        _matches(connection, version)
        _events(connection)
        _settings(connection)
    return path


def with_events(path: Path, *, events: int, seed: int = 1) -> Path:
    """A database of that many events in matches of 500, stored out of order and numbered 0, with a detail each."""
    chance = random.Random(seed)
    matches = max(1, events // 500)
    with database(path, version=4) as connection:
        put(connection, "pss_athletes", *({"id": n, **_athlete(_somebody(n))} for n in range(1, 41)))
        for match in range(1, matches + 1):
            begun = STARTED + timedelta(minutes=12 * match)
            made = {"created_at": clock_of_sqlite(begun), "match_number": str(100 + match)}
            put(connection, "pss_matches", {"id": match, "match_id": f"m{match}", **made, "weight_class": "M -68kg"})
            for side in (1, 2):
                who: dict[str, object] = {"athlete_id": 1 + (match * 7 + side * 3) % 40, "athlete_position": side}
                put(connection, "pss_match_athletes", {"match_id": match, **who})
        for session in range(1, 5):
            begun = STARTED + timedelta(minutes=12 * (1 + (session - 1) * matches // 4))
            put(connection, "udp_server_sessions", {"id": session, "start_time": local(begun), "status": "running"})
        rows = [_event(n, matches) for n in range(events)]
        chance.shuffle(rows)
        connection.executemany(
            "INSERT INTO pss_events_v2 (id, session_id, match_id, event_type_id, timestamp, raw_data, parsed_data)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(number, *row) for number, row in enumerate(rows, 1)],
        )
        connection.executemany(
            "INSERT INTO pss_event_details (event_id, detail_key, detail_value, detail_type) VALUES (?, ?, ?, ?)",
            [(number, "clock", row[4].split(";")[1], "string") for number, row in enumerate(rows, 1)],
        )
    return path


def _event(number: int, matches: int) -> tuple[int, int, int, str, str, str]:
    match, second = 1 + number % matches, number // matches
    at = STARTED + timedelta(minutes=12 * match, seconds=second, milliseconds=number % 997)
    raw = f"clk;{second // 60}:{second % 60:02d};" if second < 499 else "win;BLUE;"
    parsed = json.dumps({"clock": raw.split(";")[1]})
    return 1 + (match - 1) * 4 // matches, match, 4, local(at), raw, parsed


def _somebody(number: int) -> tuple[str, str, str]:
    return f"A. P{number}", f"Athlete P{number}", ("CRO", "SLO", "ITA")[number % 3]


def _athlete(person: tuple[str, str, str]) -> dict[str, object]:
    short, long, noc = person
    return {"athlete_code": short, "short_name": short, "long_name": long, "country_code": noc}


def _venue(connection: "sqlite3.Connection", version: int) -> None:
    put(
        connection,
        "obs_connections",
        {"name": "Court 1", "host": "10.0.0.5", "port": 4455, "password": "plain secret", "is_active": 1},
        {"name": "Court 2", "host": "10.0.0.6", "port": 4455, "password": "gAAAAA" + "B" * 94, "is_active": 0},
        {"name": "Broken", "host": None, "port": 4455},
    )
    put(
        connection,
        "flag_mappings",
        {"pss_code": "CRO", "ioc_code": "CRO", "country_name": "Croatia", "is_custom": 0},
        {"pss_code": "HRV1", "ioc_code": "CRO", "country_name": "Croatia", "is_custom": 1},
    )
    put(connection, "network_interfaces", {"name": "eth0", "address": "10.0.0.2"})
    if version >= 12:
        dates = {"start_date": "2024-05-11", "end_date": "2024-05-12"}
        put(connection, "tournaments", {"id": 1, "name": "Zagreb Open 2024", "location": "Zagreb", **dates})
        put(connection, "tournament_days", {"id": 1, "tournament_id": 1, "date": "2024-05-11", "name": "Saturday"})
        put(connection, "tournament_days", {"id": 2, "tournament_id": 9, "date": "2024-05-11", "name": "Nowhere"})
    if version >= 21:
        put(connection, "trigger_rules", {"name": "replay"})


def _people(connection: "sqlite3.Connection") -> None:
    put(connection, "pss_athletes", {"id": 1, **_athlete(MARIJA)}, {"id": 2, **_athlete(ANA)})
    put(connection, "pss_athletes", {"id": 3, "athlete_code": "N. N.", "short_name": "N. N."})


def _matches(connection: "sqlite3.Connection", version: int) -> None:
    """Match 101 loaded three times (rows 1 to 3), 102 of another Čačić (row 4), and 101 again on the next weekend."""
    made = {"weight_class": "W -57kg", "category": "Final", "total_rounds": 3}
    for row, number, later in ((1, "101", 0), (2, "101", 1), (3, "101", 2), (4, "102", 30), (5, "101", 7 * 1440)):
        at = clock_of_sqlite(STARTED + timedelta(minutes=later))
        put(
            connection,
            "pss_matches",
            {"id": row, "match_id": f"m{row}", "match_number": number, "created_at": at, **made},
        )
        put(connection, "pss_match_athletes", {"match_id": row, "athlete_id": 1, "athlete_position": 1})
        put(connection, "pss_match_athletes", {"match_id": row, "athlete_id": 2, "athlete_position": 2})
    put(connection, "pss_match_athletes", {"match_id": 77, "athlete_id": 1, "athlete_position": 1})
    put(connection, "pss_rounds", {"id": 1, "match_id": 1, "round_number": 1, "start_time": local(STARTED)})
    put(connection, "pss_rounds", {"id": 2, "match_id": 3, "round_number": 1, "duration": 120})
    put(connection, "pss_rounds", {"id": 3, "match_id": 4, "round_number": 1})
    if version >= 21:
        put(connection, "match_results", {"match_id": 3, "winner": "blue", "decision_code": "PTF"})
        put(connection, "match_results", {"match_id": 99, "winner": "red", "decision_code": "PTF"})
    if version >= 12:
        connection.execute("UPDATE pss_matches SET tournament_day_id = 1")


def _events(connection: "sqlite3.Connection") -> None:
    put(connection, "udp_server_sessions", {"id": 1, "start_time": local(STARTED), "status": "running"})
    ended = {"end_time": local(STARTED + timedelta(days=7, hours=1)), "status": "stopped"}
    put(connection, "udp_server_sessions", {"id": 2, "start_time": local(STARTED + timedelta(days=7)), **ended})
    sender = {"client_address": "10.0.0.9", "client_port": 50000, "packets_received": 9}
    put(connection, "udp_client_connections", {"session_id": 1, **sender}, {"session_id": 44, **sender})
    stored = (
        # id, session, match, round, type, seconds after the start, text
        (1, 1, 3, 2, 4, 130.5, "clk;1:58;"),  # before what happened earlier: tasks have no order
        (2, 1, 3, 2, 6, 131.2, "pt1;1;"),
        (3, 1, 3, None, 2, 121.0, at1(MARIJA, ANA)),
        (4, 1, 3, None, 9, 300.0, "win;BLUE;"),
        (5, 1, 4, 2, 8, 1900.0, "sc1;3;sc2;0;"),  # round 2 is of match 3
        (6, 1, 4, None, 2, 1800.0, at1(OTHER_MARIJA, ANA)),
        (7, 2, 1, None, 4, 7 * 86400 + 60, "clk;2:00;"),  # match 1 was a week before
        (8, 66, 4, None, 10, 1901.0, "xyz;what is this;"),
        (9, 1, 88, None, 4, 1902.0, "clk;1:00;"),
        (10, 1, None, None, 4, None, "clk;0:59;"),
    )
    for row, session, match, round_id, kind, seconds, raw in stored:
        at = "yesterday" if seconds is None else local(STARTED + timedelta(seconds=seconds))
        read = json.dumps({"raw": raw}) if row != 2 else "{broken"
        ids = {"id": row, "session_id": session, "match_id": match, "round_id": round_id, "event_type_id": kind}
        put(connection, "pss_events_v2", {**ids, "timestamp": at, "raw_data": raw, "parsed_data": read})
    for event, key, value in (
        (1, "clock", "1:58"),
        (1, "athlete", "2"),
        (2, "athlete", "1"),
        (2, "athlete", "1"),
        (500, "a", "b"),
    ):
        detail = {"event_id": event, "detail_key": key, "detail_value": value, "detail_type": "string"}
        put(connection, "pss_event_details", detail)
    unix_ms = str(int((STARTED + timedelta(seconds=131.25)).timestamp() * 1000))
    mark = {"match_id": 3, "round_id": 2, "athlete_position": 1, "timestamp": unix_ms}
    put(connection, "pss_scores", {**mark, "score_type": "round", "score_value": 1})
    put(connection, "pss_scores", {**mark, "match_id": 99, "score_type": "round", "score_value": 1})
    put(connection, "pss_warnings", {**mark, "warning_type": "gam_jeom", "warning_count": 1})
    flat = {"event_type": "clock", "match_id": "m3", "round": 1, "score1": 2}
    at = local(STARTED + timedelta(seconds=130.51))
    put(connection, "pss_events", {**flat, "timestamp": at, "raw_data": "clk;1:58;"})  # is in pss_events_v2, too
    old = (STARTED - timedelta(days=30)).isoformat()
    put(connection, "pss_events", {**flat, "match_id": "gone", "timestamp": old, "raw_data": "score 2:0"})


def _settings(connection: "sqlite3.Connection") -> None:
    for key, value, category in (
        ("backup_interval_minutes", "150", "backup"),
        ("retentionDays", "4000", "audit"),
        ("compression_level", "99", "backup"),
        ("window_theme", "dark", "ui"),
        ("obs_password", "hidden", "obs"),
    ):
        put(connection, "app_config", {"key": key, "value": value, "category": category})
    put(connection, "settings_categories", {"id": 1, "name": "udp"})
    put(connection, "settings_keys", {"id": 1, "category_id": 1, "key_name": "idle_timeout_ms", "is_sensitive": 0})
    put(connection, "settings_keys", {"id": 2, "category_id": 1, "key_name": "api", "is_sensitive": 1})
    for number, value in ((1, "2500"), (2, "xxxx"), (3, "lost")):
        put(connection, "settings_values", {"key_id": number, "value": value})
