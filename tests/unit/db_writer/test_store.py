"""Exactly once, whatever the cuts, the failures and the fate of the journal."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.db_writer.pending import CHUNK
from services.db_writer.store import Store
from shared.db.sqlite import connect_writer, sqlite3
from shared.errors import DatabaseError
from shared.messages.facts import EntriesLost, NetworkInterface, SessionBroken, SessionClosed
from shared.messages.match import RoundWon, ScoreChanged
from shared.messages.pss import ClockTicked, ResultKind, RoundSet, ScoreShown, UnknownReceived
from shared.messages.service import Position
from shared.messages.wire import ParsedEntries, ParsedEntry
from tests.unit.db_writer.ring import LOOPBACK, NOW_US, START_US, Dump, Ring, dump, message


def venue() -> list[ParsedEntries]:
    """Two rings with reloads, two senders, breaks of sessions, and more rows than one statement takes."""
    rings = [Ring("ring-1"), Ring("ring-2")]
    for ring in rings:
        ring.open(f"{ring.name}-a", LOOPBACK)
        ring.load(f"{ring.name}-m1")
        ring.bout()
        ring.source = ("10.0.0.9", 1234)
        for second in range(2 * CHUNK + 7):
            ring.say(f"clk;{second};", ClockTicked(clock_ms=second * 1000))
        ring.load(f"{ring.name}-m2", number="102")
        ring.open(f"{ring.name}-b")
        ring.fact(SessionBroken(broken_session=f"{ring.name}-a", from_us=START_US, to_us=START_US + 1))
        ring.load(f"{ring.name}-m1")
        ring.say("xyz;", UnknownReceived(stream="xyz"), kind=ResultKind.UNKNOWN)
        ring.fact(SessionClosed(reason="asked for"))
    one, two = (ring.batches(20) for ring in rings)
    return [batch for pair in zip(one, two, strict=True) for batch in pair]


@contextmanager
def fresh(template: Path, folder: Path) -> "Iterator[sqlite3.Connection]":
    """A copy of the database `template`, which nobody has open."""
    path = folder / "copy.db"
    path.write_bytes(template.read_bytes())
    try:
        with closing(connect_writer(path)) as connection:
            yield connection
    finally:
        path.unlink()


def single(batches: list[ParsedEntries]) -> Iterator[ParsedEntries]:
    """The same entries, one a batch."""
    for batch in batches:
        for number, parsed in enumerate(batch.results, batch.first):
            yield ParsedEntries(batch.ring, batch.journal_id, batch.session, "", number, [parsed])


def test_applied_again_nothing_changes(store: Store, connection: "sqlite3.Connection") -> None:
    """The same entries from the same or from a new process are skipped."""
    batches = venue()
    entries = sum(len(batch.results) for batch in batches)
    first = store.apply(batches, now_us=NOW_US)
    assert (first.entries, first.skipped, first.refused) == (entries, 0, 0)
    assert first.messages == connection.execute("SELECT count(*) FROM pss_events_v2").fetchone()[0]
    before = dump(connection)
    for again in (store, Store(connection)):
        applied = again.apply(batches, now_us=NOW_US + 1)
        assert (applied.entries, applied.messages, applied.skipped) == (0, 0, entries)
        assert applied.positions == first.positions == again.positions()
        assert dump(connection) == before


def test_a_batch_that_is_stored_in_part_goes_on_where_it_stopped(
    store: Store, connection: "sqlite3.Connection"
) -> None:
    ring = Ring()
    ring.open("session-1")
    ring.load("m1")
    store.apply(ring.batches(), now_us=NOW_US)
    ring.bout()
    applied = store.apply(ring.batches(), now_us=NOW_US)
    assert (applied.entries, applied.skipped) == (6, 6)
    found = connection.execute("SELECT entry FROM raw_datagrams ORDER BY id").fetchall()
    assert [entry for (entry,) in found] == list(range(2, ring.entry + 1))


@pytest.fixture(scope="module")
def at_once(migrated: bytes, tmp_path_factory: pytest.TempPathFactory) -> Dump:
    """What the venue's entries leave in a database after one transaction."""
    path = tmp_path_factory.mktemp("at once") / "restrike.db"
    path.write_bytes(migrated)
    with closing(connect_writer(path)) as connection:
        Store(connection).apply(venue(), now_us=NOW_US)
        return dump(connection)


@pytest.mark.slow
@given(cuts=st.lists(st.tuples(st.integers(1, 60), st.booleans(), st.booleans()), min_size=1, max_size=30))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_cuts_do_not_matter(path: Path, tmp_path: Path, at_once: Dump, cuts: list[tuple[int, bool, bool]]) -> None:
    """However entries are cut into transactions, wherever a new process goes on, whichever transaction is sent twice,
    the database is the same as after one transaction.
    """
    with fresh(path, tmp_path) as connection:
        assert _apply_cut(connection, list(single(venue())), cuts) == at_once


def _apply_cut(
    connection: "sqlite3.Connection", entries: list[ParsedEntries], cuts: list[tuple[int, bool, bool]]
) -> Dump:
    store = Store(connection)
    turn = 0
    while entries:
        size, is_new_process, is_sent_twice = cuts[turn % len(cuts)]
        turn += 1
        store.apply(entries[:size], now_us=NOW_US)
        if is_new_process:
            store = Store(connection)
        if is_sent_twice:
            store.apply(entries[:size], now_us=NOW_US)
        entries = entries[size:]
    return dump(connection)


def test_careful_is_the_same_as_fast(path: Path, tmp_path: Path) -> None:
    """With one refused entry at the end, everything before it is stored as if it were not there."""
    batches = venue()
    spoilt = Ring("ring-3")
    spoilt.open("spoilt")
    spoilt.say("sc1;", ScoreShown(), ScoreChanged(athlete=1, before=0, after=2**70))
    with fresh(path, tmp_path) as connection:
        store = Store(connection)
        store.apply(batches, now_us=NOW_US)
        store.apply(spoilt.batches(), now_us=NOW_US)
        expected = dump(connection)
    with fresh(path, tmp_path) as connection:
        applied = Store(connection).apply([*batches, *spoilt.batches()], now_us=NOW_US)
        assert applied.refused == 1
        assert dump(connection) == expected


def test_a_refused_entry_is_stored_raw(store: Store, connection: "sqlite3.Connection") -> None:
    """A value that the database does not take costs what was understood of that entry, and nothing else."""
    ring = Ring()
    ring.open("session-1")
    ring.load("m1")
    too_big = ScoreChanged(athlete=1, before=0, after=2**63)
    first = message("sc1;9;", ScoreShown(chong=9), too_big, ring=ring, kind=ResultKind.RECOGNIZED)
    second = message("clk;1;", ClockTicked(clock_ms=1000), ring=ring, kind=ResultKind.RECOGNIZED)
    ring.datagram(b"sc1;9;clk;1;", first, second)
    ring.bout()
    applied = store.apply(ring.batches(), now_us=NOW_US)
    assert (applied.entries, applied.refused) == (ring.entry, 1)
    raw = connection.execute("SELECT body FROM raw_datagrams WHERE entry = 7").fetchall()
    assert raw == [(b"sc1;9;clk;1;",)]
    columns = "event_index, raw_data, is_valid, match_id, parsed_data"
    events = connection.execute(f"SELECT {columns}, error_message FROM pss_events_v2 WHERE event_sequence = 7")
    found = events.fetchall()
    assert [row[:5] for row in found] == [(0, "sc1;9;", 0, None, None), (1, "clk;1;", 0, None, None)]
    assert all("OverflowError" in row[5] for row in found)
    (explanation,) = connection.execute("SELECT explanation FROM findings WHERE rule = 'db.entry_refused'").fetchone()
    assert "OverflowError" in explanation
    assert connection.execute("SELECT count(*) FROM pss_events_v2").fetchone() == (13,)
    assert connection.execute("SELECT score_value FROM pss_scores").fetchall() == [(3,)]
    assert connection.execute("SELECT packets_received, parse_errors FROM udp_server_sessions").fetchone() == (12, 1)
    assert store.apply(ring.batches(), now_us=NOW_US).skipped == ring.entry


def test_a_refused_fact_and_a_text_that_is_no_unicode(store: Store, connection: "sqlite3.Connection") -> None:
    ring = Ring()
    ring.open("session-1", LOOPBACK, NetworkInterface(name="big", address="10.0.0.1", mtu=2**64))
    ring.datagram(b"a\xffb", message("a\udcffb", RoundSet(round=1), ring=ring, kind=ResultKind.RECOGNIZED))
    applied = store.apply(ring.batches(), now_us=NOW_US)
    assert (applied.entries, applied.refused) == (2, 2)
    assert connection.execute("SELECT body FROM raw_datagrams").fetchall() == [(b"a\xffb",)]
    assert connection.execute("SELECT raw_data FROM pss_events_v2").fetchall() == [("a\\udcffb",)]
    assert connection.execute("SELECT entry FROM findings ORDER BY id").fetchall() == [(1,), (2,)]
    assert connection.execute("SELECT status, last_entry FROM udp_server_sessions").fetchall() == [("open", 2)]


def test_rows_that_are_there_already_refuse_and_are_kept(store: Store, connection: "sqlite3.Connection") -> None:
    """A database whose watermark was lost: what is there stays, and nothing is there twice."""
    ring = Ring()
    ring.open("session-1")
    ring.load("m1")
    store.apply(ring.batches(), now_us=NOW_US)
    before = dump(connection, tables=["raw_datagrams", "pss_events_v2", "pss_event_details"])
    connection.execute("DELETE FROM watermarks")
    applied = Store(connection).apply(ring.batches(), now_us=NOW_US)
    assert applied.refused == 5
    assert dump(connection, tables=["raw_datagrams", "pss_events_v2", "pss_event_details"]) == before


def test_a_row_that_somebody_deleted_is_made_again(store: Store, connection: "sqlite3.Connection") -> None:
    """What is kept in memory gives way to what the database says."""
    ring = Ring()
    ring.open("session-1")
    ring.load("m1")
    store.apply(ring.batches(), now_us=NOW_US)
    connection.execute("PRAGMA foreign_keys = OFF")
    for table in ("pss_event_details", "pss_events_v2", "pss_match_athletes", "pss_rounds", "pss_matches"):
        connection.execute(f"DELETE FROM {table}")
    connection.execute("PRAGMA foreign_keys = ON")
    ring.say("clk;1;", ClockTicked(clock_ms=1000))
    applied = store.apply(ring.batches(), now_us=NOW_US)
    assert applied.entries == 1
    ring.say("clk;2;", ClockTicked(clock_ms=2000))
    assert store.apply(ring.batches(), now_us=NOW_US).refused == 0
    assert connection.execute("SELECT match_id FROM pss_matches").fetchall() == [("m1",)]


def test_disk_full_stores_nothing_and_goes_on(store: Store, connection: "sqlite3.Connection") -> None:
    batches = venue()
    store.apply(batches[:4], now_us=NOW_US)
    before = dump(connection)
    positions = store.positions()
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    for _ in range(2):
        with pytest.raises(DatabaseError) as caught:
            store.apply(batches[4:], now_us=NOW_US)
        assert caught.value.code == "db.write_failed"
        assert "full" in str(caught.value.value)
        assert not connection.in_transaction
        assert dump(connection) == before
        assert store.positions() == positions
    connection.execute("PRAGMA max_page_count = 1000000")
    applied = store.apply(batches[4:], now_us=NOW_US)
    assert (applied.skipped, applied.refused) == (0, 0)
    after = dump(connection)
    assert Store(connection).apply(batches, now_us=NOW_US).entries == 0
    assert dump(connection) == after


def test_after_a_failure_the_result_is_the_same(path: Path, tmp_path: Path) -> None:
    batches = venue()
    with fresh(path, tmp_path) as connection:
        Store(connection).apply(batches, now_us=NOW_US)
        expected = dump(connection)
    with fresh(path, tmp_path) as connection:
        store = Store(connection)
        store.apply(batches[:5], now_us=NOW_US)
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(DatabaseError):
            store.apply(batches[5:], now_us=NOW_US)
        connection.execute("PRAGMA max_page_count = 1000000")
        store.apply(batches[5:], now_us=NOW_US)
        assert dump(connection) == expected


def test_a_database_held_by_another_writer_is_tried_again(
    store: Store, connection: "sqlite3.Connection", path: Path
) -> None:
    connection.execute("PRAGMA busy_timeout = 1")
    batches = venue()
    with closing(connect_writer(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseError) as caught:
            store.apply(batches, now_us=NOW_US)
        assert caught.value.code == "db.write_failed"
        other.execute("ROLLBACK")
    assert store.apply(batches, now_us=NOW_US).skipped == 0


def test_a_rewound_journal_swallows_nothing(store: Store, connection: "sqlite3.Connection") -> None:
    """An older copy of the journal goes on with numbers that are stored already, in a session that is not."""
    ring = Ring()
    ring.open("session-1")
    ring.load("m1")
    store.apply(ring.batches(), now_us=NOW_US)
    ring.rewind(3)
    ring.open("session-2")
    ring.say("clk;1;", ClockTicked(clock_ms=1000))
    applied = store.apply(ring.batches(), now_us=NOW_US)
    assert (applied.entries, applied.skipped) == (2, 3)
    assert store.positions() == applied.positions == {"ring-1": Position("journal-1", "session-2", 5)}
    marks = connection.execute("SELECT session_uuid, entry FROM watermarks ORDER BY 1").fetchall()
    assert marks == [("session-1", 6), ("session-2", 5)]
    found = connection.execute("SELECT raw_data FROM pss_events_v2 WHERE event_sequence = 5 ORDER BY id").fetchall()
    assert found == [("mch;101;",), ("clk;1;",)]


def test_a_new_journal_swallows_nothing(store: Store) -> None:
    old, new = Ring(), Ring(journal_id="journal-2")
    old.open("session-1")
    old.load("m1")
    new.open("session-2")
    store.apply(old.batches(), now_us=NOW_US)
    assert store.apply(new.batches(), now_us=NOW_US).entries == 1
    assert store.positions() == {"ring-1": Position("journal-2", "session-2", 1)}


def test_a_session_whose_beginning_is_gone(store: Store, connection: "sqlite3.Connection") -> None:
    """A journal that was trimmed and a new database: the session begins with what is there."""
    ring = Ring()
    ring.open("session-1")
    ring.load("m1")
    store.apply(ring.batches(after=3), now_us=NOW_US)
    found = connection.execute(
        "SELECT ring, session_uuid, status, start_time, packets_received FROM udp_server_sessions"
    )
    assert found.fetchall() == [("ring-1", "session-1", "open", "2026-03-01T09:30:04.002000Z", 3)]


def test_an_empty_batch_says_nothing_and_lost_entries_are_passed_over(store: Store) -> None:
    ring = Ring()
    ring.open("session-1")
    store.apply(ring.batches(), now_us=NOW_US)
    empty = ParsedEntries("ring-1", "journal-1", "session-1", "session-1", 90, [])
    assert store.apply([empty], now_us=NOW_US).positions == {}
    ring.fact(EntriesLost(from_entry=2, to_entry=9, from_us=0, to_us=1))
    (last,) = ring.batches(after=1)
    lost = ParsedEntries("ring-1", "journal-1", "session-1", "session-1", 2, last.results, through=9)
    assert store.apply([lost], now_us=NOW_US).positions == {"ring-1": Position("journal-1", "session-1", 9)}
    assert store.positions() == {"ring-1": Position("journal-1", "session-1", 9)}
    assert store.apply([lost], now_us=NOW_US).skipped == 1


def test_positions_are_per_ring_and_nothing_is_known_of_others(store: Store) -> None:
    applied = store.apply(venue(), now_us=NOW_US)
    assert set(applied.positions) == {"ring-1", "ring-2"}
    assert all(position.session.endswith("-b") for position in store.positions().values())


def test_a_mistake_of_ours_leaves_no_transaction_open(store: Store, connection: "sqlite3.Connection") -> None:
    ring = Ring()
    ring.open("session-1")
    (batch,) = ring.batches()
    broken: list[ParsedEntry] = [*batch.results, None]  # type: ignore[list-item]  # what no parser may send
    with pytest.raises(AttributeError):
        store.apply(
            [ParsedEntries("ring-1", "journal-1", "session-1", "", 1, broken)],
            now_us=NOW_US,
        )
    assert not connection.in_transaction
    assert store.positions() == {}
    assert store.apply([batch], now_us=NOW_US).entries == 1


def test_a_round_without_a_match_has_no_row(store: Store, connection: "sqlite3.Connection") -> None:
    ring = Ring()
    ring.open("session-1")
    ring.round = 2
    ring.say("wrd;", ScoreShown(), RoundWon(round=2, winner=1), ScoreChanged(athlete=1, before=0, after=1))
    assert store.apply(ring.batches(), now_us=NOW_US).refused == 0
    assert connection.execute("SELECT count(*) FROM pss_rounds").fetchone() == (0,)
    assert connection.execute("SELECT match_id, round_id, score_value FROM pss_scores").fetchall() == [(None, None, 1)]
