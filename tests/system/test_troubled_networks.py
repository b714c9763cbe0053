"""What a network does to whole simulated matches becomes findings, in all rule sets, dialects and scenarios."""

from collections import Counter
from collections.abc import Sequence

import pytest

from services.cli.captures import Datagram
from services.cli.simulator.trouble import Kind, disturb
from tests.unit.pss_parser.inspected import kinds_of, overtaken, played, rules_told, told
from tests.unit.pss_parser.test_inspecting_network import (
    ALLOWED,
    IN_ORDER,
    KNOWN_ORDER,
    LOST,
    is_plain,
    more_told,
    overtakable,
)


def test_clean_matches_have_no_findings() -> None:
    """More than 200 matches, all scenarios, rule sets and dialects: nothing but what the scenario itself is."""
    count = 0
    for match in played(seeds=2):
        assert set(rules_told(match.datagrams, match.rules)) <= ALLOWED.get(match.scenario, set())
        count += 1
    assert count > 200


@pytest.mark.parametrize("kind", KNOWN_ORDER)
def test_a_datagram_that_was_overtaken_is_one_finding(kind: str) -> None:
    """Of each kind whose order is known, in every third match that has it."""
    found = overtakable(kind)
    assert found
    for match, place in found:
        assert more_told(match, overtaken, place) == ["late_datagram"], (place, match.datagrams[place : place + 2])


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
