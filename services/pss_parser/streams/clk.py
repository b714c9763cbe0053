"""clk: the round clock.

clk;T[;start|stop|corr|stopEnd]      T is m:ss, mm:ss or seconds. Sent once a second and at each action.
"""

from services.pss_parser.fields import Fields, Stream
from shared.messages.pss import ClockAction, ClockTicked

_ACTIONS = {action.value: action for action in ClockAction}


def decode(fields: Fields) -> ClockTicked:
    """Read `clk`; a tick has no action."""
    return ClockTicked(
        clock_ms=fields.time(0, "clock_ms"), action=fields.choice(1, "action", _ACTIONS), faults=fields.faults
    )


STREAM = Stream(keywords=("clk",), decode=decode, most=2)
