"""rsr: follows `rst`.

rsr      has no fields.
"""

from services.pss_parser.fields import Fields, Stream
from shared.messages.pss import StatisticsFinished


def decode(fields: Fields) -> StatisticsFinished:
    """Read `rsr`."""
    return StatisticsFinished(faults=fields.faults)


STREAM = Stream(keywords=("rsr",), decode=decode, most=0)
