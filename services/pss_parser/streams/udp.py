"""udp: the sender's own notice about its connection.

Udp Port N connected;  Udp Port N disconnected;      no `;` between its words; read as keyword, N and state.
"""

from services.pss_parser.fields import Fields, stream
from services.pss_parser.layout import choice, number
from shared.messages.pss import SenderChanged, UnknownReceived
from shared.messages.rules import Dialect

KEYWORD = "Udp Port"
_STATES = {"connected": True, "disconnected": False}
_HIGHEST_PORT = 65_535


def words(part: str) -> list[str] | None:
    """The two fields of a notice, None if `part` is none."""
    if not part.startswith(KEYWORD):
        return None
    found = part.removeprefix(KEYWORD).split()
    return found if _is_notice(found) else None


def decode(fields: Fields) -> SenderChanged | UnknownReceived:
    """Read a notice."""
    if not _is_notice(fields.values):
        return UnknownReceived(stream=fields.keyword, faults=fields.faults)
    port = fields.integer(0, "port", low=1, high=_HIGHEST_PORT)
    return SenderChanged(port=port, connected=_STATES[fields.values[1]], faults=fields.faults)


def _is_notice(found: list[str]) -> bool:
    return len(found) == len(("N", "state")) and found[1] in _STATES


LAYOUT = (
    number("port", "the sender's own port", low=1, high=_HIGHEST_PORT, example="8888"),
    choice("connected", "whether it is connected", _STATES),
)
STREAM = stream((KEYWORD,), decode, SenderChanged, layout=LAYOUT, only=Dialect.B)
