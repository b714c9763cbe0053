"""What subscribers get: a late joiner no gap and no overlap, a slow one its own loss and nobody else's."""

import uuid
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zmq

from shared.messages.commands import Snapshot, SnapshotTaken
from shared.messages.requests import Reply, Request
from tests.support.listener import Listener
from tests.support.suite import Suite, running
from tests.support.wait import eventually
from tests.system.test_kills import Stream

JOINS = 15
LARGE_EVENTS = 9_000


class Joiner:
    """A late joiner as docs/subscribe.md describes it, over the TCP endpoints only."""

    def __init__(self, suite: Suite) -> None:
        self._context = zmq.Context()
        self._events = self._context.socket(zmq.SUB)
        self._events.set(zmq.RCVHWM, 0)
        self._commands_endpoint = suite.commands_endpoint
        self._events.connect(suite.events_endpoint)

    def join(self, ring: str) -> int:
        """Subscribe and take a snapshot; its entry."""
        nonce = uuid.uuid4().hex
        mark = f"~mark/{nonce}/".encode()
        self._events.subscribe(f"pss.clock/{ring}/".encode())
        for topic in ("point", "score", "round_scores", "superiority", "hit_level", "round", "break", "load", "ready"):
            self._events.subscribe(f"pss.{topic}/{ring}/".encode())
        self._events.subscribe(b"pss.")
        self._events.subscribe(mark)
        self._early: list[int] = []
        for _ in range(100):
            snapshot = self._ask(Snapshot(ring=ring, nonce=nonce))
            if self._saw(mark):
                return snapshot.entry
        raise AssertionError("no mark came through")

    def next_entries(self, count: int) -> list[int]:
        """The entries of the next `count` events, those that came before the mark first."""
        found = list(self._early)
        while len(found) < count:
            assert self._events.poll(3000), "the stream stopped"
            frame, body = self._events.recv_multipart()
            if frame.startswith(b"pss."):
                found.append(msgspec.msgpack.decode(body)["event"]["entry"])
        return found

    def close(self) -> None:
        """Leave."""
        self._context.destroy(linger=0)

    def _saw(self, mark: bytes) -> bool:
        while self._events.poll(50):
            frame, body = self._events.recv_multipart()
            if frame == mark:
                return True
            if frame.startswith(b"pss."):
                self._early.append(msgspec.msgpack.decode(body)["event"]["entry"])
        return False

    def _ask(self, command: Any) -> SnapshotTaken:
        socket = self._context.socket(zmq.REQ)
        socket.connect(self._commands_endpoint)
        request = Request(
            service=command.service,
            command=command.name,
            id=uuid.uuid4().hex,
            body=msgspec.Raw(msgspec.msgpack.encode(command)),
        )
        socket.send(msgspec.msgpack.encode(request))
        assert socket.poll(3000), "no reply from the gateway"
        reply = msgspec.msgpack.decode(socket.recv(), type=Reply)
        socket.close(linger=0)
        assert reply.ok, reply.error
        return msgspec.msgpack.decode(reply.result, type=SnapshotTaken)


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """One running suite for all who only listen."""
    with running(tmp_path_factory.mktemp("heard") / "home") as started:
        yield started


def test_late_joiner_has_no_gap_and_no_overlap(suite: Suite) -> None:
    """Joining in the middle of a stream, 15 times: the snapshot, and then every later entry once, in order."""
    stream = Stream(suite)
    stream.start()
    try:
        for _ in range(JOINS):
            joiner = Joiner(suite)
            entry = joiner.join("ring-1")
            entries = [number for number in joiner.next_entries(200) if number > entry]
            assert entries == list(range(entry + 1, entry + 1 + len(entries)))
            assert len(entries) > 50
            joiner.close()
    finally:
        stream.finish()


def test_state_is_repeated(suite: Suite) -> None:
    """While a match is loaded its state comes again within about 5 s, though nothing changes."""
    with suite.sender() as sender, Listener(suite.events_endpoint, "match.state/") as listener:
        for body in (b"pre;FightLoaded;", b"at1;A;Ann A;CRO;at2;B;Bea B;ITA;", b"mch;101;Final;W -49kg;1;"):
            sender.send(body)
        sender.send(b"rdy;FightReady;")
        eventually(lambda: any(s["match_number"] == "101" for s in listener.of("match.state")), within=3, what="state")
        seen = len(listener.heard)
        eventually(lambda: len(listener.heard) > seen, within=7, what="the state again")
        assert listener.of("match.state")[-1] == listener.of("match.state")[-2]


def test_slow_subscriber_loses_alone_and_sees_it(tmp_path: Path) -> None:
    """A subscriber that does not read loses its own events, visible as a gap in `seq`; another one loses nothing."""
    suite = Suite(tmp_path / "home")
    config = msgspec.json.decode(suite.paths.config.read_bytes())
    config["bus"]["subscriber_queue"] = 5_000
    suite.paths.config.write_bytes(msgspec.json.encode(config))
    with suite:
        context = zmq.Context()
        slow = context.socket(zmq.SUB)
        slow.set(zmq.RCVHWM, 10)
        slow.set(zmq.RCVBUF, 4096)
        slow.subscribe(b"pss.unknown/")
        slow.connect(suite.events_endpoint)
        with Listener(suite.events_endpoint, "pss.unknown/") as listener, suite.sender() as sender:
            for number in range(LARGE_EVENTS):
                sender.send(b"large;%d;" % number + b"x" * 4000)
                if number % 50 == 49:
                    suite.health("udp-ingest", deadline_s=5)
            eventually(lambda: len(listener.heard), equals=LARGE_EVENTS, within=20, what="the good subscriber's events")
            seqs = [envelope["seq"] for _, envelope in listener.heard]
            assert seqs == list(range(seqs[0], seqs[0] + LARGE_EVENTS))
            got = []
            while slow.poll(500):
                got.append(msgspec.msgpack.decode(slow.recv_multipart()[1])["seq"])
            sender.send(b"large;again;")
            assert slow.poll(3000), "the slow subscriber hears new events"
            got.append(msgspec.msgpack.decode(slow.recv_multipart()[1])["seq"])
        context.destroy(linger=0)
    assert len(got) < LARGE_EVENTS
    assert any(later - earlier > 1 for earlier, later in pairwise(got))
