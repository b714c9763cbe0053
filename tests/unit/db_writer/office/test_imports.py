"""Tables of athletes, draws and days: how columns and cells are read, and that a table is imported whole or not."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.cli.imports.table import MOST_ROWS
from services.db_writer.athletes import athlete_code
from services.db_writer.office.desk import Desk
from services.db_writer.office.imports import tables as imports
from services.db_writer.office.imports.cells import as_date, as_ring, as_time, given_first
from services.db_writer.office.imports.tables import import_rows
from services.db_writer.office.tournament.tournaments import activate_day, save_tournament
from shared.errors import ValidationError
from shared.messages.pss import AthleteName
from shared.messages.tournaments import ActivateDay, ImportReport, ImportRows, RowKind, SaveTournament, TableRow

DRAW = ("Match No.", "Court", "Start", "Date", "Weight category", "Blue", "Blue NOC", "Red", "Red NOC")
FIRST = ("101", "1", "09:30", "2026-03-01", "W -57kg", "Ana ANIĆ", "CRO", "Bea KIM", "KOR")
ATHLETES, DRAWS, DAYS = RowKind.ATHLETES, RowKind.DRAWS, RowKind.DAYS


@pytest.fixture
def office(desk: Desk) -> Desk:
    """A desk with one tournament of two days in Zagreb."""
    save_tournament(
        desk,
        SaveTournament(
            tournament="Open",
            author="Ana",
            is_new=True,
            starts_on="2026-03-01",
            ends_on="2026-03-02",
            time_zone="Europe/Zagreb",
        ),
    )
    return desk


def table(desk: Desk, kind: RowKind, *rows: tuple[str, ...], **said: Any) -> ImportReport:
    """Import rows, the first of which names the columns."""
    listed = [TableRow(row=number, cells=list(cells)) for number, cells in enumerate(rows, 1)]
    return import_rows(desk, ImportRows(author="Ana", kind=kind, source="t.csv", sha256="ab", rows=listed, **said))


def counts(report: ImportReport) -> tuple[int, int, int]:
    return report.added, report.changed, report.unchanged


def faults(report: ImportReport) -> list[tuple[int, str | None, str | None]]:
    return [(one.row, one.column, one.value) for one in report.bad]


def stored(desk: Desk, sql: str) -> list[Any]:
    return list(desk.connection.execute(sql).fetchall())


def test_athletes(desk: Desk) -> None:
    """They are the athletes whom a scoring system will name, whatever its capitals; a second import changes nothing."""
    rows = (("Athlete", "Nation", "Coach"), ("Marija ČAČIĆ", "cro", "x"), (" Ana  ANIĆ ", "CRO", ""))
    report = table(desk, ATHLETES, *rows)
    assert (counts(report), report.bad, report.unused_columns) == ((2, 0, 0), [], ["Coach"])
    assert report.columns == {"name": "Athlete", "noc": "Nation"}
    wired = athlete_code(AthleteName(short_name="M. C", long_name="MARIJA Čačić", noc="CRO"))
    sql = "SELECT athlete_code, short_name, long_name, country_code FROM pss_athletes ORDER BY id"
    before = stored(desk, sql)
    assert before[0] == (wired, "Marija ČAČIĆ", "Marija ČAČIĆ", "CRO")
    again = table(desk, ATHLETES, *rows)
    assert counts(again) == (0, 0, 2)
    assert again.imported_before is not None
    assert stored(desk, sql) == before
    kept = stored(desk, "SELECT kind, source, sha256, author, status, report FROM imports ORDER BY id")
    assert [row[:5] for row in kept] == [("athletes", "t.csv", "ab", "Ana", "done")] * 2
    assert json.loads(kept[0][5])["added"] == 2


def test_a_ring_that_there_is_not_is_told(office: Desk) -> None:
    """Once for each, with the first row that names it, in a dry run, too; not of rings set up or heard."""
    office.paths.config.write_text('{"rings": [{"name": "ring-1"}, {"name": "ring-2", "port": 9}]}', encoding="utf-8")
    office.connection.execute(
        "INSERT INTO udp_server_sessions (start_time, status, ring) VALUES ('', 'closed', 'ring-5')"
    )
    rows = [(str(number), ring, *FIRST[2:]) for number, ring in enumerate(("2", "7", "5", "7", ""), 101)]
    said = ["Row 3: no ring is called ring-7; restrike.json has ring-1, ring-2."]
    for is_dry_run in (True, False):
        report = table(office, DRAWS, DRAW, *rows, is_dry_run=is_dry_run)
        assert [one.split(" What")[0] for one in report.warnings] == said
        assert report.bad == []
    office.paths.config.write_text("{", encoding="utf-8")
    assert table(office, DRAWS, DRAW, *rows).warnings == []


def test_names_in_parts(desk: Desk) -> None:
    """Family and given name make the name as the wire has it, and a scoreboard name; one that is said wins later."""
    table(desk, ATHLETES, ("Family name", "Given name", "NOC"), ("ANIĆ", "Ana", "CRO"))
    sql = "SELECT long_name, short_name FROM pss_athletes"
    assert stored(desk, sql) == [("Ana ANIĆ", "A. ANIĆ")]
    report = table(desk, ATHLETES, ("Name", "Short name", "NOC"), ("Ana Anić", "ANIC A", "CRO"))
    assert counts(report) == (0, 1, 0)
    assert stored(desk, sql) == [("Ana ANIĆ", "ANIC A")]


def test_every_bad_row_is_told(desk: Desk) -> None:
    """With row, column and value as in the file; nothing is written, and the audit keeps the refusal."""
    rows = (
        ("List of athletes",),
        ("NOC", "Name"),
        ("CRO", "Ana ANIĆ"),
        ("Croatia", "Eva EVIĆ"),
        ("", ""),
        ("", "Iva IVIĆ"),
        ("CRO", "ana anić"),
        ("CRO", "x" * 501),
        ("#N/A", "a\x00b"),
        ("KOR",),
    )
    report = table(desk, ATHLETES, *rows)
    assert faults(report) == [
        (4, "NOC", "Croatia"),
        (6, "NOC", ""),
        (7, "Name", "ana anić"),
        (8, "Name", "x" * 80),
        (9, "Name", "a\x00b"),
        (9, "NOC", "#N/A"),
        (10, "Name", None),
    ]
    assert (report.rows, counts(report)) == (7, (1, 0, 0))
    assert "row 3" in report.bad[2].problem
    assert stored(desk, "SELECT count(*) FROM pss_athletes") == [(0,)]
    assert stored(desk, "SELECT count(*) FROM imports") == [(0,)]
    assert stored(desk, "SELECT action, outcome FROM operator_audit") == [("import.athletes", "refused")]


def test_a_dry_run_writes_nothing(office: Desk) -> None:
    """It says what an import then does."""
    before = stored(office, "SELECT count(*) FROM operator_audit")
    report = table(office, DRAWS, DRAW, FIRST, is_dry_run=True)
    assert counts(report) == (1, 0, 0)
    assert report.changes[0].what == "2026-03-01 match 101"
    for name in ("planned_matches", "pss_athletes", "imports"):
        assert stored(office, f"SELECT count(*) FROM {name}") == [(0,)]
    assert stored(office, "SELECT count(*) FROM operator_audit") == before
    assert counts(table(office, DRAWS, DRAW, FIRST)) == (1, 0, 0)


def test_draws(office: Desk) -> None:
    """A match has its time as UTC, its ring by name and its athletes; a later table changes what it has columns for."""
    table(office, DRAWS, DRAW, FIRST, ("102", "Court 2", "9.45", "2", "W -57kg", "TBD", "", "Winner 101", ""))
    sql = """
        SELECT d.date, p.match_number, p.ring, p.scheduled_at, p.weight_class, c.long_name, h.long_name
        FROM planned_matches p JOIN tournament_days d ON d.id = p.tournament_day_id
        LEFT JOIN pss_athletes c ON c.id = p.chong_athlete_id LEFT JOIN pss_athletes h ON h.id = p.hong_athlete_id
        ORDER BY p.id
    """
    first = ("2026-03-01", "101", "ring-1", "2026-03-01T08:30:00Z", "W -57kg", "Ana ANIĆ", "Bea KIM")
    second = ("2026-03-02", "102", "ring-2", "2026-03-02T08:45:00Z", "W -57kg", None, None)
    assert stored(office, sql) == [first, second]
    report = table(office, DRAWS, ("#", "Day", "Blue"), ("101", "Day 1", "Eva EVIĆ (SRB)"), ("102", "Day 2", ""))
    assert counts(report) == (0, 1, 1)
    assert report.changes[0].what == "2026-03-01 match 101: chong"
    assert stored(office, sql) == [(*first[:5], "Eva EVIĆ", "Bea KIM"), second]


def test_the_day_of_a_draw(office: Desk) -> None:
    """Its column, the date of its time, or what is given for all; slashes only where one reading is a day."""
    rows = (("No", "Time"), ("1", "2026-03-02 10:00"), ("2", "10:00"))
    assert faults(table(office, DRAWS, *rows)) == [(3, None, None)]
    assert counts(table(office, DRAWS, *rows, date="2026-03-01")) == (2, 0, 0)
    slashes = (("No", "Date"), ("3", "02/03/2026"), ("4", "03/02/2026"), ("5", "04/05/2026"), ("6", "03.03.2026"))
    assert faults(table(office, DRAWS, *slashes)) == [(4, "Date", "04/05/2026"), (5, "Date", "03.03.2026")]
    both = (("No", "Date", "Time"), ("7", "2026-03-01", "2026-03-02 10:00"), ("8", "3", "25:00"))
    assert faults(table(office, DRAWS, *both)) == [
        (2, "Time", "2026-03-02 10:00"),
        (3, "Time", "25:00"),
        (3, "Date", "3"),
    ]


def test_bad_draws(office: Desk) -> None:
    """One match twice, one athlete against herself, an athlete without a NOC, a ring without a name."""
    rows = (
        DRAW,
        FIRST,
        FIRST,
        ("", *FIRST[1:]),
        ("103", "1", "", "1", "", "Ana ANIĆ", "CRO", "ANA ANIĆ", "CRO"),
        ("104", "!", "", "1", "", "Ana ANIĆ", "", "Bea KIM", "KO"),
    )
    assert faults(table(office, DRAWS, *rows)) == [
        (3, "Match No.", "101"),
        (4, "Match No.", ""),
        (5, "Red", "ANA ANIĆ"),
        (6, "Court", "!"),
        (6, "Blue", "Ana ANIĆ"),
        (6, "Red NOC", "KO"),
    ]


def test_a_match_that_was_loaded_before_its_draw(office: Desk) -> None:
    """The draw finds it by day and number, on its ring; one that another draw has stays there."""
    office.connection.execute(
        "INSERT INTO pss_matches (match_id, ring, match_number, tournament_day_id)"
        " VALUES ('m1', 'ring-1', '101', 1), ('m2', 'ring-1', '102', 1)"
    )
    rows = (("Match", "Ring"), ("101", "1"), ("102", "2"))
    table(office, DRAWS, *rows, date="2026-03-01")
    assert stored(office, "SELECT match_number, match_id FROM planned_matches ORDER BY id") == [
        ("101", 1),
        ("102", None),
    ]


def test_days(office: Desk, published: list[tuple[str, Any]]) -> None:
    """New ones are made and numbered by date, known ones get their title; the tournament grows and it is told."""
    rows = (("Date", "Programme"), ("01.03.2026", "Finals"), ("28.02.2026", ""), ("2026-02-27", "Cadets"))
    report = table(office, DAYS, *rows)
    assert (counts(report), report.tournament) == ((2, 1, 0), "Open")
    days = stored(office, "SELECT day_number, date, title FROM tournament_days ORDER BY day_number")
    assert days == [
        (1, "2026-02-27", "Cadets"),
        (2, "2026-02-28", None),
        (3, "2026-03-01", "Finals"),
        (4, "2026-03-02", None),
    ]
    assert published[-1][1].tournament.starts_on == "2026-02-27"
    count = len(published)
    assert counts(table(office, DAYS, *rows)) == (0, 0, 3)
    assert len(published) == count
    bad = table(office, DAYS, ("Date",), ("2026-03-01",), ("1.3.2026",), ("2062-01-01",), ("02/03/2026",), ("soon",))
    assert [one.row for one in bad.bad] == [3, 4, 5, 6]


@pytest.mark.parametrize(
    ("code", "rows"),
    [
        ("import.empty", ()),
        ("import.column_missing", (("Name",), ("Ana",))),
        ("import.column_missing", (("NOC", "Family name"), ("CRO", "ANIĆ"))),
        ("import.column_twice", (("Name", "NOC", "noc."), ("Ana", "CRO", "CRO"))),
        ("import.too_many_columns", (("Name", "NOC"), ("x",) * 201)),
    ],
)
def test_tables_that_cannot_be_read(desk: Desk, code: str, rows: tuple[tuple[str, ...], ...]) -> None:
    """What is missing is named with what was found instead."""
    with pytest.raises(ValidationError) as refused:
        table(desk, ATHLETES, *rows)
    assert refused.value.code == code
    if code == "import.column_missing":
        assert ", ".join(rows[0]) in str(refused.value)


def test_too_many_rows(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table has a limit, and while a match is running a smaller one: nothing of it is stored meanwhile. Nobody reads
    a file that db-writer refuses, nor refuses one that it takes.
    """
    assert (imports.MOST_ROWS, imports.MOST_ROWS_DURING_A_MATCH) == (MOST_ROWS, 500)
    rows = (("Name", "NOC"), *((f"Ana {number}", "CRO") for number in range(4)))
    monkeypatch.setattr(imports, "MOST_ROWS_DURING_A_MATCH", 3)
    assert counts(table(desk, ATHLETES, *rows)) == (4, 0, 0)
    monkeypatch.setattr(imports, "why_busy", lambda _: "A match is running on ring-1.")
    with pytest.raises(ValidationError, match=r"ring-1.*at most 3 rows: wait for its end, or cut the file") as refused:
        table(desk, ATHLETES, *rows)
    assert refused.value.code == "import.match_running"
    monkeypatch.setattr(imports, "MOST_ROWS", 3)
    with pytest.raises(ValidationError, match="at most 3 rows"):
        table(desk, ATHLETES, *rows)


def test_which_tournament(office: Desk) -> None:
    """The one that is named, the active one, or the only one; otherwise it must be said."""
    rows = (("No", "Date"), ("1", "2026-03-01"))
    assert table(office, DRAWS, *rows).tournament == "Open"
    cup = SaveTournament(tournament="Cup", author="Ana", is_new=True, starts_on="2026-03-01", time_zone="UTC")
    save_tournament(office, cup)
    with pytest.raises(ValidationError) as refused:
        table(office, DRAWS, *rows)
    assert refused.value.code == "tournament.none_active"
    assert table(office, DRAWS, *rows, tournament="cup").tournament == "Cup"
    activate_day(office, ActivateDay(author="Ana", tournament="Open"))
    assert table(office, DRAWS, *rows).tournament == "Open"


def test_how_cells_are_read() -> None:
    """Dates, times, rings and names as offices write them."""
    assert {
        str(as_date(said)) for said in ("2026-03-01", "1.3.2026", "01. 03. 2026.", "2026/3/1", "2026-03-01 00:00")
    } == {"2026-03-01"}
    assert str(as_date("25/03/2026")) == "2026-03-25"
    times = ("9:05", "09.05", "9:05 am", "2026-03-01T09:05", "2026-03-01 09:05:00")
    assert {str(as_time(said)[1]) for said in times} == {"09:05:00"}
    assert str(as_time("12:30 a.m.")[1]) == "00:30:00"
    assert {as_ring(said) for said in ("1", "01", "Ring 1", "COURT-1", "ring-1", "Mat 1")} == {"ring-1"}
    assert given_first("ANIĆ, Ana", is_family_first=False) == "Ana ANIĆ"
    assert given_first("VAN DAM Ana", is_family_first=True) == "Ana VAN DAM"
    assert given_first("Anić Ana", is_family_first=True) == "Ana Anić"
    assert given_first("ANIĆ ANA", is_family_first=True) == "ANA ANIĆ"
    assert given_first("Ana ANIĆ", is_family_first=False) == "Ana ANIĆ"


ODD = st.one_of(
    st.text(max_size=12), st.sampled_from(["1/2/2026", "²", "٣", "Winner 1", ", ", "()", "#REF!", "X (CRO)"])
)
GOOD = (
    ["101", "102", "A-1"],
    ["1", "Court 2"],
    ["9:30", "2026-03-01 10:00", ""],
    ["2026-03-01", "Day 1", "02.03.2026"],
    ["W -57kg"],
    ["Ana ANIĆ", "ANIĆ, Ana", "TBD"],
    ["CRO", "kor"],
    ["Bea KIM", ""],
    ["KOR"],
)
ROW = st.tuples(*(st.one_of(st.sampled_from(good), st.sampled_from(good), ODD) for good in GOOD))


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, max_size=3), family=st.booleans())
def test_whatever_stands_in_the_cells(*, office: Desk, rows: list[tuple[str, ...]], family: bool) -> None:
    """Every row is bad, new, changed or unchanged; what was imported is unchanged when it is imported again."""
    report = table(office, DRAWS, DRAW, *rows, is_family_first=family)
    bad = {one.row for one in report.bad}
    assert sum(counts(report)) + len(bad) == report.rows
    if not bad:
        assert counts(table(office, DRAWS, DRAW, *rows, is_family_first=family)) == (0, 0, report.rows)
