"""What ought to be recorded: one plan for the match of each ring, made of what happens on the mat; obs-bridge.

Only what is fresh arms a plan (OBS is not moved by what is long past), but a match that goes on arms it with its next
tick of the clock, so that a start that was missed is made up for.
"""

from typing import Final

from msgspec import Struct

from shared.automation.happenings import Happened
from shared.automation.match_view import MatchView
from shared.messages.automation import Happening
from shared.messages.obs import StartOn

ENDS: Final = (Happening.MATCH_DECIDED, Happening.MATCH_CLOSED)
_ARMS: Final = {
    StartOn.LOAD: (Happening.MATCH_LOADED, Happening.MATCH_READY, Happening.ROUND_STARTED, Happening.CLOCK_STARTED),
    StartOn.READY: (Happening.MATCH_READY, Happening.ROUND_STARTED, Happening.CLOCK_STARTED),
    StartOn.CLOCK: (Happening.ROUND_STARTED, Happening.CLOCK_STARTED),
}


class Plan(Struct, kw_only=True):
    """A match of a ring. `parts` recordings were begun for it; `first_clock_at_us` and `ended_at_us` are when it began
    and was decided or closed (Unix microseconds). `is_given_up`: somebody stopped its recording in OBS, and is obeyed.
    `is_prepared`: folder and room were seen to.
    """

    view: MatchView
    armed_at_us: int | None = None
    parts: int = 0
    first_clock_at_us: int | None = None
    ended_at_us: int | None = None
    is_given_up: bool = False
    is_prepared: bool = False

    @property
    def key(self) -> tuple[str, str | None]:
        """Its ring and match."""
        return self.view.ring, self.view.match_id

    def take(self, happened: Happened, *, start_on: StartOn, is_fresh: bool) -> None:
        """Go on with what happened in this match."""
        self.view, what, at_us = happened.view, happened.what, happened.at_us
        if what is Happening.MATCH_LOADED and happened.is_reload and self.ended_at_us is not None:
            self.ended_at_us = self.armed_at_us = None  # it was decided, and is loaded to be fought on
        if what is Happening.CLOCK_STARTED and self.first_clock_at_us is None:
            self.first_clock_at_us = at_us
        if what in ENDS and self.ended_at_us is None:
            self.ended_at_us = at_us
        is_late = what is Happening.CLOCK and self.view.clock_running
        if is_fresh and self.armed_at_us is None and self.ended_at_us is None and (what in _ARMS[start_on] or is_late):
            self.armed_at_us = at_us

    def ends_at_us(self, post_roll_ms: int) -> int | None:
        """When its recording is to end; None while that is not known."""
        return None if self.ended_at_us is None else self.ended_at_us + post_roll_ms * 1000

    def is_due(self, now_us: int, *, post_roll_ms: int) -> bool:
        """Whether it ought to be recorded now."""
        ends_at_us = self.ends_at_us(post_roll_ms)
        return self.armed_at_us is not None and not self.is_given_up and (ends_at_us is None or now_us < ends_at_us)


class Plans:
    """The plans of the rings that one OBS serves; it can record one at a time."""

    def __init__(self, plans: dict[str, Plan]) -> None:
        self.by_ring = plans

    def take(self, happened: Happened, *, start_on: StartOn, is_fresh: bool) -> Plan | None:
        """The plan of the match in which something happened, None when there is no match."""
        match_id = happened.view.match_id
        if match_id is None:
            return None
        plan = self.by_ring.get(happened.ring)
        if plan is None or plan.view.match_id != match_id:
            plan = self.by_ring[happened.ring] = Plan(view=happened.view)
        plan.take(happened, start_on=start_on, is_fresh=is_fresh)
        return plan

    def due(self, now_us: int, *, post_roll_ms: int, current: tuple[str, str | None] | None) -> Plan | None:
        """What ought to be recorded now: what is (`current`, ring and match), as long as it is due, else the match that
        was armed last.
        """
        due = [plan for plan in self.by_ring.values() if plan.is_due(now_us, post_roll_ms=post_roll_ms)]
        for plan in due:
            if current == plan.key:
                return plan
        return max(due, key=lambda plan: plan.armed_at_us or 0, default=None)

    def unprepared(self) -> Plan | None:
        """The match that was loaded last, and of which nothing is known yet but that it was."""
        waiting = [
            p for p in self.by_ring.values() if not p.is_prepared and p.armed_at_us is None and not p.ended_at_us
        ]
        return max(waiting, key=lambda plan: plan.view.loaded_at_us or 0, default=None)
