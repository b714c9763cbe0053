"""Commands to record, of operators or rules, while a match is on: they are for its recording; obs-bridge."""

from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from services.obs_bridge.acts.facts import Done
from services.obs_bridge.execution import Outcome
from services.obs_bridge.recording.take import Take
from services.obs_bridge.recording.tape import Tape
from shared.errors import ObsError
from shared.messages.recordings import RecordingState

WITHIN_US: Final = 15_000_000
"""A start or an end is over by then, or will not be."""
Then = Callable[[Outcome[Any]], None]


class _Command(Struct):
    """A command that is not answered yet: to end `take`, or (None) to begin. `was_running`: OBS records already."""

    then: Then
    at_us: int
    take: Take | None = None
    was_running: bool = False


class Commands:
    """Those that are not answered yet. While there are any, the recorder acts though automation is paused."""

    def __init__(self, tape: Tape, now_us: Callable[[], int]) -> None:
        self._tape = tape
        self._now_us = now_us
        self._open: list[_Command] = []

    def __bool__(self) -> bool:
        return any(not command.was_running for command in self._open)

    def start(self, then: Then, *, was_running: bool) -> None:
        """Tell `then` once OBS records the match, or that it did already."""
        self._open.append(_Command(then, self._now_us(), was_running=was_running))

    def stop(self, take: Take, then: Then) -> None:
        """Tell `then` once OBS has ended `take`."""
        self._open.append(_Command(then, self._now_us(), take))

    def turn(self) -> None:
        """Answer those that are over."""
        for command in tuple(self._open):
            outcome = self._outcome(command)
            if outcome is not None:
                self._open.remove(command)
                command.then(outcome)

    def _outcome(self, command: _Command) -> Outcome[Done] | None:
        take, failed = self._tape.take, self._tape.failed
        if command.take is not None:
            if take is None or take.video_id != command.take.video_id:
                path = command.take.obs_path or "a file that it did not name"
                ended = {"path": command.take.obs_path, "was_running": True}
                return Outcome(result=Done(message=f"OBS recorded {path}.", details=ended))
        elif take is not None and take.state is RecordingState.RECORDING:
            path = take.obs_path or "a file that it did not name"
            was_running = command.was_running
            details: dict[str, Any] = {"path": take.obs_path, "was_running": was_running, "record_ms": take.record_ms}
            if was_running:
                return Outcome(result=Done(message=f"OBS records already, to {path}.", details=details))
            part = f" (part {take.part} of this match)" if take.part > 1 else ""
            return Outcome(result=Done(message=f"OBS records to {path}{part}.", details=details))
        elif failed is not None and take is None:
            return Outcome(error=ObsError("obs.start_failed", failed.reason or "OBS does not record."))
        if abs(self._now_us() - command.at_us) > WITHIN_US:
            why = (command.take.doubt if command.take is not None else None) or "OBS did not do it in time."
            return Outcome(error=ObsError("obs.not_confirmed", f"{why} Look at its screen: a window may be open."))
        return None
