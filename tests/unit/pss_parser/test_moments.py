"""Which moment of a match the public events of facts and of datagrams bear."""

from typing import Any, cast

from services.pss_parser.publishing import RingPublisher
from shared.messages.edits import Changes
from shared.messages.facts import CloseAsked, EditMade
from shared.messages.match import Finding, MatchClosed, MatchEdited, MatchEvent, ScoreChanged
from shared.messages.wire import ParsedEntries
from tests.unit.pss_parser.feed import Feed


class Kept:
    """A publisher and its channels: everybody listens, and everything is kept."""

    def __init__(self) -> None:
        self.sent: list[Any] = []

    def channel(self, *_topic: str) -> "Kept":
        return self

    def count(self) -> int:
        return 1

    def send(self, event: object) -> None:
        self.sent.append(event)

    publish = send


def published(feed: Feed) -> list[MatchEvent[Any]]:
    """What is told of the last entry."""
    bus: Any = Kept()
    publisher = RingPublisher("ring-1", wire=cast(Any, Kept()), bus=bus)
    entry = feed.parser.entry
    publisher.publish(ParsedEntries("ring-1", "j", feed.session, feed.session, entry, feed.results[-1:]))
    return [event for event in bus.sent if isinstance(event, MatchEvent)]


def moment(event: MatchEvent[Any]) -> tuple[str | None, int | None, int | None, tuple[int, int] | None]:
    return event.match_id, event.round, event.clock_ms, event.score


def test_an_event_bears_the_moment_of_its_match() -> None:
    """Of a message, after it; of a fact about the loaded match, as it stands; about another one, only which."""
    feed = Feed()
    first = feed.load().match_id
    second = feed.load("102").match_id
    feed.send("clk;02:00;start;", "clk;01:50;", "sc1;3;sc2;0")
    (scored,) = [event for event in published(feed) if isinstance(event.data, ScoreChanged)]
    assert moment(scored) == (second, 1, 110_000, (3, 0))
    for match_id, expected in ((second, moment(scored)), (first, (first, None, None, None))):
        feed.happens(EditMade(match_id=match_id, author="a", reason="r", changes=Changes(winner=1)))
        (edited,) = [event for event in published(feed) if isinstance(event.data, MatchEdited)]
        assert moment(edited) == expected
        assert (edited.entry, edited.received_at_us) == (feed.parser.entry, feed.now_us)
    feed.happens(CloseAsked(match_id=second, author="a", reason="r"))
    (closed,) = [event for event in published(feed) if isinstance(event.data, MatchClosed)]
    assert closed.match_id == second


def test_what_is_told_late_is_of_the_match_before() -> None:
    """A load begins: what was missing at the end of the match before is told of that match, not of the next one."""
    feed = Feed()
    feed.load()
    before = feed.parser.state().match_id
    feed.send("clk;02:00;start;", "clk;01:59;", "sc1;2;sc2;0;")
    feed.wait(5)
    feed.send("pre;FightLoaded;")
    told = [event for event in published(feed) if isinstance(event.data, Finding)]
    assert "score_without_point" in {event.data.rule for event in told}
    assert {event.match_id for event in told} == {before}
