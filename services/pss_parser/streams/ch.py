"""ch: a video review, asked for by athlete 1 or 2, or by the referee (0).

ch0[;accepted[;won]]  ch1…  ch2…      No field: requested. Accepted is 1, rejected 0, cancelled or closed -1; then
won 1 or lost 0. Seen: `ch1;`, 3.2 s later `ch1;1;`, 12 ms later `ch1;-1;`.
"""

from services.pss_parser.fields import Fields, stream
from services.pss_parser.layout import number
from shared.messages.pss import ChallengeSignalled


def decode(fields: Fields) -> ChallengeSignalled:
    """Read `ch0`, `ch1` or `ch2`; an outcome without the answer before it is a fault."""
    accepted = fields.optional(0, "accepted", low=-1, high=1)
    won = fields.optional(1, "won", low=0, high=1)
    if won is not None and not fields.values[0].strip():
        fields.fault("accepted", "missing")
    return ChallengeSignalled(athlete=int(fields.keyword[-1]), accepted=accepted, won=won, faults=fields.faults)


LAYOUT = (
    number(
        "accepted", "1 accepted, 0 rejected, -1 cancelled or closed; none: asked for", low=-1, high=1, is_optional=True
    ),
    number("won", "1 won, 0 lost", high=1, is_optional=True),
)
STREAM = stream(("ch0", "ch1", "ch2"), decode, ChallengeSignalled, layout=LAYOUT)
