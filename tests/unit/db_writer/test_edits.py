"""Edits are kept, take force over what was declared, and give way again; nothing that was sent is overwritten."""

from typing import Any

import msgspec
import pytest

from services.cli.simulator.plan import Scenario
from services.cli.simulator.venue import Wish, play_ring
from services.db_writer.in_force import InForce, Judged, Sources, decision_in_force, match_in_force, round_in_force
from services.db_writer.store import Store
from services.pss_parser.ring import RingParser
from shared.db.sqlite import sqlite3
from shared.messages.edits import Changes
from shared.messages.facts import AnyFact, CloseAsked, EditMade, EditTakenBack, MatchEntered
from shared.messages.match import (
    EditUndone,
    MatchClosed,
    MatchDecided,
    MatchEdited,
    MatchLoaded,
    ResultAssessed,
    RoundAssessed,
)
from shared.messages.pss import WinnerDeclared
from shared.messages.results import Method, Result, RoundResult, Standing
from shared.messages.rules import Dialect
from shared.messages.wire import Entry, ParsedEntries
from tests.unit.db_writer.played import RULES
from tests.unit.db_writer.ring import NOW_US, START_US, Ring, dump

RING = "ring-1"

CHONG_WINS = Changes(winner=1, decision="DSQ", round_winners=(None, 1))


@pytest.fixture
def ring() -> Ring:
    """Match m1 is over: hong by 2-0, declared and derived; m2 is loaded since."""
    ring = Ring()
    ring.open("session-1")
    ring.load("m1")
    rounds = [RoundAssessed(result=_round(number, Standing.AGREED, 2)) for number in (1, 2)]
    ring.say("win;RED;", WinnerDeclared(winner=2), *rounds, ResultAssessed(result=_result()), MatchDecided(winner=2))
    ring.load("m2", number="102")
    return ring


def _round(number: int, standing: Standing, winner: int) -> RoundResult:
    return RoundResult(round=number, standing=standing, winner=winner, declared_winner=2, derived_winner=2)


def _result(*, standing: Standing = Standing.AGREED, winner: int = 2, decision: str = "PTF") -> Result:
    return Result(
        match_id="m1",
        standing=standing,
        winner=winner,
        decision=decision,
        declared_winner=2,
        declared_decision="PTF",
        declared_rounds=(0, 2),
        derived_winner=2,
        method=Method.ROUNDS,
        rounds_won=(0, 2),
    )


def edit(ring: Ring, number: int, changes: Changes, *, match_id: str = "m1") -> None:
    who = {"match_id": match_id, "author": "ana", "reason": "video"}
    ring.fact(EditMade(**who, changes=changes), MatchEdited(edit_id=f"e{number}", **who, changes=changes))


def undo(ring: Ring, number: int, *, match_id: str = "m1") -> None:
    who = {"match_id": match_id, "author": "ivo", "reason": "no, it was not"}
    ring.fact(EditTakenBack(edit_id=f"e{number}", **who), EditUndone(edit_id=f"e{number}", **who))


def result(connection: "sqlite3.Connection") -> tuple[Any, ...]:
    """What is in force of m1, beside what was declared and derived."""
    found: tuple[Any, ...] = connection.execute(
        "SELECT standing, winner, decision, rounds_won_chong, rounds_won_hong, declared_winner, derived_winner"
        " FROM match_results r JOIN pss_matches m ON m.id = r.match_id WHERE m.match_id = 'm1'"
    ).fetchone()
    return found


def rounds(connection: "sqlite3.Connection") -> list[tuple[Any, ...]]:
    return list(
        connection.execute(
            "SELECT round_number, standing, winner, declared_winner FROM round_results ORDER BY round_number"
        ).fetchall()
    )


AS_SENT = ("agreed", 2, "PTF", 0, 2, 2, 2)
ROUNDS_AS_SENT = [(1, "agreed", 2, 2), (2, "agreed", 2, 2)]


def test_an_edit_of_a_match_that_left_takes_force_and_gives_way(
    store: Store, connection: "sqlite3.Connection", ring: Ring
) -> None:
    """Winner, decision and the round's winner are the edit's; undone, they are as they were judged before."""
    store.apply(ring.batches(), now_us=NOW_US)
    assert (result(connection), rounds(connection)) == (AS_SENT, ROUNDS_AS_SENT)
    edit(ring, 1, CHONG_WINS)
    store.apply(ring.batches(), now_us=NOW_US)
    assert result(connection) == ("edited", 1, "DSQ", 1, 1, 2, 2)
    assert rounds(connection) == [(1, "agreed", 2, 2), (2, "edited", 1, 2)]
    undo(ring, 1)
    store.apply(ring.batches(), now_us=NOW_US)
    assert (result(connection), rounds(connection)) == (AS_SENT, ROUNDS_AS_SENT)
    (row,) = dump(connection, tables=["match_edits"])["match_edits"]
    assert (row["edit_id"], row["match_id"], row["match_key"], row["ring"]) == ("e1", 1, "m1", "ring-1")
    assert (row["author"], row["reason"]) == ("ana", "video")
    assert (row["undone_by"], row["undo_reason"]) == ("ivo", "no, it was not")
    assert row["changes"] == '{"round_winners":[null,1],"winner":1,"decision":"DSQ"}'


def test_a_golden_round_is_none_of_the_rounds_won(store: Store, connection: "sqlite3.Connection") -> None:
    """An edit of a match that left, and its undoing, count the rounds as pss-parser did: without the golden one."""
    ring = Ring()
    ring.open("session-1")
    ring.load("m1")
    rounds = [_round(number, Standing.AGREED, 2) for number in (1, 2, 3)]
    rounds[2] = msgspec.structs.replace(rounds[2], is_golden=True)
    told = [RoundAssessed(result=one) for one in rounds]
    ring.say("win;RED;", WinnerDeclared(winner=2), *told, ResultAssessed(result=_result()))
    ring.load("m2", number="102")
    edit(ring, 1, Changes(round_winners=(1,)))
    store.apply(ring.batches(), now_us=NOW_US)
    assert result(connection)[3:5] == (1, 1)
    undo(ring, 1)
    store.apply(ring.batches(), now_us=NOW_US)
    assert result(connection)[3:5] == (0, 2)
    edit(ring, 2, Changes(round_winners=(None, None, 1)))
    store.apply(ring.batches(), now_us=NOW_US)
    assert result(connection)[3:5] == (0, 2)


def test_undoing_one_edit_leaves_the_others(store: Store, connection: "sqlite3.Connection", ring: Ring) -> None:
    """The later one wins where both say something; what only the undone one said goes."""
    edit(ring, 1, Changes(winner=1, decision="DSQ"))
    edit(ring, 2, Changes(winner=0))
    store.apply(ring.batches(), now_us=NOW_US)
    assert result(connection)[:3] == ("edited", 0, "DSQ")
    undo(ring, 1)
    store.apply(ring.batches(), now_us=NOW_US)
    assert result(connection)[:3] == ("edited", 0, "PTF")
    undo(ring, 2)
    store.apply(ring.batches(), now_us=NOW_US)
    assert result(connection) == AS_SENT


def test_an_edit_of_names_leaves_the_result_alone(store: Store, connection: "sqlite3.Connection", ring: Ring) -> None:
    """It is kept, and neither the result nor what was sent of the match changes."""
    edit(ring, 1, Changes(match_number="245.A", chong_name="Marija ČAČIĆ"))
    store.apply(ring.batches(), now_us=NOW_US)
    assert result(connection) == AS_SENT
    assert connection.execute("SELECT match_number FROM pss_matches WHERE match_id = 'm1'").fetchone() == ("101",)
    assert len(dump(connection, tables=["match_edits"])["match_edits"]) == 1


def test_the_result_of_a_match_in_its_ring_is_the_parser_s(
    store: Store, connection: "sqlite3.Connection", ring: Ring
) -> None:
    """What is said with the edit is stored after it; an undo long after still finds what was judged before."""
    who = {"match_id": "m1", "author": "ana", "reason": "video"}
    judged = ResultAssessed(result=_result(standing=Standing.EDITED, winner=1, decision="DSQ"))
    ring.fact(
        EditMade(**who, changes=CHONG_WINS),
        MatchEdited(edit_id="e1", **who, changes=CHONG_WINS),
        RoundAssessed(result=_round(2, Standing.EDITED, 1)),
        judged,
    )
    store.apply(ring.batches(), now_us=NOW_US)
    assert result(connection)[:3] == ("edited", 1, "DSQ")
    assert rounds(connection)[1] == (2, "edited", 1, 2)
    undo(ring, 1)
    store.apply(ring.batches(), now_us=NOW_US)
    assert (result(connection), rounds(connection)) == (AS_SENT, ROUNDS_AS_SENT)


def test_an_unknown_match_does_not_come_to_be(store: Store, connection: "sqlite3.Connection", ring: Ring) -> None:
    """Its edit is kept without a match, with a finding; so is the undoing of an edit that nobody made."""
    edit(ring, 1, CHONG_WINS, match_id="ring-9.x.1")
    undo(ring, 1, match_id="ring-9.x.1")
    undo(ring, 7)
    who = {"match_id": "ring-9.x.1", "author": "ana", "reason": "gone"}
    ring.fact(CloseAsked(**who), MatchClosed(**who))
    assert store.apply(ring.batches(), now_us=NOW_US).refused == 0
    assert connection.execute("SELECT match_id FROM pss_matches ORDER BY id").fetchall() == [("m1",), ("m2",)]
    (row,) = dump(connection, tables=["match_edits"])["match_edits"]
    assert (row["match_id"], row["match_key"], row["undone_by"]) == (None, "ring-9.x.1", "ivo")
    found = connection.execute("SELECT rule, severity, match_id FROM findings ORDER BY id").fetchall()
    assert found == [("edit_unknown_match", "warning", None), ("edit_unknown", "warning", 1)]
    assert result(connection) == AS_SENT


def test_a_match_without_a_result_gets_one_by_an_edit(
    store: Store, connection: "sqlite3.Connection", ring: Ring
) -> None:
    """Of m2 only the load was heard; undone, nobody knows who won."""
    edit(ring, 1, Changes(winner=2, round_winners=(2,)), match_id="m2")
    store.apply(ring.batches(), now_us=NOW_US)
    sql = "SELECT standing, winner, rounds_won_hong FROM match_results WHERE match_id = 2"
    assert connection.execute(sql).fetchone() == ("edited", 2, 1)
    undo(ring, 1, match_id="m2")
    store.apply(ring.batches(), now_us=NOW_US)
    assert connection.execute(sql).fetchone() == ("undetermined", None, 0)


def test_applied_again_nothing_changes(store: Store, connection: "sqlite3.Connection", ring: Ring) -> None:
    """The same entries from the same or a new process, also one by one."""
    edit(ring, 1, CHONG_WINS)
    edit(ring, 2, Changes(winner=0))
    undo(ring, 1)
    store.apply(ring.batches(), now_us=NOW_US)
    before = dump(connection)
    for again in (store, Store(connection)):
        assert again.apply(ring.batches(1), now_us=NOW_US + 1).entries == 0
        assert dump(connection) == before


def test_closed_and_entered_by_hand(store: Store, connection: "sqlite3.Connection", ring: Ring) -> None:
    """A closed match says who closed it and why; one that a person entered is `manual`."""
    who = {"match_id": "m2", "author": "ana", "reason": "injured before the start"}
    ring.fact(CloseAsked(**who), MatchClosed(**who))
    loaded = MatchLoaded(match_id="m3", load_entry=ring.entry + 1, is_reload=False, match_number="103", by_hand=True)
    ring.fact(MatchEntered(author="ana", reason="by hand", changes=Changes(match_number="103")), loaded)
    store.apply(ring.batches(), now_us=NOW_US)
    sql = "SELECT match_id, status, closed_by, close_reason, closed_at IS NULL, creation_mode FROM pss_matches"
    assert connection.execute(f"{sql} ORDER BY id").fetchall() == [
        ("m1", "decided", None, None, 1, "pss"),
        ("m2", "closed", "ana", "injured before the start", 0, "pss"),
        ("m3", "open", None, None, 1, "manual"),
    ]


def test_decisions_are_audited(store: Store, connection: "sqlite3.Connection", ring: Ring) -> None:
    """Who edited, took back, entered and closed stands in the audit, once, with its place in the journal."""
    edit(ring, 1, Changes(winner=1))
    undo(ring, 1)
    ring.fact(MatchEntered(author="ana", reason="by hand", changes=Changes(match_number="103")))
    ring.fact(CloseAsked(match_id="m2", author="ivo", reason="injured"))
    store.apply(ring.batches(), now_us=NOW_US)
    Store(connection).apply(ring.batches(1), now_us=NOW_US)
    sql = "SELECT author, action, target, reason, outcome, ring, entry FROM operator_audit ORDER BY id"
    last = ring.entry
    assert connection.execute(sql).fetchall() == [
        ("ana", "match.edit", "m1", "video", "done", ring.name, last - 3),
        ("ivo", "match.undo", "m1", "no, it was not", "done", ring.name, last - 2),
        ("ana", "match.new", None, "by hand", "done", ring.name, last - 1),
        ("ivo", "match.close", "m2", "injured", "done", ring.name, last),
    ]
    details = [text for (text,) in connection.execute("SELECT details FROM operator_audit ORDER BY id")]
    assert details == ['{"changes":{"winner":1}}', '{"edit_id":"e1"}', '{"changes":{"match_number":"103"}}', None]


def test_what_the_reducer_makes_of_it(store: Store, connection: "sqlite3.Connection") -> None:
    """A match is played, edited, and another is entered by hand, with its result, and closed: results as pss-parser
    says them, the stored one of the edited match as it was once the edit is taken back.
    """
    course = play_ring(RING, Wish(seed=5, rule_set=RULES, dialect=Dialect.B, scenario=Scenario.PLAIN, matches=1))
    sent = [Entry(START_US + int(one.at_s * 1e6), 0, "192.168.1.10", 50_000, one.body) for one in course.datagrams]
    parser = RingParser(RING, "j")
    results = [parser.parse(number, "session-1", entry) for number, entry in enumerate(sent, 1)]
    before, match_id = parser.state().result, parser.state().match_id
    assert before is not None
    assert match_id is not None
    loser, now_us = 3 - course.truths[0].winner, sent[-1].received_at_us
    who = {"author": "ana", "reason": "video"}

    def decide(fact: AnyFact) -> list[str]:
        results.append(parser.parse(len(results) + 1, "session-1", Entry(now_us + len(results), 0, fact=fact)))
        return [event.edit_id for event in results[-1].events if isinstance(event, MatchEdited)]

    def stored(of: str) -> Any:
        store.apply([ParsedEntries(RING, "j", "session-1", "", 1, results)], now_us=NOW_US)
        sql = "SELECT r.standing, r.winner, r.decision FROM match_results r JOIN pss_matches m ON m.id = r.match_id"
        return connection.execute(f"{sql} WHERE m.match_id = ?", (of,)).fetchone()

    assert stored(match_id) == (before.standing.value, before.winner, before.decision)
    (edit_id,) = decide(EditMade(match_id=match_id, **who, changes=Changes(winner=loser, round_winners=(loser,))))
    assert stored(match_id) == ("edited", loser, before.decision)
    decide(MatchEntered(author="ana", reason="", changes=Changes(match_number="7", winner=1, round_winners=(1, 1))))
    by_hand = parser.state().match_id
    assert by_hand is not None
    assert stored(by_hand)[:2] == ("edited", 1)
    decide(EditTakenBack(edit_id=edit_id, match_id=match_id, **who))
    assert stored(match_id) == (before.standing.value, before.winner, before.decision)
    decide(CloseAsked(match_id=by_hand, **who))
    assert stored(by_hand)[:2] == ("edited", 1)
    assert connection.execute("SELECT match_id, status, creation_mode FROM pss_matches ORDER BY id").fetchall() == [
        (match_id, "decided", "pss"),
        (by_hand, "closed", "manual"),
    ]
    kept = connection.execute("SELECT match_key, undone_by FROM match_edits ORDER BY id").fetchall()
    assert kept == [(match_id, "ana"), (by_hand, None)]
    won = "SELECT round_number, winner, standing FROM round_results r JOIN pss_matches m ON m.id = r.match_id"
    found = connection.execute(f"{won} WHERE m.match_id = ? ORDER BY 1", (by_hand,)).fetchall()
    assert found == [(1, 1, "edited"), (2, 1, "edited")]


def _held(winner: int | None, standing: Standing, derived: int | None = None) -> InForce:
    return InForce(winner, derived, None, standing)


DIFFER, SAME = Sources(2, 1), Sources(2, 2)
JUDGED = Judged(Standing.DECLARED, 2, 1, "points")
JUDGED_HELD = InForce(2, 1, "points", Standing.DECLARED)


@pytest.mark.parametrize(
    ("sources", "edits", "match", "round_two"),
    [
        (Sources(), [], _held(None, Standing.UNDETERMINED), _held(None, Standing.UNDETERMINED)),
        (Sources(None, 1), [], _held(1, Standing.UNDETERMINED, 1), _held(None, Standing.UNDETERMINED, 1)),
        (Sources(1), [], _held(1, Standing.DECLARED), _held(1, Standing.DECLARED)),
        (SAME, [], _held(2, Standing.AGREED, 2), _held(2, Standing.AGREED, 2)),
        (DIFFER, [], _held(2, Standing.CONTRADICTED, 1), _held(2, Standing.CONTRADICTED, 1)),
        (Sources(2, None, judged=JUDGED), [], JUDGED_HELD, JUDGED_HELD),
        (DIFFER, [Changes(winner=0)], _held(0, Standing.EDITED, 1), _held(2, Standing.CONTRADICTED, 1)),
        (SAME, [Changes(round_winners=(1,))], _held(2, Standing.AGREED, 2), _held(2, Standing.AGREED, 2)),
        (SAME, [Changes(round_winners=(1, 1))], _held(2, Standing.AGREED, 2), _held(1, Standing.EDITED, 2)),
        (SAME, [Changes(decision="WDR")], _held(2, Standing.EDITED, 2), _held(2, Standing.AGREED, 2)),
        (SAME, [Changes(winner=0), Changes(winner=1)], _held(1, Standing.EDITED, 2), _held(2, Standing.AGREED, 2)),
    ],
)
def test_what_is_in_force(sources: Sources, edits: list[Changes], match: InForce, round_two: InForce) -> None:
    """Edited, else as it was judged, else declared, else derived; a round is never only derived."""
    assert match_in_force(sources, edits) == match
    assert round_in_force(2, sources, edits) == round_two


def test_the_newest_decision_holds() -> None:
    """The last edit that has one, else the declared one."""
    sources = Sources(declared_decision="PTF")
    edits = [Changes(decision="WDR"), Changes(decision="DSQ"), Changes(winner=1)]
    assert [decision_in_force(sources, edits[:count]) for count in range(4)] == ["PTF", "WDR", "DSQ", "DSQ"]
