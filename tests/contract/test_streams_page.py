"""docs/streams.md is complete: every keyword of the protocol is in it, with its dialects, fields and event."""

import re

from deploy import streams_page
from services.pss_parser.dialects import PROTOCOLS
from services.pss_parser.streams import STREAMS
from shared.messages.pss import HandlingFailed, UnknownReceived
from shared.messages.topics import READING_TOPICS

# The protocol's own list, written down by hand.
PROTOCOL = re.findall(
    r"\w+",
    "pre rdy at1 ref mch clk rnd brk pt1 pt2 hl1 hl2 sc1 sc2 s11 s21 s12 s22 s13 s23 wg1 wg2 ij0 ij1 ij2 ch0 ch1 ch2 "
    "wrd sup rst rsr avt win wmh to1 to2 hwt hel bye inlb insl inth",
)
ROW = re.compile(r"^\| (`.*?) \| ([AB, ]+) \| (.*?) \| \[`([\w.]+)`\]\(messages\.md#\w+\) `(\w+)` \|$", re.MULTILINE)


def rows() -> list[tuple[str, str, str, str, str]]:
    """Keywords, dialects, fields, topic and struct of each row of the overview."""
    return ROW.findall(streams_page.page())


def test_every_keyword_of_the_protocol_is_there() -> None:
    """No stream of the protocol is left out, and none is invented."""
    shown = {word for keywords, *_ in rows() for word in re.findall(r"`([^`]+)`", keywords)}
    for first, last in re.findall(r"`(\w+)` … `(\w+)`", "\n".join(keywords for keywords, *_ in rows())):
        shown |= {key for key in STREAMS if len(key) == len(first) and first <= key <= last}
    assert set(PROTOCOL) <= shown
    assert shown - set(PROTOCOL) == {"Udp Port", *(f"s{x}{y}" for x in "12" for y in "456789")}


def test_every_reading_is_there() -> None:
    """Each topic that a scoring system's words can lead to, and no other, has its row."""
    expected = {(topic.name, reading.__name__) for reading, topic in READING_TOPICS.items()}
    not_said = {(READING_TOPICS[reading].name, reading.__name__) for reading in (UnknownReceived, HandlingFailed)}
    assert {(topic, struct) for *_, topic, struct in rows()} == expected - not_said


def test_both_dialects_are_there() -> None:
    """A keyword has a row for each way in which it is read, and the rows name the dialects that read it so."""
    by_keyword: dict[str, list[str]] = {}
    for keywords, dialects, *_ in rows():
        by_keyword.setdefault(keywords.split("`")[1], []).append(dialects)
    for keyword, shown in by_keyword.items():
        speaking = [d.upper() for d, protocol in PROTOCOLS.items() if keyword in protocol.streams]
        assert sorted(", ".join(shown).split(", ")) == speaking, keyword
    assert by_keyword["pt1"] == by_keyword["mch"] == ["A", "B"]
    assert by_keyword["to1"] == by_keyword["hel"] == ["A"]


def test_every_field_is_there() -> None:
    """Each field of each stream stands in its row, alone or within a range."""
    for keywords, dialects, fields, *_ in rows():
        keyword = keywords.split("`")[1]
        protocol = next(p for d, p in PROTOCOLS.items() if d.upper() == dialects[0])
        names = {re.sub(r"\d+", "0", field.name) for field in protocol.streams[keyword].layout}
        found = {re.sub(r"\d+", "0", name) for name in re.findall(r"`([^`]+)`", fields)}
        assert found == names, keyword
