"""An obs-bridge with nothing but automation, on OBS that are pretended."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import msgspec

from services.obs_bridge.automation import KEY, Automation
from services.obs_bridge.execution import Outcome
from services.obs_bridge.ledger import Ledger
from services.obs_bridge.programs import Programs
from shared.automation.happenings import Happened
from shared.automation.match_view import MatchView
from shared.clock import monotonic_ns
from shared.errors import ObsError
from shared.licensing.features import OBS_AUTOMATION, REPLAY_CLIPS, Feature
from shared.messages.automation import FiringOutcome, RuleFired
from shared.messages.obs import Role
from shared.messages.obs_actions import AnyAction
from shared.messages.outbox import Facts
from shared.outbox import Outbox
from shared.timers import Timer
from tests.support.happenings import AT_US

Then = Callable[[Outcome[Any]], None]


class PretendedObs:
    """Notes what it is told; the test says when and how an act ends."""

    def __init__(self, name: str, *roles: Role, scene: str | None = None) -> None:
        self.name = name
        self.roles = roles or tuple(Role)
        self.program_scene = scene
        self.acts: list[AnyAction] = []
        self._open: list[Then] = []

    def act(self, action: AnyAction, then: Then) -> object:
        self.acts.append(action)
        self._open.append(then)
        return None

    def end(self, error: ObsError | None = None) -> None:
        """End the oldest act."""
        self._open.pop(0)(Outcome(error=error, sent_ns=None if error else monotonic_ns()))


class House:
    """Automation, its outbox, and a clock that the test moves. `refused`: why the licence does not allow it for a
    match; `refused_clips`: the same of clips.
    """

    def __init__(self, path: Path, *connections: PretendedObs) -> None:
        self.now_us = self.steady_us = AT_US
        self.connections = list(connections)
        self.told: list[RuleFired] = []
        self.timers: list[tuple[int, Callable[[], None], Timer]] = []
        self.posted: list[Callable[[], None]] = []
        self.refused: dict[str | None, str] = {}
        self.refused_clips: dict[str | None, str] = {}
        self.log = Mock()
        self.programs = Programs(self.posted.append)
        self.outbox = Outbox(path, producer="obs-bridge", publish=self._stored, log=Mock())
        self.ledger = Ledger(self.outbox, Mock())
        self.automation = Automation(
            self,
            self.ledger,
            kept=self.outbox.kept(KEY),
            programs=self.programs,
            after=self._after,
            now_us=lambda: self.now_us,
            act_within_ms=lambda: 5_000,
            refusal=self._refusal,
            log=self.log,
            steady_us=lambda: self.steady_us,
        )

    def serving(self, _ring: str, role: Role) -> list[PretendedObs]:
        return [obs for obs in self.connections if role in obs.roles]

    def named(self, name: str) -> PretendedObs | None:
        return next((obs for obs in self.connections if obs.name == name), None)

    def take(self, *happened: Happened) -> None:
        """One turn of the loop, in which this happened."""
        for one in happened:
            self.automation.take(one)
        self.ledger.commit()

    def wait(self, seconds: float) -> None:
        """Let time pass, and a turn for each timer."""
        self.now_us += round(seconds * 1e6)
        self.steady_us += round(seconds * 1e6)
        due = [one for one in self.timers if one[0] <= self.steady_us]
        self.timers = [one for one in self.timers if one[0] > self.steady_us]
        for _, callback, timer in due:
            if not timer.is_over:
                callback()
                self.ledger.commit()
        self.ledger.commit()

    def outcomes(self) -> list[tuple[str, FiringOutcome]]:
        return [(one.rule, one.outcome) for one in self.told]

    def _refusal(self, feature: Feature, view: MatchView) -> str | None:
        return {OBS_AUTOMATION: self.refused, REPLAY_CLIPS: self.refused_clips}[feature].get(view.match_id)

    def _after(self, seconds: float, callback: Callable[[], None]) -> Timer:
        timer = Timer(callback, due=seconds)
        self.timers.append((self.steady_us + round(seconds * 1e6), callback, timer))
        return timer

    def _stored(self, raw: object) -> None:
        assert isinstance(raw, msgspec.Raw)
        facts = msgspec.msgpack.decode(raw, type=Facts)
        self.told += [one.body for one in facts.facts if isinstance(one.body, RuleFired)]
