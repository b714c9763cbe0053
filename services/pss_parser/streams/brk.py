"""brk: the clock of the break between two rounds.

brk;T[;start|stop|corr|stopEnd]      T is m:ss, mm:ss or seconds. Sent once a second and at each action.
"""

from services.pss_parser.fields import Fields, Stream
from shared.messages.pss import BreakTicked, ClockAction

_ACTIONS = {action.value: action for action in ClockAction}


def decode(fields: Fields) -> BreakTicked:
    """Read `brk`; a tick has no action."""
    return BreakTicked(
        clock_ms=fields.time(0, "clock_ms"), action=fields.choice(1, "action", _ACTIONS), faults=fields.faults
    )


STREAM = Stream(keywords=("brk",), decode=decode, most=2)
