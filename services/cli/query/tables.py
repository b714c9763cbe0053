"""How answers are printed: one JSON document, or a table that fits a terminal of 100 columns. For `restrike query`."""

from collections.abc import Callable, Container, Sequence
from typing import Any, Final, NamedTuple

from services.cli import output
from services.cli.query.source import Row

WIDE: Final = 100
"""What a terminal beside a ring shows of a line without breaking it."""
GAP: Final = 2
LEAST: Final = 6
"""No column is made narrower than this."""
SIDES: Final = {0: "referee", 1: "chong", 2: "hong"}
WINNERS: Final = {0: "tie", 1: "chong", 2: "hong"}


class Column(NamedTuple):
    """Its heading, what of a row stands in it, and whether it must be read whole: a time, a number."""

    heading: str
    of: Callable[[Row], object]
    is_whole: bool = False


def sheet(headers: Sequence[str], rows: Sequence[Sequence[object]], *, whole: Container[int] = ()) -> str:
    """A table of at most `WIDE` characters a line: what is too long is cut and ends in `…`, the widest columns first.

    The columns `whole` (by their place) are cut only when the others are as narrow as they may be.
    """
    cells = [[_text(value) for value in row] for row in rows]
    widths = [max([len(name), *(len(row[at]) for row in cells)]) for at, name in enumerate(headers)]
    for places in ([at for at in range(len(headers)) if at not in whole], range(len(headers))):
        while sum(widths) + GAP * (len(widths) - 1) > WIDE:
            widest = max(places, key=lambda place: widths[place], default=None)
            if widest is None or widths[widest] <= LEAST:
                break
            widths[widest] -= 1
    fitted = [[_cut(text, width) for text, width in zip(row, widths, strict=True)] for row in cells]
    return output.table([_cut(name, width) for name, width in zip(headers, widths, strict=True)], fitted)


def answer(  # noqa: PLR0913  # one place for how every question is answered
    key: str,
    rows: Sequence[Row],
    columns: Sequence[Column],
    *,
    json: bool,
    limit: int | None = None,
    nothing: str = "Nothing of this is stored.",
    **more: object,
) -> None:
    """Print the answer: with `json` all of each row under `key`, and `more` beside it."""
    if json:
        output.document({key: rows, **more})
    elif not rows:
        output.line(nothing)
    else:
        whole = {place for place, one in enumerate(columns) if one.is_whole}
        cells = [[one.of(row) for one in columns] for row in rows]
        output.line(sheet([one.heading for one in columns], cells, whole=whole))
        if limit is not None and len(rows) == limit:
            output.line(f"… at most {limit} are shown; more with --limit")


def column(heading: str, key: str | None = None) -> Column:
    """A column of the value as it is."""
    name = key or heading
    return Column(heading, lambda row: row[name])


def number(heading: str, key: str | None = None) -> Column:
    """A column of a number, or of a word that is short."""
    name = key or heading
    return Column(heading, lambda row: row[name], is_whole=True)


def at(heading: str, key: str) -> Column:
    """A column of a time: local, to the second."""
    return Column(heading, lambda row: output.local_date_time(row[key]), is_whole=True)


def minute(heading: str, key: str) -> Column:
    """A column of a time to the minute: where a match is told from another."""
    return Column(heading, lambda row: (output.local_date_time(row[key]) or "")[:16], is_whole=True)


def clock(heading: str, key: str) -> Column:
    """A column of the round clock, or of a time that was fought."""
    return Column(heading, lambda row: None if row[key] is None else output.clock(row[key]), is_whole=True)


def pair(heading: str, chong: str, hong: str) -> Column:
    """A column of two numbers: `12-7`."""
    return Column(heading, lambda row: None if row[chong] is None else f"{row[chong]}-{row[hong]}", is_whole=True)


def choice(heading: str, key: str, words: dict[int, str]) -> Column:
    """A column of a number that stands for a word."""
    return Column(heading, lambda row: words.get(row[key], row[key]), is_whole=True)


MATCH: Final = Column("match", lambda row: row["match_number"] or row["match_id"])


def _text(value: Any) -> str:
    return "" if value is None else output.one_line(str(value))


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
