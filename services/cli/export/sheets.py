"""A workbook, sheet by sheet and row by row, ready to be printed: landscape A4, as wide as the page; `restrike export`.

openpyxl's write-only mode holds one row in memory. Print options, filters and pictures can be set in it, merged cells
and the heights of rows can not: nothing here needs them. It keeps sheets in temporary files until they are packed;
those lie beside the workbook, where there must be room for it anyway.
"""

import contextlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import IO, Any, Final

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from services.cli.export.cells import Cells, writable
from services.cli.export.columns import Column, Kind

OpenSheet = Any
"""openpyxl's sheet in write-only mode; its types lack what it takes from the sheets of the other mode."""
SHEET_ROWS: Final = 1_048_576
"""What a sheet of the format can hold, its header included."""
PAPER_A4: Final = 9
PARTS: Final = ".parts"
_FOOTER_CHARACTERS: Final = 80
_TITLE_CHARACTERS: Final = 31
_NOT_IN_TITLES: Final = str.maketrans(dict.fromkeys("[]:*?/\\", "-"))


class Book:
    """Sheets are added one after the other; `notes` says what a reader must know."""

    def __init__(self, *, zone: tzinfo | None, footer: str, sheet_rows: int = SHEET_ROWS) -> None:
        self.zone = zone
        self.notes: list[str] = []
        self._footer = footer
        self._sheet_rows = sheet_rows
        self._book = Workbook(write_only=True)

    def add(
        self, title: str, columns: Sequence[Column], rows: Iterable[Sequence[Any]], *, is_wrapping: bool = False
    ) -> int:
        """A table with its header row; on further sheets where one cannot hold it. How many rows it has."""
        waiting = iter(rows)
        total, sheets, cut = 0, 0, 0
        row: Sequence[Any] | None = next(waiting, None)
        while sheets == 0 or row is not None:
            sheets += 1
            sheet = self.sheet(title if sheets == 1 else f"{title[: _TITLE_CHARACTERS - 5]} {sheets}")
            cells = Cells(sheet, self.zone)
            set_up_table(sheet, columns)
            with _written(sheet):
                sheet.append([cells.heading(title_of(column, self.zone)) for column in columns])
                makers = [cells.maker(column, is_wrapping=is_wrapping) for column in columns]
                filled = 1
                while row is not None and filled < self._sheet_rows:
                    sheet.append([make(value) for make, value in zip(makers, row, strict=True)])
                    filled += 1
                    row = next(waiting, None)
                sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{filled}"
            total += filled - 1
            cut += cells.cut
        self._note(title, sheets=sheets, cut=cut)
        return total

    def sheet(self, title: str) -> OpenSheet:
        """An empty sheet with the print options of the house."""
        sheet = self._book.create_sheet(writable(title).translate(_NOT_IN_TITLES)[:_TITLE_CHARACTERS])
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.paperSize = PAPER_A4
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        sheet.page_setup.fitToWidth = 1
        sheet.page_setup.fitToHeight = 0  # as many pages as it needs
        sheet.page_margins.left = sheet.page_margins.right = 0.4
        sheet.oddFooter.left.text = _footer_text(self._footer)
        sheet.oddFooter.center.text = _footer_text(sheet.title)
        sheet.oddFooter.right.text = "&P / &N"
        return sheet

    def save(self, stream: IO[bytes]) -> None:
        """Pack everything into `stream`. A pipe gets the whole workbook at the end: if its reader goes in the midst of
        packing, the half archive complains on the terminal when it is forgotten.
        """
        if stream.seekable():
            self._book.save(stream)
            return
        with tempfile.TemporaryFile() as packed:
            self._book.save(packed)
            packed.seek(0)
            shutil.copyfileobj(packed, stream)

    def _note(self, title: str, *, sheets: int, cut: int) -> None:
        if sheets > 1:
            self.notes.append(f"{title} needs {sheets} sheets: one can hold {self._sheet_rows} rows.")
        if cut:
            self.notes.append(f"{title}: {cut} texts were too long for a cell and were cut.")


@contextmanager
def _written(sheet: OpenSheet) -> Iterator[None]:
    """Close the sheet; after a failure quietly, or openpyxl fails once more, on the terminal, when it is forgotten."""
    try:
        yield
        sheet.close()
    except BaseException:
        with contextlib.suppress(OSError):
            sheet._writer.close()  # noqa: SLF001  # what it writes to is only known here
        raise


@contextmanager
def temporary_files_beside(out: Path | None) -> Iterator[None]:
    """Sheets that are being written lie in `OUT.parts` (None: in the system's folder) and are gone afterwards; what an
    export that was killed left there goes, too.
    """
    folder = Path(tempfile.mkdtemp()) if out is None else out.with_name(out.name + PARTS)
    folder.mkdir(exist_ok=True)
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        _clear(folder)
        yield
    finally:
        tempfile.tempdir = before
        _clear(folder)
        with contextlib.suppress(OSError):  # something of somebody else is in it
            folder.rmdir()


def _clear(folder: Path) -> None:
    for left in folder.glob("openpyxl.*"):
        left.unlink()


def set_up_table(sheet: OpenSheet, columns: Sequence[Column]) -> None:
    """Widths, a frozen header that is repeated on each page, grid lines."""
    for number, column in enumerate(columns, 1):
        sheet.column_dimensions[get_column_letter(number)].width = column.width + 1
    sheet.freeze_panes = "A2"
    sheet.print_title_rows = "1:1"
    sheet.print_options.gridLines = True


def title_of(column: Column, zone: tzinfo | None) -> str:
    """A column's title; times say their zone."""
    return f"{column.title} ({zone_name(zone)})" if column.kind is Kind.MOMENT else column.title


def zone_name(zone: tzinfo | None) -> str:
    """How the zone is called: `Europe/Zagreb`, or `CET` where it is this machine's."""
    return str(zone) if zone else datetime.now(UTC).astimezone().tzname() or "local"


def _footer_text(text: str) -> str:
    """In a footer `&` begins a code, and all of it may have 255 characters."""
    return writable(text)[:_FOOTER_CHARACTERS].replace("&", "&&")
