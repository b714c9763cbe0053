"""When a scoring system is asked: not before it is heard again, and no sooner than allowed, whatever happened."""

import socket
from collections.abc import Iterator

import pytest
import structlog

from services.udp_ingest import port as port_module
from services.udp_ingest import resync as module
from services.udp_ingest.port import Port
from services.udp_ingest.resync import QUERIES, Resync
from services.udp_ingest.senders import SenderRecord
from services.udp_ingest.stream import Stream
from shared.clock import unix_ns
from shared.config import Ring
from shared.errors import NetworkError
from shared.journal import RingEnd
from shared.messages.facts import QueriesSent
from shared.messages.wire import Origin
from tests.support.suite import free_port


class Place:
    """A ring with its port, and a scoring system at `address` that takes queries; `now_s` is the clock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 1000.0
        for reader in (module, port_module):
            monkeypatch.setattr(reader, "monotonic_s", lambda: self.now_s)
        self.ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.ear.bind(("127.0.0.1", 0))
        self.ear.settimeout(0)
        self.ring = Ring(name="ring-1", resync_port=self.ear.getsockname()[1], resync_every_s=30)
        self.stream = Stream("ring-1", journal_id="j", end=RingEnd(last=0, session="", body=None))
        self.port = Port(address="127.0.0.1", number=free_port(socket.SOCK_DGRAM))
        self.port.listen(self.ring, self.stream, beside=[self.ring])
        self.resync = Resync(structlog.get_logger())
        self.resync.begin("ring-1", after_break=False, holes=0)

    def hear(self, address: str = "127.0.0.1", *, origin: Origin = Origin.LIVE) -> None:
        now_us = unix_ns() // 1000 + 1
        record = SenderRecord(address=address, port=7, ring="ring-1", origin=origin, last_seen_us=now_us, packets=1)
        self.port.senders.records[(address, 7)] = record

    def turn(self) -> list[str]:
        """What the scoring system was asked at the end of this turn."""
        self.resync.ask_if_due(self.ring, self.port)
        asked = []
        while True:
            try:
                asked.append(self.ear.recv(100).decode())
            except BlockingIOError:
                return asked

    def reasons(self) -> list[str]:
        return [entry.fact.reason for entry in self.stream.pending if isinstance(entry.fact, QueriesSent)]

    def say(self, count: int, *, sender: socket.socket) -> list[Origin]:
        """A scoring system sends from `sender`; what its datagrams are taken as."""
        self.stream.pending.clear()
        for _ in range(count):
            sender.sendto(b"clk;01:00;", ("127.0.0.1", self.port.number))
        self.port.drain()
        return [entry.origin for entry in self.stream.pending if entry.fact is None]


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    made = Place(monkeypatch)
    yield made
    made.port.socket.close()
    made.ear.close()


def test_asked_once_when_heard(place: Place) -> None:
    """Not before the first live datagram, and not for each further one."""
    assert place.turn() == []
    place.hear(origin=Origin.REPLAY)
    assert place.turn() == []
    place.hear(origin=Origin.ANSWER)
    assert place.turn() == []
    place.hear()
    assert place.turn() == list(QUERIES)
    place.hear()
    place.now_s += 1000
    assert place.turn() == []
    assert place.reasons() == ["start"]


@pytest.fixture
def senders() -> Iterator[list[socket.socket]]:
    """Two sockets of a scoring system: the one that it sends from, and another."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
    ):
        yield [one, other]


def test_a_restart_after_the_question(place: Place, senders: list[socket.socket]) -> None:
    """A scoring system goes on from another port a moment after it was asked: one datagram for each query may be an
    answer, the rest decides again, though the time for answers is not over.
    """
    before, after = senders
    assert place.say(1, sender=before) == [Origin.LIVE]
    assert place.turn() == list(QUERIES)
    many = len(QUERIES)
    assert place.say(many + 5, sender=after) == [Origin.ANSWER] * many + [Origin.LIVE] * 5
    (met,) = [record for record in place.port.met if record.packets == 5]
    assert (met.port, met.origin) == (after.getsockname()[1], Origin.LIVE)


def test_the_time_for_answers_goes_by_no_wall_clock(
    monkeypatch: pytest.MonkeyPatch, place: Place, senders: list[socket.socket]
) -> None:
    """The machine's clock is set back an hour after the question: what comes when the time is over is live all the
    same.
    """
    place.hear()
    assert place.turn() == list(QUERIES)
    assert place.say(1, sender=senders[0]) == [Origin.ANSWER]
    monkeypatch.setattr(port_module, "unix_ns", lambda: unix_ns() - 3600 * 10**9)
    place.now_s += module.ANSWERED_WITHIN_S + 0.1
    assert place.say(1, sender=senders[1]) == [Origin.LIVE]
    assert place.say(1, sender=senders[0]) == [Origin.LIVE]


def test_each_hole_is_asked_about_once_heard_again(place: Place) -> None:
    """A hole, then a datagram after it; several holes within the time make one question, when the time is over."""
    place.hear()
    assert place.turn() == list(QUERIES)
    for holes in (3, 3, 5):
        place.resync.watch("ring-1", holes=holes)
    assert place.turn() == []
    place.hear()
    assert place.turn() == []
    place.now_s += 30
    assert place.turn() == list(QUERIES)
    place.resync.watch("ring-1", holes=5)
    place.hear()
    place.now_s += 30
    assert place.turn() == []
    assert place.reasons() == ["start", "gap"]
    assert place.resync.queries("ring-1") == 2 * len(QUERIES)


def test_nothing_heard_since_the_hole(place: Place) -> None:
    """Who was heard before it only may be gone: nobody is asked."""
    place.hear()
    assert place.turn() == list(QUERIES)
    place.now_s += 30
    place.port.senders.records[("127.0.0.1", 7)].last_seen_us = unix_ns() // 1000 - 1000
    place.resync.watch("ring-1", holes=1)
    assert place.turn() == []


def test_a_place_that_cannot_be_reached(place: Place) -> None:
    """No route from here: told as what it is, no fact, no answers awaited; tried again when the time is over."""
    place.hear("192.0.2.1")
    assert place.turn() == []
    assert (place.reasons(), place.port.senders.asked, place.resync.queries("ring-1")) == ([], {}, 0)
    place.hear()
    assert place.turn() == []
    place.now_s += 30
    assert place.turn() == list(QUERIES)
    place.hear("192.0.2.1")
    place.port.senders.records[("127.0.0.1", 7)].last_seen_us = 0
    place.now_s += 30
    with pytest.raises(NetworkError, match=r"192\.0\.2\.1:\d+ cannot be asked") as refusal:
        place.resync.ask(place.ring, place.port, reason="asked")
    assert refusal.value.code == "resync.not_sent"


def test_a_new_session_is_asked_as_soon_as_allowed(place: Place) -> None:
    """The limit outlives the session; a broken one is a gap."""
    place.hear()
    assert place.turn() == list(QUERIES)
    place.resync.begin("ring-1", after_break=True, holes=7)
    place.resync.watch("ring-1", holes=7)
    place.hear()
    assert place.turn() == []
    place.now_s += 30
    assert place.turn() == list(QUERIES)
    assert place.reasons() == ["start", "gap"]
