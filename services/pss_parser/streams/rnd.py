"""rnd: the running round.

rnd;N      Scores (`sc`) and gam-jeoms (`wg`) restart silently here.
"""

from services.pss_parser.fields import Fields, Stream
from shared.messages.pss import RoundSet

_MOST_ROUNDS = 9


def decode(fields: Fields) -> RoundSet:
    """Read `rnd`: 1 to 9."""
    return RoundSet(round=fields.integer(0, "round", low=1, high=_MOST_ROUNDS), faults=fields.faults)


STREAM = Stream(keywords=("rnd",), decode=decode, most=1)
