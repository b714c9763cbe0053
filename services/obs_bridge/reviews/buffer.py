"""Keeps the replay buffer of one OBS running while a match is on; obs-bridge."""

from collections.abc import Callable
from typing import Final

import structlog

from services.obs_bridge.acts import replay
from services.obs_bridge.acts.outputs import state_of
from services.obs_bridge.acts.replay import BufferState
from services.obs_bridge.execution import Outcome
from services.obs_bridge.procedure import Data
from services.obs_bridge.recording.plans import ENDS
from services.obs_bridge.surroundings import Obs, Surroundings, is_fresh
from shared.automation.happenings import Happened
from shared.automation.match_view import MatchView
from shared.licensing.features import REPLAY_CLIPS

LINGER_US: Final = 300_000_000
"""After a match the buffer stays for five minutes: the next one is mostly loaded by then."""
RETRY_US: Final = 3_000_000


class Buffer:
    """`is_on` is None until OBS was asked. A buffer that somebody started by hand is used, and left to them. While it
    `is_naming`, how OBS names files must be left alone.
    """

    def __init__(self, obs: Obs, around: Surroundings, *, log: structlog.stdlib.BoundLogger) -> None:
        self.is_on: bool | None = None
        self._obs = obs
        self._around = around
        self._log = log.bind(obs=obs.name)
        self._matches: dict[str, MatchView] = {}
        self._last_us = 0
        self.is_busy = self.is_naming = self._is_ours = False
        self._retry_at_us = 0
        self._problem: str | None = None

    @property
    def is_wanted(self) -> bool:
        """Whether it ought to run: a match is on."""
        return self._has_match and self._obs.recording.keeps_replay

    @property
    def _has_match(self) -> bool:
        """Whether a match is on that the licence allows it for."""
        return any(self._around.refusal(REPLAY_CLIPS, view) is None for view in self._matches.values())

    def took(self, happened: Happened) -> None:
        """Go on with what happened on a ring that this connection serves."""
        if happened.what in ENDS or happened.view.match_id is None or happened.view.is_over:
            self._over(happened.ring)
        elif happened.ring in self._matches or is_fresh(self._around, happened.at_us):
            self._on(happened.view)

    def stands(self, view: MatchView) -> None:
        """How a ring stands, once nothing of it is missing any more."""
        if view.match_id is None or view.is_over:
            self._over(view.ring)
        elif view.ring in self._matches or view.is_fought:
            self._on(view)

    def forget(self, serves: Callable[[str], bool]) -> None:
        """Rings that this connection does not serve now have no match here."""
        for ring in [ring for ring in self._matches if not serves(ring)]:
            self._over(ring)

    def _on(self, view: MatchView) -> None:
        before = self._matches.get(view.ring)
        if before is not None and before.match_id != view.match_id:
            self._over(view.ring)
        self._matches[view.ring] = view

    def _over(self, ring: str) -> None:
        if self._matches.pop(ring, None) is not None:
            self._last_us = self._around.now_us()

    def link_up(self) -> None:
        """OBS can be asked again."""
        self.is_busy = True
        self._obs.run(replay.state(), self._looked, what="the state of the replay buffer")

    def link_down(self) -> None:
        """OBS cannot be asked."""
        self.is_on = None
        self.is_naming = False

    def event(self, name: str, data: Data) -> None:
        """An event of OBS."""
        if name == replay.EVENT:
            state = state_of(data)
            if state in ("STARTED", "STOPPED"):
                self.is_on = state == "STARTED"
                self._is_ours = self._is_ours and self.is_on

    def turn(self, *, may_act: bool = True) -> None:
        """Start or end it, if that is due; `may_act`: nobody else just sets how OBS names files."""
        if self.is_busy or not self._obs.is_connected or self._is_resting():
            return
        if self.is_on is None:
            self.link_up()
        elif not may_act or self._around.is_paused:
            return
        elif self.is_wanted and not self.is_on:
            self.is_busy = self.is_naming = True
            start = replay.start(self._obs.facts, named=self._named)
            self._obs.run(start, self._started, what="the start of the replay buffer")
        elif self.is_on and self._is_ours and not self._has_match and self._lingered():
            self.is_busy = True
            self._obs.run(replay.stop(self._obs.facts), self._stopped, what="the end of the replay buffer")

    def _is_resting(self) -> bool:
        return 0 < self._retry_at_us - self._around.now_us() <= RETRY_US

    def _lingered(self) -> bool:
        return abs(self._around.now_us() - self._last_us) > LINGER_US  # the wall clock may be set

    def _named(self) -> None:
        self.is_naming = False

    def _looked(self, outcome: Outcome[BufferState]) -> None:
        self.is_busy = False
        if outcome.error is None:
            self.is_on = outcome.value().is_on
        else:
            self._retry_at_us = self._around.now_us() + RETRY_US

    def _started(self, outcome: Outcome[bool]) -> None:
        self.is_busy = self.is_naming = False
        if outcome.error is None:
            self.is_on = True
            self._is_ours = outcome.value()  # not when somebody was quicker
            self._problem = None
            return
        self._retry_at_us = self._around.now_us() + RETRY_US
        if outcome.error.message != self._problem:
            self._problem = outcome.error.message
            self._log.error("replay_buffer_not_started", reason=self._problem)

    def _stopped(self, outcome: Outcome[bool]) -> None:
        self.is_busy = False
        if outcome.error is None:
            self.is_on = self._is_ours = False
        else:
            self._last_us = self._around.now_us()
