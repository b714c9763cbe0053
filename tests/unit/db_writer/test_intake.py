"""What waits to be stored: how transactions are cut, and how rings that are behind are caught up."""

from collections.abc import Callable

import pytest

from services.db_writer.intake import CUT, MESSAGES, PAGE, SMALLEST_PAGE, Intake, cut
from services.db_writer.store import Store
from shared.db.sqlite import sqlite3
from shared.errors import NetworkError
from shared.messages.commands import EventsPage, ReplayEvents
from shared.messages.pss import ClockTicked, ResultKind
from shared.messages.wire import ParsedEntries
from tests.unit.db_writer.ring import NOW_US, Ring, dump, message


def journal(name: str = "ring-1", *, entries: int = 30) -> Ring:
    ring = Ring(name)
    ring.open(f"{name}-a")
    for number in range(1, entries):
        ring.say(f"clk;{number};", ClockTicked(clock_ms=number))
    return ring


def answer(*rings: Ring) -> Callable[[ReplayEvents], EventsPage]:
    """What pss-parser answers, in pages of 20 entries."""
    known = {ring.name: ring for ring in rings}

    def ask(command: ReplayEvents) -> EventsPage:
        ring = known[command.ring]
        session = ring.session if command.after_entry else None
        batches = ring.batches(20, after=command.after_entry)[:1]
        return EventsPage(
            journal_id=ring.journal_id, session_at_after=session, end=ring.entry, warming_up=False, batches=batches
        )

    return ask


def make(store: Store, ask: Callable[[ReplayEvents], EventsPage]) -> Intake:
    return Intake(store, ask, now_us=lambda: NOW_US)


def test_a_transaction_takes_so_many_entries_and_messages() -> None:
    """A batch is cut where need be; its parts are continuations of each other, and the last one keeps `through`."""
    ring = journal(entries=CUT + 500)
    (batch,) = ring.batches(CUT + 500)
    batch = ParsedEntries("ring-1", "journal-1", "ring-1-a", "before", 1, batch.results, 2_000)
    empty = ParsedEntries("ring-1", "journal-1", "ring-1-a", "ring-1-a", 2_001, [], 2_010)
    (head,), rest = cut([batch, empty])
    assert (head.previous_session, head.first, head.last, head.through) == ("before", 1, CUT, 0)
    tail, last = rest
    assert (tail.previous_session, tail.first, len(tail.results), tail.last) == ("ring-1-a", CUT + 1, 500, 2_000)
    assert last is empty
    assert cut(rest) == (rest, [])
    many = Ring()
    many.session = "many"
    said = message("clk;1;", ClockTicked(clock_ms=1), ring=many, kind=ResultKind.RECOGNIZED)
    for _ in range(200):
        many.datagram(b"", *[said] * 65)
    head, *_ = cut(many.batches())[0]
    assert MESSAGES <= len(head.results) * 65 < MESSAGES + 65


def test_a_page_is_stored_in_several_transactions(store: Store, connection: "sqlite3.Connection") -> None:
    """Nothing is left out or stored twice, and the ring goes on live afterwards."""
    ring = journal()
    intake = Intake(store, answer(ring), now_us=lambda: NOW_US, most_entries=lambda: 7)
    intake.take(ring.batches(after=10)[0])
    assert intake.behind == {"ring-1": "journal-1"}
    counts = []
    while intake.behind:
        intake.catch_up("ring-1")
        while (applied := intake.commit()) is not None:
            counts.append(applied.entries)
    assert counts == [7, 7, 6, 7, 3]
    assert intake.stored()["ring-1"].entry == 30
    ring.say("clk;1;", ClockTicked(clock_ms=1))
    (live,) = ring.batches(after=30)
    intake.take(ParsedEntries(live.ring, live.journal_id, live.session, live.session, 31, live.results))
    assert intake.commit() is not None
    assert len(dump(connection)["raw_datagrams"]) == 30


def test_a_failure_is_of_the_rings_in_the_transaction(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others go on live."""
    one, two = journal("ring-1"), journal("ring-2")
    intake = make(store, answer(one, two))
    intake.take(one.batches()[0])
    assert intake.commit() is not None
    intake.take(two.batches()[0])
    with monkeypatch.context() as patch:
        patch.setattr(store, "apply", None)
        with pytest.raises(TypeError):
            intake.commit()
    assert intake.behind == {"ring-2": "journal-1"}
    assert intake.pending == []
    one.say("clk;1;", ClockTicked(clock_ms=1))
    (live,) = one.batches(after=30)
    intake.take(ParsedEntries(live.ring, live.journal_id, live.session, live.session, 31, live.results))
    assert len(intake.pending) == 1


def test_lost_entries_that_begin_where_we_have_something_make_the_ring_behind(store: Store) -> None:
    ring = journal()
    intake = make(store, answer(ring))
    intake.take(ring.batches()[0])
    intake.take(ParsedEntries("ring-1", "journal-1", "ring-1-a", "ring-1-a", 20, [], through=40))
    assert intake.behind == {"ring-1": "journal-1"}


def test_a_parser_that_is_slow_is_asked_for_less(store: Store) -> None:
    """And for as much as before once it answers."""
    ring, asked, is_slow = journal(), [], True

    def ask(command: ReplayEvents) -> EventsPage:
        asked.append(command.limit)
        if is_slow:
            raise NetworkError("service.no_answer", "It did not answer.")
        return answer(ring)(command)

    intake = make(store, ask)
    intake.take(ring.batches(after=10)[0])
    for _ in range(8):
        with pytest.raises(NetworkError):
            intake.catch_up("ring-1")
    assert (asked[0], asked[1], asked[-1]) == (PAGE, PAGE // 2, SMALLEST_PAGE)
    is_slow = False
    intake.catch_up("ring-1")
    intake.catch_up("ring-1")
    assert asked[-1] == 2 * SMALLEST_PAGE
