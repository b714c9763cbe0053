"""What the exports hold is what was played and stored."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from services.cli.export.catalogue import EXPORTS
from services.cli.export.other_exports import MASKED
from shared.settings.values import MASK
from tests.unit.cli.conftest import Run
from tests.unit.cli.export.conftest import Stored
from tests.unit.cli.export.rows import SECRET

WORDS = {0: None, 1: "chong", 2: "hong"}


def exported(run: Run, name: str, *options: str) -> list[dict[str, Any]]:
    done = run("export", name, "--format", "json", *options)
    assert done.code == 0, done.err
    return list(json.loads(done.out)["rows"])


@pytest.mark.parametrize("name", EXPORTS)
def test_every_export_has_rows(run: Run, stored: Stored, name: str) -> None:
    """Each SQL of the catalogue runs, and gives the rows of its table, each once."""
    tables = {
        "matches": "pss_matches", "results": "pss_matches", "rounds": "round_results", "events": "pss_events_v2",
        "scores": "pss_scores", "edits": "match_edits", "athletes": "pss_athletes", "settings": "settings_keys",
        "audit": "operator_audit", "findings": "findings", "challenges": "challenges",
    }  # fmt: skip
    count = (
        f"SELECT count(*) FROM {tables[name]}"
        if name in tables
        else (
            "SELECT (SELECT count(*) FROM pss_warnings) + (SELECT count(*) FROM injuries) + count(*) FROM corrections"
        )
    )
    rows = exported(run, name)
    assert rows
    assert len(rows) == stored.rows(count)[0][0]
    assert list(rows[0]) == [column.key for column in EXPORTS[name].columns]


def test_results_are_the_truth(run: Run, stored: Stored) -> None:
    """Who fought, who won, by what and with how many rounds: as played, with the edits that hold."""
    rows = exported(run, "results")
    assert len(rows) == len(stored.truths) == 4
    for row in rows:
        truth = stored.truths[row["ring"], row["match_number"].removesuffix(".A")]
        assert row["chong_name"] == truth.chong.long_name
        assert row["hong_noc"] == truth.hong.noc
        assert (row["weight_class"], row["division"]) == (truth.weight_class, truth.division)
        assert row["winner"] == WORDS[truth.winner]
        assert row["decision"] == (truth.decision and truth.decision.value)
        assert (row["rounds_chong"], row["rounds_hong"]) == truth.rounds_won
    edited = [row for row in rows if row["edited_by"]]
    assert [(row["match_number"], row["phase"], row["edited_by"]) for row in edited] == [("101.A", "Semifinals", "ana")]
    assert {row["date"] for row in rows if row["ring"] == "ring-1"} == {"2026-03-01"}


def test_rounds_and_reviews_are_the_truth(run: Run, stored: Stored) -> None:
    """Scores and gam-jeoms of each round, and the outcome of each review."""
    for row in exported(run, "rounds"):
        truth = stored.truths[row["ring"], row["match_number"].removesuffix(".A")].rounds[row["round"] - 1]
        assert (row["score_chong"], row["score_hong"]) == truth.score
        assert (row["gam_jeoms_chong"], row["gam_jeoms_hong"]) == truth.gam_jeoms
    reviews = exported(run, "challenges", "--ring", "ring-1")
    played = [review for (ring, _), truth in stored.truths.items() if ring == "ring-1" for review in truth.challenges]
    assert [(row["round"], row["side"], row["outcome"]) for row in reviews] == [
        (review.round, WORDS[review.athlete], review.outcome.value) for review in played
    ]


def test_events_are_as_sent(run: Run, stored: Stored) -> None:
    """Raw text, order and place of every message."""
    rows = exported(run, "events", "--ring", "ring-2")
    sent = stored.rows(
        "SELECT raw_data, timestamp, event_sequence FROM pss_events_v2 e JOIN udp_server_sessions s"
        " ON s.id = e.session_id WHERE s.ring = 'ring-2' ORDER BY e.id"
    )
    assert [(row["raw"], row["at"], row["entry"]) for row in rows] == sent
    assert all(row["is_valid"] is True for row in rows)
    assert any(isinstance(row["data"], dict) for row in rows)


@pytest.mark.usefixtures("stored")
def test_sensitive_settings_are_masked(run: Run, tmp_path: Path) -> None:
    """Neither value nor default of a sensitive setting is in any format, raw or not."""
    for ending in ("csv", "json", "jsonl"):
        done = run("export", "settings", "--format", ending, "--raw")
        assert SECRET not in done.out
        assert "********" in done.out
        assert "reStrike" in done.out
    assert MASKED == MASK  # settings are masked alike everywhere
    rows = {row["key"]: row for row in exported(run, "settings")}
    assert (rows["obs.token"]["value"], rows["obs.token"]["is_sensitive"]) == (None, True)
    assert (rows["app.title"]["value"], rows["app.title"]["is_set"]) == ("=1+1", True)
    assert run("export", "settings", "--out", tmp_path / "s.xlsx").code == 0
    assert SECRET.encode() not in (tmp_path / "s.xlsx").read_bytes()


def test_athletes_sum_their_matches(run: Run, stored: Stored) -> None:
    """Matches and wins per athlete; with a filter only of those matches and only who fought in them."""
    everybody = {row["name"]: row for row in exported(run, "athletes")}
    truth = next(iter(stored.truths.values()))
    winner = truth.chong if truth.winner == 1 else truth.hong
    assert (everybody[winner.long_name]["matches"], everybody[winner.long_name]["wins"]) == (1, 1)
    assert everybody["🥋 Ñusta"]["matches"] == 0
    keys = ("matches", "wins", "losses", "points", "points_against", "rounds_won", "gam_jeoms", "hits", "comebacks")
    summed = stored.rows(
        f"SELECT a.long_name, {', '.join(keys)} FROM athlete_summaries s JOIN pss_athletes a ON a.id = s.athlete_id"
    )
    assert len(summed) >= 8
    for name, *figures in summed:
        assert [everybody[str(name)][key] or 0 for key in keys] == figures
    match = exported(run, "athletes", "--match", truth.match_number, "--ring", "ring-1")
    assert {row["name"] for row in match} == {truth.chong.long_name, truth.hong.long_name}


@pytest.mark.usefixtures("stored")
def test_csv_holds_the_same(run: Run) -> None:
    """CSV and JSON lines hold what the JSON document holds."""
    document = exported(run, "matches")
    lines = [json.loads(line) for line in run("export", "matches", "--format", "jsonl").out.splitlines()]
    table = list(csv.DictReader(io.StringIO(run("export", "matches").out, newline="")))
    assert lines == document
    assert [row["match_id"] for row in table] == [row["match_id"] for row in document]
    assert [row["fought_ms"] for row in table] == [
        "" if row["fought_ms"] is None else str(row["fought_ms"]) for row in document
    ]


def test_a_match_that_was_never_judged(run: Run, stored: Stored) -> None:
    """What an older version stored has no result of its own: what was declared last is in force."""
    before = {row["match_id"]: row for row in exported(run, "results")}
    stored.rows("DELETE FROM match_results")
    for row in exported(run, "results"):
        for key in ("winner", "winner_name", "decision"):
            assert row[key] == before[row["match_id"]][key]
        assert row["standing"] is None


def test_the_page_names_every_export() -> None:
    """docs/export.md says of each for whom it is."""
    page = (Path(__file__).parents[4] / "docs" / "export.md").read_text()
    assert [name for name in EXPORTS if f"| `{name}` |" not in page] == []
