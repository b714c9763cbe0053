"""`restrike match findings`, and what `match list` and `match show` say of results, edits and findings."""

from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from services.cli.match_states import described
from shared.config import Config, Ring, save
from shared.db.sqlite import connect_writer
from shared.messages.edits import Changes
from shared.messages.episodes import Challenge, ChallengeStatus, Injury, InjuryKind
from shared.messages.match import Athlete, MatchEdited, MatchState
from shared.messages.results import Method, Result, RoundResult, Standing
from shared.messages.rules import Dialect
from shared.paths import Paths
from tests.unit.cli.conftest import Run

ROWS = """
INSERT INTO pss_matches (id, match_id, match_number, ring, status) VALUES
    (1, 'ring-1.a.1', '101', 'ring-1', 'decided'), (2, 'ring-2.a.1', '101', 'ring-2', 'decided'),
    (3, 'ring-1.a.9', '102', 'ring-1', 'closed'), (4, 'ring-1.a.20', '103', 'ring-1', 'open');
INSERT INTO findings (ring, match_id, entry, severity, rule, explanation, evidence, found_at) VALUES
    ('ring-1', 1, 5, 'information', 'hit_missing', 'A hit.', NULL, '2026-03-01T09:00:00.000000Z'),
    ('ring-1', 1, 6, 'warning', 'score_jump', 'It jumped.', '{"by":3}', '2026-03-01T09:00:01.000000Z'),
    ('ring-2', 2, 7, 'error', 'result_contradicts', 'They differ.', NULL, '2026-03-01T09:00:02.000000Z'),
    ('ring-2', NULL, 8, 'warning', 'sender_changed', 'Another.', NULL, '2026-03-01T09:00:03.000000Z');
INSERT INTO match_results (match_id, standing, winner, decision, declared_winner, derived_winner, assessed_at) VALUES
    (1, 'edited', 1, 'DSQ', 2, 2, ''), (2, 'contradicted', 2, 'PTF', 2, 1, '');
INSERT INTO match_edits (edit_id, match_id, match_key, ring, entry, author, reason, changes, made_at, undone_at) VALUES
    ('e1', 1, 'ring-1.a.1', 'ring-1', 9, 'ana', 'x', '{"winner":1,"match_number":"101.A"}', '', NULL),
    ('e2', 1, 'ring-1.a.1', 'ring-1', 10, 'ana', 'x', '{"match_number":"999"}', '', '2026-03-01T09:00:00Z'),
    ('e3', 4, 'ring-1.a.20', 'ring-1', 11, 'ana', 'x', '{"chong_name":"Marija","chong_noc":"CRO"}', '', NULL),
    ('e4', 4, 'ring-1.a.20', 'ring-1', 12, 'ana', 'x', '{"chong_name":"Marija ČAČIĆ"}', '', NULL);
"""


@pytest.fixture
def filled(home: Path, run: Run, migrated: bytes) -> Paths:  # noqa: ARG001  # run sees to it that the home is new
    paths = Paths(home)
    paths.prepare()
    paths.database.write_bytes(migrated)
    with closing(connect_writer(paths.database)) as connection:
        connection.executescript(ROWS)
    return paths


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    ("options", "rules"),
    [
        ([], ["sender_changed", "result_contradicts", "score_jump", "hit_missing"]),
        (["--severity", "warning"], ["sender_changed", "result_contradicts", "score_jump"]),
        (["--severity", "error"], ["result_contradicts"]),
        (["101"], ["result_contradicts", "score_jump", "hit_missing"]),
        (["101", "--ring", "ring-1"], ["score_jump", "hit_missing"]),
        (["ring-2.a.1"], ["result_contradicts"]),
        (["102"], []),
        (["ring-2"], ["sender_changed", "result_contradicts"]),
        (["--rule", "score_jump"], ["score_jump"]),
        (["--limit", "1"], ["sender_changed"]),
    ],
)
def test_findings_are_chosen(run: Run, options: list[str], rules: list[str]) -> None:
    """By match or ring, severity (at least) and rule; the newest first."""
    found = run("match", "findings", *options, "--json").document["findings"]
    assert [one["rule"] for one in found] == rules
    shown = run("match", "findings", *options).out.splitlines()
    assert len(shown) == (len(rules) + 1 if rules else 1)


@pytest.mark.usefixtures("filled")
def test_a_finding_is_told_whole(run: Run) -> None:
    """Its rule, sentence, ring, match and entry in a line; its evidence as JSON."""
    (found,) = run("match", "findings", "--rule", "score_jump", "--json").document["findings"]
    assert (found["evidence"], found["match_id"], found["entry"]) == ({"by": 3}, "ring-1.a.1", 6)
    line = run("match", "findings", "--rule", "score_jump").out.splitlines()[1]
    assert line.split()[2:] == ["warning", "score_jump", "ring-1", "101", "6", "It", "jumped."]


def test_what_is_not_there_is_a_sentence(run: Run, home: Path, migrated: bytes) -> None:
    """No database, an unknown match and an unknown severity fail with a word about it."""
    code, _, err = run("match", "findings")
    assert (code, f"There is no database yet. Start the suite: restrike up (got: {home}/" in err) == (1, True)
    paths = Paths(home)
    paths.prepare()
    paths.database.write_bytes(migrated)
    code, _, err = run("match", "findings", "7")
    assert (code, "There is no match and no ring 7" in err) == (1, True)
    assert run("match", "findings", "--severity", "fatal").code == 2
    assert run("match", "findings").out == "Nothing was found.\n"


def test_rings_and_rules_that_nobody_knows(run: Run, filled: Paths) -> None:
    """Are not answered as if all were well; a ring that is only stored, or only configured, is known."""
    save(filled.config, Config(rings=[Ring(name="mat-1")]))
    for command in ("list", "findings"):
        refused = run("match", command, "--ring", "nope", "--json")
        assert (refused.code, "no ring nope. Known: mat-1, ring-1, ring-2." in refused.err) == (1, True), refused
        assert run("match", command, "--ring", "mat-1").code == 0
        assert len(run("match", command, "--ring", "ring-2").out.splitlines()) > 1
    told = run("match", "findings", "--rule", "nope")
    stored = "hit_missing, result_contradicts, score_jump, sender_changed"
    assert told.out.startswith(f"No finding of rule nope is stored; rules stored: {stored}. ")
    assert (told.code, "docs/findings.md" in told.out) == (0, True)
    assert run("match", "findings", "102", "--rule", "score_jump").out == "Nothing was found.\n"
    assert run("match", "findings", "ring-1", "--ring", "ring-2").code == 2
    assert run("match", "findings", "ring-1", "--ring", "ring-1").code == 0


@pytest.mark.usefixtures("filled")
def test_the_list_marks_edits_contradictions_and_findings(run: Run) -> None:
    """The result in force, how it stands, how much was found; edits that hold are laid over what was sent."""
    by_hand, closed, other, first = run("match", "list", "--json").document["matches"]
    assert (first["winner"], first["decision"], first["standing"], first["match_number"]) == (
        1,
        "DSQ",
        "edited",
        "101.A",
    )
    assert (first["warnings"], first["errors"], len(first["edits"])) == (1, 0, 1)
    assert (other["standing"], other["winner"], other["derived_winner"], other["errors"]) == ("contradicted", 2, 1, 1)
    assert (closed["status"], closed["standing"], closed["winner"]) == ("closed", None, None)
    assert (by_hand["chong"]["short_name"], by_hand["chong"]["noc"]) == ("Marija ČAČIĆ", "CRO")
    lines = run("match", "list").out.splitlines()[1:]
    assert [" contradicted (the rules say chong) " in line for line in lines] == [False, False, True, False]
    assert [" edited " in line for line in lines] == [True, False, False, True]
    assert [" closed " in line for line in lines] == [False, True, False, False]


def test_show_says_how_the_result_stands() -> None:
    """Derived beside declared, what goes on besides, what was edited, and how the ring is read."""
    state = MatchState(
        ring="ring-1",
        journal_id="j",
        entry=1,
        changed_at_us=0,
        match_id="m1",
        winner=2,
        decision="PTF",
        dialect=Dialect.B,
        rule_set="wt-2022",
        rounds=(RoundResult(round=1, standing=Standing.AGREED, winner=1, declared_winner=1, derived_winner=1),),
        result=Result(
            match_id="m1",
            standing=Standing.CONTRADICTED,
            winner=2,
            decision="PTF",
            declared_winner=2,
            derived_winner=1,
            method=Method.ROUNDS,
            doubts=("score_jump",),
        ),
        challenges=(
            Challenge(number=1, athlete=1, status=ChallengeStatus.WON, entry=1, requested_at_us=0, ended_at_us=1),
            Challenge(number=2, athlete=0, status=ChallengeStatus.REQUESTED, entry=1, requested_at_us=0),
        ),
        injuries=(Injury(number=1, kind=InjuryKind.PARA_TIMEOUT, athlete=2, entry=1, began_at_us=0),),
        edits=(
            MatchEdited(edit_id="e1", match_id="m1", author="ana", reason="video", changes=Changes(match_number="7")),
        ),
    )
    lines = [line.strip() for line in described(state).splitlines()]
    assert lines[5:] == [
        "declared winner: hong PTF",
        "round 1: chong (agreed)",
        "result: hong PTF (contradicted) the rules say chong by rounds [score_jump]",
        "review 2 of the referee: requested",
        "para timeout 1: hong",
        "edited by ana: match number 7 (video) [e1]",
        "rules wt-2022, dialect B",
    ]


def test_show_leaves_out_what_is_not_fought() -> None:
    """A round that goes on has no winner to tell, and one that never was has no score; a round of 0-0 has."""
    state = MatchState(
        ring="ring-1",
        journal_id="j",
        entry=1,
        changed_at_us=0,
        match_id="m1",
        chong=Athlete(long_name="Ana\n\x1b[2J", round_scores=(7, 0, 0)),
        hong=Athlete(round_scores=(8, 0, 0)),
        rounds=(
            RoundResult(round=1, standing=Standing.AGREED, winner=2),
            RoundResult(round=2, standing=Standing.OPEN),
        ),
    )
    _, _, columns, chong, hong, *lines = described(state).splitlines()
    at = columns.index("rounds")
    assert (chong[at:].split(), hong[at:].split()) == (["7", "0", "0"], ["8", "0", "0"])
    assert columns.split()[-2:] == ["rounds", "won"]
    assert r"Ana\x0a\x1b[2J" in chong
    assert [line.strip() for line in lines] == ["round 1: hong (agreed)", "rules ?, dialect not known yet"]
    before = msgspec.structs.replace(state, chong=Athlete(), hong=Athlete(), rounds=())
    assert described(before).splitlines()[3].split() == ["chong", "-", "-", "0", "0", "-", "0"]


def test_show_names_the_rules_that_a_match_was_judged_by() -> None:
    """Not those that the ring has since."""
    state = MatchState(ring="r", journal_id="j", entry=1, changed_at_us=0, match_id="m1", rule_set="wt-2022")
    assert "rules wt-2022," in described(state)
    judged = Result(match_id="m1", standing=Standing.AGREED, winner=1, rule_set="wt-2018")
    assert "rules wt-2018," in described(msgspec.structs.replace(state, result=judged))
