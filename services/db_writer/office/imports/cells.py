"""The cells of a table, read with their faults collected: every bad one is told, not only the first; db-writer."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, time
from functools import lru_cache
from typing import Final, TypeVar

from services.db_writer.athletes import athlete_code
from services.db_writer.office.imports.columns import Header, plain
from shared.messages.pss import AthleteName
from shared.messages.tournaments import BadRow, TableRow

MOST_CHARACTERS: Final = 500
"""In a cell: longer is a broken quotation mark, not a name."""
_SHOWN: Final = 80
_ERRORS: Final = frozenset({"#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"})
_NOC: Final = re.compile(r"[A-Z]{3}")
_DATES: Final = (
    (re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})\.?", re.ASCII), False),
    (re.compile(r"(?P<d>\d{1,2})\. ?(?P<m>\d{1,2})\. ?(?P<y>\d{4})\.?", re.ASCII), False),
    (re.compile(r"(?P<d>\d{1,2})/(?P<m>\d{1,2})/(?P<y>\d{4})", re.ASCII), True),
)
_TIME: Final = re.compile(r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?: ?([ap])\.?m\.?)?", re.ASCII | re.IGNORECASE)

T = TypeVar("T")


class Cells:
    """One row of a table; what is wrong in it is added to `bad`."""

    def __init__(self, header: Header, row: TableRow, bad: list[BadRow]) -> None:
        self._header = header
        self._row = row
        self._bad = bad
        self._before = len(bad)
        self._texts: dict[str, str | None] = {}

    @property
    def is_bad(self) -> bool:
        """Whether something in this row was wrong."""
        return len(self._bad) > self._before

    def has(self, field: str) -> bool:
        """Whether the table has a column for it."""
        return field in self._header.positions

    def text(self, field: str) -> str | None:
        """The text of a cell in one line without padding; None if it is empty or bad."""
        if field not in self._texts:  # a fault is told once, however often the cell is looked at
            self._texts[field] = self._text(field)
        return self._texts[field]

    def _text(self, field: str) -> str | None:
        at = self._header.positions.get(field)
        if at is None or at >= len(self._row.cells):
            return None
        raw = self._row.cells[at]
        found = " ".join(raw.split()).strip("\ufeff")
        if len(raw) > MOST_CHARACTERS:
            problem = f"A cell has at most {MOST_CHARACTERS} characters; this has {len(raw)}."
        elif not found.isprintable() and any(unicodedata.category(sign) in ("Cc", "Cs") for sign in found):
            problem = "It holds a control character."
        elif found.startswith("#") and found.upper() in _ERRORS:
            problem = "The spreadsheet could not calculate this cell."
        else:
            return found or None
        self.fault(field, problem)
        return None

    def read(self, field: str, parse: Callable[[str], T]) -> T | None:
        """What `parse` makes of a cell that is not empty; its ValueError is what is wrong."""
        said = self.text(field)
        if said is None:
            return None
        try:
            return parse(said)
        except ValueError as error:
            self.fault(field, str(error))
            return None

    def needed(self, field: str, parse: Callable[[str], T]) -> T | None:
        """Like `read`, of a cell that must not be empty."""
        count = len(self._bad)
        found = self.read(field, parse)
        if found is None and len(self._bad) == count:
            self.fault(field, "It is empty.")
        return found

    def fault(self, field: str | None, problem: str) -> None:
        """Something is wrong in this row, in the column of `field`."""
        at = self._header.positions.get(field) if field else None
        column = None if at is None else self._header.names[at]
        value = self._row.cells[at][:_SHOWN] if at is not None and at < len(self._row.cells) else None
        self._bad.append(BadRow(row=self._row.row, column=column, value=value, problem=problem))


def as_text(said: str) -> str:
    """Any text."""
    return said


def as_noc(said: str) -> str:
    """A NOC."""
    if not _NOC.fullmatch(said.upper()):
        raise ValueError("A NOC has three letters, such as CRO.")
    return said.upper()


@lru_cache(maxsize=512)  # few differ in a table
def as_dates(said: str) -> list[date]:
    """A date, or with slashes the two that it may be: day first, and month first."""
    for pattern, is_open in _DATES:
        found = pattern.fullmatch(said.partition(" ")[0] if is_open or said[4:5] == "-" else said)
        if found:
            year, month, day = (int(found[name]) for name in "ymd")
            ways = [(month, day), (day, month)] if is_open else [(month, day)]
            dates = list(dict.fromkeys(made for m, d in ways if (made := _date(year, m, d)) is not None))
            if dates:
                return dates
            break
    raise ValueError("This is no date; write it as 2026-03-01 or 01.03.2026.")


def as_date(said: str) -> date:
    """A date that can be read in one way only."""
    dates = as_dates(said)
    if len(dates) > 1:
        raise ValueError(f"This may be {dates[0]} or {dates[1]}; write it as {dates[0]}.")
    return dates[0]


@lru_cache(maxsize=512)  # as above
def as_time(said: str) -> tuple[date | None, time]:
    """A time of day: `09:30`, `9.30`, `9:30 PM`; a date may stand before it."""
    head, _, tail = said.replace("T", " ").partition(" ")
    has_date = len(head) > 5 and bool(tail)
    found = _TIME.fullmatch(tail if has_date else said)
    if found:
        hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
        if found[4] and 1 <= hour <= 12:
            hour = hour % 12 + (12 if found[4].lower() == "p" else 0)
        if hour < 24 and minute < 60 and second < 60:
            return (as_date(head) if has_date else None), time(hour, minute, second)
    raise ValueError("This is no time; write it as 09:30.")


@lru_cache(maxsize=512)  # as above
def as_ring(said: str) -> str:
    """The name of a ring: `1`, `Ring 1` and `Court 1` are `ring-1`."""
    words = plain(said).split()
    number = words[-1] if words else ""
    if number.isdecimal() and words[:-1] in ([], ["ring"], ["court"], ["mat"], ["area"]):
        return f"ring-{int(number)}"
    name = "-".join(words)
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", name):
        raise ValueError("This is no name of a ring; write it as ring-1, or only its number.")
    return name


def person(long_name: str, noc: str, short_name: str | None = None) -> tuple[str, AthleteName]:
    """An athlete and our key of the person, which is what it is when the scoring system names the athlete.

    Raises:
        ValueError: there is no name in it.
    """
    name = AthleteName(short_name=short_name, long_name=long_name, noc=noc)
    code = athlete_code(name)
    if code is None:
        raise ValueError("There is no name in it.")
    return code, name


def given_first(name: str, *, is_family_first: bool) -> str:
    """A name as scoring systems send it, given name first: `ANIĆ, Ana` and, if told so, `ANIĆ Ana` are `Ana ANIĆ`."""
    family, comma, given = (part.strip() for part in name.partition(","))
    if not comma and is_family_first:
        words = name.split()
        capitals = next((at for at, word in enumerate(words) if word != word.upper()), 0)
        cut = capitals or 1
        family, given = " ".join(words[:cut]), " ".join(words[cut:])
    elif not comma:
        return name
    return f"{given} {family}".strip()


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
