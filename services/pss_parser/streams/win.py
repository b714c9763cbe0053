"""win: who won the match.

win;BLUE|RED|TIE      B sends `wmh` 14 ms later, A before it.
"""

from services.pss_parser.fields import Fields, stream
from services.pss_parser.layout import choice
from shared.messages.pss import WinnerDeclared

_WINNERS = {"BLUE": 1, "RED": 2, "TIE": 0}


def decode(fields: Fields) -> WinnerDeclared:
    """Read `win`: 1 chong, 2 hong, 0 tie."""
    if fields.text(0, "winner") is None and not fields.faults:
        fields.fault("winner", "missing")
    return WinnerDeclared(winner=fields.choice(0, "winner", _WINNERS), faults=fields.faults)


LAYOUT = (choice("winner", "who won", _WINNERS),)
STREAM = stream(("win",), decode, WinnerDeclared, layout=LAYOUT)
