"""Layouts are true: each field that a layout names is set by reading what the layout says."""

import pytest

from services.pss_parser.datagram import split
from services.pss_parser.encoding import sample_line
from services.pss_parser.fields import Fields, Stream
from services.pss_parser.layout import Form, value_of
from services.pss_parser.streams import OLD_STREAMS, STREAMS, read
from shared.messages.pss import Reading
from shared.messages.rules import Dialect

CASES = [(Dialect.B, keyword, stream) for keyword, stream in STREAMS.items()] + [
    (Dialect.A, keyword, stream) for keyword, stream in OLD_STREAMS.items()
]
IDS = [f"{dialect}-{keyword}" for dialect, keyword, _ in CASES]


def reading_of(text: str, dialect: Dialect) -> Reading:
    (message,) = split(text.encode())
    return read(message, dialect)


@pytest.mark.parametrize(("dialect", "keyword", "stream"), CASES, ids=IDS)
def test_every_field_is_read(dialect: Dialect, keyword: str, stream: Stream) -> None:
    """A message with all fields of a layout is sound, and each of them is in its reading."""
    reading = reading_of(sample_line(stream, keyword), dialect)
    assert type(reading) is stream.reading
    assert reading.faults == ()
    for field in stream.layout:
        if field.form is not Form.CONSTANT:
            assert value_of(reading, field.name) is not None, field.name
        assert all(value_of(reading, name) is not None for name in field.also)


@pytest.mark.parametrize(("dialect", "keyword", "stream"), CASES, ids=IDS)
def test_every_field_of_a_reading_has_its_place(dialect: Dialect, keyword: str, stream: Stream) -> None:
    """No field of a reading is left at its default by a message that has all fields: layouts leave nothing out."""
    reading = reading_of(sample_line(stream, keyword), dialect)
    silent = {"faults", "points"} if dialect is Dialect.B else {"faults"}
    unset = [name for name in reading.__struct_fields__ if getattr(reading, name) in (None, ())]
    assert set(unset) <= silent


@pytest.mark.parametrize(("dialect", "keyword", "stream"), CASES, ids=IDS)
def test_bounds_and_words_are_those_of_the_layout(dialect: Dialect, keyword: str, stream: Stream) -> None:
    """Numbers are accepted from the low to the high one and not beyond, words if they are listed."""
    for field in stream.layout:
        if keyword == "Udp Port" and field.form is Form.CHOICE:
            continue  # with another word it is no notice at all
        if field.form is Form.NUMBER:
            good, bad = [str(field.low), str(field.high)], [str(field.low - 1), str(field.high + 1)]
        elif field.form in (Form.CHOICE, Form.CONSTANT):
            good, bad = list(field.words), ["other"]
        else:
            continue
        for texts, is_good in ((good, True), (bad, False)):
            for text in texts:
                line = sample_line(stream, keyword, {field.name: text})
                reading = reading_of(line, dialect)
                assert (reading.faults == ()) is is_good, line
                if is_good and field.form is Form.CHOICE:
                    assert value_of(reading, field.name) == field.words[text]


@pytest.mark.parametrize(("dialect", "keyword", "stream"), CASES, ids=IDS)
def test_optional_fields_may_be_left_out(dialect: Dialect, keyword: str, stream: Stream) -> None:
    """Without its optional fields, but for the one that its keyword announces, a message is sound."""
    changes = {field.name: "" if field.name == "round" else None for field in stream.layout if field.is_optional}
    changes = {name: text for name, text in changes.items() if name not in ("chong", "chong.0")}
    line = sample_line(stream, keyword, changes)
    assert reading_of(line, dialect).faults == (), line


@pytest.mark.parametrize(("dialect", "keyword", "stream"), CASES, ids=IDS)
def test_other_fields_must_be_there(dialect: Dialect, keyword: str, stream: Stream) -> None:
    """A number, time or word that is not optional is missing when it is empty; a sender may have no text."""
    texts = (Form.NAME, Form.WORD, Form.CODE, Form.COLOUR, Form.REST, Form.RESULT)
    for field in stream.layout:
        if not field.is_optional and keyword != "Udp Port":
            line = sample_line(stream, keyword, {field.name: ""})
            assert (reading_of(line, dialect).faults == ()) is (field.form in texts), line


def test_the_grammar_follows_from_the_layout() -> None:
    """Longest forms, labels and free positions, as they were written down by hand once."""
    expected = {
        "at1": (7, {"at2"}, {0, 1}),
        "mch": (15, set(), {0, 1, 2, 8, 9}),
        "ref": (14, {"ju1", "ju2", "ju3", "ta"}, {0}),
        "rst": (15, {"st1", "st2"}, set()),
        "sc2": (3, {"sc1", "sc2"}, set()),
        "wmh": (2, set(), {0}),
        "wrd": (18, {f"rd{number}" for number in range(1, 10)}, set()),
        "rsr": (0, set(), set()),
        "clk": (2, set(), set()),
    }
    found = {key: (STREAMS[key].most, set(STREAMS[key].labels), set(STREAMS[key].free)) for key in expected}
    assert found == expected
    assert STREAMS["s11"].most == 35


def test_labels_stand_where_the_layout_has_them() -> None:
    """A label and a keyword are never both meant by one word of a layout."""
    for stream in STREAMS.values():
        foreign = stream.labels & (STREAMS.keys() - set(stream.keywords))
        assert foreign == set()
        assert Fields(stream.keywords[0], [], "").groups(stream.labels) == {stream.keywords[0]: []}
