"""pre: a match is being loaded.

pre;FightLoaded      Starts a burst of about 12 messages: pre ref at1 mch wg1 wrd s11 sc1 clk rnd sup rdy.
"""

from services.pss_parser.fields import Fields, stream
from services.pss_parser.layout import constant
from shared.messages.pss import LoadBegan


def decode(fields: Fields) -> LoadBegan:
    """Read `pre`; its one field is a constant."""
    fields.choice(0, "notice", {"FightLoaded": True})
    return LoadBegan(faults=fields.faults)


STREAM = stream(("pre",), decode, LoadBegan, layout=(constant("FightLoaded", "always this word"),))
