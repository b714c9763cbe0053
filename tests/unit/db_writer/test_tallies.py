"""What is counted with the events of hand-made matches: minutes, hits, findings, clocks; and which rows are counted."""

from typing import Any

import msgspec
import pytest

from services.db_writer.store import Store
from services.db_writer.summaries import disagreements
from shared.db.sqlite import sqlite3
from shared.messages.facts import CloseAsked
from shared.messages.match import (
    Corrected,
    CorrectionMade,
    Finding,
    MatchClosed,
    MatchDecided,
    ResultAssessed,
    RoundAssessed,
    ScoreChanged,
    Severity,
)
from shared.messages.pss import ClockTicked, HitMeasured, ScoreShown, WinnerDeclared
from shared.messages.results import Result, RoundResult, Standing
from shared.messages.wire import ParsedEntries
from tests.unit.db_writer.ring import NOW_US, Ring

OPEN = Standing.OPEN


@pytest.fixture
def ring() -> Ring:
    """Match m1 is loaded."""
    ring = Ring()
    ring.open("session-1")
    ring.load("m1")
    return ring


def summary(connection: "sqlite3.Connection", columns: str, match: int = 1) -> Any:
    return connection.execute(f"SELECT {columns} FROM match_summaries WHERE match_id = ?", (match,)).fetchone()


def test_a_load_s_first_messages_are_of_its_match(store: Store, connection: "sqlite3.Connection", ring: Ring) -> None:
    """They are counted once the match is known, in whichever transaction; those of the next load are not."""
    expected = (5, "2026-03-01T09:30:02.001000Z", "2026-03-01T09:30:06.003000Z")
    for batch in ring.batches(2):
        store.apply([batch], now_us=NOW_US)
    assert summary(connection, "events, first_event_at, last_event_at") == expected
    ring.load("m2", number="102")
    store.apply(ring.batches(), now_us=NOW_US)
    assert summary(connection, "events, first_event_at, last_event_at") == expected
    assert summary(connection, "events", 2) == (5,)


def test_hits_findings_and_corrections(store: Store, connection: "sqlite3.Connection", ring: Ring) -> None:
    """By side and by severity; a finding that is told twice of one message is one."""
    for athlete, level in ((1, 40), (2, 50), (2, 60), (2, None)):
        ring.say(f"hl{athlete};{level};", HitMeasured(athlete=athlete, level=level))
    jump = Finding(rule="score.jump", severity=Severity.WARNING, explanation="It jumped.")
    told = [msgspec.structs.replace(jump, severity=severity, explanation=severity.value) for severity in Severity]
    corrected = CorrectionMade(what=Corrected.SCORE, round=1, athlete=1, before=3, after=2)
    ring.say("clk;1:00;", ClockTicked(clock_ms=60_000), jump, jump, *told, corrected)
    store.apply(ring.batches(), now_us=NOW_US)
    assert summary(connection, "chong_hits, hong_hits") == (1, 3)
    assert summary(connection, "informations, warnings, errors, corrections") == (1, 2, 1, 1)


def test_the_clock_of_an_event(store: Store, connection: "sqlite3.Connection", ring: Ring) -> None:
    """As the parser knew it, 0 included; none where it knew none."""
    for at, clock_ms in enumerate((None, 0, 61_500)):
        ring.say(f"clk;{at};", ClockTicked(clock_ms=clock_ms))
    (batch,) = ring.batches()
    for parsed in batch.results[-3:]:
        (said,) = parsed.messages
        assert isinstance(said.data, ClockTicked)
        parsed.messages[0] = msgspec.structs.replace(said, clock_ms=said.data.clock_ms)
    store.apply([batch], now_us=NOW_US)
    rows = connection.execute("SELECT raw_data, clock_ms FROM pss_events_v2 WHERE raw_data LIKE 'clk%' ORDER BY id")
    assert rows.fetchall() == [("clk;0;", None), ("clk;1;", 0), ("clk;2;", 61_500)]


def test_events_of_a_refused_entry_are_counted_by_minute(
    store: Store, connection: "sqlite3.Connection", ring: Ring
) -> None:
    """They are rows like others, but of no match."""
    ring.say("clk;9;", ClockTicked(clock_ms=2**70))
    ring.say("clk;1;", ClockTicked(clock_ms=1))
    (batch,) = ring.batches()
    late = batch.results[-2]
    broken = msgspec.structs.replace(late, messages=[msgspec.structs.replace(late.messages[0], clock_ms=2**70)])
    results = [*batch.results[:-2], broken, batch.results[-1]]
    sent = ParsedEntries(batch.ring, batch.journal_id, batch.session, "", 1, results)
    assert store.apply([sent], now_us=NOW_US).refused == 1
    counted = connection.execute("SELECT sum(events) FROM event_counts").fetchone()
    assert counted == connection.execute("SELECT count(*) FROM pss_events_v2").fetchone() == (7,)
    assert summary(connection, "events") == (6,)


def test_a_score_that_comes_after_its_round(store: Store, connection: "sqlite3.Connection", ring: Ring) -> None:
    """Leads are told once a round has a result, and again when a score of it is still corrected."""
    leads = "lead_changes, comeback_points"
    for athlete, after in ((2, 3), (1, 4)):
        ring.say("sc1;", ScoreShown(), ScoreChanged(athlete=athlete, before=0, after=after))
    store.apply(ring.batches(), now_us=NOW_US)
    assert summary(connection, leads) == (0, 0)
    ring.say("wrd;", WinnerDeclared(winner=1), RoundAssessed(result=RoundResult(round=1, standing=OPEN, winner=1)))
    store.apply(ring.batches(), now_us=NOW_US)
    assert summary(connection, leads) == (1, 3)
    for athlete, after in ((2, 9), (1, 9)):
        ring.say("sc1;", ScoreShown(), ScoreChanged(athlete=athlete, before=0, after=after))
    store.apply(ring.batches(), now_us=NOW_US)
    assert summary(connection, leads) == (2, 5)
    assert disagreements(connection, limit=1) == []


def test_athletes_count_matches_that_are_over(store: Store, connection: "sqlite3.Connection", ring: Ring) -> None:
    """A decided one with its winner, a closed one without; a hit after the end is added, one in a match that goes on
    is not.
    """
    lost = RoundResult(round=1, standing=Standing.AGREED, winner=2, score=(1, 4), fought_ms=120_000)
    won = RoundResult(round=2, standing=Standing.AGREED, winner=1, score=(9, 2), fought_ms=60_000)
    result = Result(match_id="m1", standing=Standing.AGREED, winner=1, rounds_won=(2, 1))
    rounds = (RoundAssessed(result=lost), RoundAssessed(result=won))
    ring.say("hl1;1;", HitMeasured(athlete=1, level=1))
    store.apply(ring.batches(), now_us=NOW_US)
    athlete = "SELECT matches, wins, losses, comebacks, points, points_against, hits, fought_ms FROM athlete_summaries"
    assert connection.execute(f"{athlete} ORDER BY id").fetchall() == [(0,) * 8] * 2
    ring.say("win;BLUE;", WinnerDeclared(winner=1), *rounds, ResultAssessed(result=result), MatchDecided(winner=1))
    store.apply(ring.batches(), now_us=NOW_US)
    ring.say("hl2;1;", HitMeasured(athlete=2, level=1))
    ring.load("m2", number="102")
    ring.say("hl2;1;", HitMeasured(athlete=2, level=1))
    store.apply(ring.batches(), now_us=NOW_US)
    chong, hong = (1, 1, 0, 1, 10, 6, 1, 180_000), (1, 0, 1, 0, 6, 10, 1, 180_000)
    assert connection.execute(f"{athlete} ORDER BY id").fetchall() == [chong, hong]
    who = {"match_id": "m2", "author": "ana", "reason": "nobody came"}
    ring.fact(CloseAsked(**who), MatchClosed(**who))
    store.apply(ring.batches(), now_us=NOW_US)
    assert connection.execute(f"{athlete} ORDER BY id").fetchall() == [(2, *chong[1:]), (2, *hong[1:6], 2, hong[7])]
