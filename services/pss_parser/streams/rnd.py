"""rnd: the running round.

rnd;N      Scores (`sc`) and gam-jeoms (`wg`) restart silently here.
"""

from services.pss_parser.fields import Fields, stream
from services.pss_parser.layout import number
from shared.messages.pss import RoundSet

_MOST_ROUNDS = 9


def decode(fields: Fields) -> RoundSet:
    """Read `rnd`: 1 to 9."""
    return RoundSet(round=fields.integer(0, "round", low=1, high=_MOST_ROUNDS), faults=fields.faults)


LAYOUT = (number("round", "running round", low=1, high=_MOST_ROUNDS),)
STREAM = stream(("rnd",), decode, RoundSet, layout=LAYOUT)
