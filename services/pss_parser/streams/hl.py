"""hl: the level that a sensor measured for athlete 1 or 2.

hl1;N  hl2;N      1 to 100. Sent just before the score when a sensor scored.
"""

from services.pss_parser.fields import Fields, stream
from services.pss_parser.layout import number
from shared.messages.pss import HitMeasured

_HIGHEST = 100


def decode(fields: Fields) -> HitMeasured:
    """Read `hl1` or `hl2`."""
    level = fields.integer(0, "level", low=1, high=_HIGHEST)
    return HitMeasured(athlete=int(fields.keyword[-1]), level=level, faults=fields.faults)


LAYOUT = (number("level", "hit level", low=1, high=_HIGHEST, example="54"),)
STREAM = stream(("hl1", "hl2"), decode, HitMeasured, layout=LAYOUT)
