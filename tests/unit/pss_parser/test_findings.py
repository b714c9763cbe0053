"""Holes in the journal, two senders, unknown streams. What the messages themselves show: test_inspecting_*.py."""

import pytest

from services.pss_parser.ring import RingParser
from shared.messages.facts import (
    AnyFact,
    DatagramCut,
    DatagramsDropped,
    EntriesLost,
    ReplayBegan,
    SessionBroken,
    SessionClosed,
)
from shared.messages.match import Finding, Severity
from shared.messages.pss import ResultKind
from shared.messages.wire import Entry, Origin
from tests.unit.pss_parser.feed import Feed


def of_fact(fact: AnyFact) -> list[Finding]:
    feed = Feed()
    result = feed.put(Entry(feed.now_us, feed.now_us, fact=fact))
    assert result.messages == []
    assert not feed.parser.changed
    return feed.findings()


def test_holes_are_errors_with_their_numbers() -> None:
    """Each fact that tells of a hole is one finding, in a sentence, with what is known as evidence."""
    facts: dict[str, AnyFact] = {
        "session_broken": SessionBroken(broken_session="s0", from_us=1_000_000, to_us=3_500_000),
        "datagrams_dropped": DatagramsDropped(count=7, from_us=1, to_us=2, shared_by=["ring-1"]),
        "datagram_cut": DatagramCut(limit_bytes=512, address="192.0.2.9", port=7),
        "entries_lost": EntriesLost(from_entry=5, to_entry=5, from_us=1, to_us=2),
    }
    for rule, fact in facts.items():
        (finding,) = of_fact(fact)
        assert (finding.rule, finding.severity) == (rule, Severity.ERROR)
        assert finding.explanation.endswith(".")
        assert finding.evidence == {name: getattr(fact, name) for name in fact.__struct_fields__}
    assert "2.5 s" in of_fact(facts["session_broken"])[0].explanation
    assert "7 datagrams" in of_fact(facts["datagrams_dropped"])[0].explanation
    assert "1 entry (5 to 5)" in of_fact(facts["entries_lost"])[0].explanation


def test_other_facts_are_no_findings() -> None:
    """What is in order is not reported."""
    assert of_fact(SessionClosed(reason="stopped")) == []
    assert of_fact(ReplayBegan(address="127.0.0.1", port=1, file="x")) == []


def test_two_senders_are_reported_once() -> None:
    """When both send within 30 s, once per session, with both addresses; on the entry, not on a message."""
    feed = Feed()
    feed.send("avt;0")
    feed.send("avt;1", address="192.0.2.99", port=7)
    feed.send("avt;0")
    feed.send("avt;1", address="192.0.2.99", port=8)
    (finding,) = feed.results[1].events
    assert feed.findings() == [finding]
    assert isinstance(finding, Finding)
    assert (finding.rule, finding.severity) == ("two_senders", Severity.WARNING)
    assert finding.evidence == {
        "address": "192.0.2.99",
        "port": 7,
        "origin": "live",
        "other_address": "192.0.2.10",
        "other_port": 50_000,
        "other_origin": "live",
        "apart_us": 10_000,
    }
    feed.send("avt;1", address="192.0.2.50")
    assert len(feed.findings()) == 2


def test_two_ports_of_one_machine_are_two_senders() -> None:
    """Another port counts, but the machine is reported once."""
    feed = Feed()
    feed.send("avt;0")
    for port in (1, 2, 3):
        feed.send("avt;1", port=port)
    assert [finding.rule for finding in feed.findings()] == ["two_senders"]


def test_senders_one_after_the_other_are_no_finding() -> None:
    """A ring's system that was exchanged, or a new session, is in order."""
    feed = Feed()
    feed.send("avt;0")
    feed.wait(31)
    feed.send("avt;1", address="192.0.2.99")
    feed.session = "session-2"
    feed.send("avt;1", address="192.0.2.10")
    assert feed.findings() == []
    feed.send("avt;1", address="192.0.2.99")
    assert len(feed.findings()) == 1


def test_a_replay_beside_a_sender_is_two_senders() -> None:
    """Even from one address and port."""
    feed = Feed()
    feed.send("avt;0")
    feed.send("avt;1", origin=Origin.REPLAY)
    assert [finding.evidence["origin"] for finding in feed.findings()] == ["replay"]


def test_an_unknown_stream_is_reported_once_per_session() -> None:
    """The messages are kept each time; the finding belongs to the first one."""
    feed = Feed()
    (message,) = feed.send("xyz;1;2;")
    assert (message.stream, message.kind, message.raw) == ("xyz", ResultKind.UNKNOWN, "xyz;1;2;")
    assert [finding.rule for finding in feed.findings()] == ["unknown_stream"]
    assert feed.findings()[0].evidence == {"stream": "xyz"}
    feed.send("xyz;1;", "abc;", b"\x00\x01", b"\x02")
    assert [finding.evidence["stream"] for finding in feed.findings()] == ["xyz", "abc", ""]
    feed.session = "session-2"
    feed.send("xyz;1;")
    assert len(feed.findings()) == 4


@pytest.mark.slow
def test_neither_garbage_nor_forged_addresses_fill_the_state() -> None:
    """The state stays small whatever arrives."""
    feed = Feed()
    for number in range(2000):
        feed.send(f"x{number};1", address=f"192.0.{number // 250}.{number % 250}", port=number + 1)
        feed.send(f"pre;\r\nmch;{number};Final;M -68kg;\r\nrdy;")
    assert len(feed.parser.dump()) < 64_000
    assert RingParser.load(feed.parser.dump()).state() == feed.state


def test_a_faulty_message_is_partial() -> None:
    """Known but incomplete is neither recognized nor unknown."""
    feed = Feed()
    assert [message.kind for message in feed.send("clk;x;", "pt1;9;", "clk;1:00;")] == [
        ResultKind.PARTIAL,
        ResultKind.PARTIAL,
        ResultKind.RECOGNIZED,
    ]
