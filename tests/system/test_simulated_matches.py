"""Simulated matches over UDP through the whole suite: what is stored is what was played, whoever corrects or dies."""

import json
import shutil
from pathlib import Path
from typing import Any

from shared.messages.commands import GetMatchState
from tests.support.suite import Suite, running
from tests.support.wait import eventually

PLAYED = "SELECT m.match_number, r.winner, r.decision FROM match_results r JOIN pss_matches m ON m.id = r.match_id"
ROUNDS = """
SELECT m.match_number, r.round_number, r.winner, r.score_chong, r.score_hong, r.gam_jeoms_chong, r.gam_jeoms_hong
FROM round_results r JOIN pss_matches m ON m.id = r.match_id ORDER BY m.id, r.round_number
"""
CONCLUDED = {
    "match_results": "standing, winner, decision, declared_winner, derived_winner, method, doubts",
    "round_results": "round_number, standing, score_chong, score_hong, winner, declared_winner, doubts",
    "match_edits": "edit_id, match_key, author, reason, changes, undone_by",
    "challenges": "number, athlete_position, status, end_reason",
    "injuries": "number, kind, athlete_position, end_reason",
    "corrections": "round_number, what, athlete_position, value_before, value_after",
    "findings": "entry, entry_index, severity, rule, explanation",
    "unknown_streams": "ring, stream, message_count",
    "rule_sets": "name, version, definition",
}


def simulate(suite: Suite, *options: str) -> list[dict[str, Any]]:
    """Play on ring-1 as fast as it is taken; the truth of each match."""
    truth = suite.home / "truth.json"
    suite.restrike("simulate", "--speed", "max", "--force", "--truth", str(truth), *options)
    suite.stored()
    (ring,) = json.loads(truth.read_text(encoding="utf-8"))["rings"]
    matches: list[dict[str, Any]] = ring["matches"]
    return matches


def concluded(suite: Suite) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that follows from the journal, without ids and times of writing."""
    return {table: sorted(suite.rows(f"SELECT {what} FROM {table}"), key=str) for table, what in CONCLUDED.items()}


def edit_of(suite: Suite, match: str, *options: str) -> str:
    """Edit a match; the edit's id."""
    edited: str = suite.json("match", "edit", match, "--reason", "protest upheld", "--author", "jury", *options)["id"]
    return edited


def in_force(suite: Suite) -> tuple[Any, ...]:
    """Winner and standing of the one stored result."""
    suite.stored()
    ((winner, standing),) = suite.rows("SELECT winner, standing FROM match_results")
    return winner, standing


def test_what_was_played_is_stored(suite: Suite) -> None:
    """Winners, decisions, round winners, scores and gam-jeoms of clean matches, through every process."""
    truths = simulate(suite, "--seed", "7", "--matches", "8")
    ended = [truth for truth in truths if truth["decision"]]
    assert len(ended) > 5
    stored = {number: (winner, decision) for number, winner, decision in suite.rows(PLAYED)}
    for truth in ended:
        assert stored[truth["match_number"]] == (truth["winner"], truth["decision"])
    rounds = {(number, at): tuple(said) for number, at, *said in suite.rows(ROUNDS)}
    for truth in ended:
        for played in truth["rounds"]:
            said = (played["winner"], *played["score"], *played["gam_jeoms"])
            found = rounds[truth["match_number"], played["number"]]
            assert (found[0] or 0, *found[1:]) == said, (truth["seed"], played["number"])


def test_trouble_on_the_way_makes_nothing_wrong(suite: Suite) -> None:
    """With loss, duplicates and reordering a stored winner or decision is right, or not there, with a reason."""
    truths = simulate(suite, "--seed", "11", "--matches", "12", "--loss", "0.03", "--duplicates", "0.02")
    played = {truth["match_number"]: truth for truth in truths}
    seen = 0
    for number, winner, decision in suite.rows(PLAYED):
        truth = played.get(number)
        if truth is None or not truth["decision"]:
            continue
        assert winner in (None, truth["winner"])
        assert decision in (None, truth["decision"])
        seen += winner is not None
    assert seen > len(played) // 2
    assert suite.rows("SELECT 1 FROM findings WHERE rule NOT IN ('rapid_points', 'duplicate_datagram') LIMIT 1")


def test_an_edit_lies_over_what_was_sent(suite: Suite) -> None:
    """Edited, undone, edited again after the match left the ring: in force is the person's, and never lost."""
    (truth,) = simulate(suite, "--seed", "3", "--scenario", "plain")
    other = 3 - truth["winner"]
    side = {1: "chong", 2: "hong"}[other]
    sent = in_force(suite)
    assert sent == (truth["winner"], "agreed")
    first = edit_of(suite, "ring-1", "--winner", side)
    assert in_force(suite) == (other, "edited")
    state = suite.call(GetMatchState(ring="ring-1"))
    assert (state.winner, state.result.winner, [edit.edit_id for edit in state.edits]) == (
        truth["winner"],
        other,
        [first],
    )
    suite.restrike("match", "undo", first, "--reason", "typed in by mistake")
    assert in_force(suite) == sent
    (match_id,) = suite.rows("SELECT match_id FROM pss_matches")[0]
    with suite.sender() as sender:
        sender.send(b"pre;FightLoaded;")
    edit_of(suite, match_id, "--winner", side)
    assert in_force(suite) == (other, "edited")


def test_the_journal_gives_the_same_again(tmp_path: Path) -> None:
    """Without saved states and without a database, everything that was concluded follows again from the journal."""
    with running(tmp_path / "home") as suite:
        simulate(suite, "--seed", "5", "--matches", "3", "--loss", "0.02", "--garbage", "0.02")
        suite.restrike("pss", "set", "ring-1", "--rules", "wt-2018", "--unknown", "error")
        simulate(suite, "--seed", "6", "--rules", "wt-2018")
        edit = edit_of(suite, "ring-1", "--winner", "hong", "--decision", "DSQ")
        suite.restrike("match", "undo", edit, "--reason", "wrong match")
        edit_of(suite, "ring-1", "--number", "999")
        suite.stored()
        before, state = concluded(suite), suite.call(GetMatchState(ring="ring-1"))
        assert all(before[table] for table in ("match_results", "findings", "match_edits", "rule_sets"))
        suite.down()
        shutil.rmtree(suite.paths.parser_states)
        for path in suite.paths.database.parent.glob("restrike.db*"):
            path.unlink()
        suite.up()
        eventually(lambda: suite.call(GetMatchState(ring="ring-1")).match_id, within=20, what="the match")
        suite.stored()
        after = concluded(suite)
        assert {table: rows for table, rows in after.items() if table != "rule_sets"} == {
            table: rows for table, rows in before.items() if table != "rule_sets"
        }
        again = suite.call(GetMatchState(ring="ring-1"))
        assert (again.match_id, again.result, again.edits, again.rounds) == (
            state.match_id,
            state.result,
            state.edits,
            state.rounds,
        )
