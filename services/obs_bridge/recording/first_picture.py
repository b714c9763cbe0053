"""Asks OBS after a start until its encoder has given the recording's first picture; obs-bridge.

Where the encoder runs already (for the replay buffer or a stream), that is its next key frame: OBS says at once that it
records, and its own time code stands at 0 for up to 25 s.
"""

from collections.abc import Callable
from typing import Final

from services.obs_bridge.acts import recording
from services.obs_bridge.acts.recording import Progress
from services.obs_bridge.execution import Outcome
from services.obs_bridge.recording.tape import Tape
from services.obs_bridge.surroundings import Obs
from shared.messages.recordings import RecordingState

EVERY_US: Final = 200_000
LONG_US: Final = 30_000_000
"""The longest interval between key frames that is usual: 250 pictures, 10 a second."""


class FirstPicture:
    """Of the recording under way."""

    def __init__(self, obs: Obs, tape: Tape, now_us: Callable[[], int]) -> None:
        self._obs = obs
        self._tape = tape
        self._now_us = now_us
        self._is_asking = False
        self._asked_at_us = 0

    def turn(self) -> None:
        """Ask again, while it is not known."""
        take, now_us = self._tape.take, self._now_us()
        is_awaited = take is not None and take.is_awaited and take.state is RecordingState.RECORDING
        if not is_awaited or self._is_asking or not self._obs.is_connected:
            return
        if 0 <= now_us - self._asked_at_us < EVERY_US:
            return
        self._is_asking, self._asked_at_us = True, now_us
        self._obs.run(recording.progress(), self._answered, what="the look for the first picture")

    def missing_s(self) -> int | None:
        """For how long OBS has written nothing, when that is too long (s)."""
        take = self._tape.take
        if take is None or not take.is_awaited or take.is_away or take.started_at_us is None:
            return None
        for_us = self._now_us() - take.started_at_us
        return for_us // 1_000_000 if for_us > LONG_US and take.open_pause is None else None

    def _answered(self, outcome: Outcome[Progress]) -> None:
        self._is_asking = False
        if outcome.result is not None and outcome.result.is_recording:
            self._tape.measure(outcome.result.record_ms)
