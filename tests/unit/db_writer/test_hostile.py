"""The store against floods, holes in the journal and mistakes of ours."""

import pytest

from services.db_writer.matches import Matches
from services.db_writer.sessions import CROWD, MOST_CLIENTS
from services.db_writer.store import Store
from shared.db.sqlite import sqlite3
from shared.messages.facts import EntriesLost
from shared.messages.match import Finding, MatchLoaded, RoundWon, Severity
from shared.messages.pss import MatchDescribed, ScoreShown, SuperiorityShown
from shared.messages.service import Position
from shared.messages.wire import ParsedEntries
from tests.unit.db_writer.ring import NOW_US, Ring


def test_a_tombstone_that_starts_at_what_is_stored_is_kept(store: Store, connection: "sqlite3.Connection") -> None:
    """The finding that entries are lost gets the first number that we do not have: it is one of the lost ones."""
    ring = Ring()
    ring.open("session-1")
    ring.load("m1")
    store.apply(ring.batches(), now_us=NOW_US)
    finding = Finding(rule="lost", severity=Severity.ERROR, explanation="Lost.")
    ring.fact(EntriesLost(from_entry=4, to_entry=9, from_us=0, to_us=1), finding)
    (last,) = ring.batches(after=6)
    lost = ParsedEntries("ring-1", "journal-1", "session-1", "session-1", 4, last.results, through=9)
    assert store.apply([lost], now_us=NOW_US).entries == 1
    assert connection.execute("SELECT rule, entry FROM findings").fetchall() == [("lost", 7)]
    assert store.positions() == {"ring-1": Position("journal-1", "session-1", 9)}
    assert store.apply([lost], now_us=NOW_US).skipped == 1


def test_a_mistake_of_ours_in_one_entry_costs_that_entry_only(
    store: Store, connection: "sqlite3.Connection", monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = Ring()
    ring.open("session-1")
    ring.bout()

    def forget(*_: object) -> None:
        raise KeyError("mistake")

    monkeypatch.setattr(Matches, "round_won", forget)
    ring.match_id = "m1"
    ring.say("wrd;", ScoreShown(), RoundWon(round=1, winner=1))
    applied = store.apply(ring.batches(), now_us=NOW_US)
    assert (applied.entries, applied.refused) == (8, 1)
    (error,) = connection.execute("SELECT error_message FROM pss_events_v2 WHERE event_sequence = 8").fetchone()
    assert error == "KeyError: 'mistake'"


def test_a_load_that_is_told_many_times_is_adopted_once(store: Store, connection: "sqlite3.Connection") -> None:
    ring = Ring()
    ring.open("session-1")
    began = ring.load("m1")
    for number in range(20):
        again = MatchLoaded(match_id="m1", load_entry=began, is_reload=False, match_number=str(number))
        ring.say("mch;", MatchDescribed(match_number=str(number)), again)
    seen: list[str] = []
    connection.set_trace_callback(seen.append)
    store.apply(ring.batches(), now_us=NOW_US)
    connection.set_trace_callback(None)
    assert len([text for text in seen if "UPDATE pss_events_v2" in text]) == 1
    assert connection.execute("SELECT count(*) FROM pss_events_v2 WHERE match_id IS NULL").fetchone() == (0,)


def test_a_flood_of_senders_is_one_row_beyond_a_thousand(store: Store, connection: "sqlite3.Connection") -> None:
    ring = Ring()
    ring.open("session-1")
    for port in range(1, MOST_CLIENTS + 21):
        ring.source = ("192.0.2.1", port)
        ring.say("sup;1", SuperiorityShown())
    store.apply(ring.batches(700), now_us=NOW_US)
    ring.say("sup;1", SuperiorityShown())
    Store(connection).apply(ring.batches(), now_us=NOW_US)
    columns = "client_address, client_port, packets_received"
    rows = connection.execute(f"SELECT {columns} FROM udp_client_connections ORDER BY id").fetchall()
    assert len(rows) == MOST_CLIENTS + 1
    assert rows[-1] == (*CROWD, 21)


def test_how_many_senders_are_told_apart_may_change(store: Store, connection: "sqlite3.Connection") -> None:
    """From one datagram to the next: who is known stays, who is new is one of the crowd."""
    most = 2
    store.keep_clients(lambda: most)
    ring = Ring()
    ring.open("session-1")
    for port in (1, 2, 3):
        ring.source = ("192.0.2.1", port)
        ring.say("sup;1", SuperiorityShown())
    store.apply(ring.batches(), now_us=NOW_US)
    most = 4
    ring.source = ("192.0.2.1", 4)
    ring.say("sup;1", SuperiorityShown())
    store.apply(ring.batches(), now_us=NOW_US)
    rows = connection.execute("SELECT client_port FROM udp_client_connections ORDER BY id").fetchall()
    assert rows == [(1,), (2,), (0,), (4,)]
