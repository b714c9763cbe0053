"""A file as a table of text, whatever program wrote it; for `restrike import`. What the columns mean is db-writer's."""

import hashlib
from pathlib import Path
from typing import Final

from msgspec import Struct

from shared.errors import IoError
from shared.messages.tournaments import TableRow

MOST_BYTES: Final = 20 * 1024 * 1024
"""Of a file: the draws of the largest championships have one."""
MOST_ROWS: Final = 5_000
"""Of a table below its column names; db-writer refuses more, too."""
MOST_COLUMNS: Final = 200
"""Of a table; a sheet with more has something else in it."""
TITLE_ROWS: Final = 10
"""Rows that may stand above the names of the columns."""
_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0"


class Reading(Struct, frozen=True, kw_only=True):
    """How a file is to be read; None: what it shows itself."""

    sheet: str | None = None
    delimiter: str | None = None
    encoding: str | None = None


class Table(Struct, frozen=True, kw_only=True):
    """A file's rows that are not empty, numbered as in the file, and in `how` what had to be chosen to read it."""

    rows: list[TableRow]
    sha256: str
    how: list[str]


def read_table(path: Path, reading: Reading) -> Table:
    """Read a CSV or XLSX file, told by its content.

    Raises:
        IoError: it is too large, of another kind, damaged, or nobody can say which sheet is meant.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        sentence = f"A table has at most {MOST_BYTES // 1024 // 1024} MiB; divide it."
        raise IoError("import.too_large", sentence, value=path)
    if content.startswith(_OLE):
        sentence = "This is an old .xls or a protected workbook; save it as .xlsx without a password, or as CSV."
        raise IoError("import.old_workbook", sentence, value=path)
    if content.startswith(_ZIP):
        from services.cli.imports.workbooks import read_workbook  # noqa: PLC0415  # openpyxl costs half a second

        rows, how = read_workbook(content, reading)
    else:
        from services.cli.imports.separated import read_separated  # noqa: PLC0415  # only one of the two is needed

        rows, how = read_separated(content, reading)
    return Table(rows=rows, sha256=hashlib.sha256(content).hexdigest(), how=how)


def check_size(rows: list[TableRow], cells: list[str], *, row: int) -> None:
    """Refuse a table that is too long or too wide, before it is read to its end.

    Raises:
        IoError: it is.
    """
    if len(rows) > MOST_ROWS + TITLE_ROWS:
        raise IoError("import.too_many_rows", f"A table has at most {MOST_ROWS} rows; cut the file.")
    if len(cells) > MOST_COLUMNS:
        sentence = f"A table has at most {MOST_COLUMNS} columns; row {row} has more. Remove the others."
        raise IoError("import.too_many_columns", sentence)
