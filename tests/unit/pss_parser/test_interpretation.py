"""How a ring is read: the dialect that is forced or detected, its encodings; and what a match remembers."""

from services.pss_parser.ring import RingParser
from shared.messages.facts import InterpretationChosen
from shared.messages.match import AnyMatchEvent, DialectDetected
from shared.messages.pss import PointScored, ResultKind, Technique
from shared.messages.rules import Dialect, Interpretation
from shared.rules import shipped
from tests.unit.pss_parser.feed import Feed

OLD = "at1;M. ČAČIĆ;M. ČAČIĆ;CRO;at2;D. ĐURIĆ;D. ĐURIĆ;CRO;"
RULES = shipped()["wt-2022"]


def detected(events: list[AnyMatchEvent]) -> list[Dialect]:
    return [event.dialect for event in events if isinstance(event, DialectDetected)]


def in_force(feed: Feed) -> Dialect | None:
    return feed.state.dialect


def point(feed: Feed, text: str) -> PointScored:
    (message,) = feed.send(text)
    assert isinstance(message.data, PointScored)
    return message.data


def test_a_dialect_is_told_once_and_again_when_it_is_another() -> None:
    """What a message means follows it from the next message on."""
    feed = Feed()
    assert in_force(feed) is None
    assert point(feed, "pt1;2;").technique is Technique.BODY
    feed.load()
    feed.load()
    assert (detected(feed.events()), in_force(feed)) == ([Dialect.B], Dialect.B)
    feed.send("hel;welcome;")
    assert detected(feed.events()) == [Dialect.B, Dialect.A]
    assert feed.parser.changed
    assert point(feed, "pt1;2;").points == 2
    feed = Feed(RingParser.load(feed.parser.dump()))
    assert in_force(feed) is Dialect.A


def test_a_forced_dialect_is_in_force_whatever_is_detected() -> None:
    """The signs are told all the same; what the other dialect has is deprecated in it."""
    feed = Feed()
    feed.happens(InterpretationChosen(interpretation=Interpretation(rule_set=RULES, dialect=Dialect.B)))
    (message,) = feed.send("to1;1:00;")
    assert message.kind is ResultKind.DEPRECATED
    assert detected(message.events) == [Dialect.A]
    assert in_force(feed) is Dialect.B
    assert point(feed, "pt1;2;").points is None
    feed.happens(InterpretationChosen(interpretation=Interpretation(rule_set=RULES)))
    assert in_force(feed) is Dialect.A
    assert feed.send("to1;0:59;")[0].kind is ResultKind.RECOGNIZED


def test_text_is_read_in_the_ring_s_encodings() -> None:
    """Where it is not UTF-8."""
    feed = Feed()
    body = "wmh;ČAČIĆ;2-1 PTF;".encode("cp1250")
    assert feed.send(body)[0].raw == "wmh;ČAČIĆ;2-1 PTF;"
    feed.happens(InterpretationChosen(interpretation=Interpretation(rule_set=RULES, encodings=("latin-1",))))
    assert feed.send(body)[0].raw == body.decode("latin-1")


def test_a_match_that_is_loaded_again_remembers_what_happened_in_it() -> None:
    """Also with others between; a new match begins with nothing."""
    feed = Feed()
    first = feed.load().match_id
    feed.send("clk;02:00;start;", "clk;01:40;stop;", "ch1;", "ch1;0;", "ij1;01:00;show;", "ij1;00:42;hide;")
    told = feed.state.challenges, feed.state.injuries
    assert all(told)
    assert feed.load().match_id == first
    assert (feed.state.challenges, feed.state.injuries) == told
    feed.load("102")
    assert (feed.state.challenges, feed.state.injuries) == ((), ())
    feed.load("103")
    feed = Feed(RingParser.load(feed.parser.dump()))
    assert feed.load().match_id == first
    assert (feed.state.challenges, feed.state.injuries) == told
    feed.decide()
    assert feed.load().match_id != first
    assert (feed.state.challenges, feed.state.injuries) == ((), ())
