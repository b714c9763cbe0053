"""Text files with a delimiter (CSV, TSV), as spreadsheets of many countries write them; for `restrike import`."""

import codecs
import csv
import io
from typing import Final

from services.cli.imports.table import Reading, check_size
from shared.errors import IoError
from shared.messages.tournaments import TableRow

DELIMITERS: Final = (";", ",", "\t")
FALLBACKS: Final = ("cp1250", "latin-1")
"""Tried where a file is not UTF-8, as for the text of scoring systems; latin-1 takes everything."""
_MARKS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_LOOKED_AT_LINES: Final = 20
_NAMES: Final = {"\t": "tab"}
MOST_FIELD_CHARACTERS: Final = 131_072
"""Of one cell before the file is refused as broken: a quotation mark that is never closed swallows all that follows."""


def read_separated(content: bytes, reading: Reading) -> tuple[list[TableRow], list[str]]:
    """The rows that are not empty, and what was chosen to read them.

    Raises:
        IoError: the text cannot be read in that encoding, or a quotation mark is wrong.
    """
    text, encoding, how = _decoded(content, reading.encoding)
    first, _, rest = text.partition("\n")
    hinted = first.strip().lower().startswith("sep=")  # what Excel writes for itself
    delimiter = reading.delimiter or (first.strip()[4:5] if hinted else None) or _sniffed(text)
    skipped = 1 if hinted else 0
    rows = _rows(rest if hinted else text, delimiter, skipped)
    return rows, [*how, f"{encoding}, delimiter {_NAMES.get(delimiter, delimiter)}"]


def _decoded(content: bytes, wanted: str | None) -> tuple[str, str, list[str]]:
    marked = next((name for mark, name in _MARKS if content.startswith(mark)), None)
    tried = [wanted] if wanted else [marked] if marked else ["utf-8", *FALLBACKS]
    for name in tried:
        try:
            text = content.decode(name)
        except LookupError as error:
            raise IoError("import.encoding", "There is no such encoding; try cp1250.", value=name) from error
        except UnicodeError:
            continue
        is_guess = wanted is None and name in FALLBACKS
        said = [f"The file is not UTF-8: it was read as {name}. Look at the accents, or give --encoding."]
        return text.removeprefix("\ufeff"), name, said if is_guess else []
    raise IoError("import.encoding", f"The file is not {tried[0]}; give another --encoding.")


def _sniffed(text: str) -> str:
    """The delimiter that gives the most columns in the most lines; quotation marks are respected."""
    head = "\n".join(text.splitlines()[:_LOOKED_AT_LINES])

    def width(delimiter: str) -> int:
        try:
            widths = [len(row) for row in csv.reader(io.StringIO(head, newline=""), delimiter=delimiter) if row]
        except csv.Error:
            return 0
        return sorted(widths)[len(widths) // 2] if widths else 0

    return max(DELIMITERS, key=width)


def _rows(text: str, delimiter: str, skipped: int) -> list[TableRow]:
    rows: list[TableRow] = []
    csv.field_size_limit(MOST_FIELD_CHARACTERS)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    except (TypeError, ValueError) as error:
        raise IoError("import.delimiter", "A delimiter is one character, such as ;", value=delimiter) from error
    number = skipped
    while True:
        at = reader.line_num + 1 + skipped
        try:
            cells = next(reader, None)
        except csv.Error as error:
            sentence = f"Line {at} cannot be read ({error}); look for a quotation mark that is not closed."
            raise IoError("import.broken_line", sentence) from error
        if cells is None:
            return rows
        number += 1
        if any(cell.strip() for cell in cells):
            rows.append(TableRow(row=number, cells=cells))
        check_size(rows, cells, row=number)
