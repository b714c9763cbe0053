"""rdy: the load is finished.

rdy;FightReady
"""

from services.pss_parser.fields import Fields, stream
from services.pss_parser.layout import constant
from shared.messages.pss import LoadCompleted


def decode(fields: Fields) -> LoadCompleted:
    """Read `rdy`; its one field is a constant."""
    fields.choice(0, "notice", {"FightReady": True})
    return LoadCompleted(faults=fields.faults)


STREAM = stream(("rdy",), decode, LoadCompleted, layout=(constant("FightReady", "always this word"),))
