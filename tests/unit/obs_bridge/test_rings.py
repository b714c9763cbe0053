"""Where obs-bridge is in each ring's stream: gaps, restarts, another journal, no parser; each event once."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from unittest.mock import Mock

import pytest
from msgspec.structs import replace

from services.obs_bridge import rings as under_test
from services.obs_bridge.rings import KEY, Rings
from services.pss_parser.ring import RingParser
from shared.automation.happenings import Follower, Happened
from shared.automation.match_view import MatchView, Venue
from shared.errors import NetworkError
from shared.messages.automation import Happening
from shared.messages.commands import EventsPage, GetMatchState, ReplayEvents
from shared.messages.wire import ParsedEntries, ParsedEntry
from tests.support.golden import JOURNAL_ID, RING, entries, parse

CAPTURE = "bo3-1-2-ptf-scores-gamjeom"


class Parser:
    """A pss-parser with a capture's results, of which `heard` were parsed so far. `is_away`: it does not answer."""

    def __init__(self) -> None:
        found = entries(CAPTURE)
        parser = RingParser(RING, JOURNAL_ID)
        self.states = []
        self.results: list[ParsedEntry] = []
        for entry in found:
            self.results += parse([entry], parser)
            self.states.append(parser.state())
        self.session = "s"
        self.journal_id = JOURNAL_ID
        self.heard = 0
        self.is_away = self.warming_up = False
        self.asked = 0

    def batch(self, first: int, last: int) -> ParsedEntries:
        """A live batch."""
        self.heard = max(self.heard, last)
        results = self.results[first - 1 : last]
        return ParsedEntries(RING, self.journal_id, self.session, self.session, first, results)

    def ask(self, command: Any, *, deadline_s: float) -> Any:
        """Answer as pss-parser does."""
        self.asked += 1
        assert deadline_s <= 1
        if self.is_away:
            raise NetworkError("rpc.no_answer", "No answer.")
        if isinstance(command, GetMatchState):
            return replace(self.states[self.heard - 1], journal_id=self.journal_id)
        assert isinstance(command, ReplayEvents)
        last = min(command.after_entry + command.limit, self.heard)
        is_known = command.journal_id == self.journal_id
        return EventsPage(
            journal_id=self.journal_id,
            session_at_after=self.session if is_known and command.after_entry else None,
            end=self.heard,
            warming_up=self.warming_up,
            batches=[] if self.warming_up or not is_known else [self.batch(command.after_entry + 1, last)],
        )


class Listener:
    """A bridge that follows, killed and begun again at will."""

    def __init__(self, parser: Parser) -> None:
        self.parser = parser
        self.kept: dict[str, bytes] = {}
        self.needs_past = True
        self.took: list[Happened] = []
        self.stood: list[MatchView] = []
        self.begin()

    def begin(self) -> None:
        """Begin with what was kept."""
        self.rings = Rings(
            self.parser.ask,
            kept=dict(self.kept),
            venue_of=Venue,
            took=self.took.append,
            needs_past=lambda _: self.needs_past,
            stands=self.stood.append,
            log=Mock(),
        )

    def turn(self) -> None:
        """Catch up, and keep where it is."""
        while self.rings.catch_up():
            pass
        self.kept |= self.rings.to_keep(RING)

    def hear(self, first: int, last: int) -> None:
        """A live batch comes."""
        self.rings.take(self.parser.batch(first, last))
        self.turn()


@pytest.fixture
def parser() -> Parser:
    return Parser()


@pytest.fixture
def listener(parser: Parser) -> Listener:
    return Listener(parser)


def places(took: list[Happened]) -> list[tuple[int, int, Happening]]:
    return [(one.entry, one.index, one.what) for one in took]


def truth(parser: Parser, first: int = 1) -> list[tuple[int, int, Happening]]:
    """What a listener that missed nothing hears from entry `first` on."""
    return [place for place in places(list(_all(parser))) if place[0] >= first]


def _all(parser: Parser) -> Iterator[Happened]:
    follower = Follower(MatchView(ring=RING))
    for number, result in enumerate(parser.results, 1):
        yield from follower.take_entry(result, session="s", number=number)


def test_a_stream_from_its_first_entry(listener: Listener, parser: Parser) -> None:
    """Everything is heard once and in order, though some of it comes twice and some of it is lost on the way."""
    parser.heard = 1
    listener.hear(2, 1)
    for first, last in [(2, 30), (31, 60), (20, 40), (90, 120), (121, len(parser.results))]:
        listener.hear(first, last)
    assert places(listener.took) == truth(parser, 2)


def test_a_long_gap_is_caught_up_in_pages(listener: Listener, parser: Parser, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty batch says where the stream is; what is missing is asked for, page by page, before anything later."""
    monkeypatch.setattr(under_test, "PAGE", 50)
    listener.hear(1, 10)
    listener.hear(11, 20)
    before = parser.asked
    end = len(parser.results)
    listener.hear(end + 1, end)
    assert parser.asked - before == -(-(end - 20) // 50)
    assert places(listener.took) == truth(parser, 11)
    assert all(one <= other for one, other in pairwise(place[0] for place in places(listener.took)))


def test_joined_in_the_midst_of_a_match(listener: Listener, parser: Parser) -> None:
    """Nothing of what led to it is heard; the match is known as it stands, and goes on."""
    listener.hear(100, 110)
    assert listener.took == []
    (view,) = listener.stood
    assert (view.match_number, view.round, view.is_fought) == ("7894", 1, True)
    listener.hear(111, len(parser.results))
    assert places(listener.took) == truth(parser, 111)
    assert listener.rings.view(RING).winner == 2


@pytest.mark.parametrize("at", [5, 50, 150, 226, 300])
def test_begun_again(listener: Listener, parser: Parser, at: int) -> None:
    """It goes on where it was, and what was missed comes first; the match is known to stand only after that."""
    listener.hear(1, 1)
    listener.hear(2, at)
    listener.begin()
    stood = len(listener.stood)
    listener.hear(at + 21, at + 30)
    assert len(listener.stood) == stood + 1
    assert places(listener.took) == [place for place in truth(parser, 2) if place[0] <= at + 30]
    listener.hear(at + 31, len(parser.results))
    assert places(listener.took) == truth(parser, 2)


def test_begun_again_without_need_of_the_past(listener: Listener) -> None:
    """Nothing was under way: the match as it stands will do."""
    listener.hear(1, 1)
    listener.hear(2, 50)
    listener.needs_past = False
    listener.begin()
    listener.took.clear()
    listener.hear(150, 160)
    assert listener.took == []
    assert listener.stood[-1].match_id is not None


def test_another_journal(listener: Listener, parser: Parser) -> None:
    """The match as it stands there; nothing of the old journal is followed, nor heard twice."""
    listener.hear(1, 1)
    listener.hear(2, 50)
    listener.took.clear()
    parser.journal_id, parser.session = "another", "t"
    listener.hear(40, 50)
    assert listener.took == []
    assert len(listener.stood) == 2
    listener.hear(51, 60)
    assert {place[0] for place in places(listener.took)} <= set(range(51, 61))
    assert listener.took


def test_a_parser_that_is_away_holds_nothing_up(
    listener: Listener, parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked once, and then after a while again, however many batches come and rings there are."""
    now_s = 100.0
    monkeypatch.setattr(under_test, "monotonic_s", lambda: now_s)
    listener.hear(1, 10)
    parser.is_away = True
    before = parser.asked
    for last in range(30, 60):
        listener.hear(last, last)
    assert parser.asked - before == 1
    parser.is_away = False
    now_s += under_test.RETRY_S
    listener.turn()
    assert places(listener.took) == [place for place in truth(parser, 11) if place[0] <= 59]


def test_a_parser_that_warms_up_is_not_asked_in_a_circle(listener: Listener, parser: Parser) -> None:
    """An empty page that asks for patience is asked for again in a later turn, not at once."""
    listener.hear(1, 10)
    parser.warming_up = True
    before = parser.asked
    listener.hear(20, 30)
    assert parser.asked - before == 1
    parser.warming_up = False
    listener.turn()
    assert listener.took


def test_what_is_kept(listener: Listener) -> None:
    """A ring's place and match, under its own key; nothing of a ring that was not heard of."""
    assert listener.rings.to_keep(RING) == {}
    listener.hear(1, 10)
    assert list(listener.rings.to_keep(RING)) == [KEY + RING]
    assert [ring.name for ring in listener.rings] == [RING]
    assert listener.rings.view("another") == MatchView(ring="another")
