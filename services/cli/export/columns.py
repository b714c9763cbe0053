"""What an export is made of: a name, SQL, and columns with titles and kinds; `restrike export`."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, NamedTuple

from msgspec import Struct


class Kind(StrEnum):
    """What a column holds, whatever the format: the formats know kinds, not tables.

    `text` may come from the network; `word` is one of ours. `moment` is UTC ISO text, and so is `time_of_day`, which is
    printed without its date; `date` is local `yyyy-mm-dd`, `milliseconds` a length of time or a match clock, `flag` is
    0 or 1, `json` a JSON document as text.
    """

    TEXT = "text"
    WORD = "word"
    NUMBER = "number"
    MOMENT = "moment"
    TIME_OF_DAY = "time_of_day"
    DATE = "date"
    MILLISECONDS = "milliseconds"
    FLAG = "flag"
    JSON = "json"


class Column(NamedTuple):
    """One column: a stable key for programs, a title for people, the SQL that gives it, and its width in characters."""

    key: str
    title: str
    kind: Kind
    sql: str
    width: int


class Export(Struct, frozen=True, kw_only=True):
    """One export. `main` is the table that gives the rows, with its alias, `key` its integer key, `joins` only LEFT
    JOINs that add to a row and never multiply it. `conditions` are by the filter that asks for them.
    """

    name: str
    title: str
    purpose: str
    main: str
    key: str
    columns: tuple[Column, ...]
    conditions: dict[str, str]
    joins: str = ""

    def picked(self, keys: tuple[str, ...]) -> tuple[Column, ...]:
        """The columns of these keys, in this order."""
        by_key = {column.key: column for column in self.columns}
        return tuple(by_key[key] for key in keys)


class Table(Struct, frozen=True, kw_only=True):
    """What a format writes: rows as their columns say, and what a JSON document begins with."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: Iterator[tuple[Any, ...]]
    header: dict[str, Any]


class Written(Struct, frozen=True):
    """What a format wrote; `notes` are sentences about what a reader must know of it."""

    rows: int
    notes: tuple[str, ...] = ()


def text(key: str, title: str, sql: str, width: int = 18) -> Column:
    """A text that may come from the network."""
    return Column(key, title, Kind.TEXT, sql, width)


def word(key: str, title: str, sql: str, width: int = 12) -> Column:
    """A word of the contract."""
    return Column(key, title, Kind.WORD, sql, width)


def number(key: str, title: str, sql: str, width: int = 9) -> Column:
    """A number."""
    return Column(key, title, Kind.NUMBER, sql, width)


def moment(key: str, title: str, sql: str) -> Column:
    """A moment: UTC ISO text."""
    return Column(key, title, Kind.MOMENT, sql, 22)


def milliseconds(key: str, title: str, sql: str) -> Column:
    """A length of time or a match clock, in milliseconds."""
    return Column(key, title, Kind.MILLISECONDS, sql, 10)


def flag(key: str, title: str, sql: str) -> Column:
    """Yes or no."""
    return Column(key, title, Kind.FLAG, sql, 8)


def json(key: str, title: str, sql: str, width: int = 30) -> Column:
    """A JSON document."""
    return Column(key, title, Kind.JSON, sql, width)
