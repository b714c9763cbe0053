"""A small database with matches that were really played, a tournament, hostile names, settings and an audit."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from services.cli.simulator.plan import Scenario
from services.cli.simulator.truth import Truth
from services.cli.simulator.venue import Course, Wish, play_ring
from services.db_writer.store import Store
from services.pss_parser.ring import RingParser
from shared.db.sqlite import connect_writer, sqlite3
from shared.messages.facts import InterpretationChosen
from shared.messages.rules import Dialect, Interpretation
from shared.messages.wire import Entry, ParsedEntries
from shared.paths import Paths
from shared.rules import shipped
from tests.unit.cli.conftest import Run
from tests.unit.cli.export.rows import MORE_ROWS
from tests.unit.db_writer.ring import NOW_US, START_US

RULES = shipped()["wt-2022"]
SCENARIOS = {"ring-1": Scenario.CHALLENGES, "ring-2": Scenario.CORRECTIONS}


class Stored:
    """The database and the truth of what is in it."""

    def __init__(self, paths: Paths, truths: dict[tuple[str, str], Truth]) -> None:
        self.paths = paths
        self.truths = truths

    def rows(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        with closing(connect_writer(self.paths.database)) as connection:
            return list(connection.execute(sql, values).fetchall())


@pytest.fixture(scope="session")
def _courses() -> list[Course]:
    """Two rings with two matches each."""
    return [
        play_ring(ring, Wish(seed=3, rule_set=RULES, dialect=Dialect.B, scenario=scenario, matches=2))
        for ring, scenario in SCENARIOS.items()
    ]


@pytest.fixture(scope="session")
def _filled(tmp_path_factory: pytest.TempPathFactory, _courses: list[Course], migrated: bytes) -> bytes:
    path = tmp_path_factory.mktemp("export") / "restrike.db"
    path.write_bytes(migrated)
    with closing(connect_writer(path)) as connection:
        store = Store(connection)
        for course in _courses:
            store.apply(tuple(_parsed(course)), now_us=NOW_US)
        connection.executescript(MORE_ROWS)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.read_bytes()


@pytest.fixture
def stored(home: Path, run: Run, _filled: bytes, _courses: list[Course]) -> Stored:  # noqa: ARG001  # run wants a new home
    paths = Paths(home)
    paths.prepare()
    paths.database.write_bytes(_filled)
    return Stored(paths, {(course.ring, truth.match_number): truth for course in _courses for truth in course.truths})


@pytest.fixture
def empty(home: Path, run: Run, migrated: bytes) -> Paths:  # noqa: ARG001  # as above
    """A database that nothing was stored in."""
    paths = Paths(home)
    paths.prepare()
    paths.database.write_bytes(migrated)
    return paths


@pytest.fixture
def connection(stored: Stored) -> "Iterator[sqlite3.Connection]":
    with closing(connect_writer(stored.paths.database)) as connection:
        yield connection


def _parsed(course: Course) -> Iterator[ParsedEntries]:
    parser = RingParser(course.ring, "journal-1")
    entries = [Entry(START_US, 0, fact=InterpretationChosen(interpretation=Interpretation(rule_set=RULES)))]
    entries += [
        Entry(START_US + int(sent.at_s * 1e6), 0, "192.168.1.10", 50_000, sent.body) for sent in course.datagrams
    ]
    results = [parser.parse(number, course.ring, entry) for number, entry in enumerate(entries, 1)]
    yield ParsedEntries(course.ring, "journal-1", course.ring, "", 1, results)
