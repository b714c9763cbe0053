"""sc: the score of the running round.

sc1;N;sc2;N      also sc1;N and sc2;N apart: then the other side keeps its value.
"""

from services.pss_parser.fields import Fields, stream
from services.pss_parser.layout import number
from shared.messages.pss import ScoreShown

_KEYWORDS = ("sc1", "sc2")


def decode(fields: Fields) -> ScoreShown:
    """Read `sc1` or `sc2`."""
    said = fields.numbers(_KEYWORDS)
    return ScoreShown(chong=said.get("sc1"), hong=said.get("sc2"), faults=fields.faults)


LAYOUT = (
    number("chong", "chong's score", label="sc1", is_optional=True),
    number("hong", "hong's score", label="sc2", is_optional=True),
)
STREAM = stream(_KEYWORDS, decode, ScoreShown, layout=LAYOUT, pairs=["sc2"])
