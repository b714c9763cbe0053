"""Simulated matches as pss-parser hands them on, so that the tables are filled from what the reducer really says."""

from collections.abc import Iterator
from functools import cache
from typing import TypeVar

from services.cli.simulator.plan import Scenario
from services.cli.simulator.venue import Wish, play_ring
from services.pss_parser.ring import RingParser
from shared.messages.facts import InterpretationChosen
from shared.messages.rules import Dialect, Interpretation
from shared.messages.wire import Entry, ParsedEntries
from shared.rules import shipped
from tests.unit.db_writer.ring import START_US

SCENARIOS = (Scenario.CHALLENGES, Scenario.INJURIES, Scenario.CORRECTIONS, Scenario.RELOAD, Scenario.ABANDONED)
RULES = shipped()["wt-2022"]

E = TypeVar("E")


@cache
def played() -> tuple[ParsedEntries, ...]:
    """A ring for each scenario with two matches, in batches of 200 entries."""
    return tuple(batch for scenario in SCENARIOS for batch in _ring(scenario))


def told(kind: type[E]) -> Iterator[tuple[str, str | None, E]]:
    """What was concluded of one kind, with the ring and the match of its message, in order."""
    for batch in played():
        for parsed in batch.results:
            for message in parsed.messages:
                for event in message.events:
                    if isinstance(event, kind):
                        yield batch.ring, message.match_id, event
            for event in parsed.events:
                if isinstance(event, kind):
                    yield batch.ring, None, event


def _ring(scenario: Scenario) -> Iterator[ParsedEntries]:
    name = f"ring-{scenario.value}"
    course = play_ring(name, Wish(seed=3, rule_set=RULES, dialect=Dialect.B, scenario=scenario, matches=2))
    parser = RingParser(name, "journal-1")
    entries = [Entry(START_US, 0, fact=InterpretationChosen(interpretation=Interpretation(rule_set=RULES)))]
    entries += [
        Entry(START_US + int(sent.at_s * 1e6), 0, "192.168.1.10", 50_000, sent.body) for sent in course.datagrams
    ]
    results = [parser.parse(number, name, entry) for number, entry in enumerate(entries, 1)]
    for at in range(0, len(results), 200):
        yield ParsedEntries(name, "journal-1", name, name if at else "", at + 1, results[at : at + 200])
