"""rsr: follows `rst`.

rsr      has no fields.
"""

from services.pss_parser.fields import Fields, stream
from shared.messages.pss import StatisticsFinished


def decode(fields: Fields) -> StatisticsFinished:
    """Read `rsr`."""
    return StatisticsFinished(faults=fields.faults)


STREAM = stream(("rsr",), decode, StatisticsFinished)
