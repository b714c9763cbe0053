"""Simulated matches, what a network may do to one datagram of them, and which findings about the ring follow."""

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from services.cli.captures import Datagram
from services.cli.simulator.bout import play
from services.cli.simulator.plan import Scenario, can_be_played
from services.pss_parser.ring import RingParser
from shared.messages.facts import InterpretationChosen
from shared.messages.match import Finding
from shared.messages.rules import Dialect, Interpretation, RuleSet
from shared.messages.wire import Entry
from shared.rules import shipped
from tests.support.golden import JOURNAL_ID, RING, SESSION, STARTED_AT_US

ABOUT_THE_RING = frozenset(
    (
        *("burst_incomplete", "clock_jumped", "clock_rose", "clock_stood", "dialect_differs", "duplicate_datagram"),
        *("findings_withheld", "hardware_test_in_match", "joined_mid_match", "late_datagram", "load_incomplete"),
        *("match_without_end", "message_after_result", "reloaded_mid_match", "report_incomplete"),
        *("result_after_result", "review_incomplete", "round_not_announced", "round_skipped"),
        *("start_unseen", "stop_unseen", "text_not_utf8", "ticks_missing", "two_senders", "unknown_stream"),
    )
)
"""What the inspectors tell; the judge's findings, about points and results, are another matter."""
LONG_AFTER_S = 10.0


class Played(NamedTuple):
    """A match that was played by these rules."""

    datagrams: list[Datagram]
    rules: RuleSet
    scenario: Scenario


class Told(NamedTuple):
    """A finding, and when it was told."""

    at_s: float
    finding: Finding


def played(*, scenarios: Sequence[Scenario] = tuple(Scenario), seeds: int = 1) -> Iterator[Played]:
    """Matches of all rule sets and dialects, `seeds` of each."""
    kinds = [
        (scenario, rules, dialect)
        for scenario in scenarios
        for rules in shipped().values()
        for dialect in Dialect
        if can_be_played(scenario, rules)
    ]
    for seed, (scenario, rules, dialect) in enumerate(kinds * seeds, 1):
        yield Played(play(seed, rule_set=rules, dialect=dialect, scenario=scenario).datagrams, rules, scenario)


def told(datagrams: Sequence[Datagram], rules: RuleSet) -> list[Told]:
    """The findings about the ring when these arrive, and nothing else for a while."""
    parser = RingParser(RING, JOURNAL_ID)
    chosen = InterpretationChosen(interpretation=Interpretation(rule_set=rules))
    parser.parse(1, SESSION, Entry(STARTED_AT_US, 0, fact=chosen))
    last = Datagram(datagrams[-1].at_s + LONG_AFTER_S, b"avt;1;")
    found = []
    for number, datagram in enumerate([*datagrams, last], 2):
        at_us = STARTED_AT_US + round(datagram.at_s * 1e6)
        result = parser.parse(number, SESSION, Entry(at_us, at_us, "192.0.2.10", 50_000, datagram.body))
        assert parser.failure is None
        events = itertools.chain(result.events, *(message.events for message in result.messages))
        found += [
            Told(datagram.at_s, event)
            for event in events
            if isinstance(event, Finding) and event.rule in ABOUT_THE_RING
        ]
    return found


def rules_told(datagrams: Sequence[Datagram], rules: RuleSet) -> list[str]:
    """The rules of these findings, sorted."""
    return sorted(one.finding.rule for one in told(datagrams, rules))


def kinds_of(datagrams: Sequence[Datagram]) -> list[str]:
    """What each datagram is: its stream, its action, and whether it belongs to a load."""
    kinds, is_load = [], False
    for datagram in datagrams:
        kind = _kind(datagram.body.decode(errors="replace"))
        is_load = is_load or kind == "pre"
        kinds.append(f"load {kind}" if is_load else kind)
        is_load = is_load and kind != "rdy"
    return kinds


def _kind(text: str) -> str:
    keyword, *fields = text.rstrip(";").split(";")
    stream = re.sub("^(ij|to|ch|pt|hl|wg|sc|at|s)[0-9]+$", r"\1", keyword)
    if stream == "ch":
        answer = {"": "request", "-1": "end"}.get(fields[0] if fields else "", "answer")
        return f"ch {answer}"
    if stream in ("clk", "brk", "ij", "to"):
        return f"{stream} {fields[1] if len(fields) > 1 else 'tick'}"
    return stream.split(" ")[0]


def dropped(datagrams: Sequence[Datagram], place: int) -> list[Datagram]:
    """Without the one at `place`."""
    return [*datagrams[:place], *datagrams[place + 1 :]]


def doubled(datagrams: Sequence[Datagram], place: int) -> list[Datagram]:
    """With the one at `place` a second time, 9 ms later."""
    again = Datagram(datagrams[place].at_s + 0.009, datagrams[place].body)
    return sorted([*datagrams, again], key=lambda datagram: datagram.at_s)


def overtaken(datagrams: Sequence[Datagram], place: int) -> list[Datagram]:
    """With the one at `place` 2 ms after the one that follows it."""
    late = Datagram(datagrams[place + 1].at_s + 0.002, datagrams[place].body)
    return sorted([*dropped(datagrams, place), late], key=lambda datagram: datagram.at_s)
