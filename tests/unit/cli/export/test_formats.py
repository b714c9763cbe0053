"""Each format, read back by a reader of its own: hostile texts come back as they are and can do no harm."""

import csv
import gc
import io
import json
import os
import re
import resource
import sys
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from services.cli.export.cells import CELL_CHARACTERS, writable
from services.cli.export.columns import Column, Table, flag, milliseconds, moment, number, text
from services.cli.export.columns import json as json_column
from services.cli.export.csv_format import write_csv
from services.cli.export.json_format import write_json, write_jsonl
from services.cli.export.sheets import temporary_files_beside
from services.cli.export.xlsx_format import write_xlsx
from tests.unit.cli.export.rows import HOSTILE

COLUMNS = (
    text("name", "Name", "", 20),
    number("count", "Count", ""),
    moment("at", "Time", ""),
    milliseconds("took_ms", "Took", ""),
    flag("is_on", "On", ""),
    json_column("data", "Data", ""),
)
ZAGREB = ZoneInfo("Europe/Zagreb")
AT = "2026-07-01T09:30:00.125000Z"


def table(rows: list[tuple[Any, ...]], columns: tuple[Column, ...] = COLUMNS) -> Table:
    return Table(name="things", title="Things", columns=columns, rows=iter(rows), header={"product": "X"})


def rows_of(*names: str) -> list[tuple[Any, ...]]:
    return [(name, at, AT, 61_500, 1, '{"a":[1,"č"]}') for at, name in enumerate(names)]


def csv_of(rows: list[tuple[Any, ...]], **options: bool) -> bytes:
    stream = io.BytesIO()
    written = write_csv(stream, table(rows), **options)
    assert written.rows == len(rows)
    return stream.getvalue()


def sheets_of(path: Path, rows: list[tuple[Any, ...]], **options: Any) -> Any:
    with path.open("wb") as stream:
        assert write_xlsx(stream, table(rows), zone=ZAGREB, **options).rows == len(rows)
    return load_workbook(path)


def test_csv_cells_cannot_be_formulas() -> None:
    """What a spreadsheet would run has an apostrophe in front, everything else is as it was; lines end with CRLF."""
    body = csv_of(rows_of(*HOSTILE))
    names = [row["name"] for row in csv.DictReader(io.StringIO(body.decode(), newline=""))]
    for name, sent in zip(names, HOSTILE, strict=True):
        assert name == (f"'{sent}" if sent[0] in "=+-@\t\r\n" else sent)
    assert body.startswith(b"name,count,at,took_ms,is_on,data\r\n")
    assert body.endswith(b"\r\n")
    assert b",true," in body


def test_csv_raw_and_for_excel() -> None:
    """Raw leaves every text as it is; for Excel a byte order mark comes first."""
    body = csv_of(rows_of(*HOSTILE), is_raw=True, is_excel=True)
    assert body.startswith(b"\xef\xbb\xbfname,")
    assert [row["name"] for row in csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline=""))] == list(HOSTILE)


def test_csv_leaves_numbers_alone() -> None:
    """A negative number is a number, no formula."""
    assert b"x,-5,," in csv_of([("x", -5, None, None, None, None)])


def test_json_is_one_document() -> None:
    """Header, rows and counts; stored documents are documents, flags are booleans, texts are as they were."""
    stream = io.BytesIO()
    write_json(stream, table([*rows_of(*HOSTILE), ("x", None, None, None, 0, "no {json")]))
    said = json.loads(stream.getvalue())
    assert list(said) == ["header", "rows", "counts"]
    assert said["counts"] == {"rows": len(HOSTILE) + 1}
    assert [row["name"] for row in said["rows"]] == [*HOSTILE, "x"]
    assert said["rows"][0]["data"] == {"a": [1, "č"]}
    assert (said["rows"][0]["is_on"], said["rows"][-1]["is_on"], said["rows"][-1]["data"]) == (True, False, "no {json")


def test_json_of_nothing() -> None:
    """No rows are an empty list, and no lines."""
    stream, lines = io.BytesIO(), io.BytesIO()
    write_json(stream, table([]))
    write_jsonl(lines, table([]))
    assert json.loads(stream.getvalue())["rows"] == []
    assert lines.getvalue() == b""


def test_xlsx_texts_are_texts(tmp_path: Path) -> None:
    """No formula, no error value, no broken XML: what cannot be held is shown, an escape stays what it was."""
    path = tmp_path / "x.xlsx"
    sheet = sheets_of(path, rows_of(*HOSTILE))["Things"]
    names = [row[0] for row in sheet.iter_rows(min_row=2, max_col=1)]
    assert {cell.data_type for cell in names} == {"s"}
    shown = {"esc\x1b[31m\x07 bell": "esc\\x1b[31m\\x07 bell"}
    # openpyxl takes the escape as it stands, Excel and LibreOffice read it as the underscore that it was.
    shown["_x0041_"] = "_x005F_x0041_"
    assert [cell.value for cell in names] == [shown.get(name, name) for name in HOSTILE]
    with zipfile.ZipFile(path) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


def test_xlsx_values_are_values(tmp_path: Path) -> None:
    """Times are real times in the zone that the title names, lengths of time and numbers are numbers."""
    sheet = sheets_of(tmp_path / "x.xlsx", rows_of("a", "b"))["Things"]
    assert [cell.value for cell in sheet[1]] == ["Name", "Count", "Time (Europe/Zagreb)", "Took", "On", "Data"]
    name, count, at, took, is_on, data = sheet[3]
    assert (name.value, count.value, is_on.value) == ("b", 1, True)
    assert at.value == datetime(2026, 7, 1, 11, 30, 0, 125_000)  # noqa: DTZ001  # as a workbook holds it
    assert took.value == timedelta(seconds=61.5)
    assert (at.number_format, took.number_format) == ("yyyy-mm-dd hh:mm:ss.000", "[m]:ss.000")
    assert data.value == '{"a":[1,"č"]}'


class Gone(io.BytesIO):
    """A pipe whose reader has enough."""

    def seekable(self) -> bool:
        return False

    def write(self, _: object) -> int:
        raise BrokenPipeError


def test_xlsx_into_a_pipe(tmp_path: Path) -> None:
    """It is the same workbook; a reader that goes in the midst leaves nothing that complains later (warnings are
    errors here).
    """
    with pytest.raises(BrokenPipeError):
        write_xlsx(Gone(), table(rows_of("a")), zone=ZAGREB)
    gc.collect()
    read, write = os.pipe()
    with open(write, "wb") as pipe:  # noqa: PTH123  # a descriptor
        write_xlsx(pipe, table(rows_of("a")), zone=ZAGREB)
    with open(read, "rb") as pipe:  # noqa: PTH123  # as above
        (tmp_path / "piped.xlsx").write_bytes(pipe.read())
    assert load_workbook(tmp_path / "piped.xlsx")["Things"]["A2"].value == "a"


def test_xlsx_can_be_printed(tmp_path: Path) -> None:
    """Landscape A4 as wide as the page, the header frozen and on each page, numbered pages, a filter, widths."""
    sheet = sheets_of(tmp_path / "x.xlsx", rows_of("a"))["Things"]
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert (sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.page_setup.fitToHeight) == (True, 0)
    assert (sheet.freeze_panes, sheet.print_title_rows, sheet.auto_filter.ref) == ("A2", "$1:$1", "A1:F2")
    assert sheet.oddFooter.right.text == "&P / &N"
    assert sheet.column_dimensions["A"].width == 21


def test_more_rows_than_a_sheet_holds(tmp_path: Path) -> None:
    """They go on on further sheets, each with its header, and that is said."""
    rows = rows_of(*(f"n{at}" for at in range(9)))
    book = sheets_of(tmp_path / "x.xlsx", rows, sheet_rows=5)
    assert book.sheetnames == ["Things", "Things 2", "Things 3"]
    assert [sheet.max_row for sheet in book] == [5, 5, 2]
    assert [row[0] for sheet in book for row in sheet.iter_rows(min_row=2, values_only=True)] == [
        row[0] for row in rows
    ]
    with (tmp_path / "y.xlsx").open("wb") as stream:
        written = write_xlsx(stream, table(rows), zone=None, sheet_rows=5)
    assert written.notes == ("Things needs 3 sheets: one can hold 5 rows.",)
    with (tmp_path / "z.xlsx").open("wb") as stream:
        assert write_xlsx(stream, table(rows[:4]), zone=None, sheet_rows=5).notes == ()


def test_texts_too_long_for_a_cell_are_cut_visibly(tmp_path: Path) -> None:
    """And counted."""
    with (tmp_path / "x.xlsx").open("wb") as stream:
        written = write_xlsx(stream, table(rows_of("y" * CELL_CHARACTERS, "x" * (CELL_CHARACTERS + 1))), zone=None)
    assert written.notes == ("Things: 1 texts were too long for a cell and were cut.",)
    cells = [str(row[0].value) for row in load_workbook(tmp_path / "x.xlsx")["Things"].iter_rows(min_row=2)]
    assert [len(cell) for cell in cells] == [CELL_CHARACTERS, CELL_CHARACTERS]
    assert cells[1].endswith("(cut)")


@pytest.mark.parametrize("code", [0x00, 0x0B, 0x0D, 0x1F, 0x85, 0xD800, 0xFFFE])
def test_what_xml_cannot_hold_is_shown(code: int) -> None:
    """Control characters, halves of pairs, and what is no character."""
    assert re.fullmatch(r"a\\[xu][0-9a-f]+b", writable(f"a{chr(code)}b"))


def test_values_of_another_kind_are_shown_as_they_are(tmp_path: Path) -> None:
    """A database may hold anything: a text where a number or a time should be is not lost."""
    sheet = sheets_of(tmp_path / "x.xlsx", [("a", "=5", "noon", "long", 0, None)])["Things"]
    assert [cell.value for cell in sheet[2]] == ["a", "=5", "noon", "long", False, None]


@pytest.mark.slow
def test_a_disk_that_is_full_halfway_fails_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The temporary file of a sheet cannot be written: one failure, and nothing is left beside the workbook."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    failures: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", failures.append)
    out = tmp_path / "x.xlsx"
    with out.open("wb") as stream:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
        try:
            with pytest.raises(OSError, match="too large"), temporary_files_beside(out):
                write_xlsx(stream, table(rows_of(*(f"name {at}" for at in range(2000)))), zone=None)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
    gc.collect()
    assert failures == []
    assert list(tmp_path.iterdir()) == [out]
