"""pt: a technique scored, by athlete 1 or 2.

pt1;N  pt2;N      B: 1 punch, 2 body, 3 head, 4 technical body, 5 technical head. 6 is accepted and is no technique.
A moment, not the score: never summed.
"""

from services.pss_parser.fields import Fields, Stream
from shared.messages.pss import PointScored, Technique

_TECHNIQUES = {
    1: Technique.PUNCH,
    2: Technique.BODY,
    3: Technique.HEAD,
    4: Technique.TECHNICAL_BODY,
    5: Technique.TECHNICAL_HEAD,
}
_HIGHEST = 6


def decode(fields: Fields) -> PointScored:
    """Read `pt1` or `pt2`; `value` is the number as sent."""
    value = fields.integer(0, "value", low=1, high=_HIGHEST)
    technique = None if value is None else _TECHNIQUES.get(value)
    return PointScored(athlete=int(fields.keyword[-1]), technique=technique, value=value, faults=fields.faults)


STREAM = Stream(keywords=("pt1", "pt2"), decode=decode, most=1)
