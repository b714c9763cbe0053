"""kill -9 while a table is imported: all of it is in the database, or nothing; the database passes its checks."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from shared.db.sqlite import connect_reader
from shared.errors import NetworkError
from shared.messages.tournaments import ImportReport, ImportRows, RowKind, SaveTournament, TableRow
from tests.support.cli import WITHIN_S, Home, home_in
from tests.support.wait import pause

ROUNDS = 10
ROWS = 5000
STEP_S = 0.12
"""So that the kills fall before, into and after the transaction."""
HEADER = ["Match", "Date", "Blue", "Blue NOC", "Red", "Red NOC"]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with home_in(tmp_path / "home") as home:
        home.start("db-writer")
        made = SaveTournament(tournament="Open", author="Ana", is_new=True, starts_on="2026-03-01", time_zone="UTC")
        home.client.call(made)
        yield home


def _table(number: int) -> ImportRows:
    """Matches and athletes whom no other round has."""
    rows = [
        [f"{number}-{row}", "2026-03-01", f"Ana A{number}x{row}", "CRO", f"Bea B{number}x{row}", "KOR"]
        for row in range(ROWS)
    ]
    listed = [TableRow(row=at, cells=cells) for at, cells in enumerate([HEADER, *rows], 1)]
    return ImportRows(author="Ana", kind=RowKind.DRAWS, source="draws.csv", sha256=str(number), rows=listed)


def _stored(home: Home, number: int) -> tuple[int, ...]:
    """Matches of a round, all athletes, and imports of the round."""
    like = (f"{number}-%", "%", str(number))
    sql = (
        "SELECT count(*) FROM planned_matches WHERE match_number LIKE ?",
        "SELECT count(*) FROM pss_athletes WHERE athlete_code LIKE ?",
        "SELECT count(*) FROM imports WHERE sha256 = ?",
    )
    with closing(connect_reader(home.paths.database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        return tuple(connection.execute(one, (value,)).fetchone()[0] for one, value in zip(sql, like, strict=True))


def _imported(home: Home, table: ImportRows) -> ImportReport | None:
    try:
        return home.client.call(table, deadline_s=5.0)
    except NetworkError:
        return None


def test_an_import_is_whole_or_not_at_all(home: Home) -> None:
    """Whenever db-writer is killed; and what was answered is stored."""
    outcomes = set()
    athletes = 0
    with ThreadPoolExecutor(1) as pool:
        for number in range(ROUNDS):
            asked = pool.submit(_imported, home, _table(number))
            pause(number * STEP_S)
            if number == ROUNDS - 1:  # one kill after the answer, however slow the machine is
                asked.result(WITHIN_S)
            home.kill("db-writer")
            home.start("db-writer")
            report = asked.result(WITHIN_S)
            matches, athletes_now, imports = _stored(home, number)
            outcome = (matches, athletes_now - athletes, imports)
            assert outcome in ((0, 0, 0), (ROWS, 2 * ROWS, 1))
            assert report is None or matches == ROWS
            athletes = athletes_now
            outcomes.add(matches)
    assert ROWS in outcomes
