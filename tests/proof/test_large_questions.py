"""How long the usual questions take on two million events; run by hand, a minute where the database is there already:

    RESTRIKE_LARGE_DATABASE=large.db python -P -m pytest -s tests/proof/test_large_questions.py

`RESTRIKE_LARGE_DATABASE` names a database that tests/support/large_database.py made; without it one is made first. What
is measured is what the user waits for once Python runs: the file is opened, asked, and the answer printed. Each is
asked six times; the first, which may have to read from the disk, is left out.
"""

import io
import os
from collections.abc import Callable, Iterator
from contextlib import closing, redirect_stderr, redirect_stdout
from pathlib import Path
from statistics import median

import pytest
from typer.main import get_command

from services.cli.app import app
from services.cli.db_stats import read_stats
from services.cli.query.app import QUESTIONS
from services.cli.query.source import Source
from shared.clock import monotonic_s
from shared.db.migrate import migrate
from shared.db.sqlite import connect_reader
from tests.support.large_database import build
from tests.support.plans import full_scans, values_of

EVENTS = 2_000_000
TIMES = 5
USUAL_MS, STATISTICS_MS, TEXT_MS, LIST_MS = 100, 200, 100, 50
STATISTICS = ("techniques by", "events per", "totals", "outcomes", "the most")
RESTRIKE = get_command(app)

pytestmark = pytest.mark.timeout(3600)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = os.environ.get("RESTRIKE_LARGE_DATABASE")
    if made:
        return Path(made)
    path = tmp_path_factory.mktemp("large") / "restrike.db"
    build(path, events=EVENTS)
    return path


@pytest.fixture(scope="module")
def source(large: Path) -> Iterator[Source]:
    with closing(connect_reader(large)) as connection:
        yield Source(connection, large)


def test_the_database_is_large(source: Source) -> None:
    """It holds what it is about."""
    assert source.value("SELECT count(*) FROM pss_events_v2") >= 0.95 * EVENTS


def test_no_plan_reads_a_large_table_whole(source: Source, tmp_path: Path) -> None:
    """With the statistics of this database, and without any."""
    migrate(tmp_path / "empty.db", backups=tmp_path)
    with closing(connect_reader(tmp_path / "empty.db")) as connection:
        for question in QUESTIONS:
            values = values_of(source, question)
            assert full_scans(source, question.sql, values) == [], question.name
            assert full_scans(Source(connection, tmp_path), question.sql, values) == [], question.name


def test_usual_questions(source: Source) -> None:
    """Each question of docs/queries.md."""
    late = []
    for question in QUESTIONS:
        values = values_of(source, question)
        rows: list[int] = []
        first, again = _timed(lambda: rows.append(len(source.rows(question.sql, **values))))  # noqa: B023  # called at once
        aim = _aim(question.name)
        print(f"{question.name:40} {again:8.1f} ms (first {first:8.1f}, aim {aim:3}), {rows[0]} rows")
        late += [question.name] if again > aim else []
    assert late == []


def test_commands(large: Path, source: Source) -> None:
    """As they are typed, with filters that are dense and filters that hardly anything passes."""
    late = []
    for command, aim in _commands(source).items():
        arguments = [*command, "--database", str(large), "--json"]
        first, again = _timed(lambda: _run(*arguments))  # noqa: B023  # called at once
        print(f"{' '.join(command):80} {again:8.1f} ms (first {first:8.1f}, aim {aim:3})")
        late += [command] if again > aim else []
    assert late == []


def test_statistics_of_the_database(large: Path) -> None:
    """`restrike db stats`."""
    first, again = _timed(lambda: read_stats(large))
    print(f"{'db stats':80} {again:8.1f} ms (first {first:8.1f}, aim {STATISTICS_MS})")
    assert again <= STATISTICS_MS


def _timed(act: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds of the first time, and the median of those after it."""
    taken = []
    for _ in range(1 + TIMES):
        begun_s = monotonic_s()
        act()
        taken.append((monotonic_s() - begun_s) * 1000)
    return taken[0], median(taken[1:])


def _aim(name: str) -> int:
    if name == "match list":
        return LIST_MS
    if name.endswith("text"):
        return TEXT_MS
    return STATISTICS_MS if any(word in name for word in STATISTICS) else USUAL_MS


def _run(*arguments: str) -> None:
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()):
        RESTRIKE(args=arguments, standalone_mode=False)
    assert out.getvalue().startswith("{"), arguments


def _commands(source: Source) -> dict[tuple[str, ...], int]:
    """Commands and their aims."""
    (match,) = source.rows(
        "SELECT m.match_id, m.ring, m.weight_class, substr(m.first_loaded_at, 1, 10) AS day, p.athlete_id, a.long_name,"
        " a.country_code, q.athlete_id AS other FROM pss_matches m"
        " JOIN pss_match_athletes p ON p.match_id = m.id AND p.athlete_position = 1"
        " JOIN pss_match_athletes q ON q.match_id = m.id AND q.athlete_position = 2"
        " JOIN pss_athletes a ON a.id = p.athlete_id WHERE q.athlete_id IS NOT NULL ORDER BY m.id DESC LIMIT 1"
    )
    athlete, ring, day = str(match["athlete_id"]), match["ring"], match["day"]
    usual = [
        ("events",),
        ("events", "--oldest"),
        ("events", "--limit", "1000"),
        ("events", "--match", match["match_id"]),
        ("events", "--match", "101"),
        ("events", "--athlete", athlete),
        ("events", "--athlete", athlete, "--kind", "technique", "--clock", "0:10-0:00"),
        ("events", "--athlete", f"{match['long_name']} {match['country_code']}", "--round", "2"),
        ("events", "--day", day),
        ("events", "--day", day, "--kind", "challenge"),
        ("events", "--day", day, "--ring", ring, "--kind", "gam-jeom"),
        ("events", "--tournament", "active", "--kind", "TH"),
        ("events", "--kind", "technique"),
        ("events", "--kind", "TO"),
        ("events", "--ring", ring),
        ("events", "--ring", ring, "--kind", "IJ"),
        ("events", "--round", "3"),
        ("events", "--round", "4"),
        ("events", "--clock", "0:05-0:00"),
        ("events", "--clock", "0:05-0:00", "--kind", "head kick", "--round", "3"),
        ("events", "--from", "2025-01-01", "--to", "2025-12-31", "--kind", "C"),
        ("head-to-head", athlete, str(match["other"])),
        ("challenges",),
        ("challenges", "--country", match["country_code"], "--outcome", "won"),
        ("rounds", "--longest"),
        ("rounds", "--shortest", "--weight", match["weight_class"]),
        ("comebacks", "--tournament", "active"),
        ("interventions",),
        ("interventions", "--match", match["match_id"]),
        ("findings",),
        ("findings", "--severity", "error"),
        ("findings", "--tournament", "active", "--severity", "warning"),
        ("findings", "--athlete", athlete),
        ("athletes", "--rank", "wins"),
        ("athletes", "--country", match["country_code"]),
        ("matches", "--athlete", athlete),
        ("matches", "--weight", match["weight_class"]),
        ("matches", "--country", match["country_code"], "--decision", "PTG"),
        ("matches", "--day", day),
        ("audit",),
        ("saved",),
    ]
    statistics = [
        *(("techniques", "--by", by) for by in ("athlete", "weight", "country", "hour", "day", "tournament")),
        ("techniques", "--by", "athlete", "--tournament", "active"),
        *(("counts", "--bucket", bucket) for bucket in ("minute", "hour", "day", "month")),
        ("counts", "--bucket", "month", "--kind", "TH", "--ring", ring),
        ("interventions", "--most"),
        ("sessions",),
    ]
    text = [
        ("search", match["long_name"].split()[-1][:4]),
        ("search", "101 kg", "--names"),
        ("search", "wmh PTF", "--raw"),
        ("search", "wmh PT", "--raw"),
        ("search", "clk", "--raw"),
        ("search", "nothing like it", "--raw"),
    ]
    aims = {("query", *command): USUAL_MS for command in usual}
    aims |= {("query", *command): STATISTICS_MS for command in statistics}
    aims |= {("query", *command): TEXT_MS for command in text}
    return aims | {("match", "list"): LIST_MS, ("match", "list", "--ring", ring, "--tournament", "active"): LIST_MS}
