"""What ought to be recorded: one plan for the match of each ring, made of what happens on the mat; obs-bridge.

Only what is fresh arms a plan (OBS is not moved by what is long past), but a match that goes on arms it with its next
tick of the clock, so that a start that was missed is made up for.
"""

from collections.abc import Callable, Collection
from typing import Final

from msgspec import Struct

from services.obs_bridge.recording import says
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


TIMES: Final = ("armed_at_us", "first_clock_at_us", "ended_at_us", "heard_at_us")
IDLE_US: Final = 600_000_000
"""A match of which nothing was heard for ten minutes was left: breaks and reviews are shorter, and send something."""
SURE_US: Final = 3_000_000
"""A match that waits so long for another one's recording to end is not recorded, and that is said."""
_GOES_ON: Final = (Happening.MATCH_LOADED, Happening.ROUND_STARTED, Happening.CLOCK_STARTED)
"""After its end: the decision was taken back."""


class Rolls(Struct, frozen=True):
    """What of a connection's settings says when a recording begins and ends."""

    start_on: StartOn
    post_roll_ms: int


class Plan(Struct, kw_only=True):
    """A match of a ring. `parts` recordings were made of it; `first_clock_at_us` and `ended_at_us` are when it began
    and was decided or closed, `heard_at_us` its last event (Unix microseconds). `given_up` is why it is recorded no
    more though it goes on (`is_left`: a person ended that); OBS ended it `early_ends` times by itself. `is_prepared`:
    folder and room were seen to. `is_held`: it would have been armed, but automation was paused, or refused by the
    licence. `is_stale`: it was kept by the process before this one, and how its ring stands now was not heard yet.
    `missed` is the recording that could not be begun, and `missed_why`, while OBS records something else.
    """

    view: MatchView
    armed_at_us: int | None = None
    parts: int = 0
    first_clock_at_us: int | None = None
    ended_at_us: int | None = None
    heard_at_us: int = 0
    given_up: str | None = None
    is_left: bool = False
    early_ends: int = 0
    is_prepared: bool = False
    is_held: bool = False
    is_stale: bool = False
    missed: str | None = None
    missed_why: str | None = None

    @property
    def key(self) -> tuple[str, str | None]:
        """Its ring and match."""
        return self.view.ring, self.view.match_id

    @property
    def is_open(self) -> bool:
        """Whether it was begun, and its end is not known."""
        return self.armed_at_us is not None and self.ended_at_us is None

    def take(self, happened: Happened, rolls: Rolls, *, is_fresh: bool) -> None:
        """Go on with what happened in this match."""
        self.view, what, at_us = happened.view, happened.what, happened.at_us
        self.heard_at_us = max(self.heard_at_us, at_us)
        if what in _GOES_ON and self.ended_at_us is not None and not self.view.is_over:
            if not self._is_rolling(at_us, rolls):  # what still runs is not cut
                self.armed_at_us = None
            self.ended_at_us = None
        if what is Happening.CLOCK_STARTED and self.first_clock_at_us is None:
            self.first_clock_at_us = at_us
        if what in ENDS and self.ended_at_us is None:
            self.ended_at_us = at_us
        is_late = what is Happening.CLOCK and self.view.is_fought
        if self.is_waiting and (what in _ARMS[rolls.start_on] or is_late):
            self.armed_at_us = at_us if is_fresh else None
            self.is_held = not is_fresh

    @property
    def is_waiting(self) -> bool:
        """Whether it is not begun and not over."""
        return not self.view.is_over and self.armed_at_us is None and self.ended_at_us is None

    def is_idle(self, now_us: int) -> bool:
        """Whether nothing was heard of it for long."""
        return abs(now_us - self.heard_at_us) > IDLE_US

    def take_up(self, now_us: int) -> None:
        """Record it from now on, whatever kept it from that."""
        self.given_up, self.is_left, self.early_ends, self.is_held = None, False, 0, False
        self.armed_at_us = now_us

    def stands(self, view: MatchView, now_us: int) -> None:
        """How its ring stands now, whatever was missed."""
        self.is_stale = False
        self.view, self.heard_at_us = view, now_us
        if view.is_over and self.ended_at_us is None:
            self.ended_at_us = now_us

    def is_due(self, now_us: int, rolls: Rolls) -> bool:
        """Whether it ought to be recorded now."""
        if self.armed_at_us is None or self.given_up is not None:
            return False
        return self.ended_at_us is None or self._is_rolling(now_us, rolls)

    def _is_rolling(self, now_us: int, rolls: Rolls) -> bool:
        """Within the time after its end; not for hours when the clock is set back meanwhile."""
        return self.ended_at_us is not None and abs(now_us - self.ended_at_us) < rolls.post_roll_ms * 1000


def _meant(plan: Plan) -> tuple[bool, bool, int, int]:
    view = plan.view
    return plan.given_up is not None, view.is_fought, plan.armed_at_us or 0, view.loaded_at_us or 0


class Plans:
    """The plans of the rings that one OBS serves; it can record one at a time."""

    def __init__(self, plans: dict[str, Plan]) -> None:
        self.by_ring = plans
        for plan in plans.values():
            plan.is_stale = True

    def take(self, happened: Happened, rolls: Rolls, *, is_fresh: bool) -> Plan | None:
        """The plan of the match in which something happened, None when there is no match."""
        match_id = happened.view.match_id
        if match_id is None:
            return None
        plan = self.by_ring.get(happened.ring)
        if plan is None or plan.view.match_id != match_id:
            plan = self.by_ring[happened.ring] = Plan(view=happened.view)
        plan.is_stale = plan.is_stale and not is_fresh
        plan.take(happened, rolls, is_fresh=is_fresh)
        return plan

    def stands(self, view: MatchView, now_us: int) -> None:
        """How a ring stands now; what was planned for another match of it is over."""
        plan = self.by_ring.get(view.ring)
        if plan is not None and plan.view.match_id == view.match_id:
            plan.stands(view, now_us)
        elif plan is not None:
            del self.by_ring[view.ring]

    def due(self, now_us: int, rolls: Rolls, *, current: tuple[str, str | None] | None) -> Plan | None:
        """What ought to be recorded now: what is (`current`, ring and match), as long as it is due or how its ring
        stands is not known yet, else the match that was armed last. One that was left gives way to any other.
        """
        due = [plan for plan in self.by_ring.values() if not plan.is_stale and plan.is_due(now_us, rolls)]
        for plan in self.by_ring.values():
            if current == plan.key and (plan in due or plan.is_stale):
                gives_way = plan.is_idle(now_us) and any(not one.is_idle(now_us) for one in due)
                if not gives_way:
                    return plan
        return max(due, key=lambda plan: (not plan.is_idle(now_us), plan.armed_at_us or 0), default=None)

    def left_out(self, now_us: int, rolls: Rolls, *, current: tuple[str, str | None]) -> list[Plan]:
        """The matches that ought to be recorded, while OBS records `current`; not before that is sure."""
        waiting = [plan for plan in self.by_ring.values() if plan.key != current and not plan.is_stale]
        due = [plan for plan in waiting if plan.ended_at_us is None and plan.is_due(now_us, rolls)]
        return [plan for plan in due if not plan.is_idle(now_us) and now_us - (plan.armed_at_us or 0) >= SURE_US]

    def given_up(self, now_us: int, is_refused: Callable[[MatchView], bool]) -> Plan | None:
        """A match that goes on and is recorded no more; none that a person alone recorded, and left."""
        gone = [plan for plan in self.by_ring.values() if plan.given_up is not None and plan.is_open]
        missed = [plan for plan in gone if not (plan.is_idle(now_us) or plan.view.is_over)]
        return next((plan for plan in missed if not (plan.is_left and is_refused(plan.view))), None)

    def on(self, now_us: int) -> Plan | None:
        """The match that somebody means who says `record`: one that is recorded no more, one that was begun, or the
        one that was loaded last.
        """
        found = [
            plan
            for plan in self.by_ring.values()
            if not (plan.is_stale or plan.view.is_over or plan.ended_at_us or plan.is_idle(now_us))
        ]
        return max(found, key=_meant, default=None)

    def resume(self, now_us: int, rings: Collection[str]) -> None:
        """Automation goes on for these rings: what began meanwhile and goes on is recorded from now on."""
        for plan in [self.by_ring[ring] for ring in rings if ring in self.by_ring]:
            if plan.is_held and plan.is_waiting and not plan.is_idle(now_us):
                plan.take_up(now_us)

    def unprepared(self, is_refused: Callable[[MatchView], bool]) -> Plan | None:
        """The match that was loaded last, and of which nothing is known yet but that it was; none that is refused."""
        waiting = [
            plan
            for plan in self.by_ring.values()
            if not (plan.is_prepared or plan.is_stale or plan.view.is_over or plan.armed_at_us or plan.ended_at_us)
            and not is_refused(plan.view)
        ]
        return max(waiting, key=lambda plan: plan.view.loaded_at_us or 0, default=None)

    def why_not(self, prepared: tuple[str, str | None]) -> str | None:
        """Why nothing comes of a recording that was prepared (its ring and match); None: its match is waited for."""
        plan = self.by_ring.get(prepared[0])
        if plan is None or plan.key != prepared:
            return says.ANOTHER_LOADED
        return says.NOT_FOUGHT if plan.ended_at_us is not None and not plan.is_stale else None
