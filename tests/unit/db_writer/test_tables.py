"""Every table of rings and matches is filled, and with what."""

import json
from typing import Any

import pytest

from services.db_writer.athletes import athlete_code
from services.db_writer.event_types import EVENT_TYPES
from services.db_writer.store import Store
from shared.db.sqlite import sqlite3
from shared.messages.facts import DatagramsDropped, SessionBroken, SessionClosed
from shared.messages.match import Finding, MatchLoaded, RoundEnded, RoundWon, Severity
from shared.messages.pss import (
    AthleteName,
    AthletesNamed,
    ClockTicked,
    HandlingFailed,
    LoadBegan,
    MatchDescribed,
    PointScored,
    ResultKind,
    RoundWinnersDeclared,
    ScoreShown,
    Technique,
    UnknownReceived,
)
from shared.messages.wire import Origin
from tests.unit.db_writer.ring import CHONG, HONG, LOOPBACK, NOW_US, START_US, STEP_US, WIRED, Ring, dump, message

ZERO = ResultKind.RECOGNIZED


def rows(connection: "sqlite3.Connection", sql: str) -> list[dict[str, Any]]:
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def at(entry: int) -> str:
    seconds, micros = divmod(START_US + entry * STEP_US, 1_000_000)
    minute, second = divmod(seconds - START_US // 1_000_000, 60)
    return f"2026-03-01T09:{30 + minute:02d}:{second:02d}.{micros:06d}Z"


@pytest.fixture
def ring() -> Ring:
    ring = Ring()
    ring.open("session-1", LOOPBACK, WIRED, address="192.168.1.20")
    return ring


def test_a_session_opens_counts_and_closes(store: Store, connection: "sqlite3.Connection", ring: Ring) -> None:
    ring.say("clk;01:59;", ClockTicked(clock_ms=119_000))
    ring.source = ("192.168.1.11", 50_001)
    ring.say("xyz;", UnknownReceived(stream="xyz"), kind=ResultKind.UNKNOWN)
    ring.say("clk;", ClockTicked(faults=("clock_ms:missing",)), kind=ResultKind.PARTIAL)
    ring.fact(SessionClosed(reason="asked for"))
    store.apply(ring.batches(), now_us=NOW_US)
    (session,) = rows(connection, "SELECT * FROM udp_server_sessions")
    sizes = [len(b"clk;01:59;"), len(b"xyz;"), len(b"clk;")]
    expected = {
        "ring": "ring-1",
        "session_uuid": "session-1",
        "start_time": at(1),
        "end_time": at(5),
        "status": "closed",
        "packets_received": 3,
        "packets_parsed": 1,
        "parse_errors": 1,
        "total_bytes_received": sum(sizes),
        "average_packet_size": sum(sizes) / 3,
        "max_packet_size_seen": max(sizes),
        "min_packet_size_seen": min(sizes),
        "unique_clients_count": 2,
        "last_entry": 5,
        "error_message": None,
    }
    assert {key: session[key] for key in expected} == expected
    clients = rows(connection, "SELECT * FROM udp_client_connections ORDER BY id")
    assert [(c["client_address"], c["client_port"], c["packets_received"]) for c in clients] == [
        ("192.168.1.10", 50_000, 1),
        ("192.168.1.11", 50_001, 2),
    ]
    assert (clients[1]["first_seen"], clients[1]["last_seen"]) == (at(3), at(4))
    assert [client["is_active"] for client in clients] == [0, 0]


def test_interfaces_and_configuration_mirror_the_newest_opening(
    store: Store, connection: "sqlite3.Connection", ring: Ring
) -> None:
    store.apply(ring.batches(), now_us=NOW_US)
    (config,) = rows(connection, "SELECT * FROM udp_server_configs")
    (wired,) = rows(connection, "SELECT * FROM network_interfaces WHERE name = 'eth0'")
    assert (wired["is_active"], wired["is_recommended"], wired["speed_mbps"]) == (1, 1, 1000)
    assert (wired["interface_type"], wired["netmask"]) == ("wired", "255.255.255.0")
    assert (config["name"], config["port"], config["bind_address"]) == ("ring-1", 8888, "192.168.1.20")
    assert (config["network_interface_id"], config["buffer_size"], config["timeout_ms"]) == (wired["id"], 425_984, None)
    assert (config["enabled"], config["auto_start"], config["max_packet_size"]) == (1, 1, 65_535)

    ring.fact(SessionClosed(reason="asked for"))
    ring.open("session-2", LOOPBACK)
    store.apply(ring.batches(), now_us=NOW_US)
    assert rows(connection, "SELECT name, is_active FROM network_interfaces ORDER BY name") == [
        {"name": "eth0", "is_active": 0},
        {"name": "lo", "is_active": 1},
    ]
    (config,) = rows(connection, "SELECT * FROM udp_server_configs")
    assert config["bind_address"] == "127.0.0.1"
    assert rows(connection, "SELECT DISTINCT server_config_id AS id FROM udp_server_sessions") == [{"id": config["id"]}]


def test_a_session_that_ended_without_a_word_is_broken(
    store: Store, connection: "sqlite3.Connection", ring: Ring
) -> None:
    ring.say("clk;01:59;", ClockTicked(clock_ms=119_000))
    ring.open("session-2")
    ring.fact(SessionBroken(broken_session="session-1", from_us=START_US, to_us=START_US + 5))
    ring.fact(SessionBroken(broken_session="of another database", from_us=START_US, to_us=START_US))
    store.apply(ring.batches(), now_us=NOW_US)
    first, second = rows(connection, "SELECT * FROM udp_server_sessions ORDER BY id")
    assert (first["status"], first["end_time"]) == ("broken", at(0))
    assert "without a word" in first["error_message"]
    assert (second["status"], second["end_time"]) == ("open", None)
    assert rows(connection, "SELECT is_active FROM udp_client_connections") == [{"is_active": 0}]


def test_a_session_whose_end_is_never_told_does_not_stay_open(
    store: Store, connection: "sqlite3.Connection", ring: Ring
) -> None:
    """A new journal knows nothing of the old one's last session."""
    other = Ring("ring-2")
    other.open("session-of-ring-2")
    store.apply([*ring.batches(), *other.batches()], now_us=NOW_US)
    new = Ring(journal_id="journal-2")
    new.open("session-2")
    store.apply(new.batches(), now_us=NOW_US)
    found = rows(connection, "SELECT session_uuid, status FROM udp_server_sessions ORDER BY id")
    assert [(row["session_uuid"], row["status"]) for row in found] == [
        ("session-1", "broken"),
        ("session-of-ring-2", "open"),
        ("session-2", "open"),
    ]


def test_a_datagram_is_kept_as_received_and_a_fact_is_no_event(
    store: Store, connection: "sqlite3.Connection", ring: Ring
) -> None:
    body = b"\xffpre;\x00\r\n"
    ring.origin = Origin.REPLAY
    ring.datagram(body)
    ring.fact(DatagramsDropped(count=3, from_us=0, to_us=1, shared_by=["ring-1"]))
    store.apply(ring.batches(), now_us=NOW_US)
    (raw,) = rows(connection, "SELECT * FROM raw_datagrams")
    assert raw["body"] == body
    assert (raw["ring"], raw["entry"], raw["received_at"], raw["origin"]) == ("ring-1", 2, at(2), "replay")
    assert (raw["source_address"], raw["source_port"]) == ("192.168.1.10", 50_000)
    assert rows(connection, "SELECT * FROM pss_events_v2") == []


def test_each_message_is_an_event_with_its_details(store: Store, connection: "sqlite3.Connection", ring: Ring) -> None:
    point = PointScored(athlete=2, technique=Technique.TECHNICAL_HEAD, value=5)
    first = message("sc1;0;", ScoreShown(chong=0), ring=ring, kind=ZERO)
    ring.datagram(b"sc1;0;pt2;5;", first, message("pt2;5;", point, ring=ring, kind=ZERO))
    store.apply(ring.batches(), now_us=START_US + 2 * STEP_US + 1_500)
    found = rows(
        connection,
        "SELECT e.*, t.event_code FROM pss_events_v2 e JOIN pss_event_types t ON t.id = e.event_type_id ORDER BY e.id",
    )
    assert [(e["event_sequence"], e["event_index"], e["raw_data"], e["event_code"]) for e in found] == [
        (2, 0, "sc1;0;", "SC"),
        (2, 1, "pt2;5;", "TH"),
    ]
    event = found[1]
    assert json.loads(event["parsed_data"]) == {"type": "point_scored", "athlete": 2, "technique": "TH", "value": 5}
    assert (event["timestamp"], event["processing_time_ms"]) == (at(2), 1.5)
    assert (event["is_valid"], event["error_message"], event["recognition_status"]) == (1, None, "recognized")
    details = rows(connection, f"SELECT * FROM pss_event_details WHERE event_id = {event['id']} ORDER BY id")
    assert [(d["detail_key"], d["detail_value"], d["detail_type"]) for d in details] == [
        ("athlete", "2", "integer"),
        ("technique", "TH", "string"),
        ("value", "5", "integer"),
    ]


def test_what_could_not_be_read_says_so(store: Store, connection: "sqlite3.Connection", ring: Ring) -> None:
    ring.say("clk;", ClockTicked(faults=("clock_ms:missing",)), kind=ResultKind.PARTIAL)
    ring.say("clk;1:00;x;", ClockTicked(clock_ms=60_000, faults=("action:unknown",)), kind=ResultKind.PARTIAL)
    ring.say("xyz;", UnknownReceived(stream="xyz"), kind=ResultKind.UNKNOWN)
    ring.say("boom;", HandlingFailed(error="KeyError: 'x'"), kind=ResultKind.INTERNAL_ERROR)
    ring.say("pt1;9;", PointScored(athlete=1, faults=("technique:range",)), kind=ResultKind.PARTIAL)
    store.apply(ring.batches(), now_us=NOW_US)
    found = rows(
        connection,
        "SELECT e.*, t.event_code FROM pss_events_v2 e JOIN pss_event_types t ON t.id = e.event_type_id ORDER BY e.id",
    )
    assert [(e["event_code"], e["is_valid"], e["recognition_status"], e["error_message"]) for e in found] == [
        ("CLK", 0, "partial", "clock_ms:missing"),
        ("CLK", 1, "partial", "action:unknown"),
        ("O", 1, "unknown", None),
        ("O", 0, "internal_error", "KeyError: 'x'"),
        ("O", 0, "partial", "technique:range"),
    ]
    (session,) = rows(connection, "SELECT packets_parsed, parse_errors FROM udp_server_sessions")
    assert session == {"packets_parsed": 1, "parse_errors": 3}


def test_a_load_fills_match_athletes_and_colours(store: Store, connection: "sqlite3.Connection", ring: Ring) -> None:
    ring.load("m1", number="245.A")
    store.apply(ring.batches(), now_us=NOW_US)
    (match,) = rows(connection, "SELECT * FROM pss_matches")
    expected = {
        "match_id": "m1",
        "ring": "ring-1",
        "match_number": "245.A",
        "category": "Semifinals",
        "weight_class": "W +73kg",
        "division": "Under 21",
        "total_rounds": 3,
        "round_duration": 120,
        "countdown_type": "cntDown",
        "creation_mode": "pss",
        "first_loaded_at": at(5),
        "last_loaded_at": at(5),
        "load_count": 1,
    }
    assert {key: match[key] for key in expected} == expected
    sides = rows(
        connection,
        "SELECT m.athlete_position, m.bg_color, m.fg_color, a.* FROM pss_match_athletes m"
        " JOIN pss_athletes a ON a.id = m.athlete_id ORDER BY m.athlete_position",
    )
    assert [(s["athlete_position"], s["bg_color"], s["fg_color"]) for s in sides] == [
        (1, "#0000ff", "#FFFFFF"),
        (2, "#ff0000", "#FFFFFF"),
    ]
    assert (sides[0]["athlete_code"], sides[0]["short_name"]) == ("marija čačić/CRO", "M. ČAČIĆ")
    assert (sides[0]["long_name"], sides[0]["country_code"]) == ("Marija ČAČIĆ", "CRO")


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_the_whole_load_belongs_to_the_match(
    store: Store, connection: "sqlite3.Connection", ring: Ring, size: int
) -> None:
    """The messages before the match was known are of that match, stored already or still waiting."""
    ring.say("clk;00:00;", ClockTicked(clock_ms=0))
    cut = Finding(rule="at1.cut", severity=Severity.INFORMATION, explanation="It was cut.")
    ring.say("pre;FightLoaded;", LoadBegan())
    began = ring.entry
    ring.say("at1;", AthletesNamed(chong=CHONG, hong=HONG), cut)
    ring.match_id = "m1"
    ring.say("mch;", MatchDescribed(), MatchLoaded(match_id="m1", load_entry=began, is_reload=False))
    for batch in ring.batches(size):
        store.apply([batch], now_us=NOW_US)
    found = rows(connection, "SELECT match_id FROM pss_events_v2 ORDER BY id")
    assert [row["match_id"] for row in found] == [None, 1, 1, 1]
    assert rows(connection, "SELECT match_id FROM findings") == [{"match_id": 1}]


def test_the_same_match_loaded_twice_is_one_match(store: Store, connection: "sqlite3.Connection", ring: Ring) -> None:
    ring.load("m1")
    ring.load("m2", number="102")
    ring.load("m1")
    store.apply(ring.batches(), now_us=NOW_US)
    first, second = rows(connection, "SELECT * FROM pss_matches ORDER BY id")
    assert (first["match_id"], first["load_count"]) == ("m1", 2)
    assert (first["first_loaded_at"], first["last_loaded_at"]) == (at(5), at(15))
    assert (second["match_id"], second["load_count"]) == ("m2", 1)
    assert len(rows(connection, "SELECT * FROM pss_athletes")) == 2
    assert len(rows(connection, "SELECT * FROM pss_match_athletes")) == 4


@pytest.mark.parametrize("size", [1, 1000])
def test_one_load_that_is_told_twice_counts_once(connection: "sqlite3.Connection", ring: Ring, size: int) -> None:
    """The parser tells a load again when it learns more of it; what it does not know leaves what is known alone."""
    began = ring.load("m1")
    more = MatchLoaded(match_id="m1", load_entry=began, is_reload=False, division="Senior")
    ring.say("mch;101;", ScoreShown(), more)
    for batch in ring.batches(size):
        Store(connection).apply([batch], now_us=NOW_US)  # each in a new process
    (match,) = rows(connection, "SELECT * FROM pss_matches")
    assert (match["load_count"], match["division"], match["match_number"]) == (1, "Senior", "101")
    assert rows(connection, "SELECT count(athlete_id) AS n FROM pss_match_athletes") == [{"n": 2}]


def test_a_cut_name_makes_no_athlete(store: Store, connection: "sqlite3.Connection", ring: Ring) -> None:
    ring.load("m1", chong=AthleteName(short_name="M. ČAČIĆ"))
    cut = MatchLoaded(
        match_id="m2", load_entry=ring.entry, is_reload=False, chong=CHONG, hong=HONG, athletes_partial=True
    )
    ring.say("at1;…", ScoreShown(), cut)
    store.apply(ring.batches(), now_us=NOW_US)
    assert rows(connection, "SELECT long_name FROM pss_athletes") == [{"long_name": "Dunja ĐURIĆ"}]
    assert rows(connection, "SELECT count(*) AS n FROM pss_match_athletes WHERE athlete_id IS NULL") == [{"n": 3}]


def test_people_are_told_apart_by_long_name_and_noc() -> None:
    decomposed = AthleteName(short_name="x", long_name="  MARIJA  C\u030cAC\u030cIC\u0301 ", noc="cro")
    assert athlete_code(decomposed) == athlete_code(CHONG) == "marija čačić/CRO"
    assert athlete_code(AthleteName(short_name="M. ČAČIĆ", long_name="Mirna ČAČIĆ", noc="CRO")) != athlete_code(CHONG)
    assert athlete_code(AthleteName(long_name="Marija ČAČIĆ", noc="SRB")) != athlete_code(CHONG)
    assert athlete_code(AthleteName(long_name="Marija ČAČIĆ")) == "marija čačić/"
    assert athlete_code(AthleteName(short_name="M. ČAČIĆ", long_name=" ", noc="CRO")) is None


def test_rounds_scores_and_warnings(store: Store, connection: "sqlite3.Connection", ring: Ring) -> None:
    ring.load("m1")
    ring.bout()
    store.apply(ring.batches(), now_us=NOW_US)
    (one,) = rows(connection, "SELECT * FROM pss_rounds")
    assert (one["round_number"], one["start_time"], one["end_time"]) == (1, at(7), at(11))
    assert (one["duration"], one["winner_athlete_position"]) == (120, 2)
    assert dump(connection, tables=["pss_scores", "pss_warnings"]) == {
        "pss_scores": [
            {
                "id": 1,
                "match_id": 1,
                "round_id": one["id"],
                "athlete_position": 2,
                "score_type": "round",
                "score_value": 3,
                "timestamp": at(9),
            }
        ],
        "pss_warnings": [
            {
                "id": 1,
                "match_id": 1,
                "round_id": one["id"],
                "athlete_position": 1,
                "warning_type": "gam-jeom",
                "warning_count": 1,
                "timestamp": at(10),
            }
        ],
    }
    events = rows(connection, "SELECT DISTINCT round_id FROM pss_events_v2 WHERE event_sequence >= 6")
    assert events == [{"round_id": one["id"]}]


def test_a_round_won_without_a_start_and_taken_back(store: Store, connection: "sqlite3.Connection", ring: Ring) -> None:
    ring.load("m1")
    won = RoundWinnersDeclared(winners=(0, 0, 1))
    ring.say("wrd;", won, RoundWon(round=3, winner=1), RoundWon(round=2, winner=2), RoundEnded(round=2, fought_ms=None))
    ring.say("wrd;", won, RoundWon(round=2, winner=0))
    store.apply(ring.batches(), now_us=NOW_US)
    found = rows(connection, "SELECT * FROM pss_rounds ORDER BY round_number")
    assert [(r["round_number"], r["winner_athlete_position"], r["start_time"]) for r in found] == [
        (1, None, None),
        (2, None, None),
        (3, 1, None),
    ]
    assert (found[1]["end_time"], found[1]["duration"]) == (at(7), None)


def test_a_match_that_nobody_saw_loaded(store: Store, connection: "sqlite3.Connection", ring: Ring) -> None:
    """A new database in mid-match: events have their match, and its next load fills it."""
    ring.match_id, ring.round = "m1", 2
    ring.say("clk;01:59;", ClockTicked(clock_ms=119_000))
    store.apply(ring.batches(), now_us=NOW_US)
    (match,) = rows(connection, "SELECT * FROM pss_matches")
    assert (match["match_number"], match["load_count"], match["first_loaded_at"]) == (None, 0, None)
    ring.load("m1")
    store.apply(ring.batches(), now_us=NOW_US)
    (match,) = rows(connection, "SELECT * FROM pss_matches")
    assert (match["match_number"], match["load_count"], match["first_loaded_at"]) == ("101", 1, at(6))


def test_findings_of_messages_entries_and_facts(store: Store, connection: "sqlite3.Connection", ring: Ring) -> None:
    dropped = Finding(rule="udp.dropped", severity=Severity.ERROR, explanation="3 were dropped.", evidence={"n": 3})
    ring.fact(DatagramsDropped(count=3, from_us=0, to_us=1, shared_by=["ring-1"]), dropped)
    ring.load("m1")
    odd = Finding(rule="odd", severity=Severity.WARNING, explanation="Odd.")
    first = message("clk;1;", ClockTicked(clock_ms=1000), ring=ring, kind=ZERO)
    second = message("clk;2;", ClockTicked(clock_ms=2000), odd, odd, ring=ring, kind=ZERO)
    ring.datagram(b"clk;1;clk;2;", first, second, events=[odd])
    ring.fact(DatagramsDropped(count=3, from_us=0, to_us=1, shared_by=["ring-1"]), dropped)
    store.apply(ring.batches(), now_us=NOW_US)
    found = rows(connection, "SELECT * FROM findings ORDER BY id")
    assert [(f["rule"], f["severity"], f["entry"], f["entry_index"], f["match_id"]) for f in found] == [
        ("udp.dropped", "error", 2, 0, None),
        ("odd", "warning", 8, 1, 1),
        ("odd", "warning", 8, 0, 1),
        ("udp.dropped", "error", 9, 0, 1),
    ]
    assert (found[0]["evidence"], found[0]["found_at"], found[1]["evidence"]) == ('{"n":3}', at(2), None)


def test_event_types_are_written_once_and_corrected(store: Store, connection: "sqlite3.Connection") -> None:
    assert store.positions() == {}
    connection.execute("UPDATE pss_event_types SET event_name = 'Old' WHERE event_code = 'K'")
    before = rows(connection, "SELECT id, event_code, updated_at FROM pss_event_types WHERE event_code <> 'K'")
    Store(connection)
    after = rows(connection, "SELECT id, event_code, updated_at FROM pss_event_types WHERE event_code <> 'K'")
    assert after == before
    found = rows(connection, "SELECT event_code, event_name, category, description FROM pss_event_types ORDER BY id")
    assert [tuple(row.values()) for row in found] == [tuple(row) for row in EVENT_TYPES]
