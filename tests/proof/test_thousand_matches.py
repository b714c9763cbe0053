"""A thousand simulated matches, judged beside the truth that was played; run by `make proof`, a minute."""

from collections import Counter

import pytest

from shared.messages.match import Finding, Severity
from tests.support.played_matches import ALLOWED, Played, Score, compare, play_match

MATCHES = 1000
SHARE = 0.01


def is_allowed(played: Played, finding: Finding) -> bool:
    """Whether a finding about a match without network trouble follows from what was played."""
    if finding.severity is Severity.INFORMATION:
        return True
    if finding.rule == "match_without_end":
        return played.truth.decision is None
    return ALLOWED.get(finding.rule) == played.truth.scenario


def tell(score: Score, findings: Counter[str]) -> None:
    """Print what came out."""
    for kind in score.right | score.undetermined:
        print(
            f"{kind}: {score.right[kind]} right, {score.undetermined[kind]} undetermined "
            f"({score.knowable[kind]} could have been known)"
        )
    print(f"{len(score.wrong)} wrong")
    print(", ".join(f"{rule} {count}" for rule, count in sorted(findings.items())))


@pytest.mark.timeout(600)
def test_a_thousand_clean_matches() -> None:
    """Everything that was played is what follows, but for decision codes that dialect A cut; no finding is false."""
    score, findings = Score(), Counter[str]()
    for index in range(MATCHES):
        played = play_match(index)
        assert not played.failures, index
        compare(played, score)
        findings.update(finding.rule for finding in played.findings)
        wrong = [finding for finding in played.findings if not is_allowed(played, finding)]
        assert not wrong, f"{index}: {wrong}"
    tell(score, findings)
    assert score.wrong == []
    assert set(score.undetermined) <= {"decision"}
    assert score.knowable["decision"] == 0
    assert score.right["winner"] == MATCHES


@pytest.mark.timeout(600)
def test_a_thousand_matches_over_a_bad_network() -> None:
    """1 % lost, 1 % doubled, 1 % overtaken: no value is wrong, and what is left open is told by a finding."""
    score, findings, touched = Score(), Counter[str](), 0
    for index in range(MATCHES):
        played = play_match(index, share=SHARE)
        assert not played.failures, index
        findings.update(finding.rule for finding in played.findings)
        if compare(played, score):
            touched += 1
            assert played.findings, index
    print(f"{MATCHES - touched} matches right in everything, {touched} with something undetermined")
    tell(score, findings)
    assert score.wrong == []
    assert score.right["winner"] + score.undetermined["winner"] == MATCHES
    assert score.right["winner"] > MATCHES * 0.99
