"""The text index follows the events in slices, forgets and learns rows, and never stands in the way of the stream."""

from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from services.db_writer.store import Store
from services.db_writer.text_index import TextIndex, reindex, unindex
from services.db_writer.upkeep import Upkeep
from shared.db.sqlite import sqlite3
from shared.messages.pss import ClockTicked, ResultKind, UnknownReceived
from tests.unit.db_writer.ring import NOW_US, Ring

CHECK = "INSERT INTO search_events (search_events, rank) VALUES ('integrity-check', 1)"


@pytest.fixture
def ring(store: Store) -> Ring:
    """Stored: a match, and 700 other messages."""
    ring = Ring()
    ring.open("session-1")
    ring.load("m1")
    for number in range(700):
        ring.say(f"clk;{number};", ClockTicked(clock_ms=number))
    ring.say("xyz;Čačić Marija;", UnknownReceived(stream="xyz"), kind=ResultKind.UNKNOWN)
    store.apply(ring.batches(), now_us=NOW_US)
    return ring


def found(connection: "sqlite3.Connection", words: str) -> list[int]:
    rows = connection.execute("SELECT rowid FROM search_events WHERE search_events MATCH ? ORDER BY rowid", (words,))
    return [event for (event,) in rows.fetchall()]


def index_all(connection: "sqlite3.Connection", *, limit: int = 300, turns: int = 1_000) -> None:
    """Turn until nothing is left, or as often as that: the first turn merges."""
    index = TextIndex(connection)
    while turns and index.turn(limit=limit):
        turns -= 1
        assert not connection.in_transaction


def test_slices_until_nothing_is_left(store: Store, connection: "sqlite3.Connection", ring: Ring) -> None:
    """Each is a transaction that says whether more is left; what is stored later is found later."""
    index = TextIndex(connection)
    while index.turn(limit=10) and not found(connection, "pre"):
        pass
    assert connection.execute("SELECT through_event_id FROM search_progress").fetchone() == (10,)
    assert found(connection, "cacic") == []
    while index.turn(limit=300):
        assert not connection.in_transaction
    assert found(connection, "cacic mar*") == [706]
    assert not index.turn()
    ring.say("xyz;again čačić;", UnknownReceived(stream="xyz"), kind=ResultKind.UNKNOWN)
    store.apply(ring.batches(), now_us=NOW_US)
    index_all(connection)
    assert found(connection, "cacic") == [706, 707]
    connection.execute(CHECK)


def test_letters_with_strokes_are_indexed_as_plain_ones(
    store: Store, connection: "sqlite3.Connection", ring: Ring
) -> None:
    """And are forgotten the same way, so that the index stays sound."""
    ring.say("xyz;Dunja ĐURIĆ;Weiß;", UnknownReceived(stream="xyz"), kind=ResultKind.UNKNOWN)
    store.apply(ring.batches(), now_us=NOW_US)
    index_all(connection)
    assert found(connection, "duric weiss") == [707]
    connection.execute(CHECK)
    connection.execute("BEGIN")
    unindex(connection, [707])
    assert found(connection, "duric") == []
    reindex(connection, [707])
    connection.execute("COMMIT")
    assert found(connection, "duric") == [707]
    connection.execute(CHECK)


def test_rows_are_forgotten_and_brought_back(store: Store, connection: "sqlite3.Connection", ring: Ring) -> None:
    """The ids of rows that went are not given again, not even when they were the last."""
    index_all(connection)
    gone = range(600, 707)
    rows = connection.execute("SELECT * FROM pss_events_v2 WHERE id >= 600").fetchall()
    connection.execute("BEGIN")
    unindex(connection, gone)
    connection.execute("DELETE FROM pss_event_details WHERE event_id >= 600")
    connection.execute("DELETE FROM pss_events_v2 WHERE id >= 600")
    connection.execute("COMMIT")
    connection.execute(CHECK)
    assert found(connection, "cacic") == []
    store.forget()
    ring.say("clk;1;", ClockTicked(clock_ms=1))
    store.apply(ring.batches(), now_us=NOW_US)
    assert connection.execute("SELECT max(id) FROM pss_events_v2").fetchone() == (707,)
    connection.execute("BEGIN")
    marks = ", ".join("?" * len(rows[0]))
    connection.executemany(f"INSERT INTO pss_events_v2 VALUES ({marks})", rows)
    reindex(connection, gone)
    connection.execute("COMMIT")
    assert found(connection, "cacic") == [706]
    index_all(connection)
    connection.execute(CHECK)


@pytest.mark.usefixtures("ring")
def test_what_the_index_did_not_reach_needs_no_forgetting(connection: "sqlite3.Connection") -> None:
    """It is passed over, as it is not in the index, and is its turn later."""
    index_all(connection, limit=100, turns=2)
    connection.execute("BEGIN")
    unindex(connection, [100, 101])
    reindex(connection, [100, 101])
    connection.execute("COMMIT")
    index_all(connection)
    connection.execute(CHECK)
    assert len(found(connection, "clk")) == 700


class Loop:
    """What Upkeep knows of the loop."""

    def __init__(self, connection: Any) -> None:
        self.is_free = False
        self.turns = 0
        log: structlog.stdlib.BoundLogger = structlog.get_logger()
        self.upkeep = Upkeep(connection, is_free=lambda: self.is_free, turn_again=self._turn_again, log=log)

    def _turn_again(self) -> None:
        self.turns += 1


@pytest.mark.usefixtures("ring")
def test_upkeep_waits_for_a_free_turn(connection: "sqlite3.Connection") -> None:
    """Nothing is done while something waits to be stored; then a slice a turn, until nothing is left."""
    loop, progress = Loop(connection), "SELECT through_event_id FROM search_progress"
    loop.upkeep.turn()
    assert connection.execute(progress).fetchone() == (0,)
    loop.is_free = True
    for _ in range(50):
        before = loop.turns
        loop.upkeep.turn()
        if loop.turns == before:
            break
    assert connection.execute(progress).fetchone() == (706,)
    connection.execute("UPDATE search_progress SET through_event_id = 700")
    loop.upkeep.turn()
    assert connection.execute(progress).fetchone() == (700,)
    loop.upkeep.look()
    loop.upkeep.turn()
    assert connection.execute(progress).fetchone() == (706,)


@pytest.mark.usefixtures("ring")
def test_upkeep_that_fails_is_told_once_and_tried_again(connection: "sqlite3.Connection") -> None:
    """As on a full disk: nothing is left half done, and nobody else is kept waiting."""
    loop = Loop(connection)
    loop.is_free = True
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with capture_logs() as logs:
        for _ in range(3):
            loop.upkeep.look()
            loop.upkeep.turn()
            assert not connection.in_transaction
    assert [entry["event"] for entry in logs] == ["upkeep_failed"]
    connection.execute("PRAGMA max_page_count = 1000000")
    loop.upkeep.look()
    for _ in range(20):
        loop.upkeep.turn()
    assert found(connection, "pre") == [1]
