"""The reducer is a function of the entries: however they are cut into batches, and wherever a parser is resumed."""

from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.cli.simulator.plan import Scenario
from services.cli.simulator.venue import Network, Wish, disturb_course, play_ring
from services.pss_parser.ring import RingParser
from services.pss_parser.source import advance
from shared.messages.edits import Changes
from shared.messages.facts import AnyFact, EditMade, InterpretationChosen, MatchEntered, SessionClosed
from shared.messages.rules import Dialect, Interpretation
from shared.messages.wire import Datagrams, Entry, Origin, ParsedEntry
from shared.rules import shipped
from tests.support.golden import CAPTURES, JOURNAL_ID, RING, SESSION, STARTED_AT_US, entries

pytestmark = pytest.mark.slow

RULES = tuple(shipped().values())
SCENARIOS = (
    *(Scenario.MIXED, Scenario.MIXED, Scenario.CHALLENGES, Scenario.CORRECTIONS, Scenario.RELOAD, Scenario.INJURIES),
    *(Scenario.MIXED, Scenario.CHALLENGES),
)
SEEDS = st.integers(0, len(SCENARIOS) - 1)


@cache
def matches(seed: int) -> list[Entry]:
    """Three matches of one ring with trouble, an interpretation before them and facts and answers between."""
    rules = RULES[seed % len(RULES)]
    network = Network(loss=0.02, duplication=0.02, reordering=0.02, delay_s=0.0, garbage=0.02)
    dialect = Dialect.A if seed % 2 else Dialect.B
    wish = Wish(seed=seed, rule_set=rules, dialect=dialect, scenario=SCENARIOS[seed], matches=3, network=network)
    found = [fact(0.0, InterpretationChosen(interpretation=Interpretation(rule_set=rules)))]
    for at, datagram in enumerate(disturb_course(play_ring(RING, wish), wish).datagrams):
        origin = Origin.ANSWER if at % 97 == 96 else Origin.LIVE
        at_us = STARTED_AT_US + round(datagram.at_s * 1e6)
        found.append(Entry(at_us, at_us, "192.0.2.10", 50_000, datagram.body, None, origin))
        if at % 150 == 149:
            found.append(fact(datagram.at_s, FACTS[at // 150 % len(FACTS)]))
    return found


def fact(at_s: float, what: AnyFact) -> Entry:
    at_us = STARTED_AT_US + round(at_s * 1e6)
    return Entry(at_us, at_us, fact=what)


FACTS: tuple[AnyFact, ...] = (
    EditMade(match_id=f"{RING}.{SESSION[:8]}.2", author="a", reason="r", changes=Changes(winner=2)),
    SessionClosed(reason="stop"),
    MatchEntered(author="a", reason="r", changes=Changes(match_number="7", chong_name="A", hong_name="B")),
)


def batches(found: list[Entry], cuts: list[int]) -> list[Datagrams]:
    """`found` cut before those places."""
    edges = sorted({0, len(found), *(cut % (len(found) + 1) for cut in cuts)})
    return [
        Datagrams(RING, JOURNAL_ID, SESSION, SESSION, start + 1, found[start:end]) for start, end in pairwise(edges)
    ]


def take(parser: RingParser, cut: list[Datagrams]) -> list[ParsedEntry]:
    """What `parser` makes of the batches."""
    results: list[ParsedEntry] = []
    for batch in cut:
        parsed = advance(parser, batch)
        assert parsed is not None
        assert parser.failure is None
        results += parsed.results
    return results


@cache
def whole(seed: int) -> tuple[list[ParsedEntry], bytes]:
    """The results of a ring's matches in one batch, and the parser's dump after them."""
    parser = RingParser(RING, JOURNAL_ID)
    return take(parser, batches(matches(seed), [])), parser.dump()


def test_these_matches_hold_what_the_properties_are_about() -> None:
    """Loads, scores, challenges, edits, answers: else the properties prove little."""
    events = {
        type(event).__name__
        for seed in range(len(SCENARIOS))
        for result in whole(seed)[0]
        for event in [*result.events, *(event for message in result.messages for event in message.events)]
    }
    assert events >= {
        *("MatchLoaded", "RoundStarted", "RoundEnded", "RoundWon", "ScoreChanged", "GamJeomsChanged", "MatchDecided"),
        *("StageChanged", "CorrectionMade", "ChallengeChanged", "InjuryChanged", "DialectDetected", "MatchEdited"),
    }


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.lists(st.integers(0, 5000), max_size=30))
def test_batches_do_not_matter(seed: int, cuts: list[int]) -> None:
    """Cut anywhere, results and state are the same; said twice, they are the same, too."""
    expected, dump = whole(seed)
    parser = RingParser(RING, JOURNAL_ID)
    assert take(parser, batches(matches(seed), cuts)) == expected
    assert parser.dump() == dump


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.lists(st.integers(0, 5000), min_size=1, max_size=4))
def test_a_parser_that_is_saved_and_loaded_goes_on_identically(seed: int, places: list[int]) -> None:
    """At any entries: the further results and the state at the end are those of one that was never saved."""
    expected, dump = whole(seed)
    parser = RingParser(RING, JOURNAL_ID)
    results: list[ParsedEntry] = []
    for batch in batches(matches(seed), places):
        parser = RingParser.load(parser.dump())
        results += take(parser, [batch])
    assert results == expected
    assert parser.dump() == dump


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.integers(0, 5000), st.integers(0, 300))
def test_what_was_parsed_before_is_not_parsed_again(seed: int, place: int, back: int) -> None:
    """A batch that overlaps with what is known adds only what is new."""
    found = matches(seed)
    expected, dump = whole(seed)
    at = place % len(found)
    parser = RingParser(RING, JOURNAL_ID)
    results = take(parser, batches(found[:at], [])) if at else []
    start = max(0, at - back)
    again = advance(parser, Datagrams(RING, JOURNAL_ID, SESSION, SESSION, start + 1, found[start:]))
    assert again is not None
    assert results + again.results == expected
    assert parser.dump() == dump


@pytest.mark.parametrize("capture", CAPTURES)
def test_two_parsers_of_a_capture_agree(capture: str) -> None:
    """One by one or at once."""
    one, other = RingParser(RING, JOURNAL_ID), RingParser(RING, JOURNAL_ID)
    found = entries(capture)
    assert take(one, batches(found, list(range(len(found))))) == take(other, batches(found, []))
    assert one.dump() == other.dump()
