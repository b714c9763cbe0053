"""wg: the gam-jeoms of the running round.

wg1;N;wg2;N      also wg1;N and wg2;N apart: then the other side keeps its value.
"""

from services.pss_parser.fields import Fields, Stream
from shared.messages.pss import GamJeomsShown

_KEYWORDS = ("wg1", "wg2")


def decode(fields: Fields) -> GamJeomsShown:
    """Read `wg1` or `wg2`."""
    said = fields.numbers(_KEYWORDS)
    return GamJeomsShown(chong=said.get("wg1"), hong=said.get("wg2"), faults=fields.faults)


STREAM = Stream(keywords=_KEYWORDS, decode=decode, most=3, labels=frozenset(_KEYWORDS), pairs=["wg2"])
