"""rdy: the load is finished.

rdy;FightReady
"""

from services.pss_parser.fields import Fields, Stream
from shared.messages.pss import LoadCompleted


def decode(fields: Fields) -> LoadCompleted:
    """Read `rdy`; its one field is a constant."""
    fields.choice(0, "notice", {"FightReady": True})
    return LoadCompleted(faults=fields.faults)


STREAM = Stream(keywords=("rdy",), decode=decode, most=1)
