"""What recorders, replay buffers and clips need of their connection and of the service around them; obs-bridge."""

from collections.abc import Callable
from typing import Any, Final, Protocol

from services.obs_bridge.acts.facts import ObsFacts
from services.obs_bridge.execution import Outcome
from services.obs_bridge.procedure import Procedure
from shared.automation.happenings import Happened
from shared.automation.match_view import MatchView
from shared.licensing.features import Feature
from shared.messages.obs import RecordingSettings
from shared.messages.recordings import VideoStored

UNSURE: Final = frozenset({"obs.no_answer", "obs.gone", "obs.not_confirmed"})
"""Errors after which OBS may have done what it was asked."""


class Obs(Protocol):
    """One connection to OBS."""

    @property
    def name(self) -> str:
        """Of the connection."""

    @property
    def recording(self) -> RecordingSettings:
        """How it records."""

    @property
    def facts(self) -> ObsFacts:
        """What this OBS can do."""

    @property
    def is_connected(self) -> bool:
        """Whether it can be asked."""

    def run(self, procedure: Procedure[Any], then: Callable[[Outcome[Any]], None], *, what: str) -> object:
        """Do a procedure."""


class Surroundings(Protocol):
    """What all connections share."""

    @property
    def is_paused(self) -> bool:
        """Whether an operator paused all automation."""

    @property
    def act_within_us(self) -> int:
        """How old an event may be that makes OBS act."""

    def now_us(self) -> int:
        """The wall clock."""

    def refusal(self, feature: Feature, view: MatchView) -> str | None:
        """Why the licence keeps us from doing something by ourselves for this match; None: it does not."""

    def closed(self, video: VideoStored) -> None:
        """OBS has closed a file."""

    def happened(self, happened: Happened) -> None:
        """Something happened on an OBS, which a rule may wait for."""


def is_fresh(around: Surroundings, at_us: int) -> bool:
    """Whether what happened then may make OBS act. When the clock was set back, what came before it may be old."""
    return abs(around.now_us() - at_us) <= around.act_within_us
