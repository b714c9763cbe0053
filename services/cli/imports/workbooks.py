"""Workbooks (XLSX) as tables of text; for `restrike import`.

Values are those that the spreadsheet program calculated last. Files come from anywhere: what they would unpack to is
limited, and whatever openpyxl makes of a damaged one is one sentence.
"""

import io
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime, time, timedelta
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from services.cli.imports.table import MOST_COLUMNS, Reading, check_size
from shared.errors import IoError
from shared.messages.tournaments import TableRow

if TYPE_CHECKING:
    from openpyxl import Workbook

MOST_UNPACKED_BYTES: Final = 100 * 1024 * 1024
"""Of a workbook; what is packed a hundred times smaller than it is was made to fill memory."""
MOST_PARTS: Final = 2000
"""Files inside a workbook."""
MOST_CELLS: Final = 100_000 * MOST_COLUMNS
"""Of a sheet, the empty ones too: one whose only cell is its last has a million rows, and a blank in the last column
makes each row 16,384 cells wide."""
_DAMAGED: Final = (
    InvalidFileException,
    zipfile.BadZipFile,
    zlib.error,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    SyntaxError,  # of the XML in it
    EOFError,
    OSError,
    RuntimeError,  # a password, a recursion
    OverflowError,
)
_VISIBLE: Final = "visible"
_DAY_S: Final = 86_400


def read_workbook(content: bytes, reading: Reading) -> tuple[list[TableRow], list[str]]:
    """The rows of a sheet that are not empty, and what was chosen to read them.

    Raises:
        IoError: it is damaged or too large, nobody can say which sheet is meant, or a formula has no value.
    """
    try:
        _check_unpacked(content)
        with warnings.catch_warnings(
            action="ignore"
        ):  # what openpyxl leaves out (styles, charts) is no part of a table
            return _read(content, reading.sheet)
    except _DAMAGED as error:
        sentence = "This workbook cannot be read; open it, save it as .xlsx again, or as CSV."
        raise IoError("import.damaged_workbook", sentence, value=f"{type(error).__name__}: {error}"[:200]) from error


def _read(content: bytes, sheet: str | None) -> tuple[list[TableRow], list[str]]:
    with _opened(content, is_calculated=True) as workbook:
        name, how = _sheet_name(workbook, sheet)
        rows = _rows(workbook, name)
    if _has_formulas(content):
        _check_formulas(content, name, rows)
    return rows, how


@contextmanager
def _opened(content: bytes, *, is_calculated: bool) -> "Iterator[Workbook]":
    with closing(load_workbook(io.BytesIO(content), read_only=True, data_only=is_calculated)) as workbook:
        yield workbook


def _check_unpacked(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)  # no part can unpack to more than it says
    if unpacked > MOST_UNPACKED_BYTES or len(parts) > MOST_PARTS:
        sentence = f"A workbook unpacks to at most {MOST_UNPACKED_BYTES // 1024 // 1024} MiB; take the table out of it."
        raise IoError("import.too_large", sentence, value=f"{unpacked} bytes in {len(parts)} parts")


def _sheet_name(workbook: "Workbook", wanted: str | None) -> tuple[str, list[str]]:
    sheets = {sheet.title: sheet.sheet_state for sheet in workbook.worksheets}
    visible = [name for name, state in sheets.items() if state == _VISIBLE]
    hidden = [name for name, state in sheets.items() if state != _VISIBLE]
    unseen = [f"{name} (hidden)" for name in hidden]
    listed = ", ".join([*visible, *unseen])
    if wanted is not None:
        if wanted not in sheets:
            raise IoError("import.no_such_sheet", f"The workbook has no such sheet; it has: {listed}.", value=wanted)
        return wanted, [f"sheet {wanted}{' (hidden)' if wanted in hidden else ''}"]
    if len(visible) != 1:
        raise IoError("import.which_sheet", f"Name a sheet with --sheet; the workbook has: {listed}.")
    others = f"; not read: {', '.join(unseen)}" if unseen else ""
    return visible[0], [f"sheet {visible[0]}{others}"]


def _values(workbook: "Workbook", name: str) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Rows that hold something, numbered as in the sheet."""
    sheet: Any = workbook[name]
    sheet.reset_dimensions()  # what a file says of its size may be wrong
    seen = 0
    for number, values in enumerate(sheet.iter_rows(values_only=True), 1):
        seen += max(len(values), MOST_COLUMNS)
        if seen > MOST_CELLS:
            sentence = (
                f"At row {number} of the sheet there are {seen} cells, nearly all empty; copy the table out of it."
            )
            raise IoError("import.too_many_rows", sentence)
        if any(value is not None and str(value).strip() for value in values):
            yield number, values


def _rows(workbook: "Workbook", name: str) -> list[TableRow]:
    rows: list[TableRow] = []
    for number, values in _values(workbook, name):
        cells = [_text(value) for value in values]
        while not cells[-1].strip():
            cells.pop()
        rows.append(TableRow(row=number, cells=cells))
        check_size(rows, cells, row=number)
    return rows


def _has_formulas(content: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for part in archive.infolist():
            if part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml"):
                with archive.open(part) as file:
                    tail = b""
                    while block := file.read(65536):
                        if b"<f>" in (joined := tail + block) or b"<f " in joined:
                            return True
                        tail = block[-2:]
    return False


def _check_formulas(content: bytes, name: str, rows: list[TableRow]) -> None:
    """Refuse formulas that nobody has calculated yet: their cells would seem empty."""
    calculated = {row.row: row.cells for row in rows}
    with _opened(content, is_calculated=False) as workbook:
        for number, formulas in _values(workbook, name):
            for column, (formula, value) in enumerate(
                zip_longest(formulas, calculated.get(number, [])[: len(formulas)], fillvalue=""), 1
            ):
                if not value and isinstance(formula, str) and formula.startswith("="):
                    sentence = (
                        f"The formula in row {number}, column {column} has no value: open the workbook in a spreadsheet"
                        " program and save it."
                    )
                    raise IoError("import.not_calculated", sentence)


def _text(value: Any) -> str:
    """A cell as a person reads it: whole numbers without a point, dates as yyyy-mm-dd, times as hh:mm."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        is_date = value.time() == time()
        return f"{value:%Y-%m-%d}" if is_date else f"{value:%Y-%m-%d} {_clock(value.time())}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return _clock(value)
    if isinstance(value, timedelta):
        seconds = int(value.total_seconds())
        is_of_day = 0 <= seconds < _DAY_S
        return _clock(time(seconds // 3600, seconds // 60 % 60, seconds % 60)) if is_of_day else str(value)
    return str(value)


def _clock(at: time) -> str:
    return f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"
