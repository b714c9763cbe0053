"""Datagrams cut into messages: several in one, missing ends, other encodings, and anything at all."""

import pytest

from services.pss_parser.datagram import MAX_MESSAGES, split
from services.pss_parser.streams import read
from shared.messages.pss import AthletesNamed, ClockTicked, UnknownReceived
from tests.support.golden import CAPTURES, datagrams

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
        ("ch1;ch1;1;ch1;1;0;", ["ch1;", "ch1;1;", "ch1;1;0;"]),
        ("to1;0:30;show;hwt;1;avt;3;", ["to1;0:30;show;", "hwt;1;", "avt;3;"]),
        ("hel:TK-Strike 3.2.4;clk;1:00;", ["hel:TK-Strike 3.2.4;", "clk;1:00;"]),
        ("clk;1:00;bye:;hel:;x;inlb;", ["clk;1:00;", "bye:;", "hel:;x;", "inlb;"]),
        ("s11;5;s23;1;sc1;2;", ["s11;5;s23;1;", "sc1;2;"]),
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


def test_encodings_are_tried_in_their_order() -> None:
    """Which encodings are tried is for the caller to say; one that is none, or gives no text, is passed over."""
    body = "wmh;Ž. ŠIMIĆ;2-0 PTF;".encode("cp1250")
    (message,) = split(body, ("latin-1", "cp1250"))
    assert message.faults == ("encoding:latin-1",)
    (message,) = split("wmh;Ж;2-0 PTF;".encode("cp1251"), ("ascii", "cp1251"))
    assert (message.values[0], message.faults) == ("Ж", ("encoding:cp1251",))
    for unfit in ("klingon", "rot13", "hex", "ascii", "utf-16", "\0", "undefined"):
        (message,) = split(body, (unfit, "cp1250"))
        assert (message.values[0], message.faults) == ("Ž. ŠIMIĆ", ("encoding:cp1250",)), unfit
    assert split(b"\xff\\ud800;x", ("unicode_escape",))[0].faults == ("encoding:latin-1",)
    assert split(body, ())[0].faults == ("encoding:latin-1",)


def test_a_banner_is_read_with_and_without_its_colon() -> None:
    """The colon is no part of the keyword; a word that only begins like one is none."""
    for text in ("hel", "hel:", "hel;", "hel:;", "hel: ", "hel:x", "hel x", "hel;x"):
        assert split(text.encode())[0].keyword == "hel", text
    for text in ("help", "helo:x", "hel\tx", "hello world"):
        assert split(text.encode())[0].keyword != "hel", text


def test_garbage_has_no_keyword() -> None:
    """Only something like a word is a keyword; the text stays."""
    for body in (b"\x00\x01\x02", b"hello world;1", b"x" * 40, "ćlk;1".encode()):
        (message,) = split(body)
        assert message.keyword == ""
        assert message.raw.encode() == body


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
