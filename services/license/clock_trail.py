"""What the machine's clock has shown, so that one that is set back is noticed; license. No clock, no I/O.

Time is credible when it went on as it should: with the time that the machine ran. A clock that leaps ahead by days, as
one with an empty battery may do, is doubted until it has run like that for two days; if it is set right within them,
that was a mistake and no harm is done. A clock that shows a time before a credible one is taken for set back, until it
shows a later one again, or the vendor's server has told what time it is.
"""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

HOUR_US: Final = 3_600_000_000
TOLERANCE_US: Final = 26 * HOUR_US
"""A clock may stand so much before the latest time: 26 hours are the most that a wrong time zone makes."""
LEAP_US: Final = TOLERANCE_US
"""A clock that is ahead by so much more than the machine ran has leapt: what is tolerated one way must be doubted the
other way, or one that was a day and a half ahead could not be set right.
"""
BELIEVED_AFTER_US: Final = 48 * HOUR_US
"""A clock that leapt is believed after it ran for so long."""
MISTAKES: Final = 5
"""So many leaps that were taken back are forgiven until the vendor has told the time again: a battery is replaced after
the second.
"""


class Span(Struct, frozen=True):
    """From one time to another, Unix microseconds."""

    first_us: int
    last_us: int


class ClockTrail(Struct, frozen=True, kw_only=True):
    """`latest_us` is the latest credible time. While the clock is doubted, `leapt_to_us` is the latest that it showed.
    `ran_us` is for how long the machine ran meanwhile. `mistakes` are the times of leaps that were taken back.
    `is_back` is whether the clock was set back when it was seen last: then it has to come up to an hour more, so that
    one that stands at the border is not judged otherwise each minute.
    """

    latest_us: int
    leapt_to_us: int | None = None
    ran_us: int = 0
    mistakes: tuple[Span, ...] = ()
    is_back: bool = False

    def floor_us(self) -> int:
        """What the clock must not stand before."""
        return self.latest_us + (self.ran_us if self.leapt_to_us is not None else 0) - TOLERANCE_US

    def is_set_back(self, now_us: int) -> bool:
        """Whether `now_us` is before a credible time."""
        return now_us < self.floor_us() + (HOUR_US if self.is_back else 0)

    def seen(self, now_us: int, *, ran_us: int) -> "ClockTrail":
        """The clock shows `now_us`; `ran_us` is for how long this process ran since it was seen last (0 at a start)."""
        trail = replace(self._went_on(now_us, ran_us), is_back=self.is_back)
        return replace(trail, is_back=trail.is_set_back(now_us))

    def _went_on(self, now_us: int, ran_us: int) -> "ClockTrail":
        if self.leapt_to_us is not None:
            return self._seen_in_doubt(now_us, ran_us)
        if now_us > self.latest_us + ran_us + LEAP_US:
            return replace(self, leapt_to_us=now_us, ran_us=ran_us)
        # Time goes on while the machine runs, whatever its clock shows: one that is set back each day falls behind.
        ran_on_us = self.latest_us + (0 if self.is_back or self.is_set_back(now_us) else ran_us)
        return replace(self, latest_us=max(ran_on_us, now_us))

    def witnessed(self, at_us: int) -> "ClockTrail":
        """Something that was written on this machine says that it was `at_us` then."""
        doubted_us = self.latest_us if self.leapt_to_us is None else self.leapt_to_us + TOLERANCE_US
        if at_us <= doubted_us or any(mistake.first_us <= at_us <= mistake.last_us for mistake in self.mistakes):
            return self
        return ClockTrail(latest_us=at_us, mistakes=self.mistakes)

    def told(self, at_us: int) -> "ClockTrail":
        """The vendor's server said, and signed, that it is `at_us`. What was later was a mistake; of those before, what
        lies in the future is remembered: the database may have rows of it.
        """
        later_us = max(self.latest_us, self.leapt_to_us or 0)
        if later_us > at_us + TOLERANCE_US:
            return ClockTrail(latest_us=at_us, mistakes=(Span(at_us, later_us + HOUR_US),))
        latest_us, wrong_us = max(later_us, at_us), max((one.last_us for one in self.mistakes), default=0)
        mistakes = (Span(latest_us + 1, wrong_us),) if wrong_us > latest_us else ()
        return ClockTrail(latest_us=latest_us, mistakes=mistakes)

    def _seen_in_doubt(self, now_us: int, ran_us: int) -> "ClockTrail":
        leapt_to_us = self.leapt_to_us or 0
        is_new_leap = now_us > leapt_to_us + ran_us + LEAP_US
        ran_us += self.ran_us
        if is_new_leap:  # it is doubted as long as the first one
            return replace(self, latest_us=self.latest_us + ran_us, leapt_to_us=now_us, ran_us=0)
        if now_us >= leapt_to_us - TOLERANCE_US:
            if ran_us < BELIEVED_AFTER_US:
                return replace(self, leapt_to_us=max(now_us, leapt_to_us), ran_us=ran_us)
            return ClockTrail(latest_us=max(now_us, leapt_to_us), mistakes=self.mistakes)
        if len(self.mistakes) >= MISTAKES:  # not a mistake any more
            return ClockTrail(latest_us=leapt_to_us, mistakes=self.mistakes)
        right_us = self.latest_us + ran_us
        wrong = Span(max(now_us, right_us) + 1, leapt_to_us + HOUR_US)  # the clock is looked at each minute
        return ClockTrail(latest_us=max(right_us, min(now_us, leapt_to_us)), mistakes=(*self.mistakes, wrong))
