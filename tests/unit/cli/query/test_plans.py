"""The usual questions and docs/queries.md: every block of SQL runs, and no plan reads a large table from end to end."""

import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from typer.main import get_command

from services.cli.query.app import QUESTIONS, app
from services.cli.query.question import Question
from services.cli.query.source import Source
from shared.db.sqlite import connect_reader, connect_writer
from tests.contract.tree import ROOT
from tests.support.large_statistics import LARGE_TABLES, pretend_large
from tests.support.plans import full_scans, values_of
from tests.unit.cli.query.played import Played

PAGE = (ROOT / "docs/queries.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module", params=["without statistics", "with statistics"])
def large(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, migrated: bytes
) -> Iterator[Source]:
    """A database that the planner takes for one of two million events, or knows nothing about."""
    folder = tmp_path_factory.mktemp("large")
    (folder / "restrike.db").write_bytes(migrated)
    with closing(connect_writer(folder / "restrike.db")) as connection:
        if request.param == "with statistics":
            pretend_large(connection)
        yield Source(connection, folder)


@pytest.fixture(scope="module")
def filled(played: Played) -> Iterator[Source]:
    with closing(connect_reader(played.path)) as connection:
        yield Source(connection, played.path)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_no_usual_question_reads_a_large_table_whole(large: Source, question: Question) -> None:
    """EXPLAIN QUERY PLAN names no SCAN of one, whether there are statistics or not."""
    assert full_scans(large, question.sql, values_of(large, question)) == []


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_every_usual_question_is_answered(filled: Source, question: Question) -> None:
    """Its example has all its parameters, and it runs; what should be there in any tournament is."""
    rows = filled.rows(question.sql, **values_of(filled, question))
    maybe_nothing = re.compile("audit|saved|edits|indexed|text|clock range|last 24|findings|comebacks|interventions in")
    assert rows or maybe_nothing.search(question.name)


def test_a_full_scan_is_noticed(large: Source) -> None:
    """The measure is not blind: what it forbids is found, by name, alias and in a subquery."""
    for table in LARGE_TABLES:
        assert full_scans(large, f"SELECT count(*) FROM {table}", {}) != []
        assert full_scans(large, f"SELECT 1 WHERE EXISTS (SELECT 1 FROM {table} x WHERE x.rowid % 7 = 3)", {}) != []
    assert full_scans(large, "SELECT count(*) FROM pss_matches", {}) == []
    assert full_scans(large, "SELECT * FROM pss_events_v2 WHERE id = 1", {}) == []


def test_the_page_has_every_question() -> None:
    """Its SQL is the SQL that the commands ask."""
    assert {question.sql.strip() for question in QUESTIONS} <= {block.strip() for block in BLOCKS}
    assert len({question.name for question in QUESTIONS}) == len(QUESTIONS)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_every_block_of_the_page_runs(filled: Source, large: Source, number: int) -> None:
    """Those that the page advises, too; and none of them reads a large table whole."""
    sql = BLOCKS[number]
    example = next((one for one in QUESTIONS if one.sql.strip() == sql.strip()), None)
    values = values_of(filled, example) if example else {}
    filled.rows(sql, **values)
    if not sql.startswith("EXPLAIN"):
        assert full_scans(large, sql, values) == []


def test_what_questions_are_served_by_exists(filled: Source) -> None:
    """Indexes and tables that are named are there."""
    known = {str(row["name"]) for row in filled.rows("SELECT name FROM sqlite_schema")}
    columns = {"packets_received", "clock_ms"}
    named = {name for question in QUESTIONS for name in re.findall(r"`(\w+)`", question.served_by)}
    assert named - known - columns == set()
    assert set(re.findall(r"`(ix_\w+)`", PAGE)) <= known


def test_the_page_names_real_commands() -> None:
    """`restrike query …` of each question is a command with such options."""
    group = get_command(app)
    for question in QUESTIONS:
        name, *rest = question.command.split()
        command = group.commands[name]  # type: ignore[attr-defined]  # a group has commands
        options = {option for one in command.params for option in (*one.opts, *one.secondary_opts)}
        assert {word for word in rest if word.startswith("--")} <= options, question.command
