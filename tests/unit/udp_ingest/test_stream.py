"""A ring's stream: numbers, batches, sessions, and the batch that stands for what was lost."""

import msgspec
import pytest

from services.udp_ingest.stream import Stream, lost_batch, tells_the_end
from shared.clock import unix_ns
from shared.journal import RingEnd, StoredBatch
from shared.messages.facts import CloseAsked, EntriesLost, ReplayEnded, SessionBroken, SessionClosed, SessionOpened
from shared.messages.wire import Datagrams

NEW = RingEnd(last=0, session="", body=None)
OPENED = SessionOpened(
    address="127.0.0.1",
    port=8888,
    interface="lo",
    max_packet_bytes=65535,
    receive_buffer_bytes=1,
    receive_buffer_asked_bytes=1,
    auto_start=True,
    interfaces=[],
)
FACT = ReplayEnded(address="127.0.0.1", port=1)


def decoded(batch: StoredBatch | None) -> Datagrams:
    assert batch is not None
    return msgspec.msgpack.decode(batch.body, type=Datagrams)


def stream(end: RingEnd = NEW) -> Stream:
    return Stream("ring-1", journal_id="j", end=end)


def test_numbers_go_on_from_the_journal() -> None:
    """The first entry follows the journal's last one, every batch follows the one before."""
    ring = stream(RingEnd(last=41, session="old", body=None))
    ring.note(FACT)
    first = decoded(ring.take_batch())
    ring.note(FACT)
    ring.note(FACT)
    second = decoded(ring.take_batch())
    assert (first.first, first.last, second.first, second.last) == (42, 42, 43, 44)
    assert ring.position().entry == 44


def test_without_entries_there_is_no_batch() -> None:
    """Nothing pending: nothing to journal. The standing batch is empty and says what comes next."""
    ring = stream()
    assert ring.take_batch() is None
    standing = ring.standing()
    assert (standing.first, standing.last, standing.entries) == (1, 0, [])


def test_a_batch_names_its_session_and_the_one_before() -> None:
    """Only the first batch of a session names another session as its past."""
    ring = stream(RingEnd(last=1, session="old", body=None))
    ring.open_session(OPENED, last_alive_us=None)
    first = decoded(ring.take_batch())
    ring.note(FACT)
    second = decoded(ring.take_batch())
    assert first.previous_session == "old"
    assert first.session == second.session == second.previous_session == ring.session != "old"


def test_what_is_stored_says_the_same_as_the_batch() -> None:
    """The row beside the body: ring, first, last, session and the last entry's time."""
    ring = stream()
    ring.open_session(OPENED, last_alive_us=None)
    ring.note(FACT)
    stored = ring.take_batch()
    batch = decoded(stored)
    assert stored is not None
    assert (stored.ring, stored.first, stored.last) == (batch.ring, batch.first, batch.last)
    assert (stored.session, stored.received_at_us) == (batch.session, batch.entries[-1].received_at_us)


def _end(*facts: object) -> RingEnd:
    ring = stream()
    ring.open_session(OPENED, last_alive_us=None)
    for fact in facts:
        ring.note(fact)  # type: ignore[arg-type]  # any fact
    batch = ring.take_batch()
    assert batch is not None
    return RingEnd(last=batch.last, session=batch.session, body=batch.body)


def test_a_session_that_was_closed_is_not_broken() -> None:
    """The journal's last entry closes it."""
    ring = stream(_end(SessionClosed(reason="asked")))
    ring.open_session(OPENED, last_alive_us=1)
    assert [type(entry.fact) for entry in ring.pending] == [SessionOpened]


@pytest.mark.parametrize(("alive_after_us", "from_after_us"), [(None, 0), (-5_000_000, 0), (1, 1)])
def test_a_session_without_an_end_was_broken(alive_after_us: int | None, from_after_us: int) -> None:
    """The hole begins when the process was last heard of: its last entry, or its last sign of life if that is later. It
    is told once.
    """
    end = _end(FACT)
    heard_us = msgspec.msgpack.decode(end.body or b"", type=Datagrams).entries[-1].received_at_us
    ring = stream(end)
    ring.open_session(OPENED, last_alive_us=None if alive_after_us is None else heard_us + alive_after_us)
    ring.open_session(OPENED, last_alive_us=None)
    (broken,) = [entry.fact for entry in ring.pending if isinstance(entry.fact, SessionBroken)]
    assert broken.broken_session == end.session
    assert broken.from_us == heard_us + from_after_us <= broken.to_us


def test_a_clock_that_was_set_back_makes_no_hole_in_the_future() -> None:
    """The last sign of life lies ahead of the clock: the hole ends no earlier than it begins."""
    ring = stream(_end(FACT))
    ring.open_session(OPENED, last_alive_us=unix_ns() // 1000 + 3_600_000_000)
    broken = ring.pending[1].fact
    assert isinstance(broken, SessionBroken)
    assert broken.from_us <= broken.to_us


def test_the_batch_for_what_was_lost() -> None:
    """One fact that stands for all numbers from the first to the last lost batch, and continues the same sessions."""
    ring = stream(RingEnd(last=9, session="old", body=None))
    ring.open_session(OPENED, last_alive_us=None)
    first = ring.take_batch()
    ring.note(FACT)
    last = ring.take_batch()
    assert first is not None
    assert last is not None
    fact = EntriesLost(from_entry=10, to_entry=11, from_us=1, to_us=2)
    stored = lost_batch(ring, first, last, fact)
    batch = decoded(stored)
    assert (batch.first, batch.through, batch.last, batch.entries[0].fact) == (10, 11, 11, fact)
    assert (stored.first, stored.last, stored.session) == (10, 11, ring.session)


DECISION = CloseAsked(match_id="ring-1.a.1", author="Ana", reason="x")


def test_a_decision_after_the_end_breaks_no_session() -> None:
    """The session was closed; what people decided since, in the same batch or a later one, does not open it."""
    closed = _end(SessionClosed(reason="asked"), DECISION)
    assert tells_the_end(closed.body or b"")
    ring = stream(closed)
    assert not ring.is_broken
    ring.note(DECISION)
    later = ring.take_batch()
    assert later is not None
    assert not tells_the_end(later.body)
    ring = stream(RingEnd(last=later.last, session=later.session, body=closed.body))
    ring.open_session(OPENED, last_alive_us=None)
    assert [type(entry.fact) for entry in ring.pending] == [SessionOpened]


def test_a_decision_in_an_open_session_leaves_it_open() -> None:
    """It ended without a word, whatever a person said last."""
    ring = stream(_end(FACT, DECISION))
    assert ring.is_broken
    ring.open_session(OPENED, last_alive_us=None)
    assert not ring.is_broken
    assert [type(entry.fact) for entry in ring.pending] == [SessionOpened, SessionBroken]
