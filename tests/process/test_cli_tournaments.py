"""`restrike tournament` and `restrike import` with real services and without any."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.config import load
from tests.contract.tree import ROOT
from tests.support.cli import WITHIN_S, Home, home_in
from tests.support.wait import eventually

LOAD = (
    b"pre;FightLoaded;",
    "at1;A. ANIĆ;Ana ANIĆ;CRO;at2;B. KIM;Bea KIM;KOR;".encode(),
    b"mch;101;Quarterfinals;W -57kg;1;;;;;null;Senior;3;120;cntDown;18;5;",
    b"rdy;FightReady;",
)
OPEN = "Croatia Open 2026"
DAY = "2026-03-01"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with home_in(tmp_path / "home") as home:
        home.document("tournament", "new", OPEN, "--from", DAY, "--to", "2026-03-02", "--zone", "Europe/Zagreb")
        yield home


def _sample(home: Home) -> Path:
    """The draws that docs/tournaments.md shows."""
    page = (ROOT / "docs/tournaments.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```csv\n(.*?)```", page, re.DOTALL)
    path = home.paths.home / "draws.csv"
    path.write_text(block, encoding="utf-8")
    return path


def _matches(home: Home, date: str = DAY) -> list[Any]:
    return list(home.document("tournament", "show", OPEN, "--date", date)["matches"])


def test_the_documented_draws_without_a_suite(home: Home) -> None:
    """They are imported as the page shows them; a dry run says it before, a second import that nothing changed."""
    path = _sample(home)
    dry = home.run("import", "draws", path, "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert "3 added, 0 changed, 0 unchanged" in dry.stdout
    assert _matches(home) == []
    report = home.document("import", "draws", path)["report"]
    assert (report["added"], report["bad"], report["unused_columns"]) == (3, [], [])
    first, second = _matches(home)
    assert (first["match_number"], first["ring"], first["scheduled_at"]) == ("101", "ring-1", "2026-03-01T08:30:00Z")
    assert (second["chong"], second["hong_noc"]) == ("Eva EVIĆ", "FRA")
    (semifinal,) = _matches(home, "2026-03-02")
    assert (semifinal["chong"], semifinal["hong"]) == (None, None)
    again = home.run("import", "draws", path)
    assert "Nothing changed" in again.stdout
    assert "imported before" in again.stdout


def test_bad_rows(home: Home) -> None:
    """A bad row ends with 1 and is told, and nothing of the file is written."""
    path = home.paths.home / "bad.csv"
    path.write_text(f"No;Date;Referee\n1;2026-05-01;X\n2;{DAY};X\n")
    done = home.run("import", "draws", path)
    assert done.returncode == 1
    assert "1 of 2 rows are bad: nothing was written." in done.stdout
    assert "Not used: Referee." in done.stdout
    assert _matches(home) == []


def test_a_match_belongs_to_the_active_day(home: Home) -> None:
    """Activated with the suite up, the rings get the tournament's rules, and a match that is loaded becomes the drawn
    one of its day; assigned by hand it leaves it again.
    """
    home.document("tournament", "edit", OPEN, "--rules", "wt-2018")
    home.document("import", "draws", _sample(home))
    home.start("udp-ingest", "pss-parser", "db-writer")
    made = home.document("tournament", "activate", OPEN, "--date", DAY)
    assert (made["rings"], made["applied"], made["tournament"]["status"]) == (["ring-1", "ring-2"], True, "active")
    assert {ring.rules for ring in load(home.paths.config).rings} == {"wt-2018"}
    for body in LOAD:
        home.send("ring-1", body)
    eventually(lambda: any(one["match_id"] for one in _matches(home)), within=WITHIN_S, what="the match")
    first, _ = _matches(home)
    assert (first["match_number"], first["scheduled_at"]) == ("101", "2026-03-01T08:30:00Z")
    days = home.document("tournament", "days")["days"]
    assert [(day["matches"], day["planned_matches"], day["status"]) for day in days] == [
        (1, 2, "active"),
        (0, 1, "planned"),
    ]
    assert home.document("match", "list", "--day", DAY)["matches"][0]["match_id"] == first["match_id"]
    assert home.document("tournament", "assign", first["match_id"], "--none")["matches"] == 1
    assert [one["match_id"] for one in _matches(home)] == [None, None]
    assert home.document("tournament", "deactivate")["tournament"]["status"] in ("planned", "finished")


def test_a_rule_set_that_cannot_be_applied(home: Home) -> None:
    """The tournament is active all the same, and the sentence says what to do."""
    home.document("tournament", "edit", OPEN, "--rules", "wt-2018")
    home.paths.config.write_text("{")
    done = home.run("tournament", "activate", OPEN)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "is active, but its rule set is not" in done.stderr
    assert "restrike pss set --all --rules wt-2018" in done.stderr
