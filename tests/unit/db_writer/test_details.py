"""How readings are stored: JSON, and a row per field that was read."""

import json
from typing import get_args

import pytest

from services.db_writer.details import _FLAT, says_nothing, stored
from services.db_writer.event_types import CODE_OF_READING, EVENT_TYPES
from shared.messages.pss import (
    AnyReading,
    AthleteName,
    AthletesNamed,
    ClockAction,
    ClockTicked,
    HitMeasured,
    LoadBegan,
    Official,
    OfficialsNamed,
    PointScored,
    Reading,
    RoundScoresShown,
    RoundWinnersDeclared,
    SenderChanged,
    Technique,
    UnknownReceived,
)


def test_a_field_is_a_row_with_its_type() -> None:
    assert stored(ClockTicked(clock_ms=119_000, action=ClockAction.STOP_END)).details == (
        ("clock_ms", "119000", "integer"),
        ("action", "stopEnd", "string"),
    )


def test_zero_and_false_are_said_and_none_and_empty_are_not() -> None:
    assert stored(ClockTicked(clock_ms=0)).details == (("clock_ms", "0", "integer"),)
    assert stored(SenderChanged(port=None, connected=False)).details == (("connected", "false", "boolean"),)
    assert stored(RoundScoresShown()).details == ()
    assert stored(LoadBegan()).details == ()


def test_nested_names_are_flattened_with_dots() -> None:
    names = AthletesNamed(chong=AthleteName(long_name="Marija ČAČIĆ"), hong=AthleteName(noc="CRO"))
    assert stored(names).details == (
        ("chong.long_name", "Marija ČAČIĆ", "string"),
        ("hong.noc", "CRO", "string"),
    )


def test_lists_and_faults_are_json() -> None:
    winners = stored(RoundWinnersDeclared(winners=(1, None, 2), faults=("rd2:missing",))).details
    assert ("winners", "[1,null,2]", "json") in winners
    assert ("faults", '["rd2:missing"]', "json") in winners
    (officials,) = stored(OfficialsNamed(officials=(Official(role="ref", name="A"),))).details
    assert json.loads(officials[1]) == [{"role": "ref", "name": "A", "country": None}]


def test_parsed_is_the_reading_with_its_type() -> None:
    assert json.loads(stored(ClockTicked(clock_ms=5)).parsed) == {"type": "clock_ticked", "clock_ms": 5}


def test_equal_fields_of_two_streams_are_not_mixed_up() -> None:
    """Readings are remembered by value, and a value is of its class."""
    assert json.loads(stored(HitMeasured(athlete=1)).parsed)["type"] == "hit_measured"
    assert json.loads(stored(PointScored(athlete=1)).parsed)["type"] == "point_scored"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (ClockTicked(faults=("clock_ms:missing",)), True),
        (ClockTicked(faults=("action:unknown",), clock_ms=0), False),
        (PointScored(athlete=1, faults=("technique:missing",)), True),
        (PointScored(athlete=1, technique=Technique.HEAD, faults=("value:missing",)), False),
        (AthletesNamed(chong=AthleteName(), hong=AthleteName()), True),
        (AthletesNamed(chong=AthleteName(noc="CRO"), hong=AthleteName()), False),
    ],
)
def test_a_reading_without_any_field_says_nothing(data: Reading, expected: bool) -> None:  # noqa: FBT001 - a table
    assert says_nothing(data) is expected


@pytest.mark.parametrize("reading", get_args(AnyReading))
def test_every_reading_has_its_columns_and_its_event_type(reading: type[Reading]) -> None:
    assert "faults" in {leaf.key for leaf in _FLAT[reading].leaves}
    assert CODE_OF_READING[reading] in {row.code for row in EVENT_TYPES}


def test_event_types_are_one_list() -> None:
    codes = [row.code for row in EVENT_TYPES]
    assert len(codes) == len(set(codes))
    assert set(CODE_OF_READING) == set(get_args(AnyReading))
    assert {technique.value for technique in Technique} <= set(codes)
    assert {"P", "K", "H", "TB", "TH", "R", "C", "HL", "CLK", "RND", "O"} <= set(codes)


def test_readings_of_long_messages_are_not_kept() -> None:
    """What is kept is bounded in bytes, whatever a sender sends."""
    reading = UnknownReceived(stream="x", faults=("y" * 600,))
    assert stored(reading, length=512) is stored(reading, length=512)
    assert stored(reading, length=513) is not stored(reading, length=513)
    assert stored(reading, length=513) == stored(reading)
