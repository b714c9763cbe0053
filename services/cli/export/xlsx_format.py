"""XLSX: one export as a workbook, row by row; `restrike export`."""

from datetime import tzinfo
from typing import IO

from services.cli.export.columns import Table, Written
from services.cli.export.sheets import SHEET_ROWS, Book


def write_xlsx(stream: IO[bytes], table: Table, *, zone: tzinfo | None, sheet_rows: int = SHEET_ROWS) -> Written:
    """Write a sheet of titles and rows, further sheets where it is full. Times are in `zone`; the titles say so."""
    book = Book(zone=zone, footer=f"{table.header['product']}: {table.title}", sheet_rows=sheet_rows)
    count = book.add(table.title, table.columns, table.rows)
    book.save(stream)
    return Written(count, tuple(book.notes))
