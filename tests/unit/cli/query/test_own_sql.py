"""`restrike query sql`, `run` and `saved`: they read everything and change nothing, not even by accident."""

import shlex
from contextlib import closing
from pathlib import Path
from typing import NoReturn

import pytest

from services.cli import writer
from services.cli.query import box, boxed, moments, source
from services.cli.query.filters import OPTIONS, Filters
from shared.db.sqlite import connect_writer
from shared.errors import ValidationError
from shared.messages.saved_queries import SavedQuery
from tests.unit.cli.conftest import Run
from tests.unit.cli.query.conftest import Ask
from tests.unit.cli.query.played import Played

WRITES = (
    "DELETE FROM pss_matches",
    "UPDATE pss_matches SET ring = 'x'",
    "INSERT INTO saved_queries (name, sql, author) VALUES ('a', 'b', 'c')",
    "DROP TABLE pss_matches",
    "CREATE TEMP TABLE t (a)",
    "CREATE TABLE t (a)",
    "PRAGMA query_only = OFF",
    "PRAGMA journal_mode = DELETE",
    "PRAGMA writable_schema = ON",
    "ATTACH ':memory:' AS other",
    "VACUUM",
    "VACUUM INTO 'copy.db'",
    "REINDEX",
    "ANALYZE",
    "BEGIN",
    "SAVEPOINT a",
    "SELECT load_extension('x')",
    "WITH a AS (SELECT 1) DELETE FROM pss_matches",
    "INSERT INTO search_names (search_names) VALUES ('delete-all')",
)


@pytest.mark.parametrize("sql", WRITES)
@pytest.mark.usefixtures("asked")
def test_nothing_but_reading(played: Played, sql: str) -> None:
    """Refused as such; the file is what it was."""
    before = played.path.read_bytes()
    with pytest.raises(ValidationError) as refused:
        boxed.run(played.path, sql, {}, limit=1, within_s=1.0)
    assert refused.value.code == "query.not_reading"
    assert played.path.read_bytes() == before


def test_a_refusal_is_a_sentence(asked: Run) -> None:
    done = asked("sql", "DELETE FROM pss_matches")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("A query may only read: SELECT, WITH … SELECT, VALUES or EXPLAIN. Nothing was done.")


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("SELEC 1", "syntax error"),
        ("SELECT x FROM nowhere", "no such table: nowhere"),
        ("SELECT 1; SELECT 2", "one statement at a time"),
        ("SELECT :noc", "give --param NAME=VALUE"),
        ("", "Begin with SELECT"),
        ("/* nothing */", "Begin with SELECT"),
    ],
)
def test_what_is_no_query_is_said(asked: Run, sql: str, says: str) -> None:
    done = asked("sql", sql)
    assert (done.code, says in done.err, "Traceback" in done.err) == (1, True, False), done.err


def test_reading_is_what_it_can(ask: Ask, played: Played) -> None:
    """Tables, joins, JSON, the text index, the shape of tables, EXPLAIN and VALUES."""
    assert ask("sql", "SELECT count(*) AS n FROM pss_events_v2") == {
        "columns": ["n"],
        "rows": [[len(played.bodies())]],
        "is_cut": False,
    }
    assert ask("sql", "SELECT count(*) FROM search_names WHERE search_names MATCH '\"w\"*'")["rows"][0][0] > 0
    assert ["match_id"] in ask("sql", "SELECT name FROM pragma_table_info('pss_matches')")["rows"]
    assert ask("sql", "EXPLAIN QUERY PLAN SELECT * FROM pss_matches WHERE id = 1")["rows"]
    assert ask("sql", "VALUES (1, x'00ff')")["rows"] == [[1, "00ff"]]


def test_parameters_are_bound_never_pasted(ask: Ask, asked: Run) -> None:
    """A value is a value, whatever stands in it; numbers are numbers; an unknown one is refused."""
    evil = "x'); DROP TABLE pss_matches; --"
    assert ask(
        "sql", "SELECT :a AS a, typeof(:b), typeof(:c)", "--param", f"a={evil}", "--param", "b=7", "--param", "c=07"
    )["rows"] == [[evil, "integer", "text"]]
    refused = asked("sql", "SELECT :a", "--param", "b=1")
    assert (refused.code, "it has: a" in refused.err) == (1, True)


def test_rows_are_bounded_and_it_is_said(asked: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """At most so many rows, which are not too much together."""
    cut = asked("sql", "SELECT id FROM pss_events_v2", "--limit", "3")
    assert (len(cut.out.splitlines()), "Only the first 3 rows are shown" in cut.err) == (4, True)
    assert asked("sql", "SELECT id FROM pss_events_v2 LIMIT 3", "--limit", "3").err == ""
    monkeypatch.setattr(box, "ANSWER_BYTES", 1 << 10)
    assert "ask for fewer rows" in asked("sql", "SELECT zeroblob(500) FROM pss_events_v2 LIMIT 3").err


def test_usual_questions_are_bounded_too(asked: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A question that would take too long is ended with a sentence."""
    monkeypatch.setattr(source, "STEPS_BETWEEN_LOOKS", 10)
    monkeypatch.setattr(source, "monotonic_s", iter(range(0, 10_000, 100)).__next__)
    late = asked("events", "--limit", "10000")
    assert (late.code, "was ended; ask for less" in late.err) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("events", "--limit", "9" * 20), 2),
        (("search", "a", "--limit", "5000000000000000000"), 2),
        (("sql", "SELECT 1", "--limit", "9" * 20), 2),
        (("rounds", "--round", "9" * 20), 1),
    ],
)
def test_a_number_that_no_database_holds(asked: Run, arguments: tuple[str, ...], code: int) -> None:
    """It is refused, and is no fault of ours."""
    done = asked(*arguments)
    assert (done.code, done.out) == (code, "")
    assert "fault" not in done.err


def test_another_file_is_asked(asked: Run, home: Path, played: Played, tmp_path: Path) -> None:
    """--database goes with every question; a file that is none is named."""
    (home / "data" / "restrike.db").unlink()
    assert "There is no database yet" in asked("matches").err
    assert asked("matches", "--database", str(played.path)).code == 0
    assert asked("sql", "SELECT 1", "--database", str(played.path)).code == 0
    assert "There is no database in this file" in asked("matches", "--database", str(tmp_path / "none.db")).err
    (tmp_path / "notes.txt").write_text("notes, more than a page of them" * 200)
    assert "not a SQLite database" in asked("matches", "--database", str(tmp_path / "notes.txt")).err


def test_saved_queries_are_listed_and_run(asked: Run, ask: Ask, home: Path, played: Played) -> None:
    """With their parameters; a name that nothing bears is answered with those there are."""
    assert asked("saved").out == "No query is saved. Save one with: restrike query save NAME SQL\n"
    path = home / "data" / "restrike.db"
    path.unlink()
    path.write_bytes(played.path.read_bytes())
    with closing(connect_writer(path)) as connection:
        sql = "SELECT ring, count(*) AS matches FROM pss_matches WHERE ring = :ring GROUP BY ring"
        connection.execute("INSERT INTO saved_queries (name, sql, author) VALUES ('per ring', ?, 'ana')", (sql,))
        connection.execute("INSERT INTO saved_queries (name, sql, author) VALUES ('bad', 'DELETE FROM x', 'ana')")
    assert [one["name"] for one in ask("saved")["queries"]] == ["bad", "per ring"]
    ring, course = next(iter(played.courses.items()))
    assert ask("run", "per ring", "--param", f"ring={ring}")["rows"] == [[ring, len(course.truths)]]
    assert "Saved: bad, per ring." in asked("run", "nope").err
    assert asked("run", "bad").code == 1


def test_a_saved_query_is_run_as_it_is_told(asked: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever its name, the command that is named can be pasted into a shell."""
    name = "a b/../'"
    kept = SavedQuery(name=name, description=None, sql="SELECT 1", author="ana")
    monkeypatch.setattr(writer, "ask", lambda _: kept)
    told = asked("save", name, "SELECT 1").out
    assert shlex.split(told.partition(": ")[2]) == ["restrike", "query", "run", name]


def test_options_are_those_of_the_filters() -> None:
    """Each filter has its option, and each option its filter."""
    assert set(OPTIONS) == set(Filters.__struct_fields__)


def test_what_came_from_the_network_commands_no_terminal(asked: Run, home: Path, played: Played) -> None:
    """A name with control characters is shown escaped, in a line of its own."""
    path = home / "data" / "restrike.db"
    path.unlink()
    path.write_bytes(played.path.read_bytes())
    with closing(connect_writer(path)) as connection:
        connection.execute("UPDATE pss_athletes SET long_name = 'A\nB\x1b[2J' WHERE id = 1")
    shown = asked("athletes", "--athlete", "1").out
    assert (r"A\x0aB\x1b[2J" in shown, "\x1b" in shown) == (True, False)
    assert "\x1b" not in asked("sql", "SELECT long_name FROM pss_athletes").out


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "SELECT :noc, count(*) FROM pss_athletes WHERE country_code = :noc LIMIT :many",
        "WITH a AS (SELECT 1) SELECT * FROM a",
        "EXPLAIN QUERY PLAN SELECT * FROM pss_matches",
        "SELECT * FROM search_names WHERE search_names MATCH :text",
    ],
)
@pytest.mark.usefixtures("asked")
def test_what_is_to_be_kept_is_looked_at(played: Played, sql: str) -> None:
    """And not run: its parameters have no values yet."""
    boxed.look(played.path, sql, within_s=1.0)


@pytest.mark.parametrize(
    "sql",
    [
        "WITH a AS (SELECT 1) DELETE FROM pss_matches",
        "EXPLAIN DELETE FROM pss_matches",
        "SELECT 1; DELETE FROM pss_matches",
        "SELECT load_extension('x')",
        "SELECT ?",
        "SELECT nothing FROM nowhere",
        "",
    ],
)
def test_what_cannot_be_asked_is_not_even_sent(asked: Run, monkeypatch: pytest.MonkeyPatch, sql: str) -> None:
    """db-writer hears nothing of it."""

    def ask(_: object) -> NoReturn:
        raise AssertionError("it was sent")

    monkeypatch.setattr(writer, "ask", ask)
    refused = asked("save", "q", sql)
    assert (refused.code, len(refused.err.splitlines())) == (1, 1), refused.err


def test_a_time_that_no_calendar_has_is_refused(asked: Run) -> None:
    """In a sentence; one before the year 1000 sorts before all others."""
    for option, time in (("--from", "999999d"), ("--to", "0001-01-01"), ("--day", "9999-12-31")):
        said = asked("events", option, time).err
        assert "fault" not in said, said
    assert "This is no time." in asked("events", "--from", "999999d").err
    assert moments.moment("700000d").startswith("0")
