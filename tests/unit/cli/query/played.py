"""A small tournament that was really played: what the scoring systems sent, what happened, and the database of it."""

from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from services.cli.simulator.plan import Scenario
from services.cli.simulator.truth import RoundTruth, Truth
from services.cli.simulator.venue import Course, Wish, play_ring
from services.db_writer.store import Store
from services.pss_parser.ring import RingParser
from shared.db.migrate import migrate
from shared.db.sqlite import connect_writer
from shared.messages.facts import InterpretationChosen
from shared.messages.match import Finding
from shared.messages.rules import Dialect, Interpretation
from shared.messages.wire import Entry, ParsedEntries
from shared.rules import shipped

START_US: Final = 1_772_355_600_000_000  # 2026-03-01T09:00:00Z
RULES: Final = shipped()["wt-2022"]
SCENARIOS: Final = (Scenario.CHALLENGES, Scenario.INJURIES, Scenario.CORRECTIONS, Scenario.ABANDONED)
MATCHES: Final = 2
"""Of each ring; a ring is named for its scenario."""
DAY: Final = """
INSERT INTO tournaments (id, name, starts_on, ends_on, time_zone, is_active) VALUES
    (1, 'Zagreb Open', '2026-03-01', '2026-03-02', 'UTC', 1), (2, 'Split Cup', '2027-01-01', '2027-01-01', 'UTC', 0);
INSERT INTO tournament_days (id, tournament_id, day_number, date, is_active) VALUES
    (1, 1, 1, '2026-03-01', 1), (2, 2, 1, '2027-01-01', 0);
"""


class Played(NamedTuple):
    """The courses by ring, and what was found in each."""

    path: Path
    courses: dict[str, Course]
    findings: list[Finding]

    @property
    def truths(self) -> list[tuple[str, Truth]]:
        """Every match with its ring."""
        return [(ring, truth) for ring, course in self.courses.items() for truth in course.truths]

    @property
    def rounds(self) -> list[tuple[str, Truth, RoundTruth]]:
        """Every round with its match and ring."""
        return [(ring, truth, one) for ring, truth in self.truths for one in truth.rounds]

    def bodies(self, ring: str | None = None) -> list[tuple[float, bytes]]:
        """Everything that was sent, with its second of the day, in order of time."""
        sent = [
            (START_US / 1e6 + datagram.at_s, datagram.body)
            for name, course in self.courses.items()
            if ring in (None, name)
            for datagram in course.datagrams
        ]
        return sorted(sent, key=lambda one: one[0])


def play(folder: Path) -> Played:
    """Play the tournament and store it in `folder` as the suite does."""
    path = folder / "restrike.db"
    migrate(path, backups=folder / "backups")
    courses, findings = {}, []
    with closing(connect_writer(path)) as connection:
        connection.executescript(DAY)
        store = Store(connection)
        for scenario in SCENARIOS:
            ring = f"ring-{scenario.value}"
            wish = Wish(seed=7, rule_set=RULES, dialect=Dialect.B, scenario=scenario, matches=MATCHES)
            courses[ring] = play_ring(ring, wish)
            batch = _parsed(ring, courses[ring])
            findings += [
                event
                for parsed in batch.results
                for event in [*parsed.events, *(one for said in parsed.messages for one in said.events)]
                if isinstance(event, Finding)
            ]
            last_us = batch.results[-1].entry.received_at_us
            assert store.apply([batch], now_us=last_us).refused == 0
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Played(path, courses, findings)


def _parsed(ring: str, course: Course) -> ParsedEntries:
    parser = RingParser(ring, "journal-1")
    entries = [Entry(START_US, 0, fact=InterpretationChosen(interpretation=Interpretation(rule_set=RULES)))]
    entries += [
        Entry(START_US + round(sent.at_s * 1e6), 0, "192.0.2.10", 50_000, sent.body) for sent in course.datagrams
    ]
    results = [parser.parse(number, ring, entry) for number, entry in enumerate(entries, 1)]
    return ParsedEntries(ring, "journal-1", ring, "", 1, results)
