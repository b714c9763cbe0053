"""brk: the clock of the break between two rounds.

brk;T[;start|stop|corr|stopEnd]      T is m:ss, mm:ss or seconds. Sent once a second and at each action.
"""

from services.pss_parser.fields import Fields, stream
from services.pss_parser.layout import choice, time
from shared.messages.pss import BreakTicked, ClockAction

_ACTIONS = {action.value: action for action in ClockAction}


def decode(fields: Fields) -> BreakTicked:
    """Read `brk`; a tick has no action."""
    return BreakTicked(
        clock_ms=fields.time(0, "clock_ms"), action=fields.choice(1, "action", _ACTIONS), faults=fields.faults
    )


LAYOUT = (time("clock_ms", "time left"), choice("action", "what happened", _ACTIONS, is_optional=True))
STREAM = stream(("brk",), decode, BreakTicked, layout=LAYOUT)
