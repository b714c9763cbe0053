"""What the simulated network does to datagrams, and that its record is exact."""

from collections import Counter

import pytest

from services.cli.simulator.bout import play
from services.cli.simulator.trouble import Kind, disturb
from shared.rules import DEFAULT_RULES, shipped

SENT = play(11, rule_set=shipped()[DEFAULT_RULES]).datagrams


def test_no_trouble_changes_nothing() -> None:
    got = disturb(SENT, 1)
    assert got.datagrams == SENT
    assert (got.sources, got.incidents) == (list(range(len(SENT))), [])


@pytest.mark.parametrize("seed", range(20))
def test_the_record_is_exact(seed: int) -> None:
    """What arrives, and how often, is what the record says; what it does not name arrives once, unchanged, in order."""
    got = disturb(SENT, seed, loss=0.1, duplication=0.1, reordering=0.2, garbage=0.1, delay_s=0.05)
    done = {kind: Counter(one.index for one in got.incidents if one.kind is kind) for kind in Kind}
    arrived = Counter(source for source in got.sources if source is not None)
    for index in range(len(SENT)):
        assert arrived[index] == 1 - done[Kind.LOST][index] + done[Kind.DUPLICATED][index]
    assert got.sources.count(None) == done[Kind.GARBAGE].total()
    assert all(done.values())
    for datagram, source in zip(got.datagrams, got.sources, strict=True):
        if source is not None:
            assert datagram.body == SENT[source].body
    times = [datagram.at_s for datagram in got.datagrams]
    assert times == sorted(times)
    quiet = [s for s in got.sources if s is not None and arrived[s] == 1 and not done[Kind.REORDERED][s]]
    assert quiet == sorted(quiet)


@pytest.mark.parametrize("seed", range(20))
def test_what_is_reordered_is_overtaken(seed: int) -> None:
    """Each one that the record names arrives 15 to 60 ms late, after a later one; no other is overtaken."""
    got = disturb(SENT, seed, reordering=0.3, loss=0.05)
    named = {one.index for one in got.incidents if one.kind is Kind.REORDERED}
    assert len(named) > 10
    overtaken = {
        source
        for place, source in enumerate(got.sources)
        if source is not None and any(before is not None and before > source for before in got.sources[:place])
    }
    assert overtaken == named
    for datagram, source in zip(got.datagrams, got.sources, strict=True):
        late_s = datagram.at_s - SENT[source or 0].at_s
        assert (0.015 <= late_s <= 0.06) if source in named else late_s == 0


def test_a_duplicate_comes_within_20_ms() -> None:
    got = disturb(SENT, 3, duplication=1.0)
    assert sorted(source for source in got.sources if source is not None) == sorted([*range(len(SENT))] * 2)
    late = [datagram.at_s - SENT[source or 0].at_s for datagram, source in zip(got.datagrams, got.sources, strict=True)]
    assert 0.015 < max(late) <= 0.02


def test_delay_keeps_the_order() -> None:
    got = disturb(SENT, 3, delay_s=0.2)
    assert got.sources == list(range(len(SENT)))
    late = [datagram.at_s - sent.at_s for datagram, sent in zip(got.datagrams, SENT, strict=True)]
    assert 0 <= min(late) < 0.02
    assert 0.18 < max(late) <= 0.2


def test_shares_are_kept() -> None:
    """About as many as asked for; the same seed does the same, another one does not."""
    long = SENT * 20
    lost = len([one for one in disturb(long, 1, loss=0.01).incidents if one.kind is Kind.LOST])
    assert 0.005 < lost / len(long) < 0.015
    assert 0.005 < len(disturb(long, 1, reordering=0.01).incidents) / len(long) < 0.015
    assert disturb(SENT, 1, loss=0.1, garbage=0.1) == disturb(SENT, 1, loss=0.1, garbage=0.1)
    assert disturb(SENT, 1, loss=0.1).sources != disturb(SENT, 2, loss=0.1).sources
