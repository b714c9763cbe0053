"""What a network does to a match becomes a finding wherever it can be seen, and only then."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache

import pytest

from services.cli.captures import Datagram
from services.cli.simulator.plan import Scenario
from services.cli.simulator.trouble import disturb
from services.cli.simulator.venue import Wish, play_ring
from shared.rules import DEFAULT_RULES, shipped
from tests.support.captures import NAMES, capture
from tests.unit.pss_parser.inspected import (
    Played,
    doubled,
    dropped,
    kinds_of,
    overtaken,
    played,
    rules_told,
)

pytestmark = pytest.mark.slow

ALLOWED = {Scenario.RELOAD: {"reloaded_mid_match"}, Scenario.MIXED: {"reloaded_mid_match"}}
"""What follows from a scenario itself."""
OF_A_LOAD = ("pre", "ref", "at", "mch", "wg", "wrd", "s", "sc", "clk tick", "rnd", "sup", "rdy")
LOST: dict[str, set[str]] = {
    **{f"load {kind}": {"load_incomplete"} for kind in OF_A_LOAD},
    "clk start": {"start_unseen"},
    "clk tick": {"ticks_missing"},
    "clk stop": {"stop_unseen", "report_incomplete"},
    "clk corr": {"clock_rose", "clock_jumped"},
    "clk stopEnd": {"report_incomplete"},
    "brk tick": {"ticks_missing"},
    "rnd": {"round_not_announced"},
    "sc": {"burst_incomplete"},
    "s": {"burst_incomplete", "report_incomplete"},
    "wrd": {"report_incomplete"},
    "rst": {"report_incomplete"},
    "rsr": {"report_incomplete"},
    "ij show": {"start_unseen"},
    "ij tick": {"ticks_missing"},
    "ij hide": {"stop_unseen"},
    "ch request": {"review_incomplete"},
    "ch end": {"review_incomplete"},
}
"""Which finding tells of a datagram of that kind that was lost: one of these, once."""
LOST_UNSEEN = {
    "hl": "a score by the judges has none either",
    "sup": "it is only sent when the leader changes",
    "pt": "the judge sees it: a score without its point",
    "wg": "the judge sees it: a score without its gam-jeom",
    "win": "the judge sees it: half of a result",
    "wmh": "the judge sees it: half of a result",
    "brk stopEnd": "an operator may end a break by hand at any time",
    "ch answer": "a request that was taken back has none either",
    "hwt": "tests come at any number",
    "Udp": "a notice stands for itself",
    "hel": "a notice stands for itself",
    "inlb:": "a notice stands for itself",
    "bye:": "a notice stands for itself",
    "to show": "seldom played",
    "to tick": "seldom played",
    "to hide": "seldom played",
}
IN_ORDER = {
    *("sc", "s", "hl", "sup", "wrd", "rst", "rsr", "win", "wmh"),
    *("ch answer", "clk start", "clk stopEnd", "ij show"),
}
"""What is seen to be late when the next of its group overtakes it; of loads, all."""
KNOWN_ORDER = sorted(IN_ORDER | {f"load {kind}" for kind in OF_A_LOAD[:-1]})
TOGETHER_S = 0.02


@cache
def matches() -> list[tuple[Played, list[str]]]:
    """Matches, and what each of their datagrams is."""
    return [(match, kinds_of(match.datagrams)) for match in played()]


def is_plain(kinds: Sequence[str], datagrams: Sequence[Datagram], place: int) -> bool:
    """Whether the loss of this one can be seen: there are those around it that tell."""
    kind, before, after = kinds[place], kinds[place - 1], kinds[place + 1 : place + 2]
    if kind == "brk tick":
        return before == "brk tick" and after == ["brk tick"]
    if kind == "clk start":
        return after == ["clk tick"]
    if kind == "clk stop":
        return "clk start" in kinds[place + 1 : place + 60] or "wrd" in kinds[place + 1 : place + 4]
    if kind == "ij hide":
        return b"0:00;" not in datagrams[place].body
    if kind == "ch end":
        return before == "ch answer" and datagrams[place - 1].body.split(b";")[1] == b"1"
    return True


def samples(kind: str, most: int = 8) -> list[tuple[Played, int]]:
    """Some datagrams of that kind whose loss could be seen, from different matches."""
    found = []
    for match, kinds in matches():
        able = [at for at, one in enumerate(kinds) if one == kind and is_plain(kinds, match.datagrams, at)]
        found += [(match, place) for place in able[len(able) // 2 :][:1]]
    step = max(1, len(found) // most)
    return found[::step]


def overtakable(kind: str) -> list[tuple[Played, int]]:
    """The first datagram of that kind in each third match, where the next one is near enough to overtake it."""
    found = []
    for match, kinds in matches()[::3]:
        datagrams = match.datagrams
        for place in [at for at, one in enumerate(kinds) if one == kind][:1]:
            following = datagrams[place + 1 : place + 2]
            is_near = following and following[0].at_s - datagrams[place].at_s < TOGETHER_S
            # A tick of the clock may come between any two.
            if is_near and (kinds[place + 1] != "clk tick" or kind == "clk start"):
                found.append((match, place))
    return found


def told_undisturbed(match: Played) -> list[str]:
    # Without these scenarios there is nothing, which tests/system/test_troubled_networks.py proves of all matches.
    return _told_undisturbed()[id(match)] if match.scenario in ALLOWED else []


@cache
def _told_undisturbed() -> dict[int, list[str]]:
    found = [match for match, _ in matches() if match.scenario in ALLOWED]
    return {id(match): rules_told(match.datagrams, match.rules) for match in found}


def more_told(match: Played, change: Callable[[Sequence[Datagram], int], list[Datagram]], place: int) -> list[str]:
    """What is told besides, when the network does that to one datagram."""
    before = Counter(told_undisturbed(match))
    return sorted((Counter(rules_told(change(match.datagrams, place), match.rules)) - before).elements())


@pytest.mark.parametrize("name", NAMES)
def test_captures_have_no_findings(name: str) -> None:
    """Nothing is odd in how the recorded rings sent."""
    datagrams = [Datagram(at_s, body) for at_s, body in capture(name)]
    assert rules_told(datagrams, shipped()[DEFAULT_RULES]) == []


def test_abandoned_matches_are_told_when_the_next_is_loaded() -> None:
    """Three matches in a ring, none of them with a result: the second and the third load say so."""
    wish = Wish(seed=3, rule_set=shipped()[DEFAULT_RULES], scenario=Scenario.ABANDONED, matches=3)
    assert rules_told(play_ring("ring-1", wish).datagrams, wish.rule_set) == ["match_without_end"] * 2


def test_garbage_is_survived() -> None:
    """Beside all else that a network does; the inspectors raise at nothing (`told` asserts it)."""
    for seed, match in enumerate(played(scenarios=[Scenario.MIXED], seeds=3)):
        got = disturb(match.datagrams, seed, loss=0.1, duplication=0.1, reordering=0.1, delay_s=0.1, garbage=0.2)
        assert "unknown_stream" in rules_told(got.datagrams, match.rules)


def test_every_kind_of_datagram_is_in_a_table() -> None:
    """What the simulator sends and nobody thought of here is a gap of the tests below."""
    kinds = {kind for _, kinds in matches() for kind in kinds}
    assert kinds <= set(LOST) | set(LOST_UNSEEN)
    assert set(LOST).isdisjoint(LOST_UNSEEN)


@pytest.mark.parametrize("kind", LOST)
def test_a_lost_datagram_is_one_finding(kind: str) -> None:
    """One lost datagram of each kind that can be seen: one finding of the right rule, and no other."""
    found = samples(kind)
    assert found
    for match, place in found:
        more = more_told(match, dropped, place)
        assert len(more) == 1, (match.scenario, place, match.datagrams[place], more)
        assert set(more) <= LOST[kind]


@pytest.mark.parametrize("kind", LOST_UNSEEN)
def test_what_cannot_be_seen_is_not_told(kind: str) -> None:
    """The loss of these is no finding about the ring."""
    for match, place in samples(kind, most=4):
        if not kind.startswith("to "):
            assert more_told(match, dropped, place) == [], (match.scenario, place, match.datagrams[place])


@pytest.mark.parametrize("kind", sorted(set(LOST) | set(LOST_UNSEEN)))
def test_a_datagram_that_comes_twice_is_one_finding(kind: str) -> None:
    """Of any kind, and what it says is not told as odd besides."""
    for match, place in samples(kind, most=4):
        assert more_told(match, doubled, place) == ["duplicate_datagram"], (place, match.datagrams[place])


@pytest.mark.parametrize("kind", KNOWN_ORDER)
def test_a_datagram_that_was_overtaken_is_one_finding(kind: str) -> None:
    """Where the order is known: loads, points, reports, results, the ends of rounds and reviews. All matches are in
    tests/system/test_troubled_networks.py.
    """
    found = overtakable(kind)
    assert found
    for match, place in found[:: max(1, len(found) // 8)]:
        assert more_told(match, overtaken, place) == ["late_datagram"], (place, match.datagrams[place : place + 2])
