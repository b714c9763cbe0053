"""`restrike match edit` and its like: how options are read, and what is stored of edits."""

from contextlib import closing
from pathlib import Path

import pytest
import typer

from services.cli.edit_options import round_winners_of
from shared.db.sqlite import connect_writer
from shared.paths import Paths
from tests.unit.cli.conftest import Run

ROWS = """
INSERT INTO pss_matches (id, match_id, ring) VALUES (1, 'ring-1.aaaaaaaa.3', 'ring-1'), (2, 'ring-2.b.4', 'ring-2');
INSERT INTO match_edits (edit_id, match_id, match_key, ring, entry, author, reason, changes, made_at)
    VALUES ('ring-1.aaaaaaaa.9', 1, 'ring-1.aaaaaaaa.3', 'ring-1', 9, 'Ana', 'video review',
        '{"winner": 1, "decision": "PTF", "round_winners": [null, 2]}', '2026-03-01T09:00:00Z'),
    ('ring-2.b.8', 2, 'ring-2.b.4', 'ring-2', 8, 'Ivo', 'name', '{"chong_name": "Đuro"}', '2026-03-01T09:01:00Z');
UPDATE match_edits SET undone_at = '2026-03-01T09:02:00Z', undone_by = 'Eva', undo_reason = 'mistake'
    WHERE edit_id = 'ring-2.b.8';
"""


@pytest.fixture
def paths(home: Path, run: Run, migrated: bytes) -> Paths:  # noqa: ARG001  # the home is not there before run looked
    made = Paths(home)
    made.prepare()
    made.database.write_bytes(migrated)
    with closing(connect_writer(made.database)) as connection:
        connection.executescript(ROWS)
    return made


def test_round_winners() -> None:
    """By number, in any order; rounds between stay as they were sent."""
    assert round_winners_of([]) == ()
    assert round_winners_of(["3=tie", "1=hong"]) == (2, None, 0)


@pytest.mark.parametrize("text", ["2", "0=hong", "11=hong", "x=hong", "²=hong", "2=blue", "=chong"])
def test_what_is_no_round_winner(text: str) -> None:
    """Wrong usage, not a guess."""
    with pytest.raises(typer.BadParameter):
        round_winners_of([text])
    with pytest.raises(typer.BadParameter):
        round_winners_of(["1=chong", "1=hong"])


def test_edits_are_listed(run: Run, paths: Paths) -> None:
    """The latest first, with what was changed and whether it holds; of a match, of a ring, or all."""
    newest, oldest = run("match", "edits", "--json").document["edits"]
    assert (newest["edit_id"], newest["undone_by"], newest["changes"]) == ("ring-2.b.8", "Eva", {"chong_name": "Đuro"})
    assert (oldest["match_id"], oldest["undone_at"]) == ("ring-1.aaaaaaaa.3", None)
    for of in ("ring-1", "ring-1.aaaaaaaa.3"):
        header, line = run("match", "edits", of).out.splitlines()
        assert header.startswith("edit")
        assert "round 2 hong, decision PTF, winner chong" in line or "round 2 hong, winner chong, decision PTF" in line
        assert "Ana" in line
    assert "by Eva: mistake" in run("match", "edits", "ring-2").out
    assert run("match", "edits", "ring-9").out == "Nothing was edited.\n"
    assert paths.database.exists()


def test_what_is_not_stored_is_refused(run: Run, paths: Paths) -> None:
    """Without udp-ingest nothing can be decided; what is unknown is refused before it is asked."""
    why = ("--reason", "x")
    for words, code, says in (
        (("edit", "ring-1.aaaaaaaa.7", "--winner", "chong"), 1, "restrike match list"),
        (("close", "ring-1.aaaaaaaa.7"), 1, "restrike match list"),
        (("undo", "ring-1.aaaaaaaa.7"), 1, "restrike match edits"),
        (("undo", "ring-2.b.8"), 1, "taken back by Eva"),
        (("edit", "ring-1.aaaaaaaa.3", "--winner", "blue"), 2, "chong, hong, tie"),
        (("edit", "ring-1.aaaaaaaa.3", "--winner", "chong"), 3, "udp-ingest is not running"),
        (("undo", "ring-1.aaaaaaaa.9"), 3, "udp-ingest is not running"),
        (("new", "ring-1", "--number", "1"), 3, "udp-ingest is not running"),
        (("edit", "ring-1", "--winner", "chong"), 3, "pss-parser is not running"),
    ):
        done = run("match", *words, *why)
        assert (done.code, says in done.err, done.out) == (code, True, ""), (words, done.err)
    assert run("match", "edit", "ring-1", "--winner", "chong").code == 2  # no reason
    assert paths.database.exists()


def test_a_stored_match_that_is_decided_is_not_closed(run: Run, paths: Paths) -> None:
    """A close cannot be undone: one with a result is corrected instead, by what the table says."""
    with closing(connect_writer(paths.database)) as connection:
        connection.executescript(
            "UPDATE pss_matches SET status = 'decided' WHERE id = 2;"
            "INSERT INTO match_results (match_id, standing, winner, decision, assessed_at)"
            " VALUES (1, 'agreed', 2, 'PTF', '')"
        )
    for match, result in (("ring-1.aaaaaaaa.3", "hong, PTF"), ("ring-2.b.4", "?, ?")):
        done = run("match", "close", match, "--reason", "x")
        says = f"{match} has a result ({result}); correct it with: restrike match edit {match}"
        assert (done.code, says in done.err, done.out) == (1, True, ""), done.err


def test_a_round_that_the_match_cannot_have(run: Run, paths: Paths) -> None:
    """Refused beyond a golden round; where the rounds are not known, udp-ingest is asked."""
    with closing(connect_writer(paths.database)) as connection:
        connection.executescript("UPDATE pss_matches SET total_rounds = 3 WHERE id = 1")
    for match, number, code in (("ring-1.aaaaaaaa.3", 5, 1), ("ring-1.aaaaaaaa.3", 4, 3), ("ring-2.b.4", 9, 3)):
        done = run("match", "edit", match, "--round-winner", f"{number}=hong", "--reason", "x")
        assert (done.code, "has 3 rounds, so there is no round 5" in done.err) == (code, code == 1), done.err


def test_without_a_database(run: Run) -> None:
    """Nothing is stored: nothing was edited, and no match is known."""
    assert run("match", "edits").out == "Nothing was edited.\n"
    assert "restrike match list" in run("match", "close", "ring-1.a.1", "--reason", "x").err
