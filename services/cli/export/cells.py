"""Values as cells of a workbook: text that can never be a formula, times as real times; `restrike export`."""

import re
from collections.abc import Callable
from copy import copy
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final

from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill

from services.cli.export.columns import Column, Kind

Cell = Any
"""A cell of openpyxl; its types lack the style that we copy."""

CELL_CHARACTERS: Final = 32_767
"""What a cell of the format can hold; a longer text is cut, and that is said."""
CUT: Final = " … (cut)"
WRAPPED_FROM: Final = 40
"""Columns of this width and more break their lines."""
DATE_TIME: Final = "yyyy-mm-dd hh:mm:ss"
NUMBER_FORMATS: Final = {
    Kind.MOMENT: f"{DATE_TIME}.000",
    Kind.TIME_OF_DAY: "hh:mm:ss",
    Kind.DATE: "yyyy-mm-dd",
    Kind.MILLISECONDS: "[m]:ss.000",
}
_TEXTS: Final = frozenset({Kind.TEXT, Kind.WORD, Kind.JSON})
# What XML 1.0 cannot hold, and the carriage return, which its readers make a line feed.
_UNWRITABLE: Final = {
    **{code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if code not in (0x09, 0x0A)},
    **{code: f"\\u{code:04x}" for code in (*range(0xD800, 0xE000), 0xFFFE, 0xFFFF)},
}
# Readers of the format take `_x0041_` for an escaped character; such a text escapes its own underscore.
_LIKE_AN_ESCAPE: Final = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


_ANY_UNWRITABLE: Final = re.compile("[" + "".join(map(chr, _UNWRITABLE)) + "]|_x")
_TAKEN_FOR_MORE: Final = ("=", "#")
"""What a text begins with that openpyxl would take for a formula or an error value."""


def writable(text: str) -> str:
    r"""`text` with what a workbook cannot hold replaced visibly: `\x1b`; cut at what a cell can hold."""
    shown = text
    if _ANY_UNWRITABLE.search(text):
        shown = _LIKE_AN_ESCAPE.sub("_x005F_", text.translate(_UNWRITABLE))
    return shown if len(shown) <= CELL_CHARACTERS else shown[: CELL_CHARACTERS - len(CUT)] + CUT


class Cells:
    """Makes the cells of one sheet; `cut` counts texts that were too long."""

    def __init__(self, sheet: Any, zone: tzinfo | None) -> None:
        self._sheet = sheet
        self._zone = zone
        self.cut = 0

    def heading(self, title: str) -> Cell:
        """A cell of the header row."""
        cell = self.text(title)
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="DDE5EE")
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        return cell

    def text(self, text: str, *, is_bold: bool = False, is_wrapped: bool = False, size: int | None = None) -> Cell:
        """A text, whatever it looks like: never a formula, never an error value."""
        cell = self._text_cell(self._fitting(text))
        if is_bold or size:
            cell.font = Font(bold=is_bold, size=size)
        if is_wrapped:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        return cell

    def moment(self, iso_utc: str, number_format: str) -> Cell:
        """A stored moment, shown in that format."""
        cell = WriteOnlyCell(self._sheet, value=self._moment(iso_utc))
        cell.number_format = number_format
        return cell

    def maker(self, column: Column, *, is_wrapping: bool) -> Callable[[Any], Any]:
        """What makes the cells of `column` from values of its kind."""
        if column.kind in _TEXTS:
            return self._text_maker(is_wrapped=is_wrapping and column.width >= WRAPPED_FROM)
        if column.kind is Kind.FLAG:
            return lambda value: None if value is None else bool(value)
        if column.kind is Kind.NUMBER:
            return lambda value: value if isinstance(value, int | float) else self._other(value)
        return self._styled(column.kind)

    def _text_maker(self, *, is_wrapped: bool) -> Callable[[Any], Any]:
        style = copy(self.text("", is_wrapped=True)._style) if is_wrapped else None  # noqa: SLF001  # once, not per cell

        def make(value: Any) -> Any:
            if value is None:
                return None
            shown = self._fitting(str(value))
            if style is None and not shown.startswith(_TAKEN_FOR_MORE):
                return shown  # most texts need no cell of their own, which makes a large sheet a quarter faster
            cell = self._text_cell(shown)
            if style is not None:
                cell._style = copy(style)  # noqa: SLF001  # a style is found by its parts, which is slow
            return cell

        return make

    def _styled(self, kind: Kind) -> Callable[[Any], Any]:
        sample: Cell = WriteOnlyCell(self._sheet)
        sample.number_format = NUMBER_FORMATS[kind]
        style = sample._style  # noqa: SLF001  # as above
        readers: dict[Kind, Callable[[Any], Any]] = {Kind.DATE: _date, Kind.MILLISECONDS: _length}
        read = readers.get(kind, self._moment)

        def make(value: Any) -> Any:
            if value is None:
                return None
            try:
                known = read(value)
            except (ValueError, TypeError, OverflowError):  # not what the column should hold: shown as it is
                return self._other(value)
            cell: Cell = WriteOnlyCell(self._sheet)
            cell._style = copy(style)  # noqa: SLF001  # as above
            cell.value = known
            return cell

        return make

    def _text_cell(self, shown: str) -> Cell:
        cell = WriteOnlyCell(self._sheet, value=shown)
        cell.data_type = "s"
        return cell

    def _fitting(self, text: str) -> str:
        shown = writable(text)
        self.cut += shown.endswith(CUT) and not text.endswith(CUT)
        return shown

    def _other(self, value: Any) -> Any:
        return None if value is None else self.text(str(value))

    def _moment(self, value: str) -> datetime:
        return local(value, self._zone)


def local(iso_utc: str, zone: tzinfo | None) -> datetime:
    """A stored moment as a workbook holds it: without a zone, in `zone` (None: this machine's)."""
    at = datetime.fromisoformat(iso_utc)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(zone).replace(tzinfo=None)


def _date(value: str) -> datetime:
    return datetime.strptime(value, "%Y-%m-%d")  # noqa: DTZ007  # a day, wherever it is


def _length(value: int) -> timedelta:
    return timedelta(milliseconds=value)
