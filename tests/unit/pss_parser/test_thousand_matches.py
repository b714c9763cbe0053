"""Simulated matches of all rules, dialects and scenarios, judged beside the truth; `make proof` plays a thousand."""

import pytest

from shared.messages.match import Severity
from shared.messages.results import Standing
from tests.support.played_matches import Played, Score, compare, play_match

pytestmark = pytest.mark.slow

MATCHES = 136
"""All rules, both dialects and all scenarios at least once."""


@pytest.fixture(scope="module")
def clean() -> list[Played]:
    """A course through a network that does nothing."""
    return [play_match(index) for index in range(MATCHES)]


def test_what_was_played_is_what_follows(clean: list[Played]) -> None:
    """Winners, rounds, scores, gam-jeoms and techniques are the truth. Only a code that the sender cut is not known."""
    score = Score()
    for played in clean:
        assert not played.failures, played.truth
        compare(played, score)
    assert score.wrong == []
    assert set(score.undetermined) <= {"decision"}
    assert score.knowable["decision"] == 0
    assert min(score.right[kind] for kind in ("winner", "round winner", "score", "gam-jeoms", "techniques")) >= MATCHES


def test_no_finding_is_false(clean: list[Played]) -> None:
    """What is more than an information follows from what the scenario plays."""
    for played in clean:
        told = {finding.rule for finding in played.findings if finding.severity is not Severity.INFORMATION}
        is_left = played.truth.decision is None
        assert told == ({"match_without_end"} if is_left else set()), played.truth


def test_a_bad_network_makes_nothing_wrong() -> None:
    """With 2 % lost, 2 % doubled and 2 % overtaken: right, or left open with a finding."""
    score = Score()
    for index in range(MATCHES):
        played = play_match(index, share=0.02)
        assert not played.failures, index
        if compare(played, score):
            assert played.findings, index
    assert score.wrong == []
    assert score.right["score"] > MATCHES


def test_a_match_that_is_left_is_undetermined(clean: list[Played]) -> None:
    """An abandoned match has no winner, and says so as soon as another one is loaded."""
    found = [played for played in clean if played.truth.decision is None]
    assert found
    for played in found:
        assert played.result is not None
        assert (played.result.standing, played.result.winner) == (Standing.UNDETERMINED, None)


def test_a_match_can_be_told_again(clean: list[Played]) -> None:
    """The same index plays the same match: what is proven here can be looked into."""
    assert play_match(7).state == clean[7].state
