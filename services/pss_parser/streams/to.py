"""to: the timeout of a para athlete; dialect A.

to1;T[;show|hide|reset]  to2;…      T is m:ss, mm:ss or seconds.
"""

from services.pss_parser.fields import Fields, stream
from services.pss_parser.layout import choice, time
from shared.messages.pss import InjuryAction, ParaTimeoutTicked
from shared.messages.rules import Dialect

_ACTIONS = {action.value: action for action in InjuryAction}


def decode(fields: Fields) -> ParaTimeoutTicked:
    """Read `to1` or `to2`; a tick has no action."""
    fields.is_old = True
    return ParaTimeoutTicked(
        athlete=int(fields.keyword[-1]),
        clock_ms=fields.time(0, "clock_ms"),
        action=fields.choice(1, "action", _ACTIONS),
        faults=fields.faults,
    )


LAYOUT = (time("clock_ms", "time left"), choice("action", "what happened", _ACTIONS, is_optional=True))
STREAM = stream(("to1", "to2"), decode, ParaTimeoutTicked, layout=LAYOUT, only=Dialect.A)
