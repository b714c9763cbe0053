"""Files as tables of text: CSV as spreadsheets of many countries write it, XLSX, and what is neither."""

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from services.cli.imports import table, workbooks
from services.cli.imports.separated import read_separated
from services.cli.imports.table import Reading, Table, read_table
from services.cli.imports.workbooks import read_workbook
from shared.errors import IoError

Read = Callable[..., Table]
TEXT = "Name;NOC\r\nAna ANIĆ;CRO\r\n\r\n;\r\nBea;KOR\r\n"
CELLS = [(1, ["Name", "NOC"]), (2, ["Ana ANIĆ", "CRO"]), (5, ["Bea", "KOR"])]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads content as a file."""

    def read_content(content: bytes, **reading: str) -> Table:
        path = tmp_path / "table"
        path.write_bytes(content)
        return read_table(path, Reading(**reading))

    return read_content


def cells(found: Table) -> list[tuple[int, list[str]]]:
    return [(row.row, row.cells) for row in found.rows]


def book(*rows: list[Any], **sheets: str) -> bytes:
    """A workbook whose first sheet holds `rows`, and others of that state."""
    made = Workbook()
    assert made.active is not None
    for row in rows:
        made.active.append(row)
    for name, state in sheets.items():
        made.create_sheet(name).sheet_state = state
    return saved(made)


def saved(made: Workbook) -> bytes:
    content = io.BytesIO()
    made.save(content)
    return content.getvalue()


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises(IoError) as refused:
        act()
    return refused.value.code


@pytest.mark.parametrize(
    ("content", "how"),
    [
        (TEXT.encode(), "utf-8, delimiter ;"),
        (TEXT.encode("utf-8-sig"), "utf-8-sig, delimiter ;"),
        (TEXT.encode("utf-16"), "utf-16, delimiter ;"),
        (TEXT.encode("cp1250"), "cp1250, delimiter ;"),
        (TEXT.replace(";", ",").encode(), "utf-8, delimiter ,"),
        (TEXT.replace(";", "\t").encode(), "utf-8, delimiter tab"),
        (TEXT.replace("\r\n", "\n").encode(), "utf-8, delimiter ;"),
    ],
)
def test_text_files(read: Read, content: bytes, how: str) -> None:
    """Whatever the encoding and the delimiter, the same rows with the numbers of the file; a guess is told."""
    found = read(content)
    assert cells(found) == CELLS
    assert found.how[-1] == how
    assert (len(found.how) == 2) is (how.startswith("cp1250"))


def test_other_text_files(read: Read) -> None:
    """Excel's hint for itself, commas and line breaks within quotation marks, what is told by option."""
    assert cells(read(b"sep=,\nName,NOC\nAna,CRO")) == [(2, ["Name", "NOC"]), (3, ["Ana", "CRO"])]
    quoted = b'Name,NOC\n"ANIC, Ana; x",CRO\n"two\nlines",KOR\nBea,SRB\n'
    assert cells(read(quoted))[1:] == [(2, ["ANIC, Ana; x", "CRO"]), (3, ["two\nlines", "KOR"]), (4, ["Bea", "SRB"])]
    assert cells(read(b"a|b;c", delimiter="|")) == [(1, ["a", "b;c"])]
    assert read("Č".encode("cp1250"), encoding="cp1250").how == ["cp1250, delimiter ;"]
    assert read(b"\x81\xe6").how[-1].startswith("latin-1")
    assert cells(read(b"")) == []


@pytest.mark.parametrize(
    ("code", "content", "reading"),
    [
        ("import.broken_line", b'a;b\n"c;d\ne;f\n', {}),
        ("import.encoding", b"\xff\xfe\x00", {}),
        ("import.encoding", "Č".encode("cp1250"), {"encoding": "utf-8"}),
        ("import.encoding", b"a", {"encoding": "klingon"}),
        ("import.delimiter", b"a;b", {"delimiter": "||"}),
        ("import.old_workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", {}),
        ("import.damaged_workbook", b"PK\x03\x04 and then nothing", {}),
        ("import.too_many_columns", b";" * 300, {}),
        ("import.broken_line", b"x" * 200_000, {}),
    ],
)
def test_files_that_cannot_be_read(read: Read, code: str, content: bytes, reading: dict[str, str]) -> None:
    """Each is refused with its own sentence."""
    assert code_of(lambda: read(content, **reading)) == code


def test_the_line_that_is_broken(read: Read) -> None:
    """The sentence names the line where the quotation mark is."""
    with pytest.raises(IoError, match="Line 3 "):
        read(b'a;b\nc;d\n"e;f\ng;h\n')


def test_limits(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of bytes, rows, and what a workbook unpacks to; a file is not read further than its limit."""
    large = book(["x"], ["y" * 30_000])
    monkeypatch.setattr(workbooks, "MOST_UNPACKED_BYTES", 20_000)
    assert code_of(lambda: read(large)) == "import.too_large"
    monkeypatch.setattr(table, "MOST_ROWS", 3)
    assert len(read(b"a\n" * 13).rows) == 13
    assert code_of(lambda: read(b"a\n" * 14)) == "import.too_many_rows"
    monkeypatch.setattr(table, "MOST_BYTES", 20)
    assert code_of(lambda: read(b"a" * 21)) == "import.too_large"


def test_cells_of_a_workbook(read: Read) -> None:
    """Numbers, dates and times as a person reads them; rows have the numbers of the sheet."""
    found = read(
        book(
            ["Match", "Date", "Time", "Both", "Weight", None],
            [],
            [101, date(2026, 3, 1), time(9, 30), datetime(2026, 3, 1, 9, 30, 5), -57.5, None],  # noqa: DTZ001  # as Excel has it
            [101.0, datetime(2026, 3, 1), True, " Ana ", None, None],  # noqa: DTZ001  # as above
        )
    )
    assert cells(found) == [
        (1, ["Match", "Date", "Time", "Both", "Weight"]),
        (3, ["101", "2026-03-01", "09:30", "2026-03-01 09:30:05", "-57.5"]),
        (4, ["101", "2026-03-01", "TRUE", " Ana "]),
    ]
    assert found.how == ["sheet Sheet"]


def test_sheets(read: Read) -> None:
    """The only visible one is taken and the hidden ones are named; of several, one must be said."""
    hidden = book(["visible"], Old="hidden", Deep="veryHidden")
    assert read(hidden).how == ["sheet Sheet; not read: Old (hidden), Deep (hidden)"]
    assert read(hidden, sheet="Old").how == ["sheet Old (hidden)"]
    several = book(["a"], Sunday="visible", Old="hidden")
    with pytest.raises(IoError, match=r"Sheet, Sunday, Old \(hidden\)") as refused:
        read(several)
    assert refused.value.code == "import.which_sheet"
    assert code_of(lambda: read(several, sheet="Monday")) == "import.no_such_sheet"


def test_formulas(read: Read) -> None:
    """What the spreadsheet program calculated counts; a formula that was never calculated is not taken for empty."""
    made = book(["Match", "Name"], [1, '=A2&"x"'])
    with pytest.raises(IoError, match="row 2, column 2") as refused:
        read(made)
    assert refused.value.code == "import.not_calculated"
    calculated = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made)) as source, zipfile.ZipFile(calculated, "w") as target:
        for part in source.infolist():
            content = source.read(part)
            if part.filename.endswith("sheet1.xml"):
                assert content.count(b"<v></v>") + content.count(b"<v />") + content.count(b"<v/>") == 1
                for empty in (b"<v></v>", b"<v />", b"<v/>"):
                    content = content.replace(empty, b"<v>1</v>")
            target.writestr(part.filename, content)
    assert cells(read(calculated.getvalue())) == [(1, ["Match", "Name"]), (2, ["1", "1"])]


def test_a_sheet_with_one_cell_at_its_end(read: Read) -> None:
    """It is refused long before a million empty rows were passed over."""
    made = Workbook()
    assert made.active is not None
    made.active["A1"] = "Name"
    made.active["A1048576"] = "x"
    assert code_of(lambda: read(saved(made))) == "import.too_many_rows"
    wide = Workbook()
    assert wide.active is not None
    wide.active["XFD1"] = "x"
    assert code_of(lambda: read(saved(wide))) == "import.too_many_columns"


def test_blanks_in_the_last_column(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are nothing, but each makes its row 16,384 cells wide: such rows have a limit of their own."""
    made = Workbook()
    assert made.active is not None
    for row in range(1, 4):
        made.active.cell(row, 16_384, " ")
        made.active.cell(row, 1, "Name")
    monkeypatch.setattr(workbooks, "MOST_CELLS", 3 * 16_384)
    assert cells(read(saved(made))) == [(row, ["Name"]) for row in range(1, 4)]
    monkeypatch.setattr(workbooks, "MOST_CELLS", 2 * 16_384)
    assert code_of(lambda: read(saved(made))) == "import.too_many_rows"


WHOLE = book(["Match", "Name"], [101, "Ana"], ["102", "=A2"], Other="hidden")


@given(at=st.integers(0, len(WHOLE) - 1), to=st.integers(0, 255), cut=st.booleans())
def test_damaged_workbooks(*, at: int, to: int, cut: bool) -> None:
    """Any byte changed, or the rest cut off: it is read or refused with a sentence, never a fault."""
    damaged = WHOLE[:at] if cut else WHOLE[:at] + bytes([to]) + WHOLE[at + 1 :]
    try:
        read_workbook(damaged, Reading())
    except IoError as error:
        assert error.code.startswith("import.")  # noqa: PT017  # what is not refused is as good


@given(rows=st.lists(st.lists(st.text(max_size=20), min_size=2, max_size=4), min_size=1, max_size=5))
def test_any_cells_survive(rows: list[list[str]]) -> None:
    """What a program writes as CSV is what is read, except rows without anything."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";").writerows(rows)
    try:
        content = text.getvalue().encode()
    except UnicodeEncodeError:
        return
    found, _ = read_separated(content, Reading(delimiter=";", encoding="utf-8"))
    first = rows[0][0].lstrip("\ufeff") if content.startswith(b"\xef\xbb\xbf") else rows[0][0]
    expected = [[first, *rows[0][1:]], *rows[1:]]
    if not first.strip().lower().startswith("sep="):
        assert [row.cells for row in found] == [row for row in expected if any(cell.strip() for cell in row)]


@given(content=st.binary(max_size=200))
def test_any_bytes(content: bytes) -> None:
    """They are read as some table or refused."""
    try:
        rows, how = read_separated(content, Reading())
    except IoError:
        return
    assert how
    assert all(any(cell.strip() for cell in row.cells) for row in rows)
