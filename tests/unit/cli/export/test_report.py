"""The report that a tournament office prints: opened again by openpyxl."""

import io
import json
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.workbook.workbook import Workbook

from services.cli.export.columns import text
from services.cli.export.logo import Logo
from services.cli.export.report_content import is_for_a_medal
from services.cli.export.sheets import Book
from tests.unit.cli.conftest import Run
from tests.unit.cli.export.conftest import Stored
from tests.unit.cli.export.rows import PNG

JPEG = (
    b"\xff\xd8\xff\xe0\x00\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xc0\x00\x11\x08\x00\x14\x00\x28\x03\1\x22\0\2\x11\1\3\x11\1"
)

BY_SEVERITY = "SELECT severity, count(*) FROM findings GROUP BY 1"


def report(run: Run, out: Path, *options: str) -> Workbook:
    done = run("export", "report", "--out", out, *options)
    assert done.code == 0, done.err
    return load_workbook(out)


def cells(book: Workbook, name: str) -> list[dict[str, Any]]:
    titles, *rows = book[name].iter_rows(values_only=True)
    return [dict(zip(map(str, titles), row, strict=True)) for row in rows]


def cover(book: Workbook) -> dict[Any, Any]:
    return {row[0]: row[1] for row in book["Cover"].iter_rows(values_only=True, max_col=2)}


def test_the_report_of_the_active_tournament(run: Run, stored: Stored, tmp_path: Path) -> None:
    """Results as played, times in the tournament's zone, who edited; the logo and the counts on the cover."""
    book = report(run, tmp_path / "r.xlsx")
    assert book.sheetnames == [
        "Cover", "Day 1 2026-03-01", "Finals", "Athletes", "Video reviews", "Gam-jeoms and interventions", "Findings",
        "Explanation",
    ]  # fmt: skip
    results = cells(book, "Day 1 2026-03-01")
    assert [row["Match"] for row in results] == ["101.A", "102"]
    for row in results:
        truth = stored.truths["ring-1", row["Match"].removesuffix(".A")]
        names = (row["Chong"], row["Chong NOC"], row["Hong"], row["Hong NOC"])
        assert names == (truth.chong.long_name, truth.chong.noc, truth.hong.long_name, truth.hong.noc)
        assert (row["Rounds chong"], row["Rounds hong"]) == truth.rounds_won
        assert row["Decision"] == (truth.decision and truth.decision.value)
        assert datetime(2026, 3, 1, 10, 30) < row["Time"] < datetime(2026, 3, 1, 11, 30)  # noqa: DTZ001  # as in a cell
    assert results[0]["Edited by"] == "ana"
    assert [row["Match"] for row in cells(book, "Finals") if row["Match"] == "101.A"] == ["101.A"]
    first = cover(book)
    assert book["Cover"]["A1"].value == "Zagreb Open & Friends"
    assert (first["Place"], first["Dates"]) == ("Zagreb, CRO", "2026-03-01 to 2026-03-02")
    assert (first["Matches"], first["Athletes"], first["Matches that were edited"]) == (2, 4, 1)
    played = [review for (ring, _), truth in stored.truths.items() if ring == "ring-1" for review in truth.challenges]
    assert first["Video reviews"] == len(played) == len(cells(book, "Video reviews"))
    with zipfile.ZipFile(tmp_path / "r.xlsx") as archive:
        assert archive.read("xl/media/image1.png") == PNG


@pytest.mark.usefixtures("stored")
def test_every_sheet_can_be_printed(run: Run, tmp_path: Path) -> None:
    """Landscape A4, as wide as the page, pages numbered; tables repeat their frozen header."""
    book = report(run, tmp_path / "r.xlsx", "--all")
    sheets: list[Any] = book.worksheets
    for sheet in sheets:
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
        assert (sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.page_setup.fitToHeight) == (True, 0)
        assert sheet.oddFooter.right.text == "&P / &N"
        if sheet.title not in ("Cover", "Explanation"):
            assert (sheet.freeze_panes, sheet.print_title_rows) == ("A2", "$1:$1")
    with zipfile.ZipFile(tmp_path / "r.xlsx") as archive:  # & begins a code in a footer, and is doubled
        assert b"Zagreb Open &amp;&amp; Friends" in archive.read("xl/worksheets/sheet1.xml")


def test_days_of_no_tournament_have_a_sheet_by_date(run: Run, stored: Stored, tmp_path: Path) -> None:
    """Everything: the tournament's day, and beside it what belongs to none."""
    book = report(run, tmp_path / "r.xlsx", "--all")
    assert book.sheetnames[1:3] == ["Results 2026-03-01", "Day 1 2026-03-01"]
    assert {row["Ring"] for row in cells(book, "Results 2026-03-01")} == {"ring-2"}
    found = [row["Severity"] for row in cells(book, "Findings")]
    rows: list[tuple[Any, Any]] = [(row[0], row[1]) for row in stored.rows(BY_SEVERITY)]
    kinds = dict(rows)
    assert {kind: found.count(kind) for kind in ("information", "warning", "error")} == {
        "information": 0, "warning": kinds.get("warning", 0), "error": kinds.get("error", 0),
    }  # fmt: skip
    what = [row["What"] for row in cells(book, "Gam-jeoms and interventions")]
    assert "gam-jeom" in what
    assert what.count("gam-jeom") == stored.rows("SELECT count(*) FROM pss_warnings")[0][0]
    played = [correction for truth in stored.truths.values() for correction in truth.corrections]
    assert sum(word.startswith("correction") for word in what) == len(played)


@pytest.mark.usefixtures("stored")
def test_a_day(run: Run, tmp_path: Path) -> None:
    """One day by its number; what was written is told as a document, too."""
    done = run("export", "report", "--day", "1", "--out", tmp_path / "r.xlsx", "--json")
    assert done.document["filters"] == {"day": "1"}
    assert cover(load_workbook(tmp_path / "r.xlsx"))["Matches"] == 2


def test_nothing_is_active(run: Run, stored: Stored, tmp_path: Path) -> None:
    """It asks for what is meant, and names the tournaments."""
    stored.rows("UPDATE tournaments SET is_active = 0")
    done = run("export", "report", "--out", tmp_path / "r.xlsx", "--json")
    assert (done.code, done.document["error"]["code"]) == (1, "export.no_tournament")
    assert "Old Cup" in done.document["error"]["message"]
    assert run("export", "report", "--all", "--day", "1", "--out", "r.xlsx").code == 2
    refused = [run("export", "report", "--all", "--out", out, "--json") for out in ("-", tmp_path / "r.csv")]
    assert [done.document["error"]["code"] for done in refused] == ["export.terminal", "export.format"]


@pytest.mark.usefixtures("empty")
def test_a_report_of_nothing(run: Run, tmp_path: Path) -> None:
    """A whole workbook with empty tables."""
    book = report(run, tmp_path / "r.xlsx", "--all")
    assert book["Results"].max_row == 1
    assert cover(book)["Matches"] == 0


def test_a_logo_of_another_kind_is_left_out_and_said(run: Run, stored: Stored, tmp_path: Path) -> None:
    """An SVG cannot stand in a workbook."""
    stored.rows("UPDATE tournaments SET logo = x'3c737667', logo_type = 'image/svg+xml'")
    done = run("export", "report", "--out", tmp_path / "r.xlsx", "--json")
    assert json.dumps(done.document["notes"]).count("logo") == 1


@pytest.mark.parametrize(("body", "kind"), [(PNG, "png"), (JPEG, "jpeg")])
def test_the_size_of_a_logo(body: bytes, kind: str) -> None:
    """From its first bytes; twice as wide as high, it is shown so."""
    logo = Logo.read(body)
    assert logo is not None
    assert (logo.format, logo.width) == (kind, 2 * logo.height)


@pytest.mark.parametrize("body", [b"", b"<svg/>", PNG[:20], JPEG[:25], b"\xff\xd8\xff\xc0" + bytes(20), bytes(99)])
def test_no_logo(body: bytes) -> None:
    """Broken or of another kind: none, and no failure."""
    assert Logo.read(body) is None


@pytest.mark.parametrize(
    ("phase", "expected"),
    [("Final", True), ("Semifinals", True), ("Bronze medal contest", True), ("Quarterfinals", False), (None, False)],
)
def test_what_is_for_a_medal(phase: str | None, expected: bool) -> None:  # noqa: FBT001  # a table of a test
    """Who loses a semifinal has bronze; a quarterfinal decides no medal."""
    assert is_for_a_medal(phase) is expected


def test_sheet_titles_are_made_fit() -> None:
    """What a title may not hold is replaced, and it is cut."""
    book = Book(zone=None, footer="x" * 300)
    book.add("Day 1: a/b [c] which is far too long for it", (text("a", "A", ""),), [])
    stream = io.BytesIO()
    book.save(stream)
    sheet: Any = load_workbook(stream).worksheets[0]
    assert sheet.title == "Day 1- a-b -c- which is far too"
    assert len(str(sheet.oddFooter.left.text)) < 255


def test_fought_time_is_a_length(run: Run, stored: Stored, tmp_path: Path) -> None:
    """Minutes that can be summed, not text."""
    stored.rows("INSERT OR IGNORE INTO match_summaries (match_id) SELECT id FROM pss_matches")
    stored.rows("UPDATE match_summaries SET fought_ms = 61500")
    assert {row["Time fought"] for row in cells(report(run, tmp_path / "r.xlsx"), "Athletes")} == {
        timedelta(seconds=61.5)
    }
