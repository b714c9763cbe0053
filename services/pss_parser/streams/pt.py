"""pt: a technique scored, by athlete 1 or 2.

pt1;N  pt2;N      B: 1 punch, 2 body, 3 head, 4 technical body, 5 technical head; 6 is accepted and is no technique.
A: the number of points; 1 is a punch, 2 a kick to the body, 3 one to the head. A moment, not the score: never summed.
"""

from services.pss_parser.fields import Fields, stream
from services.pss_parser.layout import number
from shared.messages.pss import PointScored, Technique

_TECHNIQUES = {
    1: Technique.PUNCH,
    2: Technique.BODY,
    3: Technique.HEAD,
    4: Technique.TECHNICAL_BODY,
    5: Technique.TECHNICAL_HEAD,
}
_OF_POINTS = {1: Technique.PUNCH, 2: Technique.BODY, 3: Technique.HEAD}
_HIGHEST = 6
_KEYWORDS = ("pt1", "pt2")


def decode(fields: Fields) -> PointScored:
    """Read `pt1` or `pt2` of dialect B; `value` is the number as sent."""
    value = fields.integer(0, "value", low=1, high=_HIGHEST)
    technique = None if value is None else _TECHNIQUES.get(value)
    return PointScored(athlete=int(fields.keyword[-1]), technique=technique, value=value, faults=fields.faults)


def decode_points(fields: Fields) -> PointScored:
    """Read `pt1` or `pt2` of dialect A: points, which tell the technique only up to three."""
    points = fields.integer(0, "value", low=1, high=_HIGHEST)
    return PointScored(
        athlete=int(fields.keyword[-1]),
        technique=None if points is None else _OF_POINTS.get(points),
        value=points,
        points=points,
        faults=fields.faults,
    )


LAYOUT = (number("value", "kind: 1 punch, 2 body, 3 head, 4 and 5 the same by turning, 6 other", low=1, high=_HIGHEST),)
OLD_LAYOUT = (number("value", "points: 1 punch, 2 body, 3 head", low=1, high=_HIGHEST),)
STREAM = stream(_KEYWORDS, decode, PointScored, layout=LAYOUT)
OLD_STREAM = stream(_KEYWORDS, decode_points, PointScored, layout=OLD_LAYOUT)
