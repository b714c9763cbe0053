"""An operator is told what the licence keeps an OBS from: the match and why, and one line in the log for each match."""

from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

from services.obs_bridge.denials import NO_MATCH, Denial, Denials
from shared.automation.match_view import MatchView
from shared.licensing.features import OBS_AUTOMATION, REPLAY_CLIPS, Feature

BOTH = (OBS_AUTOMATION, REPLAY_CLIPS)
FIRST, SECOND = MatchView(ring="ring-1", match_id="a.1"), MatchView(ring="ring-1", match_id="a.2")
OTHER, NOBODY = MatchView(ring="ring-2", match_id="b.1"), MatchView(ring="ring-3")


class Told:
    """Denials of a connection; `refused` says what is, of which match."""

    def __init__(self) -> None:
        self.refused: set[tuple[str | None, str]] = set()
        self.log = Mock()
        self.log.bind.return_value = self.log
        around: Any = SimpleNamespace(refusal=self._refusal)
        self.denials = Denials("main", around, log=self.log)

    def look(self, *views: MatchView) -> Denial | None:
        """What is found, of an OBS for recordings and replays."""
        self.denials.look(views, BOTH)
        return self.denials.found

    def refuse(self, view: MatchView, *features: Feature) -> None:
        """The licence does not allow these."""
        self.refused |= {(view.match_id, feature.name) for feature in features}

    def lines(self) -> list[tuple[str, list[str], str]]:
        """The lines of the log: match, features and reason."""
        calls = [call.kwargs for call in self.log.warning.call_args_list]
        return [(call["match_id"], call["features"], call["reason"]) for call in calls]

    def _refusal(self, feature: Feature, view: MatchView) -> str | None:
        return f"No {feature.name}." if (view.match_id, feature.name) in self.refused else None


def test_once_for_each_match() -> None:
    """Looked at each second: a line for the match, one for the next, and again after it was allowed."""
    told = Told()
    told.refuse(FIRST, *BOTH)
    told.refuse(SECOND, REPLAY_CLIPS)
    for view in (FIRST, FIRST, SECOND, SECOND):
        assert told.look(NOBODY, view) is not None
    names = [feature.name for feature in BOTH]
    assert told.lines() == [("a.1", names, "No obs_automation."), ("a.2", names[1:], "No replay_clips.")]
    told.refused.clear()
    assert told.look(SECOND) is None
    told.refuse(SECOND, OBS_AUTOMATION)
    assert told.look(SECOND) == Denial(SECOND, "No obs_automation.")
    assert len(told.lines()) == 3


def test_each_ring() -> None:
    """Two mats of one OBS: both in the log, the first in the alarm."""
    told = Told()
    told.refuse(FIRST, OBS_AUTOMATION)
    told.refuse(OTHER, OBS_AUTOMATION)
    assert told.look(FIRST, OTHER) == Denial(FIRST, "No obs_automation.")
    assert told.look(FIRST, OTHER) is not None
    assert [match_id for match_id, _, _ in told.lines()] == ["a.1", "b.1"]


def test_the_next_match() -> None:
    """The licence goes while a match is on: that one is followed, and what becomes of the next is known already."""
    told = Told()
    told.refuse(NO_MATCH, REPLAY_CLIPS)
    assert told.look(FIRST) is None
    assert told.denials.ahead == "No replay_clips."
    assert told.lines() == []
    told.refused.clear()
    told.look(FIRST)
    assert told.denials.ahead is None


def test_what_this_obs_is_not_for() -> None:
    """An OBS that is worked by hand alone misses nothing."""
    told = Told()
    told.refuse(FIRST, *BOTH)
    told.refuse(NO_MATCH, *BOTH)
    told.denials.look([FIRST], ())
    assert (told.denials.found, told.denials.ahead) == (None, None)
    assert told.lines() == []
