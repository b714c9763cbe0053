"""Asking a scoring system where the match stands: never unless it is allowed, once after a start and after a hole, no
more often than allowed; what it answers is journaled as such.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from services.cli.simulator.answers import STREAMS, Responder, serve
from shared.errors import RestrikeError
from shared.messages.commands import ApplyInterpretation, AskSender, BeginReplay
from shared.messages.facts import QueriesSent, SessionBroken
from shared.messages.wire import Entry, Origin
from tests.support.service import House, bodies, facts
from tests.support.suite import free_port
from tests.support.wait import ENOUGH_S, eventually

QUERIES = [query.decode() for query in STREAMS]
CLOCK, ATHLETES = b"clk;01:10;", b"at1;A. ONE;Anna ONE;CRO;at2;B. TWO;Bea TWO;KOR;"


@pytest.fixture
def ear() -> Iterator[socket.socket]:
    """The port at which a scoring system takes queries, and answers none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        one.settimeout(5)
        yield one


@contextmanager
def _answering() -> Iterator[int]:
    """A scoring system that answers with its last clock and athletes; its port."""
    responder = Responder("127.0.0.1", 0)
    for body in (CLOCK, ATHLETES):
        responder.remember(body)
    over = threading.Event()

    def answer() -> None:
        while not over.is_set():
            serve([responder], 0.02)

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield int(responder.place.rpartition(":")[2])
    finally:
        over.set()
        thread.join(ENOUGH_S)
        responder.close()


def _house(folder: Path, port: int | None, **ring: object) -> House:
    return House(folder / "home", rings=[{"resync_port": port, **ring}])


def _asked(ear: socket.socket) -> list[str]:
    return [ear.recv(1024).decode() for _ in QUERIES]


def _hears_nothing(ear: socket.socket) -> bool:
    """Whether nothing waits: loopback delivers a datagram before whoever sent it goes on."""
    ear.settimeout(0)
    with pytest.raises(BlockingIOError):
        ear.recv(1024)
    ear.settimeout(5)
    return True


def _sent(house: House) -> list[QueriesSent]:
    return facts(house.entries(), QueriesSent)


def _answers(house: House) -> list[Entry]:
    return [entry for entry in house.entries().values() if entry.origin is Origin.ANSWER]


def _hears(house: House, *expected: bytes) -> None:
    eventually(lambda: bodies(house.entries()), equals=list(expected), within=5, what="datagrams in the journal")


def _ask(house: House) -> Any:
    return house.client.call(AskSender(ring="ring-1"))


def test_answers_are_journaled_as_such(tmp_path: Path) -> None:
    """The first datagram of a session makes it ask, once; the answers come from another port, are no second sender, and
    stand in the journal after the question.
    """
    with _answering() as port, _house(tmp_path, port) as house:
        house.start("udp-ingest")
        with house.sender() as sender:
            sender.send(b"clk;01:11;")
            _hears(house, b"clk;01:11;", CLOCK, ATHLETES)
            sender.send(b"clk;01:09;")
            _hears(house, b"clk;01:11;", CLOCK, ATHLETES, b"clk;01:09;")
            (sent,) = _sent(house)
            assert (sent.address, sent.port, sent.reason, list(sent.queries)) == ("127.0.0.1", port, "start", QUERIES)
            answers = _answers(house)
            assert [entry.body for entry in answers] == [CLOCK, ATHLETES]
            (place,) = {(entry.address, entry.port) for entry in answers}
            assert place[1] not in (port, sender.source[1])
            status = house.status()
        assert (status.queries_sent, status.answers) == (len(QUERIES), 2)
        assert {(s.port, s.origin) for s in status.senders} == {(sender.source[1], "live"), (place[1], "answer")}


def test_answers_reach_a_ring_that_goes_by_source_and_list(tmp_path: Path) -> None:
    """Both source and allow name the sender's address: what it answers from there is the ring's, too."""
    with _answering() as port, _house(tmp_path, port, source="127.0.0.1", allow=["127.0.0.1"]) as house:
        house.start("udp-ingest")
        with house.sender() as sender:
            sender.send(b"one")
            _hears(house, b"one", CLOCK, ATHLETES)
        assert house.status().refused == 0


def test_off_by_default(tmp_path: Path) -> None:
    """Nothing is ever sent to a scoring system: at a start, after a hole, on command."""
    with _house(tmp_path, None) as house:
        ingest = house.start("udp-ingest")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.bind(("127.0.0.1", 0))
            sender.sendto(b"one", ("127.0.0.1", house.ports["ring-1"]))
            _hears(house, b"one")
            ingest.kill()
            house.start("udp-ingest")
            sender.sendto(b"two", ("127.0.0.1", house.ports["ring-1"]))
            _hears(house, b"one", b"two")
            with pytest.raises(RestrikeError, match="--resync-port") as refusal:
                _ask(house)
            assert refusal.value.code == "resync.off"
            assert _hears_nothing(sender)
        assert _sent(house) == []
        assert house.status().queries_sent == 0


def test_a_silent_sender_is_asked_no_more_often_than_allowed(tmp_path: Path, ear: socket.socket) -> None:
    """It is asked once, and not for each of its datagrams; a command is refused until the time is over."""
    with _house(tmp_path, ear.getsockname()[1], resync_every_s=3) as house:
        house.start("udp-ingest")
        sent = [b"%d" % number for number in range(20)]
        with house.sender() as sender:
            for body in sent:
                sender.send(body)
            assert _asked(ear) == QUERIES
            _hears(house, *sent)
            with pytest.raises(RestrikeError, match="asked a moment ago") as refusal:
                _ask(house)
            assert refusal.value.code == "resync.too_soon"
            assert _hears_nothing(ear)
            asked = eventually(lambda: _ask(house), within=10, what="asked again")
        assert _asked(ear) == QUERIES == list(asked.queries)
        assert [fact.reason for fact in _sent(house)] == ["start", "asked"]
        assert _hears_nothing(ear)
        assert (house.status().queries_sent, house.status().answers) == (2 * len(QUERIES), 0)


def test_nobody_takes_queries(tmp_path: Path) -> None:
    """The port is closed at the scoring system: it is asked, and the ring goes on to hear it."""
    with _house(tmp_path, free_port(socket.SOCK_DGRAM)) as house:
        ingest = house.start("udp-ingest")
        sent = [b"%d" % number for number in range(50)]
        with house.sender() as sender:
            for body in sent:
                sender.send(body)
            _hears(house, *sent)
        assert len(_sent(house)) == 1
        assert ingest.logged("fault") == []


def test_after_a_broken_session(tmp_path: Path, ear: socket.socket) -> None:
    """After kill -9 the first datagram afterwards makes it ask, because of the gap."""
    with _house(tmp_path, ear.getsockname()[1]) as house:
        ingest = house.start("udp-ingest")
        with house.sender() as sender:
            sender.send(b"one")
            assert _asked(ear) == QUERIES
            eventually(lambda: len(_sent(house)), equals=1, within=5)
            ingest.kill()
            house.start("udp-ingest")
            assert facts(house.entries(), SessionBroken)
            assert _hears_nothing(ear)
            sender.send(b"two")
            assert _asked(ear) == QUERIES
        eventually(lambda: [fact.reason for fact in _sent(house)], equals=["start", "gap"], within=5)


def test_after_datagrams_that_the_kernel_dropped(tmp_path: Path, ear: socket.socket) -> None:
    """A full receive buffer is a hole: it is asked when the sender is heard again."""
    with _house(tmp_path, ear.getsockname()[1], receive_buffer_bytes=4096, resync_every_s=1) as house:
        ingest = house.start("udp-ingest")
        with house.sender() as sender:
            sender.send(b"one")
            assert _asked(ear) == QUERIES
            with ingest.frozen():
                for _ in range(200):
                    sender.send(b"x" * 500)
            eventually(lambda: house.status().kernel_drops, within=5, what="drops")

            def heard_and_asked() -> bool:
                sender.send(b"tick")
                return len(_sent(house)) == 2

            eventually(heard_and_asked, within=10, what="asked again")
        assert _asked(ear) == QUERIES
        assert _sent(house)[1].reason == "gap"


def test_a_replay_is_never_asked(tmp_path: Path, ear: socket.socket) -> None:
    """What is replayed is no scoring system."""
    with _house(tmp_path, ear.getsockname()[1]) as house:
        house.start("udp-ingest")
        with house.sender() as sender:
            address, port = sender.source
            house.client.call(BeginReplay(ring="ring-1", address=address, port=port, file="x"))
            sender.send(b"one")
            _hears(house, b"one")
            with pytest.raises(RestrikeError) as refusal:
                _ask(house)
        assert refusal.value.code == "resync.no_sender"
        assert _hears_nothing(ear)


def test_what_is_switched_on_asks_at_once(tmp_path: Path, ear: socket.socket) -> None:
    """resync_port is set while a match is heard: the next datagram makes it ask; taken away, it asks no more."""
    with _house(tmp_path, None, resync_every_s=1) as house:
        house.start("udp-ingest")
        with house.sender() as sender:
            sender.send(b"one")
            _hears(house, b"one")
            house.config["rings"][0]["resync_port"] = ear.getsockname()[1]
            house.write_config()
            house.client.call(ApplyInterpretation(ring="ring-1"))
            sender.send(b"two")
            assert _asked(ear) == QUERIES
            house.config["rings"][0]["resync_port"] = None
            house.write_config()
            house.client.call(ApplyInterpretation(ring="ring-1"))
            with pytest.raises(RestrikeError) as refusal:
                _ask(house)
        assert refusal.value.code == "resync.off"


def test_questions_that_cannot_be(tmp_path: Path, ear: socket.socket) -> None:
    """No such ring, nobody heard yet, another reason: refused with a sentence, nothing sent."""
    with _house(tmp_path, ear.getsockname()[1]) as house:
        house.start("udp-ingest")
        for command, code in (
            (AskSender(ring="ring-9"), "ring.unknown"),
            (AskSender(ring="ring-1"), "resync.no_sender"),
            (AskSender(ring="ring-1", reason="fun"), "resync.reason"),
        ):
            with pytest.raises(RestrikeError) as refusal:
                house.client.call(command)
            assert refusal.value.code == code
        assert _hears_nothing(ear)
