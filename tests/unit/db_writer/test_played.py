"""What the reducer concludes of simulated matches is in the tables, as it was said last, and once."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from services.db_writer.store import Store
from shared.db.sqlite import sqlite3
from shared.messages.match import (
    ChallengeChanged,
    CorrectionMade,
    DialectDetected,
    InjuryChanged,
    ResultAssessed,
    RoundAssessed,
    StageChanged,
)
from shared.messages.wire import ParsedEntries
from tests.unit.db_writer.played import RULES, SCENARIOS, played, told
from tests.unit.db_writer.ring import NOW_US, Dump, dump
from tests.unit.db_writer.test_store import fresh

pytestmark = pytest.mark.slow

TABLES = (
    "match_results",
    "round_results",
    "challenges",
    "injuries",
    "corrections",
    "match_stages",
    "rule_sets",
    "ring_interpretations",
)


@pytest.fixture
def filled(store: Store, connection: "sqlite3.Connection") -> "sqlite3.Connection":
    applied = store.apply(played(), now_us=NOW_US)
    assert applied.refused == 0
    return connection


def _rows(connection: "sqlite3.Connection", sql: str, *values: object) -> list[tuple[Any, ...]]:
    return list(connection.execute(sql, values).fetchall())


def test_every_table_has_rows(filled: "sqlite3.Connection") -> None:
    """The scenarios reach all of it; the tests below have something to look at."""
    assert {table: len(rows) > 0 for table, rows in dump(filled, tables=TABLES).items()} == dict.fromkeys(TABLES, True)


def test_results_are_the_last_that_was_said(filled: "sqlite3.Connection") -> None:
    """One row a match, each column of it."""
    last = {event.result.match_id: event.result for _, _, event in told(ResultAssessed)}
    found = _rows(
        filled,
        "SELECT m.match_id, r.standing, r.winner, r.decision, r.declared_winner, r.declared_decision, r.declared_name,"
        " r.declared_rounds_chong, r.declared_rounds_hong, r.derived_winner, r.method, r.rounds_won_chong,"
        " r.rounds_won_hong, r.rule_set, r.doubts FROM match_results r JOIN pss_matches m ON m.id = r.match_id",
    )
    assert {row[0]: row[1:] for row in found} == {
        match_id: (
            result.standing.value,
            result.winner,
            result.decision,
            result.declared_winner,
            result.declared_decision,
            result.declared_name,
            *(result.declared_rounds or (None, None)),
            result.derived_winner,
            result.method.value if result.method else None,
            *result.rounds_won,
            result.rule_set,
            json.dumps(result.doubts, separators=(",", ":")) if result.doubts else None,
        )
        for match_id, result in last.items()
    }


def test_rounds_with_their_techniques(filled: "sqlite3.Connection") -> None:
    """Scores, gam-jeoms and techniques of each side by round, as they were said last of each match."""
    last = {(match_id, event.result.round): event.result for _, match_id, event in told(RoundAssessed) if match_id}
    counts = [f"{side}_{what}" for side in ("chong", "hong") for what in _TECHNIQUES]
    found = _rows(
        filled,
        f"SELECT m.match_id, round_number, standing, winner, score_chong, score_hong, gam_jeoms_chong, gam_jeoms_hong,"
        f" fought_ms, {', '.join(counts)} FROM round_results r JOIN pss_matches m ON m.id = r.match_id",
    )
    stored = {row[:2]: row[2:] for row in found}
    assert len(last) > 10
    for key, result in last.items():
        assert stored[key] == (
            result.standing.value,
            result.winner,
            *(result.score or (None, None)),
            *(result.gam_jeoms or (None, None)),
            result.fought_ms,
            *(getattr(side, what) for side in (result.chong, result.hong) for what in _TECHNIQUES.values()),
        )


_TECHNIQUES = {
    "punches": "punch",
    "body_kicks": "body",
    "head_kicks": "head",
    "technical_body_kicks": "technical_body",
    "technical_head_kicks": "technical_head",
}


def test_reviews_and_injuries_have_one_row_each(filled: "sqlite3.Connection") -> None:
    """However often one was said again, it is one row as it stood at last, with its times."""
    reviews = {(ring, event.challenge.entry): event.challenge for ring, _, event in told(ChallengeChanged)}
    found = _rows(
        filled,
        "SELECT m.ring, c.entry, c.number, athlete_position, c.status, ended_at IS NULL, end_reason, round_number"
        " FROM challenges c JOIN pss_matches m ON m.id = c.match_id",
    )
    assert {row[:2]: row[2:] for row in found} == {
        key: (one.number, one.athlete, one.status.value, one.is_open, one.end, one.round)
        for key, one in reviews.items()
    }
    injuries = {(ring, event.injury.entry, event.injury.number): event.injury for ring, _, event in told(InjuryChanged)}
    found = _rows(
        filled,
        "SELECT m.ring, i.entry, number, kind, athlete_position, left_ms, ended_at IS NULL, end_reason"
        " FROM injuries i JOIN pss_matches m ON m.id = i.match_id",
    )
    assert {row[:3]: row[3:] for row in found} == {
        key: (one.kind.value, one.athlete, one.left_ms, one.is_open, one.end) for key, one in injuries.items()
    }


def test_corrections_and_stages_belong_to_their_match(filled: "sqlite3.Connection") -> None:
    """Each is a row, in order; the stages of a load, told before its match was known, are the match's."""
    corrections = [
        (ring, match, one.what.value, one.athlete, one.before, one.after) for ring, match, one in told(CorrectionMade)
    ]
    found = _rows(
        filled,
        "SELECT c.ring, m.match_id, what, athlete_position, value_before, value_after FROM corrections c"
        " LEFT JOIN pss_matches m ON m.id = c.match_id ORDER BY c.id",
    )
    assert found == corrections
    stages = [(ring, event.after.value, event.lasted_ms) for ring, _, event in told(StageChanged)]
    assert _rows(filled, "SELECT ring, stage, before_ms FROM match_stages ORDER BY id") == stages
    assert _rows(filled, "SELECT DISTINCT stage FROM match_stages WHERE match_id IS NULL") == []
    loading = _rows(filled, "SELECT DISTINCT match_id FROM match_stages WHERE stage = 'loading'")
    assert len(loading) == _rows(filled, "SELECT count(*) FROM pss_matches")[0][0]


def test_rules_are_kept_once_and_where_they_held(filled: "sqlite3.Connection") -> None:
    """Five rings chose the same rule set: one row of it, whole, and one row for each ring's choice."""
    ((rules_id, name, version, definition),) = _rows(filled, "SELECT id, name, version, definition FROM rule_sets")
    assert (name, version, json.loads(definition)["point_gap"]) == (RULES.name, RULES.version, RULES.point_gap)
    chosen = _rows(
        filled, "SELECT ring, entry, rule_set_id, dialect, strictness, encodings FROM ring_interpretations ORDER BY id"
    )
    assert chosen == [
        (f"ring-{scenario.value}", 1, rules_id, None, "warn", '["cp1250","latin-1"]') for scenario in SCENARIOS
    ]


def test_a_session_names_the_dialect_that_was_detected(filled: "sqlite3.Connection") -> None:
    """With what showed it."""
    detected = {ring: (event.dialect.value, event.reason) for ring, _, event in told(DialectDetected)}
    found = _rows(filled, "SELECT ring, dialect, dialect_reason FROM udp_server_sessions WHERE dialect IS NOT NULL")
    assert {row[0]: row[1:] for row in found} == detected
    assert detected


def test_a_match_with_a_result_is_decided(filled: "sqlite3.Connection") -> None:
    """An abandoned match stays open."""
    assert _rows(filled, "SELECT ring, status FROM pss_matches GROUP BY 1, 2 ORDER BY 1") == [
        ("ring-abandoned", "open"),
        ("ring-challenges", "decided"),
        ("ring-corrections", "decided"),
        ("ring-injuries", "decided"),
        ("ring-reload", "decided"),
    ]


@pytest.mark.parametrize("cut", [1, 7, 200])
def test_cuts_and_repetition_do_not_matter(path: Path, tmp_path: Path, cut: int) -> None:
    """Each transaction of `cut` entries sent twice, a new process after every fifty: the same database."""
    batches = [batch for batch in played() if batch.ring in ("ring-challenges", "ring-injuries")]
    with fresh(path, tmp_path) as connection:
        Store(connection).apply(batches, now_us=NOW_US)
        expected = dump(connection)
    with fresh(path, tmp_path) as connection:
        assert _twice(connection, list(_cut(batches, cut))) == expected


def _twice(connection: "sqlite3.Connection", batches: Sequence[ParsedEntries]) -> Dump:
    store = Store(connection)
    for number, batch in enumerate(batches):
        if number % 50 == 0:
            store = Store(connection)
        store.apply([batch], now_us=NOW_US)
        store.apply([batch], now_us=NOW_US)
    return dump(connection)


def _cut(batches: Sequence[ParsedEntries], size: int) -> list[ParsedEntries]:
    found = []
    for batch in batches:
        for at in range(0, len(batch.results), size):
            results = batch.results[at : at + size]
            found.append(ParsedEntries(batch.ring, batch.journal_id, batch.session, "", batch.first + at, results))
    return found
