"""ij: injury (kye-shi) time of athlete 1 or 2; 0 when the sender does not say whose.

ij0;T[;show|hide|reset]  ij1;…  ij2;…      Sent once a second and at each action.
"""

from services.pss_parser.fields import Fields, stream
from services.pss_parser.layout import choice, time
from shared.messages.pss import InjuryAction, InjuryTicked

_ACTIONS = {action.value: action for action in InjuryAction}


def decode(fields: Fields) -> InjuryTicked:
    """Read `ij0`, `ij1` or `ij2`; a tick has no action."""
    return InjuryTicked(
        athlete=int(fields.keyword[-1]),
        clock_ms=fields.time(0, "clock_ms"),
        action=fields.choice(1, "action", _ACTIONS),
        faults=fields.faults,
    )


LAYOUT = (time("clock_ms", "time left"), choice("action", "what happened", _ACTIONS, is_optional=True))
STREAM = stream(("ij0", "ij1", "ij2"), decode, InjuryTicked, layout=LAYOUT)
