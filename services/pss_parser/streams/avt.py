"""avt: the athletes' video time.

avt;N
"""

from services.pss_parser.fields import Fields, stream
from services.pss_parser.layout import number
from shared.messages.pss import AthleteVideoTimeSet


def decode(fields: Fields) -> AthleteVideoTimeSet:
    """Read `avt`."""
    return AthleteVideoTimeSet(number=fields.integer(0, "number"), faults=fields.faults)


LAYOUT = (number("number", "video time, in a unit that the protocol does not say"),)
STREAM = stream(("avt",), decode, AthleteVideoTimeSet, layout=LAYOUT)
