"""CSV after RFC 4180 (comma, CRLF, doubled quotes, UTF-8); `restrike export`.

A text from the network that a spreadsheet would run as a formula gets an apostrophe in front, unless it is wanted raw.
"""

import csv
import io
from collections.abc import Callable
from typing import IO, Any, Final

from services.cli.export.columns import Kind, Table, Written

RUN_BY_SPREADSHEETS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
FLAGS: Final = {0: "false", 1: "true"}


def write_csv(stream: IO[bytes], table: Table, *, is_excel: bool = False, is_raw: bool = False) -> Written:
    """Write a header of keys and the rows; with `is_excel` a byte order mark first, which Excel tells UTF-8 by."""
    text = io.TextIOWrapper(stream, encoding="utf-8-sig" if is_excel else "utf-8", newline="", write_through=False)
    try:
        writer = csv.writer(text)
        writer.writerow([column.key for column in table.columns])
        makers = [_maker(column.kind, is_raw=is_raw) for column in table.columns]
        count = 0
        for row in table.rows:
            writer.writerow([make(value) for make, value in zip(makers, row, strict=True)])
            count += 1
        text.flush()
    finally:
        text.detach()
    return Written(count)


def _maker(kind: Kind, *, is_raw: bool) -> Callable[[Any], Any]:
    if kind is Kind.FLAG:
        return FLAGS.get
    return _as_it_is if is_raw else _harmless


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(RUN_BY_SPREADSHEETS) else value


def _as_it_is(value: Any) -> Any:
    return value
