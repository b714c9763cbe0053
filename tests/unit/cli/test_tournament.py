"""`restrike tournament` and `restrike import`: what is read from the database, and how it is shown."""

from contextlib import closing
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from services.cli.tournament.shown import without_day
from shared.db.sqlite import connect_writer
from shared.messages.tournaments import Day, Tournament, TournamentStatus
from shared.paths import Paths
from tests.unit.cli.conftest import Run

LONG = "x" * 60
ROWS = f"""
INSERT INTO tournaments (id, name, location, country_code, starts_on, ends_on, time_zone, rule_set, status, is_active)
    VALUES (1, 'Open', NULL, 'CRO', '2025-03-01', '2025-03-01', 'Europe/Zagreb', NULL, 'finished', 0),
    (2, 'Cup {LONG}', '{LONG}', 'KOR', '2026-03-01', '2026-03-02', 'Asia/Seoul', '{LONG}', 'active', 1);
INSERT INTO tournament_days (id, tournament_id, day_number, date, title, status, is_active)
    VALUES (1, 1, 1, '2025-03-01', NULL, 'planned', 0), (2, 2, 1, '2026-03-01', '{LONG}', 'cancelled', 0),
    (3, 2, 2, '2026-03-02', NULL, 'active', 1);
INSERT INTO pss_athletes (id, athlete_code, short_name, long_name, country_code)
    VALUES (1, 'a/CRO', 'A', 'Ana {LONG}', 'CRO'), (2, 'b/KOR', 'B', 'Bea', 'KOR');
INSERT INTO pss_matches (id, match_id, ring, match_number, tournament_day_id)
    VALUES (1, 'ring-1.aaaaaaaa.300000', 'ring-1', '101', 3), (2, 'ring-2.b.4', 'ring-2', '9', 3);
INSERT INTO pss_match_athletes (match_id, athlete_position, shown_long_name, shown_noc) VALUES (2, 2, 'Z', 'FRA');
INSERT INTO planned_matches (tournament_day_id, match_number, ring, scheduled_at, weight_class, chong_athlete_id,
    hong_athlete_id, match_id) VALUES (3, '102', '{LONG}', '2026-03-02T01:00:00Z', '{LONG}', 1, 1, NULL),
    (3, '101', 'ring-1', '2026-03-02T00:30:00Z', 'W -57kg', 1, 2, 1);
"""


@pytest.fixture
def cup(home: Path, run: Run, migrated: bytes) -> Paths:  # noqa: ARG001  # the home is not there before run looked
    """A home with two tournaments, of which the second is active and has matches."""
    made = Paths(home)
    made.prepare()
    made.database.write_bytes(migrated)
    with closing(connect_writer(made.database)) as connection:
        connection.executescript(ROWS)
    return made


def test_what_is_shown(cup: Paths, run: Run) -> None:  # noqa: ARG001  # its rows are read
    """Without a name the active tournament; no table is wider than 100 columns, whatever is stored."""
    for words in (("list",), ("days",), ("show", "--date", "2026-03-02")):
        done = run("tournament", *words)
        assert done.code == 0
        table = done.out.splitlines()[1:]
        assert len(table) >= 2
        assert max(map(len, table)) <= 100, done.out
    shown = run("tournament", "show", "open").out
    assert "2025-03-01 to 2025-03-01, Europe/Zagreb, CRO" in shown
    assert "Not active" in shown
    assert "new matches belong to day 2, 2026-03-02" in run("tournament", "show").out


def test_the_matches_of_a_day(cup: Paths, run: Run) -> None:  # noqa: ARG001  # its rows are read
    """By time, drawn with what was fought of them, then what was not drawn; times are those of the tournament."""
    rows = run("tournament", "show", "--date", "2026-03-02", "--json").document["matches"]
    assert [(one["match_number"], one["match_id"], one["hong"]) for one in rows] == [
        ("101", "ring-1.aaaaaaaa.300000", "Bea"),
        ("102", None, f"Ana {LONG}"),
        ("9", "ring-2.b.4", "Z"),
    ]
    assert "09:30  ring-1" in run("tournament", "show", "--date", "2026-03-02").out


def test_a_match_that_others_fought_is_marked(cup: Paths, run: Run) -> None:
    """The drawn names beside a match of other athletes, or of another weight, would be taken for those who fought."""
    with closing(connect_writer(cup.database)) as connection:
        connection.executescript(
            "UPDATE pss_matches SET weight_class = 'w-57 KG' WHERE id = 1;"
            "UPDATE planned_matches SET match_number = 'DAY2-101' WHERE match_number = '101';"
            "INSERT INTO pss_match_athletes (match_id, athlete_position, athlete_id) VALUES (1, 1, 1), (1, 2, 2);"
        )
        shown = ("tournament", "show", "--date", "2026-03-02")
        assert run(*shown, "--json").document["matches"][0]["differs"] == []
        assert "!" not in run(*shown).out
        connection.executescript(
            "UPDATE pss_match_athletes SET athlete_id = NULL, shown_long_name = 'Zoe' WHERE match_id = 1;"
        )
        assert run(*shown, "--json").document["matches"][0]["differs"] == []  # nobody knows whether it is her
        connection.executescript(
            "UPDATE pss_matches SET weight_class = 'W -62kg' WHERE id = 1;"
            "UPDATE pss_match_athletes SET athlete_id = 2 WHERE match_id = 1 AND athlete_position = 1;"
        )
    (first, *others) = run(*shown, "--json").document["matches"]
    assert first["differs"] == ["chong", "weight_class"]
    assert (first["chong_noc"], first["fought_chong"]) == ("CRO", "Bea")
    assert not any(one["differs"] for one in others)
    lines = run(*shown).out.splitlines()
    assert max(map(len, lines[1:])) <= 100
    assert "DAY2-101! " in lines[2]
    assert lines[-1] == "! DAY2-101: fought by Bea KOR and Zoe in W -62kg; another chong, weight was drawn."


def test_the_day_may_be_today(cup: Paths, run: Run) -> None:
    """As in `activate`: the date where the tournament takes place."""
    today = f"{datetime.now(ZoneInfo('Asia/Seoul')):%Y-%m-%d}"
    with closing(connect_writer(cup.database)) as connection:
        connection.execute("UPDATE tournament_days SET date = ? WHERE id = 3", (today,))
    done = run("tournament", "show", "--date", "today")
    assert (done.code, "102" in done.out) == (0, True)
    assert f", {today}, times of Asia/Seoul" in done.out


def test_the_documents(cup: Paths, run: Run) -> None:  # noqa: ARG001  # its rows are read
    """The latest tournament first, days with their counts."""
    cup_, open_ = run("tournament", "list", "--json").document["tournaments"]
    assert (cup_["status"], open_["tournament"], open_["rule_set"]) == ("active", "Open", None)
    day = {"number": 2, "date": "2026-03-02", "title": None, "status": "active", "matches": 2, "planned_matches": 2}
    assert run("tournament", "days", "--json").document["days"][1] == day


def test_a_tournament_without_today() -> None:
    """Activated before its first day without one that is chosen, somebody must be told; dates are those there."""
    day = Day(number=1, date="2026-03-02", title=None, status=TournamentStatus.PLANNED, matches=0, planned_matches=0)
    cup = Tournament(
        tournament="Cup",
        location=None,
        noc=None,
        starts_on=day.date,
        ends_on=day.date,
        time_zone="Asia/Seoul",
        rule_set=None,
        logo_type=None,
        status=TournamentStatus.ACTIVE,
        days=[day],
    )
    assert "2026-03-01" in (without_day(cup, "2026-03-01T14:59:00Z") or "")
    assert without_day(cup, "2026-03-01T15:01:00Z") is None
    chosen = msgspec.structs.replace(cup, days=[msgspec.structs.replace(day, status=TournamentStatus.ACTIVE)])
    assert without_day(chosen, "2026-05-01T00:00:00Z") is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("tournament", "show", "Club"), "Known: Cup"),
        (("tournament", "show", "--date", "2026-03-09"), "2026-03-01, 2026-03-02"),
        (("tournament", "day", "edit", "Open", "2025-03-01"), "--title or --status"),
        (("tournament", "new", "Club", "--from", "2026-03-01", "--logo", "/dev/null"), "logo is empty"),
        (("import", "athletes", "none.csv"), "No such file"),
    ],
)
def test_refusals(cup: Paths, run: Run, words: tuple[str, ...], said: str) -> None:  # noqa: ARG001  # its rows are read
    """One sentence that says what there is."""
    done = run(*words)
    assert (done.code, len(done.err.splitlines())) == (1, 1)
    assert said in done.err


def test_before_the_first_start(run: Run) -> None:
    """Nothing is stored and nothing fails."""
    assert "no tournament yet" in run("tournament", "list").out
    assert "No tournament is active" in run("tournament", "show").err
    assert run("tournament", "assign", "x", "--none", "--date", "2026-03-01").code == 2
