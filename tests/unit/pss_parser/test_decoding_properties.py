"""Framing and decoding of anything at all: total, without loss, and what was read can be written and read again."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.pss_parser.datagram import split, split_by_grammar, split_text
from services.pss_parser.dialects import kind_of, sign_of
from services.pss_parser.encoding import encode, sample_line
from services.pss_parser.layout import by_label
from services.pss_parser.streams import KEYWORDS, OLD_STREAMS, STREAMS, read
from shared.messages.pss import ResultKind, UnknownReceived
from shared.messages.rules import Dialect

pytestmark = pytest.mark.slow

LABELS = sorted({label for stream in STREAMS.values() for label in stream.labels})
WORDS = sorted({word for s in STREAMS.values() for field in s.layout for word in field.words})
VALUES = (
    *(
        "",
        " ",
        "0",
        "1",
        "5",
        "7",
        "99",
        "101",
        "-1",
        "x",
        "0:07",
        "1:23",
        "02:00",
        "9999",
        "CRO",
        "Đ",
        "ĐURIĆ",
        "null",
    ),
    *("1-2 PTF", "2-0", "W +73kg", "MEN -68kg", "#0000ff", " clk", "at2 ", "Udp Port 8888 connected", "\0", "\ufeff"),
)
TOKENS = st.sampled_from((*sorted(KEYWORDS), *LABELS, *WORDS, *VALUES))
FIELDS = TOKENS | st.text(max_size=8) | st.integers(-2, 120).map(str)
LINES = st.lists(FIELDS, max_size=24).map(";".join)
TEXTS = st.lists(LINES, max_size=4).flatmap(
    lambda lines: st.sampled_from(("\r\n", "\n", ";", "\r")).map(lambda separator: separator.join(lines))
)
DIALECTS = st.sampled_from(Dialect)


@st.composite
def messages(draw: st.DrawFn) -> str:
    """A message of a stream, mostly with its labels in their places and with likely values."""
    stream = draw(st.sampled_from(sorted(STREAMS)))
    parts = [stream]
    for label, fields in by_label(STREAMS[stream].layout).items():
        if label != stream and label and draw(st.integers(0, 5)):
            parts.append(label)
        count = draw(st.sampled_from((len(fields), len(fields), len(fields) - 1, len(fields) + 1)))
        parts += draw(st.lists(FIELDS, min_size=count, max_size=count))
    return ";".join(parts) + draw(st.sampled_from((";", "")))


def written_and_read_again(text: str, dialect: Dialect) -> None:
    table = STREAMS | OLD_STREAMS if dialect is Dialect.A else STREAMS
    for message in split(text.encode()):
        reading = read(message, dialect)
        if isinstance(reading, UnknownReceived):
            continue
        stream = table[message.keyword]
        line = encode(stream, reading)
        (again,) = split(line.encode())
        repeated = read(again, dialect)
        assert encode(stream, repeated) == line
        if not reading.faults:
            assert repeated == reading


@given(st.binary(max_size=200) | st.lists(TEXTS.map(str.encode) | st.binary(max_size=8)).map(b";".join), DIALECTS)
@example(b"", Dialect.B)
@example(b"\xff\xfe", Dialect.A)
@example("Đ".encode()[:1], Dialect.B)
def test_any_bytes_give_messages(body: bytes, dialect: Dialect) -> None:
    """Framing and decoding are total: at least one message, each with a reading and a kind."""
    found = split(body)
    assert found
    for message in found:
        data = read(message, dialect)
        is_known = kind_of(data, message, dialect) is not ResultKind.UNKNOWN
        assert is_known <= (message.keyword in STREAMS)
        sign_of(data, message)


@given(TEXTS)
def test_no_text_is_lost(text: str) -> None:
    """The messages' texts, put together, are the datagram without its line ends."""
    together = "".join(message.raw for message in split(text.encode()))
    assert together.replace("\n", "") == text.replace("\r", "").replace("\n", "")


@given(TEXTS)
def test_the_fast_path_only_is_faster(text: str) -> None:
    """What is cut without the grammar is what the grammar cuts."""
    assert split_text(text) == split_by_grammar(text)


@given(messages() | TEXTS, DIALECTS)
@example("at1; at2; clk ;CRO;at2;win;Udp Port 1 connected;NOC;", Dialect.B)
@example("hel;x; bye ;;", Dialect.A)
@example("wmh;;-;", Dialect.B)
@settings(max_examples=400)
def test_what_was_read_is_written_and_read_again(text: str, dialect: Dialect) -> None:
    """A sound reading, encoded and decoded, is itself; of an unsound one all that could be read stays."""
    written_and_read_again(text, dialect)


@pytest.mark.parametrize("dialect", Dialect)
def test_every_stream_can_be_written(dialect: Dialect) -> None:
    """The property above is not empty: from its samples, each stream gives a sound reading that it holds for."""
    table = STREAMS | (OLD_STREAMS if dialect is Dialect.A else {})
    for keyword, stream in table.items():
        line = sample_line(stream, keyword)
        (message,) = split(line.encode())
        assert read(message, dialect).faults == (), line
        written_and_read_again(line, dialect)
