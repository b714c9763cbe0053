"""A ring's sessions in its journal: opened, closed, broken by a kill; numbers that go on for ever; replays."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.clock import unix_ns
from shared.db.sqlite import connect_writer
from shared.errors import RestrikeError
from shared.messages.commands import BeginReplay, EndReplay, ReplayTicket, RestartRing, StopRing
from shared.messages.facts import (
    InterpretationChosen,
    ReplayBegan,
    ReplayEnded,
    SessionBroken,
    SessionClosed,
    SessionOpened,
)
from shared.messages.wire import Origin
from tests.support.captures import Sender
from tests.support.service import House, Service, bodies, facts
from tests.support.wait import eventually


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path / "home") as made:
        yield made


def _hears(house: House, *expected: bytes) -> None:
    eventually(lambda: bodies(house.entries()), equals=list(expected), within=5, what="datagrams in the journal")


def _send(house: House, *datagrams: bytes) -> None:
    with house.sender() as sender:
        for body in datagrams:
            sender.send(body)
    eventually(lambda: bodies(house.entries())[-len(datagrams) :], equals=list(datagrams), within=5)


def test_a_session_in_order(house: House) -> None:
    """Opened with the socket's and the machine's facts, closed with its reason; the next one follows it."""
    ingest = house.start("udp-ingest")
    _send(house, b"one")
    assert ingest.stop() == 0
    house.start("udp-ingest").stop()
    first, *_, last = (batch for batch in house.stored())
    entries = house.stored_entries()
    opened = facts(entries, SessionOpened)[0]
    assert (opened.address, opened.port, opened.auto_start) == ("127.0.0.1", house.ports["ring-1"], True)
    assert opened.receive_buffer_asked_bytes == 4 * 1024 * 1024
    assert opened.interface in {interface.name for interface in opened.interfaces if interface.is_loopback}
    assert [type(entry.fact) for entry in entries.values()] == [
        SessionOpened,
        InterpretationChosen,
        type(None),
        SessionClosed,
        SessionOpened,
        InterpretationChosen,
        SessionClosed,
    ]
    assert [fact.reason for fact in facts(entries, SessionClosed)] == ["shutdown", "shutdown"]
    assert first.session != last.session
    assert list(entries) == [1, 2, 3, 4, 5, 6, 7]


def test_batches_name_the_session_before(house: House) -> None:
    """Every batch continues the one before it: numbers without a gap, and `previous_session` is that one's session."""
    for _ in range(3):
        ingest = house.start("udp-ingest")
        _send(house, b"a", b"b")
        ingest.stop()
    entry, session = 0, ""
    for batch in house.stored():
        assert (batch.first, batch.previous_session) == (entry + 1, session)
        entry, session = batch.last, batch.session
    assert entry == 3 * 5


def test_a_kill_is_told_with_its_times(house: House) -> None:
    """After kill -9 the next session says which one broke, with times that contain the kill; nothing stored is lost."""
    ingest = house.start("udp-ingest")
    _send(house, b"one", b"two")
    session = house.status().session
    killed_us = unix_ns() // 1000
    ingest.kill()
    house.start("udp-ingest")
    entries = house.entries()
    broken = facts(entries, SessionBroken)
    assert [fact.broken_session for fact in broken] == [session]
    assert broken[0].from_us <= killed_us <= broken[0].to_us
    assert broken[0].to_us - broken[0].from_us < 5_000_000
    assert bodies(entries) == [b"one", b"two"]
    assert list(entries) == list(range(1, len(entries) + 1))
    assert [type(entries[n].fact) for n in (5, 6, 7)] == [SessionOpened, SessionBroken, InterpretationChosen]


def test_a_start_that_failed_in_between_hides_nothing(house: House) -> None:
    """After kill -9, a start with a bad configuration, a good start: the hole still begins before the kill."""
    ingest = house.start("udp-ingest")
    _send(house, b"one")
    killed_us = unix_ns() // 1000
    ingest.kill()
    good = house.paths.config.read_bytes()
    shutil.rmtree(house.paths.config_history)  # else it would go by what was accepted
    house.paths.config.write_text('{"rings": 5}')
    assert house.launch("udp-ingest").ends(within=5) == 2
    house.paths.config.write_bytes(good)
    house.start("udp-ingest")
    (broken,) = facts(house.entries(), SessionBroken)
    assert broken.from_us <= killed_us <= broken.to_us


def test_a_stopped_ring_is_not_broken_by_a_kill(house: House) -> None:
    """The session was closed before the kill: the next start finds nothing broken."""
    ingest = house.start("udp-ingest")
    house.client.call(StopRing(ring="ring-1"))
    ingest.kill()
    house.start("udp-ingest")
    assert facts(house.entries(), SessionBroken) == []


def test_a_number_is_never_used_twice(house: House) -> None:
    """The journal was trimmed of everything: the next entry has the next number, the next session names the last."""
    house.start("udp-ingest").stop()
    batches = house.stored()
    with contextlib.closing(connect_writer(house.paths.journal)) as connection:
        connection.execute(
            "INSERT OR REPLACE INTO rings VALUES ('ring-1', ?, ?)", (batches[-1].last, batches[-1].session)
        )
        connection.execute("DELETE FROM batches")
    house.start("udp-ingest")
    _send(house, b"next")
    after = house.stored()[0]
    assert (after.first, after.previous_session) == (batches[-1].last + 1, batches[-1].session)
    (page, *_) = house.pages(after=batches[-1].last)
    assert page.session_at_after == batches[-1].session
    assert page.first == batches[-1].last + 1


def _begin(house: House, sender: Sender, *, force: bool = False) -> ReplayTicket:
    address, port = sender.source
    return house.client.call(BeginReplay(ring="ring-1", address=address, port=port, file="a.jsonl", force=force))


def _end(house: House, sender: Sender) -> ReplayTicket:
    return house.client.call(EndReplay(ring="ring-1", address=sender.source[0], port=sender.source[1]))


def test_a_replay_is_marked_from_begin_to_end(house: House) -> None:
    """Between ReplayBegan and ReplayEnded the sender's datagrams are a replay's; before and after they are live."""
    house.start("udp-ingest")
    with house.sender(source="127.0.0.2") as sender:
        ticket = _begin(house, sender)
        assert (ticket.address, ticket.port) == ("127.0.0.1", house.ports["ring-1"])
        sender.send(b"one")
        sender.send(b"two")
        _end(house, sender)
        assert (house.status().packets, house.status().bytes) == (2, 6)
        _begin(house, sender)
        _end(house, sender)
        sender.send(b"live")
        _hears(house, b"one", b"two", b"live")
    told = [entry.fact or (entry.body, entry.origin) for entry in list(house.entries().values())[2:]]
    began = ReplayBegan(address="127.0.0.2", port=sender.source[1], file="a.jsonl")
    ended = ReplayEnded(address="127.0.0.2", port=sender.source[1])
    replayed = [(b"one", Origin.REPLAY), (b"two", Origin.REPLAY)]
    assert told == [began, *replayed, ended, began, ended, (b"live", Origin.LIVE)]
    assert house.status().packets == 3


def test_a_replay_is_not_mixed_into_a_ring_in_use(house: House) -> None:
    """A ring that hears its scoring system refuses a replay, unless it is forced."""
    house.start("udp-ingest")
    _send(house, b"clock")
    with house.sender() as sender:
        with pytest.raises(RestrikeError, match="silent for 10 s") as refusal:
            _begin(house, sender)
        assert refusal.value.code == "replay.ring_in_use"
        _begin(house, sender, force=True)
        sender.send(b"forced")
        _hears(house, b"clock", b"forced")
    assert [e.origin for e in house.entries().values() if e.fact is None] == [Origin.LIVE, Origin.REPLAY]


def test_a_replay_stays_one_over_a_restart_of_its_ring(house: House) -> None:
    """The ring is restarted while a replay sends: what comes afterwards is still marked as a replay."""
    house.start("udp-ingest")
    with house.sender() as sender:
        _begin(house, sender)
        sender.send(b"one")
        _hears(house, b"one")
        house.client.call(RestartRing(ring="ring-1"))
        sender.send(b"two")
        _hears(house, b"one", b"two")
        _end(house, sender)
    entries = house.entries()
    assert {entry.origin for entry in entries.values() if entry.fact is None} == {Origin.REPLAY}
    assert len(facts(entries, ReplayEnded)) == 1


def test_a_replay_to_a_ring_that_does_not_listen(house: House) -> None:
    """Refused with what to do."""
    house.start("udp-ingest")
    house.client.call(StopRing(ring="ring-1"))
    with house.sender() as sender, pytest.raises(RestrikeError, match="restrike udp start ring-1") as refusal:
        _begin(house, sender)
    assert refusal.value.code == "replay.not_listening"


def test_asking_for_entries(house: House) -> None:
    """ReplayEntries goes through the journal in pages, says whose entry the last known one was, and refuses no ring."""
    ingest: Service = house.start("udp-ingest")
    _send(house, *(b"%d" % number for number in range(50)))
    session = house.status().session
    pages = list(house.pages(limit=1))
    assert {page.end for page in pages} == {52}
    assert [page.session_at_after for page in pages[1:]] == [session] * (len(pages) - 1)
    batches = [batch for page in pages for batch in page.batches]
    assert [batch.first for batch in batches[1:]] == [batch.last + 1 for batch in batches[:-1]]
    (beyond,) = house.pages(after=1000)
    assert (beyond.session_at_after, beyond.batches) == (None, [])
    with pytest.raises(RestrikeError) as refusal:
        list(house.pages("ring-9"))
    assert refusal.value.code == "ring.unknown"
    ingest.stop()
