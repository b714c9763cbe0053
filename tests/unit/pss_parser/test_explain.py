"""How lines are explained: each field at its place, with its fault; and anything at all is explained somehow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.pss_parser.encoding import sample_line
from services.pss_parser.explain import ExplainedField, explain
from services.pss_parser.streams import KEYWORDS, STREAMS
from shared.messages.pss import ResultKind
from shared.messages.rules import Dialect


def rows(text: str, dialect: Dialect | None = None) -> list[tuple[object, ...]]:
    """Position, name, raw, value and fault of the fields of a text that is one message."""
    (message,) = explain(text.encode(), dialect).messages
    return [(f.position, f.name, f.raw, f.value, f.fault) for f in message.fields]


def test_a_line_field_by_field() -> None:
    """Position, name, text, value and meaning of each field; keyword, kind and event of the message."""
    found = explain(b"clk;01:59;stop;")
    assert (found.dialect, found.protocol, found.version) == (Dialect.B, "WT UDP 2.3 / Gen3", "2.3")
    (message,) = found.messages
    assert (message.keyword, message.kind, message.topic, message.event) == (
        "clk",
        ResultKind.RECOGNIZED,
        "pss.clock",
        "ClockTicked",
    )
    clock, action = message.fields
    assert clock == ExplainedField(
        position=1, name="clock_ms", raw="01:59", value=119_000, meaning="time left", fault=None
    )
    assert (action.position, action.value) == (2, "stop")


def test_labels_and_surplus_fields() -> None:
    """A label counts as a position; what no layout has is named, and so is a label that comes twice."""
    assert rows("sc1;3;sc2;x;9;") == [
        (1, "chong", "3", 3, None),
        (2, "sc2", "sc2", None, None),
        (3, "hong", "x", None, "wrong_type"),
        (4, "", "9", None, "unexpected_field"),
    ]
    assert rows("wrd;rd1;1;rd1;2;")[2:] == [(3, "rd1", "rd1", None, None), (4, "", "2", None, "unexpected_field")]
    assert rows("clk;0:10;;;")[1:] == [(2, "action", "", None, None), (3, "", "", None, None)]


def test_what_is_not_there() -> None:
    """A field that must be there has a row without a position; one that may be left out has none."""
    assert rows("clk;") == [(None, "clock_ms", None, None, "missing")]
    assert rows("wrd;rd2;1;") == [
        (1, "rd2", "rd2", None, None),
        (2, "winners.1", "1", 1, None),
        (None, "winners.0", None, None, "missing"),
    ]
    assert rows("mch;1;2")[1] == (2, "phase", "2", None, "cut")


def test_several_names_of_one_text() -> None:
    """The result of a decision is three fields in one."""
    assert rows("wmh;;2-x PTF;")[1] == (
        2,
        "decision",
        "2-x PTF",
        {"rounds_chong": 2, "rounds_hong": None, "decision": "PTF"},
        "wrong_type",
    )


def test_the_dialect_is_asked_for_or_shown_or_the_newer_one() -> None:
    """A line is read as the dialect that it shows, unless another one is asked for."""
    shown = explain(b"pt1;3;hel:;")
    assert (shown.dialect, shown.reason) == (Dialect.A, "hel: only older senders have it")
    assert rows("pt1;3;", Dialect.A)[0][:4] == (1, "value", "3", 3)
    (point, banner) = explain(b"pt1;3;hel:;", Dialect.B).messages
    assert banner.kind is ResultKind.DEPRECATED
    assert point.fields[0].meaning.startswith("kind")
    assert explain(b"pt1;3;hel:;").messages[0].fields[0].meaning.startswith("points")
    assert explain(b"clk;1:00;").reason.startswith("nothing in it")


@pytest.mark.parametrize(
    ("body", "words"), [(b"xyz;1;2;", "'xyz'"), (b"\x00\x01", "begins with nothing"), (b"", "begins")]
)
def test_garbage_has_an_answer(body: bytes, words: str) -> None:
    """What is no message is said to be none, with its fields."""
    (message,) = explain(body).messages
    assert message.kind is ResultKind.UNKNOWN
    assert words in message.meaning
    assert [field.raw for field in message.fields] == (["1", "2"] if b";" in body else [])


@pytest.mark.parametrize("keyword", STREAMS)
def test_every_stream_is_explained(keyword: str) -> None:
    """In the sample of each stream all fields have their place, and a meaning."""
    (message,) = explain(sample_line(STREAMS[keyword], keyword).encode(), Dialect.B).messages
    assert message.faults == ()
    assert all(field.position and field.meaning and field.name for field in message.fields)
    named = {field.name for field in message.fields}
    assert {field.name for field in STREAMS[keyword].layout} <= named


@given(st.binary() | st.lists(st.sampled_from(sorted(KEYWORDS)) | st.text(max_size=5)).map(";".join).map(str.encode))
def test_anything_is_explained(body: bytes) -> None:
    """Whatever it is, each text after a keyword has its row, in order, and each fault that is a field's is at one."""
    for message in explain(body).messages:
        positions = [field.position for field in message.fields if field.position is not None]
        assert positions == list(range(1, len(positions) + 1))
