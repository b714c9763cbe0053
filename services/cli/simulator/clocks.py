"""The round's clock and the clocks that only count down.

What is shown is what is left, rounded down: 02:00 shows 01:59 as soon as it runs.
"""

from collections.abc import Callable

from services.cli.simulator import wording
from services.cli.simulator.tape import Tape


class RoundClock:
    """The clock of a round. `ran_ms` is how long it ran in this round."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._left_ms = 0
        self.shown_s = 0
        self.ran_ms = 0
        self.is_running = False

    def set(self, seconds: int) -> None:
        """A new round; nothing is said."""
        self._left_ms, self.shown_s, self.ran_ms, self.is_running = seconds * 1000, seconds, 0, False

    def correct(self, seconds: int) -> None:
        """The operator sets the standing clock."""
        self._left_ms, self.shown_s = seconds * 1000, seconds
        self._tape.say(wording.clock(seconds, "corr"))

    def start(self) -> None:
        """Run."""
        self.is_running = True
        self._tape.say(wording.clock(self.shown_s, "start"))
        self.run(0)

    def stop(self) -> None:
        """Stand still; nothing to do if it does."""
        if self.is_running:
            self.is_running = False
            self._tape.say(wording.clock(self.shown_s, "stop"))

    def run(self, duration_ms: int) -> bool:
        """Let it run that long, or to its end; whether time is left."""
        left_ms = min(duration_ms, self._left_ms)
        while self.shown_s and self._left_ms - self.shown_s * 1000 <= left_ms:
            step_ms = self._left_ms - self.shown_s * 1000
            self._pass_ms(step_ms)
            left_ms -= step_ms
            self.shown_s -= 1
            self._tape.say(wording.clock(self.shown_s))
        self._pass_ms(left_ms)
        return self._left_ms > 0

    def end_by_time(self) -> None:
        """Time is up."""
        self.is_running = False
        self._tape.say(wording.CLOCK_OVER, wording.clock(0, "stop"))

    def end_early(self) -> None:
        """The round is over before its time."""
        self.stop()
        self._tape.say(wording.CLOCK_OVER)

    def _pass_ms(self, duration_ms: int) -> None:
        self._tape.pass_ms(duration_ms)
        self._left_ms -= duration_ms
        self.ran_ms += duration_ms


def count_down(tape: Tape, tick: Callable[[int], str], *, shown_s: int, seconds: int) -> None:
    """Let `seconds` pass on a clock that shows `shown_s`: a tick each second, never below 0."""
    for passed in range(1, seconds + 1):
        tape.pass_ms(1000)
        if passed <= shown_s:
            tape.say(tick(shown_s - passed))
