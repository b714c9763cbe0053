"""wg: the gam-jeoms of the running round.

wg1;N;wg2;N      also wg1;N and wg2;N apart: then the other side keeps its value.
"""

from services.pss_parser.fields import Fields, stream
from services.pss_parser.layout import number
from shared.messages.pss import GamJeomsShown

_KEYWORDS = ("wg1", "wg2")


def decode(fields: Fields) -> GamJeomsShown:
    """Read `wg1` or `wg2`."""
    said = fields.numbers(_KEYWORDS)
    return GamJeomsShown(chong=said.get("wg1"), hong=said.get("wg2"), faults=fields.faults)


LAYOUT = (
    number("chong", "chong's gam-jeoms", label="wg1", is_optional=True),
    number("hong", "hong's gam-jeoms", label="wg2", is_optional=True),
)
STREAM = stream(_KEYWORDS, decode, GamJeomsShown, layout=LAYOUT, pairs=["wg2"])
