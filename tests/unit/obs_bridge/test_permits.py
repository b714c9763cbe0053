"""What the licence allows for a match is decided once, and holds until that match is off the mat."""

from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from services.obs_bridge.permits import KEY, Permits
from shared.automation.match_view import MatchView
from shared.licensing.features import OBS_AUTOMATION, REPLAY_CLIPS
from shared.licensing.gate import LOOK_EVERY_S, Gates
from shared.messages.license import LicenseState
from shared.paths import Paths
from tests.support.stage.verdict import SimVerdict

AT_US = 1_790_000_000_000_000
REFUSED = "OBS automation: not allowed by the licence (expired). It ended yesterday. Renew it."


class Mats:
    """Permits with a verdict that the test decides, a clock, and what was kept."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.now_s = 100.0
        self.verdict = SimVerdict(lambda: AT_US)
        self.begin()

    def begin(self) -> None:
        """The process begins, with what was kept."""
        ledger: Any = Mock(keep=self.kept.__setitem__)
        gates = Gates(
            Paths(Path("/nowhere")),
            verdicts=self.verdict,
            now_us=lambda: AT_US,
            steady_s=lambda: self.now_s,
        )
        self.permits = Permits(gates, ledger, kept=dict(self.kept), log=Mock())

    def later(self) -> None:
        """Long enough that the verdict is read again, and looked at."""
        self.now_s += LOOK_EVERY_S
        self.permits.look()

    def load(self, number: int, ring: str = "ring-1") -> MatchView:
        """A match is loaded."""
        view = MatchView(ring=ring, match_id=f"{ring}.{number}")
        self.permits.took(view)
        return view

    def records(self, view: MatchView) -> bool:
        """Whether it may be recorded."""
        return self.permits.refusal(OBS_AUTOMATION, view) is None


@pytest.fixture
def mats() -> Mats:
    return Mats()


def test_a_licence_that_ends_in_the_middle(mats: Mats) -> None:
    """The match goes on as it began, on another ring one that is loaded then does not; nor does the next one. The one
    before is still what it was, for what OBS has to do with it.
    """
    first = mats.load(1)
    mats.verdict.expire()
    mats.later()
    assert mats.records(first)
    other, second = mats.load(1, "ring-2"), mats.load(2)
    assert [mats.records(view) for view in (first, second, other)] == [True, False, False]
    assert mats.permits.refusal(OBS_AUTOMATION, second) == REFUSED
    third = mats.load(3)
    assert [mats.records(view) for view in (first, second, third)] == [False, False, False]


def test_a_licence_that_begins_in_the_middle(mats: Mats) -> None:
    """Allowed from then on, and to the end of the match."""
    mats.verdict.expire()
    view = mats.load(1)
    assert not mats.records(view)
    mats.verdict.renew()
    mats.later()
    assert mats.records(view)
    mats.verdict.expire()
    mats.later()
    assert mats.records(view)


def test_each_feature_for_itself(mats: Mats) -> None:
    """A licence that names one of them allows that one."""
    mats.verdict.allowed = (REPLAY_CLIPS.name,)
    view = mats.load(1)
    assert not mats.records(view)
    assert mats.permits.refusal(REPLAY_CLIPS, view) is None


def test_without_a_match_it_is_as_it_stands(mats: Mats) -> None:
    """Nothing is under way that could go on."""
    nobody = MatchView(ring="ring-1")
    mats.permits.took(nobody)
    assert mats.records(nobody)
    mats.verdict.expire()
    mats.now_s += LOOK_EVERY_S
    assert not mats.records(nobody)


@pytest.mark.parametrize("is_open", [True, False])
def test_over_a_restart(mats: Mats, *, is_open: bool) -> None:
    """What was allowed for the match on the mat, and for the one before, still is; what was not is not; and the next
    match is decided anew.
    """
    before = mats.load(0)
    if not is_open:
        mats.verdict.expire()
        mats.later()
    view = mats.load(1)
    mats.verdict.expire()
    mats.begin()
    mats.permits.took(view)
    mats.later()
    assert (mats.records(before), mats.records(view)) == (True, is_open)
    assert not mats.records(mats.load(2))


def test_a_restart_into_another_match(mats: Mats) -> None:
    """What was kept is of no use to it."""
    mats.load(1)
    mats.verdict.expire()
    mats.begin()
    assert not mats.records(mats.load(2))


def test_kept_by_another_version(mats: Mats) -> None:
    """What cannot be read is as if nothing was kept."""
    view = mats.load(1)
    mats.kept[KEY + "ring-1"] = b"\xc1"
    mats.verdict.expire()
    mats.begin()
    mats.permits.took(view)
    assert not mats.records(view)


def test_a_verdict_is_not_read_for_each_event(mats: Mats) -> None:
    """However much happens: once in two seconds."""
    reads = Mock(side_effect=mats.verdict.read)
    mats.verdict.read = reads  # type: ignore[method-assign]  # counted
    view = mats.load(1)
    for _ in range(1_000):
        mats.permits.took(view)
        mats.records(view)
    mats.permits.look()
    assert reads.call_count == 1


def test_kept_when_it_changes(mats: Mats) -> None:
    """Not each second: a write is a commit."""
    mats.load(1)
    mats.kept.clear()
    mats.later()
    assert mats.kept == {}
    mats.verdict.state = LicenseState.GRACE
    mats.later()
    assert mats.kept == {}
