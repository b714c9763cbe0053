"""`restrike export` as it is typed: files that appear whole or not at all, filters, what is said."""

import errno
import io
import json
import os
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from services.cli.export import delivery
from services.cli.export.catalogue import EXPORTS
from services.cli.export.choice import Asked
from services.cli.export.formats import Format
from services.cli.export.progress import progress
from services.cli.export.work import Target
from services.cli.export.work import run as run_export
from shared.db.sqlite import sqlite3
from shared.errors import IoError
from tests.unit.cli.conftest import Run
from tests.unit.cli.export.conftest import Stored

MORE_EVENTS = """
INSERT INTO pss_events_v2 (session_id, event_type_id, timestamp, raw_data, parsed_data, event_sequence)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :added)
SELECT 1, 1, '2026-03-01T12:00:00.000000Z', hex(zeroblob(200)), '{"a":1}',
    (SELECT max(event_sequence) FROM pss_events_v2) + i FROM n
"""
MIDDAY = Asked(since="2026-03-01T12:00Z")
FORMATS = ("csv", "json", "jsonl", "xlsx")


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.usefixtures("stored")
def test_the_name_says_the_format(run: Run, tmp_path: Path, ending: str) -> None:
    """What was written is said, and nothing else lies in the folder."""
    out = tmp_path / "files" / f"matches.{ending}"
    out.parent.mkdir()
    done = run("export", "matches", "--out", out, "--json")
    assert done.code == 0, done.err
    assert done.document["format"] == ending
    assert (done.document["rows"], done.document["bytes"]) == (4, out.stat().st_size)
    assert list(out.parent.iterdir()) == [out]


@pytest.mark.usefixtures("stored")
def test_what_people_read(run: Run, tmp_path: Path) -> None:
    """Rows and bytes on standard output; on standard error where standard output holds the rows."""
    done = run("export", "audit", "--out", tmp_path / "a.csv")
    assert done.out == f"2 rows, {(tmp_path / 'a.csv').stat().st_size:,} bytes in {tmp_path / 'a.csv'}.\n"
    piped = run("export", "audit")
    assert piped.err == "2 rows.\n"
    assert piped.out == (tmp_path / "a.csv").read_bytes().decode()


def test_a_workbook_into_a_pipe(stored: Stored, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workbook needs no file of its own."""
    pipe = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(pipe))
    done = run_export(stored.paths, EXPORTS["audit"], Asked(), Target(out=None, format=Format.XLSX))
    assert (done.rows, done.bytes) == (2, None)
    assert load_workbook(io.BytesIO(pipe.getvalue()))["Audit"].max_row == 3


@pytest.mark.usefixtures("stored")
def test_nothing_is_overwritten_unless_forced(run: Run, tmp_path: Path) -> None:
    """The file that is there stays; --force replaces it as a whole."""
    out = tmp_path / "m.csv"
    out.write_text("mine")
    done = run("export", "matches", "--out", out, "--json")
    assert (done.code, done.document["error"]["code"], out.read_text()) == (1, "export.exists", "mine")
    assert run("export", "matches", "--out", out, "--force").code == 0
    assert out.read_text().startswith("match_id,")


@pytest.mark.parametrize(
    ("out", "code"),
    [("none/x.csv", "export.no_folder"), ("home", "export.format"), ("dir.csv", "export.not_a_file")],
)
@pytest.mark.usefixtures("stored")
def test_names_that_are_refused(run: Run, tmp_path: Path, out: str, code: str) -> None:
    """Before anything is read."""
    (tmp_path / "dir.csv").mkdir()
    done = run("export", "matches", "--out", tmp_path / out, "--json")
    assert (done.code, done.document["error"]["code"]) == (1, code)


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.usefixtures("stored")
def test_a_full_disk(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    """One sentence, no half file, and what was there before is still there."""
    out = tmp_path / "files" / f"m.{ending}"
    out.parent.mkdir()
    out.write_text("before")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    done = run("export", "matches", "--out", out, "--force", "--json")
    assert (done.code, done.document["error"]["code"]) == (1, "export.disk_full")
    assert (list(out.parent.iterdir()), out.read_text()) == ([out], "before")


def test_an_interrupted_export_leaves_nothing(stored: Stored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle: neither the file nor its part."""

    def interrupt(*_: Any, **__: Any) -> None:
        assert (tmp_path / "m.csv.partial").exists()
        raise KeyboardInterrupt

    monkeypatch.setattr("services.cli.export.work.write", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run_export(stored.paths, EXPORTS["matches"], Asked(), Target(out=tmp_path / "m.csv"))
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_two_exports_of_one_name(tmp_path: Path) -> None:
    """The second is refused while the first writes; what one that was killed left is overwritten."""
    (tmp_path / "m.csv.partial").write_text("left by one that was killed, and long")
    with delivery.delivered(tmp_path / "m.csv", is_forced=False) as stream:
        with pytest.raises(IoError, match="Another export"), delivery.delivered(tmp_path / "m.csv", is_forced=False):
            pass
        stream.write(b"short")
    assert (tmp_path / "m.csv").read_bytes() == b"short"
    assert not (tmp_path / "m.csv.partial").exists()


@pytest.mark.usefixtures("empty")
def test_a_database_without_rows(run: Run, tmp_path: Path) -> None:
    """Every format of every export is whole: headers, no rows."""
    for name in EXPORTS:
        if name == "settings":
            continue  # a new database has them
        out = run("export", name)
        assert (out.code, out.out.count("\r\n"), out.err) == (0, 1, "0 rows.\n"), name
    assert json.loads(run("export", "events", "--format", "json").out)["counts"] == {"rows": 0}
    assert run("export", "events", "--out", tmp_path / "e.xlsx").code == 0
    assert load_workbook(tmp_path / "e.xlsx")["Events"].max_row == 1


def test_no_database_yet(run: Run) -> None:
    """It says what to do."""
    done = run("export", "matches", "--out", "-")
    assert (done.code, "restrike up" in done.err) == (1, True)


@pytest.mark.parametrize(
    ("options", "code", "named"),
    [
        (("matches", "--match", "999"), "match.unknown", "102, 101"),
        (("matches", "--tournament", "None Such"), "tournament.unknown", "Zagreb Open & Friends, Old Cup"),
        (("matches", "--day", "7"), "day.unknown", "2026-03-02, 2026-03-01"),
        (("matches", "--day", "2020-01-01"), "day.unknown", "2026-03-01"),
        (("matches", "--tournament", "Old Cup", "--day", "1"), "day.unknown", "2025-01-01"),
        (("matches", "--ring", "ring-9"), "ring.unknown", "ring-1, ring-2"),
        (("events", "--from", "noon"), "export.time", "2026-03-01T14:30"),
        (("audit", "--match", "101"), "export.filter", "--ring, --from, --to"),
        (("settings", "--ring", "ring-1"), "export.filter", "no filter"),
        (("events", "--severity", "error"), "export.filter", "--match"),
    ],
)
def test_unknown_values_are_told_what_there_is(
    run: Run, stored: Stored, options: tuple[str, ...], code: str, named: str
) -> None:
    """A filter that nothing has, or that the export has not, is refused and not left unheard."""
    if "Old Cup" in options:
        stored.rows("INSERT INTO tournament_days (tournament_id, day_number, date) VALUES (2, 3, '2025-01-01')")
    done = run("export", *options, "--out", "x.csv", "--json")
    assert (done.code, done.document["error"]["code"]) == (1, code)
    assert named in done.document["error"]["message"]


@pytest.mark.parametrize(
    ("options", "rings"),
    [
        (("--day", "1"), {"ring-1"}),
        (("--day", "2026-03-01"), {"ring-1"}),
        (("--tournament", "zagreb open & friends"), {"ring-1"}),
        (("--day", "2"), set()),
        (("--match", "101"), {"ring-1", "ring-2"}),
        (("--match", "101.A"), {"ring-1"}),
        (("--match", "101", "--day", "1"), {"ring-1"}),
        (("--from", "2026-03-01", "--to", "2026-03-01"), {"ring-1", "ring-2"}),
        (("--from", "2026-03-01T10:30", "--to", "2026-03-01T10:30"), set()),
        (("--to", "2026-03-01T09:29Z"), set()),
    ],
)
@pytest.mark.usefixtures("stored")
def test_filters(run: Run, options: tuple[str, ...], rings: set[str]) -> None:
    """Days by number and date, tournaments, matches by any number they bear, times in the tournament's zone."""
    found = json.loads(run("export", "matches", "--format", "json", *options).out)
    assert {row["ring"] for row in found["rows"]} == rings
    assert len(found["header"]["filters"]) == len(options) // 2


def test_a_date_without_a_tournament(run: Run, stored: Stored) -> None:
    """What was loaded on that date."""
    stored.rows("UPDATE pss_matches SET tournament_day_id = NULL")
    stored.rows("DELETE FROM tournament_days")
    found = json.loads(run("export", "events", "--format", "json", "--day", "2026-03-01").out)
    assert {row["ring"] for row in found["rows"]} == {"ring-1", "ring-2"}


@pytest.mark.usefixtures("stored")
def test_json_tells_about_files_only(run: Run) -> None:
    """Two documents on standard output would be none."""
    assert run("export", "matches", "--json").code == 2


@pytest.mark.slow
@pytest.mark.parametrize("ending", FORMATS)
def test_many_rows_need_little_memory(
    connection: "sqlite3.Connection", stored: Stored, tmp_path: Path, ending: str
) -> None:
    """Rows are streamed: ten times as many need no more memory."""
    few = 50 if ending == "xlsx" else 600  # a workbook is slow while memory is traced
    peaks = []
    for added in (few, 9 * few):
        connection.execute(MORE_EVENTS, {"added": added})
        tracemalloc.start()
        done = run_export(stored.paths, EXPORTS["events"], MIDDAY, Target(out=tmp_path / f"{added}.{ending}"))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert done.rows == 10 * few
    assert peaks[1] < peaks[0] + 1_000_000, peaks


def test_the_bar_passes_every_row() -> None:
    """With a bar and without one."""
    for is_wanted in (False, True):
        with progress(2500, is_wanted=is_wanted) as passed:
            assert list(passed(iter(range(2500)))) == list(range(2500))


def test_a_zone_that_this_machine_does_not_know(run: Run, stored: Stored) -> None:
    """Its own zone stands in."""
    stored.rows("UPDATE tournaments SET time_zone = 'Mars/Olympus'")
    done = run("export", "matches", "--tournament", "Zagreb Open & Friends")
    assert (done.code, done.err) == (0, "2 rows.\n")
