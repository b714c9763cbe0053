"""A ring's parser as a whole: what raises is undone, saved states go on identically, nothing else matters."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.pss_parser import dump
from services.pss_parser.fields import Fields, Stream
from services.pss_parser.match import HANDLERS
from services.pss_parser.ring import RingParser
from services.pss_parser.state import Bout, KnownMatch, Memory, RingState, Sender, Shown
from services.pss_parser.story import Story
from services.pss_parser.streams import STREAMS, sup
from shared.messages.facts import SessionClosed
from shared.messages.match import AnyMatchEvent, Finding
from shared.messages.pss import HandlingFailed, LoadBegan, ResultKind, SuperiorityShown
from shared.messages.wire import Entry, Origin, ParsedEntry, ParsedMessage
from tests.support.golden import CAPTURES, JOURNAL_ID, RING, SESSION, STARTED_AT_US, entries, parse
from tests.unit.pss_parser.feed import CHONG, HONG, Feed

TEXTS = st.sampled_from(
    (
        "pre;FightLoaded;",
        f"at1;{CHONG};at2;{HONG};",
        f"at1;{HONG};at2;{CHONG};",
        "at1;A;Ana",
        "mch;101;Final;M -68kg;",
        "mch;102;Final;M -68kg;0;#0000ff;#FFFFFF;#ff0000;#FFFFFF;null;Seniors;3;120;cntDown;20;5;",
        "rdy;FightReady;",
        "rnd;1;",
        "rnd;2;",
        "clk;02:00;",
        "clk;02:00;start;",
        "clk;01:59;",
        "clk;01:30;corr;",
        "clk;01:30;stop;",
        "clk;0:00;stopEnd;",
        "clk;x;start;",
        "brk;00:59;",
        "brk;0:00;stopEnd;",
        "sc1;1;sc2;0",
        "sc2;4;",
        "wg1;1;wg2;2;",
        "s11;1;s21;2;",
        "wrd;rd1;1;rd2;2;rd3;0",
        "sup;1",
        "ij1;1:00;show;",
        "ij1;0:00;hide;",
        "win;RED",
        "wmh;;0-1 WDR;",
        "xyz;1;",
        "\x00",
    )
)
BODIES = st.lists(TEXTS, max_size=4).map(lambda texts: "\r\n".join(texts).encode()) | st.binary(max_size=30)
ENTRIES = st.lists(
    st.tuples(BODIES, st.integers(0, 4), st.sampled_from((0.01, 1.0, 40.0, 50_000.0)), st.sampled_from(Origin)),
    max_size=40,
)


def journal(made: list[tuple[bytes, int, float, Origin]]) -> list[Entry]:
    """Entries of generated datagrams: body, number of the sender, seconds since the one before, origin."""
    now_us, found = STARTED_AT_US, []
    for body, sender, seconds, origin in made:
        now_us += round(seconds * 1e6)
        found.append(Entry(now_us, now_us, f"192.0.2.{sender % 2}", sender, body, None, origin))
    return found


class BrokenError(Exception):
    """What a handler of these tests raises."""


def raising(fields: Fields) -> SuperiorityShown:
    raise BrokenError(fields.raw)


def test_a_datagram_that_raises_is_one_message_and_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the messages before it in the datagram changed is taken back; the next datagram is handled."""
    feed = Feed()
    feed.load()
    feed.send("clk;02:00;start;", "sc1;1;sc2;0")
    untouched = RingParser.load(feed.parser.dump())
    text = f"sc1;9;sc2;9\r\nxyz;1;\r\npre;\r\nat1;{HONG};at2;{CHONG};\r\nmch;7;;;\r\nclk;0:00;stopEnd;\r\nsup;1"
    with monkeypatch.context() as patch:
        patch.setitem(STREAMS, "sup", Stream(keywords=("sup",), decode=raising, most=1))
        (message,) = feed.send(text)
    assert (message.kind, message.raw, message.events) == (ResultKind.INTERNAL_ERROR, text, [])
    assert message.data == HandlingFailed(error="BrokenError: sup;1")
    assert (message.match_id, message.round, message.clock_ms, message.score) == (
        "ring-1.session-.1",
        1,
        120_000,
        (1, 0),
    )
    assert isinstance(feed.parser.failure, BrokenError)
    assert not feed.parser.changed
    assert not feed.parser.at_boundary
    untouched.skip_to(feed.parser.entry)
    assert feed.parser.dump() == untouched.dump()
    following = Entry(feed.now_us + 1, 0, "192.0.2.10", 50_000, text.encode())
    expected = untouched.parse(feed.parser.entry + 1, SESSION, following)
    assert feed.put(following) == expected
    assert feed.parser.failure is None
    assert len(expected.messages) == 7


def test_a_handler_that_raises_is_undone_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even after it changed something, and after the sender was noted."""

    def break_down(state: RingState, _reading: LoadBegan) -> None:
        state.bout.score = (5, 5)
        state.memory.is_pending = True
        state.is_boundary = True
        raise BrokenError

    feed = Feed()
    feed.load()
    before = feed.state
    with monkeypatch.context() as patch:
        handlers: dict[Any, Any] = HANDLERS
        patch.setitem(handlers, LoadBegan, break_down)
        result = feed.send("pre;FightLoaded;", address="192.0.2.99")
    assert [message.kind for message in result] == [ResultKind.INTERNAL_ERROR]
    assert msgspec.structs.replace(feed.state, entry=before.entry) == before
    assert "two_senders" not in {finding.rule for finding in feed.findings()}
    feed.send("sup;1", address="192.0.2.99")
    assert "two_senders" in {finding.rule for finding in feed.findings()}


def test_every_value_in_the_state_is_immutable() -> None:
    """A shallow copy is the whole state: only then does putting it back undo everything."""
    immutable = {int, str, bool, type(None), tuple, "Stage", "Origin"}
    for struct in (Bout, Memory, KnownMatch, Sender, Shown, Story):
        for field in msgspec.structs.fields(struct):
            text = str(field.type)
            assert not any(word in text for word in ("list", "dict", "set[")), f"{struct.__name__}.{field.name}"
            if isinstance(field.type, type):
                is_frozen = issubclass(field.type, msgspec.Struct) and field.type.__struct_config__.frozen
                assert is_frozen or field.type in immutable or field.type.__name__ in immutable


@given(ENTRIES, st.integers(0, 40))
def test_a_loaded_dump_goes_on_identically(made: list[tuple[bytes, int, float, Origin]], at: int) -> None:
    """From any entry on, results and state are those of a parser that was never saved; nothing raises."""
    found = journal(made)
    parser = RingParser(RING, JOURNAL_ID)
    parse(found[:at], parser)
    again = RingParser.load(parser.dump())
    assert (again.entry, again.session, again.journal_id) == (parser.entry, parser.session, JOURNAL_ID)
    for number, entry in enumerate(found[at:], parser.entry + 1):
        assert again.parse(number, SESSION, entry) == parser.parse(number, SESSION, entry)
        assert parser.failure is None
        assert (again.changed, again.at_boundary) == (parser.changed, parser.at_boundary)
        assert again.state() == parser.state()
    assert again.dump() == parser.dump()


@pytest.mark.parametrize("capture", CAPTURES)
def test_a_capture_can_be_resumed_at_every_entry(capture: str) -> None:
    """Saved and loaded after each entry, the results are the same."""
    found = entries(capture)
    whole = RingParser(RING, JOURNAL_ID)
    expected = parse(found, whole)
    parser = RingParser(RING, JOURNAL_ID)
    results: list[ParsedEntry] = []
    for entry in found:
        parser = RingParser.load(parser.dump())
        results += parse([entry], parser)
    assert results == expected
    assert parser.dump() == whole.dump()


@given(ENTRIES)
def test_changed_is_said_whenever_the_visible_state_changed(made: list[tuple[bytes, int, float, Origin]]) -> None:
    """No change that a user could see is missed, and it has the time of its entry."""
    parser = RingParser(RING, JOURNAL_ID)
    for entry in journal(made):
        before = parser.state()
        parse([entry], parser)
        after = parser.state()
        hidden = msgspec.structs.replace(after, entry=before.entry, changed_at_us=before.changed_at_us)
        assert parser.changed or hidden == before
        assert after.changed_at_us == (entry.received_at_us if parser.changed else before.changed_at_us)


def test_a_hit_changes_nothing_that_is_shown() -> None:
    """Hits come by the dozen in a running round: none of them is a reason to publish the state."""
    feed = Feed()
    feed.load()
    feed.send("clk;02:00;start;", "clk;01:59;")
    assert feed.parser.changed
    before = feed.state
    (message,) = feed.send("hl1;34;")
    assert (message.kind, feed.parser.changed) == (ResultKind.RECOGNIZED, False)
    assert msgspec.structs.replace(feed.state, entry=before.entry) == before


@given(st.lists(TEXTS, min_size=1, max_size=30), st.integers(1, 6))
def test_how_messages_are_packed_does_not_matter(texts: list[str], together: int) -> None:
    """Several messages in one datagram read and conclude like one by one; only entry numbers and times differ."""
    texts = [text for text in texts if text != "\x00"]
    apart, packed = Feed(), Feed()
    one_by_one = [message for text in texts for message in apart.send(text)]
    chunks = ["\r\n".join(texts[at : at + together]) for at in range(0, len(texts), together)]
    in_chunks = [message for text in chunks for message in packed.send(text)]
    assert [(m.raw, m.kind, m.data, m.round, m.clock_ms, m.score) for m in in_chunks] == [
        (m.raw, m.kind, m.data, m.round, m.clock_ms, m.score) for m in one_by_one
    ]
    assert [changes(m) for m in in_chunks] == [changes(m) for m in one_by_one]


def changes(message: ParsedMessage) -> list[type[AnyMatchEvent]]:
    """The kinds of what changed; what does not add up may depend on the time."""
    return [type(event) for event in message.events if not isinstance(event, Finding)]


@given(st.lists(st.binary(max_size=60) | BODIES, max_size=20))
def test_nothing_that_arrives_makes_parsing_raise(bodies: list[bytes]) -> None:
    """Every datagram has at least one message, and none is our own fault."""
    parser = RingParser(RING, JOURNAL_ID)
    for result in parse([Entry(1, 1, "192.0.2.1", 1, body) for body in bodies], parser):
        assert result.messages
        assert parser.failure is None


def test_a_session_is_not_a_match() -> None:
    """A ring that is started anew in mid-match goes on with it."""
    feed = Feed()
    load = feed.load()
    feed.send("clk;02:00;start;")
    feed.put(Entry(feed.now_us, 0, fact=SessionClosed(reason="restart")))
    feed.session = "session-2"
    assert feed.send("clk;01:59;")[0].match_id == load.match_id
    assert feed.parser.session == "session-2"


def test_entries_that_are_lost_are_skipped() -> None:
    """Going back is not possible."""
    parser = RingParser(RING, JOURNAL_ID)
    parser.skip_to(7)
    parser.skip_to(3)
    assert parser.entry == 7


def test_a_dump_that_cannot_be_read_is_refused() -> None:
    """Another format, half a file or anything else raises ValueError, and nothing else."""
    saved = RingParser(RING, JOURNAL_ID).dump()
    other = msgspec.msgpack.encode(msgspec.msgpack.decode(saved) | {"format": dump.FORMAT + 1})
    with pytest.raises(ValueError, match=f"format {dump.FORMAT + 1}"):
        RingParser.load(other)
    for broken in (b"", saved[:-1], b"\xc1", saved + b"\x00", b"\x81\xa6format" + bytes([dump.FORMAT])):
        with pytest.raises(ValueError, match="cannot be read"):
            RingParser.load(broken)


@given(st.binary(max_size=60))
def test_any_bytes_that_are_no_dump_are_refused(saved: bytes) -> None:
    """Only ValueError."""
    with pytest.raises(ValueError, match="saved state"):
        RingParser.load(saved)


def test_the_streams_of_these_tests_are_put_back() -> None:
    """No test leaves its raising decoder behind."""
    assert STREAMS["sup"] is sup.STREAM
