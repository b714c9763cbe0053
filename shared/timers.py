"""The timers of one service's loop: what is to be called when."""

import math
from collections.abc import Callable

from shared.clock import monotonic_s

Callback = Callable[[], None]


class Timer:
    """A callback and when it is `due` (monotonic, seconds), then each `period`; one that is over is due never."""

    def __init__(self, callback: Callback, *, due: float, period: float = math.inf) -> None:
        self.callback = callback
        self.due = due
        self.period = period

    @property
    def is_over(self) -> bool:
        """Whether it will not call any more."""
        return self.due == math.inf

    def cancel(self) -> None:
        """Never call any more."""
        self.due = math.inf


class Timers:
    """All timers of a loop. `lag_s` is how late the last one was.

    Periodic ones are in step: what is due each second and what is due twice a second make two turns of it, not three,
    for a turn costs more than most of what is done in it.
    """

    def __init__(self) -> None:
        self.lag_s = 0.0
        self._began_s = monotonic_s()
        self._timers: list[Timer] = []

    @property
    def due(self) -> float:
        """When the next one is due."""
        return min((timer.due for timer in self._timers), default=math.inf)

    def every(self, seconds: float, callback: Callback) -> Timer:
        """Call `callback` every `seconds`, in step with the others; first after half of that time or more."""
        return self._add(Timer(callback, due=self._step(monotonic_s(), seconds), period=seconds))

    def after(self, seconds: float, callback: Callback) -> Timer:
        """Call `callback` once, after `seconds`."""
        return self._add(Timer(callback, due=monotonic_s() + seconds))

    def turn(self, call: Callable[[Callback], None]) -> None:
        """Have `call` call what is due."""
        now = monotonic_s()
        due = [timer for timer in self._timers if timer.due <= now]
        for timer in due:
            if timer.due <= now:  # else one before it has cancelled it
                self.lag_s = now - timer.due
                timer.due = self._step(now, timer.period)
                call(timer.callback)
        if due:
            self._timers = [timer for timer in self._timers if not timer.is_over]

    def _step(self, now_s: float, period_s: float) -> float:
        """The next step of that length, half of it away at least."""
        if period_s == math.inf:
            return period_s
        return self._began_s + math.ceil((now_s - self._began_s) / period_s + 0.5) * period_s

    def _add(self, timer: Timer) -> Timer:
        self._timers.append(timer)
        return timer
