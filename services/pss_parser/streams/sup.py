"""sup: who is ahead by superiority.

sup;N      0 tie, 1 chong, 2 hong. Sent on change, sometimes 0 and then the other within 13 ms.
"""

from services.pss_parser.fields import Fields, stream
from services.pss_parser.layout import number
from shared.messages.pss import SuperiorityShown

_HONG = 2


def decode(fields: Fields) -> SuperiorityShown:
    """Read `sup`."""
    return SuperiorityShown(athlete=fields.integer(0, "athlete", high=_HONG), faults=fields.faults)


LAYOUT = (number("athlete", "who is ahead: 0 tie, 1 chong, 2 hong", high=_HONG),)
STREAM = stream(("sup",), decode, SuperiorityShown, layout=LAYOUT)
