"""What a network does to a match becomes a finding wherever it can be seen, and only then."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache

import pytest

from services.cli.captures import Datagram
from services.cli.simulator.plan import Scenario
from services.cli.simulator.trouble import Kind, disturb
from services.cli.simulator.venue import Wish, play_ring
from shared.rules import DEFAULT_RULES, shipped
from tests.support.captures import NAMES, capture
from tests.unit.pss_parser.inspected import (
    Played,
    doubled,
    dropped,
    kinds_of,
    overtaken,
    places,
    played,
    rules_told,
    told,
)

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


def told_undisturbed(match: Played) -> list[str]:
    # Without these scenarios there is nothing, which the test of the clean matches proves.
    return rules_told(match.datagrams, match.rules) if match.scenario in ALLOWED else []


def more_told(match: Played, change: Callable[[Sequence[Datagram], int], list[Datagram]], place: int) -> list[str]:
    """What is told besides, when the network does that to one datagram."""
    before = Counter(told_undisturbed(match))
    return sorted((Counter(rules_told(change(match.datagrams, place), match.rules)) - before).elements())


@pytest.mark.parametrize("name", NAMES)
def test_captures_have_no_findings(name: str) -> None:
    """Nothing is odd in how the recorded rings sent."""
    datagrams = [Datagram(at_s, body) for at_s, body in capture(name)]
    assert rules_told(datagrams, shipped()[DEFAULT_RULES]) == []


def test_clean_matches_have_no_findings() -> None:
    """More than 200 matches, all scenarios, rule sets and dialects: nothing but what the scenario itself is."""
    count = 0
    for match in played(seeds=2):
        assert set(rules_told(match.datagrams, match.rules)) <= ALLOWED.get(match.scenario, set())
        count += 1
    assert count > 200


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


@pytest.mark.parametrize("kind", sorted(IN_ORDER | {f"load {kind}" for kind in OF_A_LOAD[:-1]}))
def test_a_datagram_that_was_overtaken_is_one_finding(kind: str) -> None:
    """Where the order is known: loads, points, reports, results, the ends of rounds and reviews."""
    count = 0
    for match, kinds in matches()[::3]:
        datagrams = match.datagrams
        for place in places(datagrams)[kind][:1]:
            following = datagrams[place + 1 : place + 2]
            is_near = following and following[0].at_s - datagrams[place].at_s < TOGETHER_S
            # A tick of the clock may come between any two.
            if is_near and (kinds[place + 1] != "clk tick" or kind == "clk start"):
                count += 1
                assert more_told(match, overtaken, place) == ["late_datagram"], (place, datagrams[place : place + 2])
    assert count


def test_most_of_what_a_bad_network_does_is_told() -> None:
    """300 matches with 1 % lost, 1 % twice, 1 % late: of what can be seen at least so much became a finding."""
    seen: Counter[str] = Counter()
    done: Counter[str] = Counter()
    for seed, match in enumerate(played(seeds=2)):
        got = disturb(match.datagrams, seed, loss=0.01, duplication=0.01, reordering=0.01)
        left = [(one.at_s, one.finding.rule) for one in told(got.datagrams, match.rules)]
        kinds = kinds_of(match.datagrams)
        for incident in got.incidents:
            rules = expected(incident.kind, kinds, match.datagrams, incident.index)
            at_s = match.datagrams[incident.index].at_s
            hit = next((one for one in left if one[1] in rules and at_s - 1 <= one[0] <= at_s + 130), None)
            if rules:
                done[incident.kind] += 1
            if hit is not None:
                seen[incident.kind] += 1
                left.remove(hit)
    shares = {kind: seen[kind] / done[kind] for kind in done}
    assert all(done[kind] > 300 for kind in (Kind.LOST, Kind.DUPLICATED, Kind.REORDERED))
    assert shares[Kind.DUPLICATED] > 0.97
    assert shares[Kind.LOST] > 0.95
    assert shares[Kind.REORDERED] > 0.8


def expected(kind: Kind, kinds: Sequence[str], datagrams: Sequence[Datagram], place: int) -> set[str]:
    """Which findings may tell of the incident; none if it cannot be seen."""
    if kind is Kind.DUPLICATED:
        return {"duplicate_datagram"}
    if kind is Kind.LOST:
        return LOST.get(kinds[place], set()) if is_plain(kinds, datagrams, place) else set()
    return {"late_datagram"} if kinds[place] in IN_ORDER or kinds[place].startswith("load ") else set()
