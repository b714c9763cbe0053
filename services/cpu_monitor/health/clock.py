"""This machine's clock: whether it follows a time server, is off, or jumped; cpu-monitor."""

from collections.abc import Iterator
from typing import Final

from services.cpu_monitor.health.sampled import unmeasured
from services.cpu_monitor.health.view import Verdict, View, closed, degraded, duration, unknown, worst
from shared.messages.health import Condition, Subject
from shared.messages.system import ClockState

NAME: Final = "clock"
BETTER: Final = 0.5
STEP_MS: Final = 1_000.0
"""What a time service corrects at once; less is drift that it steers."""
_REMEDY: Final = "See: timedatectl status, or chronyc tracking"


def judge_clock(view: View) -> Iterator[Verdict]:
    """One item."""
    sample = view.picture.sample
    missing = unmeasured(view, Subject.CLOCK, [NAME])
    if missing is not None or sample is None:
        yield from missing or ()
        return
    yield worst(NAME, _faults(view, sample.clock))


def _faults(view: View, clock: ClockState) -> Iterator[Verdict]:
    steps = view.picture.trails.grown.recent((Subject.CLOCK, NAME, "stepped"), now_s=view.now_s)
    if steps:
        by = max(steps, key=abs) / 1000
        reason = f"The clock jumped {'forward' if by > 0 else 'back'} by {duration(abs(by))} within the last minute."
        yield degraded(NAME, reason, f"Times of events before and after do not compare. {_REMEDY}")
    most = view.tolerances.clock_offset_ms
    if view.was(Subject.CLOCK, NAME) is Condition.DEGRADED:
        most *= BETTER
    if clock.offset_ms is not None and abs(clock.offset_ms) > most:
        yield degraded(NAME, f"The clock is off by {abs(clock.offset_ms):.0f} ms.", _REMEDY)
    error = view.picture.time_error
    if error is not None:
        reason = f"{closed(error)} Nobody checks this machine's clock by it."
        yield degraded(NAME, reason, "Look at the network, or set another: restrike settings set monitor.time_server")
    if clock.is_synchronised:
        return
    if clock.is_synchronised is False and view.picture.trails.was_synchronised:
        yield degraded(NAME, "The clock does not follow its time server any more.", f"Look at the network. {_REMEDY}")
    elif clock.offset_ms is None:
        reason = "The clock follows no time server, so nobody knows how right it is."
        yield unknown(NAME, reason, "Set one up: timedatectl set-ntp true")
