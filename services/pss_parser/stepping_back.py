"""The machine's clock was set back: nothing that is remembered may lie in the future then; pss-parser.

Much is judged by how long ago something was. With a time that is yet to come all of it would be a moment ago, until the
clock caught up. So those times are forgotten, and what waits or goes on counts from now. When a match was loaded, and
when reviews and injuries were, stays as it was told.
"""

from typing import Final

import msgspec

from services.pss_parser.sight import Step
from services.pss_parser.state import RingState, Shown
from services.pss_parser.tallies import Side, Tallies
from shared.messages.match import Finding, Severity

STEP_US: Final = 1_000_000
"""Less is the ordinary correction of a clock, and does no harm."""
_replace: Final = msgspec.structs.replace


def look(state: RingState) -> None:
    """Called with each datagram, before it is noted who sent it: whether it came before the last one."""
    memory, now_us = state.memory, state.now_us
    back_us = memory.sender_at_us - now_us
    if back_us <= STEP_US:
        return
    memory.sender_at_us = memory.clock_set_us = memory.round_set_us = memory.load_at_us = memory.named_at_us = 0
    memory.recent = ()
    memory.scores = memory.gam_jeoms = (Shown(), Shown())
    memory.sight = memory.sight.without_times()
    memory.round_clock = _from(memory.round_clock, now_us)
    memory.break_clock = _from(memory.break_clock, now_us)
    memory.injury_clock = _from(memory.injury_clock, now_us)
    memory.tallies = _counting_from(memory.tallies, now_us)
    memory.known = tuple(_replace(match, tallies=_counting_from(match.tallies, now_us)) for match in memory.known)
    state.events.append(
        Finding(
            rule="clock_stepped_back",
            severity=Severity.WARNING,
            explanation=(
                f"The machine's clock was set back by {back_us / 1e6:.1f} s; "
                "the times of events before and after overlap."
            ),
            evidence={"back_us": back_us, "entry": state.entry},
        )
    )


def _from(clock: Step, now_us: int) -> Step:
    """A clock goes on from now; a `Step` that is none stays so."""
    return _replace(clock, at_us=now_us) if clock.pace else _replace(clock, at_us=0)


def _counting_from(tallies: Tallies, now_us: int) -> Tallies:
    tallied = tuple(
        _replace(tally, sides=(_side(tally.sides[0], now_us), _side(tally.sides[1], now_us)))
        for tally in tallies.tallied
    )
    return _replace(
        tallies,
        tallied=tallied,
        due_us=tallies.due_us and now_us,
        decided_at_us=tallies.decided_at_us and now_us,
    )


def _side(side: Side, now_us: int) -> Side:
    return _replace(
        side,
        level_at_us=0,
        gam_jeoms_at_us=0,
        point_at_us=0,
        last_value_at_us=0,
        rises=tuple(_replace(rise, at_us=now_us) for rise in side.rises),
        causes=tuple(_replace(cause, at_us=now_us) for cause in side.causes),
    )
