"""Datagrams cut into messages: several in one, missing ends, other encodings, and anything at all."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.pss_parser.datagram import MAX_MESSAGES, split, split_by_grammar, split_text
from services.pss_parser.streams import KEYWORDS, read
from shared.messages.pss import AthletesNamed, ClockTicked, UnknownReceived
from tests.support.golden import CAPTURES, datagrams

LABELS = ("at2", "ju1", "ju2", "ju3", "ta", "rd1", "rd2", "rd3", "st1", "st2")
VALUES = (
    "",
    " ",
    "0",
    "1",
    "7",
    "99",
    "-1",
    "x",
    "1:23",
    "02:00",
    "start",
    "stopEnd",
    "CRO",
    "Đ",
    "RED",
    "null",
    "1-2 PTF",
)
TOKENS = st.sampled_from((*sorted(KEYWORDS), *LABELS, *VALUES, "Udp Port 8888 connected", "\0", "\ufeff"))
LINES = st.lists(TOKENS | st.text(max_size=8), max_size=24).map(";".join)
TEXTS = st.lists(LINES, max_size=4).flatmap(
    lambda lines: st.sampled_from(("\r\n", "\n", ";", "\r")).map(lambda separator: separator.join(lines))
)

AT1 = "at1;A;Ana;CRO;at2;B;Bea;SRB;"
MCH = "mch;101;Final;M -68kg;0;#0000ff;#FFFFFF;#ff0000;#FFFFFF;null;Seniors;3;120;cntDown;20;5;"


def texts(body: str | bytes) -> list[str]:
    return [message.raw for message in split(body if isinstance(body, bytes) else body.encode())]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("clk;01:59;", ["clk;01:59;"]),
        ("clk;01:59;\r\n", ["clk;01:59;"]),
        ("clk;01:59\n", ["clk;01:59"]),
        ("clk;01:59;\r\nrnd;1;\r\n", ["clk;01:59;", "rnd;1;"]),
        ("clk;01:59\nrnd;1\n\nsup;0", ["clk;01:59", "rnd;1", "sup;0"]),
        (f"pre;FightLoaded;{AT1}", ["pre;FightLoaded;", AT1]),
        (f"pre;{AT1}{MCH}wg1;0;wg2;0;rdy;", ["pre;", AT1, MCH, "wg1;0;wg2;0;", "rdy;"]),
        ("sc1;3;sc2;0", ["sc1;3;sc2;0"]),
        ("sc1;3;sc2;0;sc1;4;sc2;0", ["sc1;3;sc2;0;", "sc1;4;sc2;0"]),
        ("sc1;3;sc2;0;sc2;1;", ["sc1;3;sc2;0;", "sc2;1;"]),
        ("s11;1;s21;2;s11;2;", ["s11;1;s21;2;", "s11;2;"]),
        ("clk;1:00;stop;sc1;1;sc2;0;pt1;1;", ["clk;1:00;stop;", "sc1;1;sc2;0;", "pt1;1;"]),
        ("clk;rnd;2;", ["clk;", "rnd;2;"]),
        ("rsr;brk;0:59;", ["rsr;", "brk;0:59;"]),
        ("clk;1:00;ch1;1;", ["clk;1:00;", "ch1;1;"]),
        ("xyz;1;2;clk;1:00;", ["xyz;1;2;", "clk;1:00;"]),
        ("at1;ref;win;CRO;at2;clk;rnd;SRB;sup;1", ["at1;ref;win;CRO;at2;clk;rnd;SRB;", "sup;1"]),
        ("at1;A;Ana;at2;B;Bea;mch;101;", ["at1;A;Ana;at2;B;Bea;", "mch;101;"]),
        ("ref;;;ju1;;;ju2;;;ta;;;", ["ref;;;ju1;;;ju2;;;ta;;;"]),
        ("ref;ref;CRO;ju1;win;;ta;", ["ref;ref;CRO;ju1;win;;ta;"]),
        (f"ref;ju1;ju2;ta;{AT1}", ["ref;ju1;ju2;ta;", AT1]),
        (f"ref;;;ju1;;;ta;;;{AT1}", ["ref;;;ju1;;;ta;;;", AT1]),
        ("ref;ju1;ta;at1;;;;at2;;;;", ["ref;ju1;ta;", "at1;;;;at2;;;;"]),
        ("ref;ju1;ta;clk;1:00;", ["ref;ju1;ta;", "clk;1:00;"]),
        ("wmh;ref;2-1 PTF;win;RED", ["wmh;ref;2-1 PTF;", "win;RED"]),
        ("wmh;;0-0 WDR;", ["wmh;;0-0 WDR;"]),
        ("rsr;Udp Port 8888 connected;clk;0:10", ["rsr;", "Udp Port 8888 connected;", "clk;0:10"]),
        ("\ufeffclk;1:00;", ["\ufeffclk;1:00;"]),
        ("", [""]),
        ("\r\n", [""]),
        (";", [";"]),
        (";clk;1:00", [";", "clk;1:00"]),
    ],
)
def test_messages_of_a_datagram(body: str, expected: list[str]) -> None:
    """A keyword starts a message only where the running stream's grammar cannot take it."""
    assert texts(body) == expected


def test_empty_fields_keep_their_position() -> None:
    """Only the field that the trailing `;` opens is none."""
    assert split(b"wmh;;0-0 WDR;")[0].values == ["", "0-0 WDR"]
    assert split(b"wmh;;")[0].values == [""]
    assert split(b"at1;;;;at2;;;")[0].values == ["", "", "", "at2", "", ""]


def test_a_byte_order_mark_hides_no_keyword() -> None:
    """What stands before the first letter is not part of the keyword."""
    (message,) = split("\ufeffclk;1:00;".encode())
    assert read(message) == ClockTicked(clock_ms=60_000)


def test_text_cut_inside_a_character_is_kept() -> None:
    """A datagram that ends in half a character keeps everything before it and says so."""
    body = "at1;A;Ana;CRO;at2;B;Bea BEĆ".encode()[:-1]
    (message,) = split(body)
    reading = read(message)
    assert isinstance(reading, AthletesNamed)
    assert reading.hong.long_name == "Bea BE"
    assert reading.faults == ("encoding:cut", "hong.long_name:cut", "hong.noc:missing")


def test_other_encodings_are_read_and_marked() -> None:
    """Text of older systems is cp1250; only the messages that hold such text are marked."""
    first, second = split("at1;Š;Šime ŠIMIĆ;CRO;at2;B;Bea;SRB;\r\nclk;1:00;".encode("cp1250"))
    reading = read(first)
    assert isinstance(reading, AthletesNamed)
    assert reading.chong.long_name == "Šime ŠIMIĆ"
    assert reading.faults == ("encoding:cp1250",)
    assert read(second) == ClockTicked(clock_ms=60_000)
    (message,) = split(b"xyz;\x81;")
    assert read(message) == UnknownReceived(stream="xyz", faults=("encoding:latin-1",))


def test_garbage_has_no_keyword() -> None:
    """Only something like a word is a keyword; the text stays."""
    for body in (b"\x00\x01\x02", b"hello world;1", b"x" * 40, "ćlk;1".encode()):
        (message,) = split(body)
        assert message.keyword == ""
        assert message.raw.encode() == body


@given(st.binary(max_size=200))
@example(b"")
@example(b"\xff\xfe")
@example("Đ".encode()[:1])
def test_any_bytes_give_messages(body: bytes) -> None:
    """Framing and decoding are total: at least one message, each with a reading, and no text is lost."""
    messages = split(body)
    assert messages
    for message in messages:
        read(message)


@given(TEXTS)
def test_any_text_gives_messages_and_loses_nothing(text: str) -> None:
    """The messages' texts, put together, are the datagram without its line ends."""
    messages = split(text.encode())
    assert "".join(message.raw for message in messages).replace("\n", "") == text.replace("\r", "").replace("\n", "")
    for message in messages:
        read(message)


@given(TEXTS)
def test_the_fast_path_only_is_faster(text: str) -> None:
    """What is cut without the grammar is what the grammar cuts."""
    assert split_text(text) == split_by_grammar(text)


@pytest.mark.parametrize("separator", [";", "\r\n", ";\r\n", "\n"])
@pytest.mark.parametrize("capture", CAPTURES)
def test_messages_joined_to_one_datagram_are_the_same_messages(capture: str, separator: str) -> None:
    """A capture in as few datagrams as can be gives the readings of its datagrams one by one."""
    lines = [text for _, text in datagrams(capture)]
    for start in range(0, len(lines), MAX_MESSAGES):
        part = lines[start : start + MAX_MESSAGES]
        joined = separator.join(line.removesuffix(";") for line in part)
        assert [read(message) for message in split(joined.encode())] == [read(split(line.encode())[0]) for line in part]


@pytest.mark.parametrize(("text", "rest"), [("x\n", "x\n" * 31_936), ("pre;rdy;", "pre;rdy;" * 7_968)])
def test_too_many_messages_are_one_at_the_end(text: str, rest: str) -> None:
    """No datagram costs more than so many rows, and none of its text is lost."""
    size = 32_000 if "\n" in text else 8_000
    messages = split(text.encode() * size)
    assert len(messages) == MAX_MESSAGES + 1
    assert messages[-1].raw == rest.rstrip("\n")
    assert read(messages[-1]) == UnknownReceived(stream="", faults=("datagram:too_many_messages",))
    assert len(split(b"x\n" * MAX_MESSAGES)) == MAX_MESSAGES


def test_a_huge_datagram_is_cut_in_reasonable_time() -> None:
    """No datagram makes framing quadratic: 65 KB of nothing but keywords is done at once."""
    assert len(split(b"clk;" * 16_000)) == MAX_MESSAGES + 1
    assert len(split(b";" * 65_000)) == 1
    assert len(split(b"ref;ju1;" * 8000)) == MAX_MESSAGES + 1
    (message,) = split(b"wrd;" + b"rd1;" * 16_000)
    assert read(message).faults == ("rd1:unexpected_field", "rd1:missing")
