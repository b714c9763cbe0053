"""The examples of docs/subscribe.md against a publisher that misbehaves on purpose."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zmq

from shared.messages.commands import SnapshotTaken
from shared.messages.envelope import Envelope
from shared.messages.match import Athlete, MatchState, Stage
from shared.messages.pss import PointScored, PssEvent, ResultKind, Technique
from shared.messages.requests import NOTHING, Err, Reply, Request
from shared.messages.service import Mark
from tests.support.npm import needs_node
from tests.support.scoreboards import NODE, PYTHON, scoreboard
from tests.support.wait import ENOUGH_S, eventually

WITHIN_S = 20
LANGUAGES = [PYTHON, pytest.param(NODE, marks=needs_node)]
STATE, POINT = b"match.state/ring-1/", b"pss.point/ring-1/"
encode = msgspec.msgpack.Encoder().encode


class FakeParser:
    """Event and command socket in one thread; `script` answers each snapshot and publishes around it."""

    def __init__(self) -> None:
        self.context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self.events = self.context.socket(zmq.XPUB)
        self.commands = self.context.socket(zmq.REP)
        self.endpoints = [f"tcp://127.0.0.1:{s.bind_to_random_port('tcp://127.0.0.1')}" for s in self._sockets()]
        self.asked = 0
        self.boot_id = "boot-1"
        self._seq: dict[bytes, int] = {}
        self._subscriptions: list[bytes] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _sockets(self) -> list["zmq.Socket[bytes]"]:
        return [self.events, self.commands]

    def _run(self) -> None:
        while not self._stopping.is_set():
            if self.commands.poll(20):
                request = msgspec.msgpack.decode(self.commands.recv(), type=Request)
                self.asked += 1
                self.commands.send(encode(self.reply(request)))
                self.after_reply()

    def reply(self, request: Request) -> Reply:
        """1st ask: refused. 2nd: no mark comes. 3rd and later: events before the mark, then the mark."""
        if self.asked == 1:
            error = Err(code="service.not_running", message="'pss-parser' is not running.")
            return Reply(id=request.id, ok=False, result=NOTHING, error=error)
        nonce = str(msgspec.msgpack.decode(request.body)["nonce"])
        entry = 10 * self.asked
        if self.asked > 2:
            mark = f"~mark/{nonce}/".encode()
            self.wait_for_subscription(mark)
            self.publish(POINT, _point(entry))
            self.publish(mark, Mark(nonce=nonce, entry=entry))
        taken = SnapshotTaken(ring="ring-1", journal_id="j", entry=entry, state=_state(entry))
        return Reply(id=request.id, ok=True, result=msgspec.Raw(encode(taken)))

    def wait_for_subscription(self, frame: bytes) -> None:
        """So that no further ask is needed, and the script goes on at the third."""
        while b"\x01" + frame not in self._subscriptions and self.events.poll(WITHIN_S * 1000):
            self._subscriptions.append(self.events.recv())

    def after_reply(self) -> None:
        """After the 1st snapshot with a mark: an overlap, news, then a gap. After the 2nd: news, then a restart."""
        if self.asked == 3:
            self.publish(STATE, _state(30, score=9))
            self.publish(POINT, _point(31))
            self.publish(STATE, _state(31, score=1))
            self._seq[STATE] += 2
            self.publish(STATE, _state(32, score=2))
        elif self.asked == 4:
            self.publish(STATE, _state(41, score=3))
            self.boot_id = "boot-2"
            self._seq.clear()
            self.publish(STATE, _state(42, score=4))
        elif self.asked == 5:
            self.publish(POINT, _point(51))

    def publish(self, frame: bytes, event: Any) -> None:
        """Send an event with the frame's next number."""
        self._seq[frame] = self._seq.get(frame, 0) + 1
        envelope = Envelope("pss-parser", self.boot_id, self._seq[frame], 0, event)
        self.events.send_multipart([frame, encode(envelope)])

    def close(self) -> None:
        """End the thread."""
        self._stopping.set()
        self._thread.join(ENOUGH_S)
        self.context.destroy(linger=0)


def _state(entry: int, *, score: int = 0) -> MatchState:
    return MatchState(
        ring="ring-1",
        journal_id="j",
        entry=entry,
        changed_at_us=0,
        match_id="ring-1.j.2",
        match_number="101",
        stage=Stage.RUNNING,
        round=2,
        clock_ms=83_000,
        chong=Athlete(short_name="A. ÉTÉ", score=score),
    )


def _point(entry: int) -> PssEvent[PointScored]:
    return PssEvent(
        ring="ring-1",
        entry=entry,
        index=0,
        received_at_us=0,
        match_id="ring-1.j.2",
        round=2,
        clock_ms=83_000,
        score=(0, 0),
        kind=ResultKind.RECOGNIZED,
        raw="pt2;3",
        data=PointScored(athlete=2, technique=Technique.HEAD),
    )


def _board(score: int) -> str:
    return f"ring-1: match 101, round 2, 1:23 running: A. ÉTÉ {score} (0 gj, 0 won) : red 0 (0 gj, 0 won)"


EXPECTED = [
    "'pss-parser' is not running.",
    _board(0),
    "ring-1: point for red: H",
    _board(1),
    "ring-1: 2 events of match.state/ring-1/ did not reach us; taking a new snapshot",
    _board(0),
    _board(3),
    "ring-1: pss-parser was restarted; taking a new snapshot",
    _board(0),
    "ring-1: point for red: H",
]


@pytest.fixture
def parser() -> Iterator[FakeParser]:
    with closing(FakeParser()) as fake:
        yield fake


@pytest.mark.parametrize("language", LANGUAGES)
def test_example_survives_everything(parser: FakeParser, tmp_path: Path, language: str) -> None:
    """Refused, no mark, overlap, gap, restart: the example asks again, drops what it has, and says what it missed."""
    with scoreboard(language, tmp_path / "example", *parser.endpoints) as board:
        eventually(lambda: len(board.lines()) >= len(EXPECTED), within=WITHIN_S, what=f"lines of {board.lines()}")
        assert board.lines() == EXPECTED
    assert parser.asked == 5


@pytest.mark.parametrize("language", LANGUAGES)
def test_count_ends_it(parser: FakeParser, tmp_path: Path, language: str) -> None:
    """`--count 2` prints two lines of the board and ends well."""
    with scoreboard(language, tmp_path / "example", *parser.endpoints, "--count", "2") as board:
        assert board.ended(within=WITHIN_S) == 0
        assert board.lines() == EXPECTED[:3]
