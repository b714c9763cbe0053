"""hwt: a test of the hardware, between matches; never match data.

hwt;N      0 closed, 1 open, 2 to 5 a test hit.
"""

from services.pss_parser.fields import Fields, stream
from services.pss_parser.layout import number
from shared.messages.pss import HardwareTested

_HIGHEST = 5


def decode(fields: Fields) -> HardwareTested:
    """Read `hwt`."""
    return HardwareTested(value=fields.integer(0, "value", high=_HIGHEST), faults=fields.faults)


LAYOUT = (number("value", "0 closed, 1 open, 2 to 5 a test hit", high=_HIGHEST),)
STREAM = stream(("hwt",), decode, HardwareTested, layout=LAYOUT)
