"""wrd: the winner of each round.

wrd;rd1;N;rd2;N;rd3;N      0 none yet, 1 chong, 2 hong.
"""

from services.pss_parser.fields import Fields, stream
from services.pss_parser.layout import number
from shared.messages.pss import RoundWinnersDeclared

_ROUNDS = 9
_LABELS = tuple(f"rd{number}" for number in range(1, _ROUNDS + 1))
_HONG = 2


def decode(fields: Fields) -> RoundWinnersDeclared:
    """Read `wrd`; a round that was not sent before one that was is None."""
    groups = fields.groups(_LABELS)
    fields.refuse(groups["wrd"], "wrd")
    last = max((at for at, label in enumerate(_LABELS, 1) if label in groups), default=0)
    if last == 0:
        fields.fault("rd1", "missing")
    winners = tuple(_winner(fields, label, groups.get(label)) for label in _LABELS[:last])
    return RoundWinnersDeclared(winners=winners, faults=fields.faults)


def _winner(fields: Fields, label: str, values: list[str] | None) -> int | None:
    if values is None:
        fields.fault(label, "missing")
        return None
    fields.refuse(values[1:], label)
    return fields.number(values[0] if values else "", label, high=_HONG)


LAYOUT = tuple(
    number(
        f"winners.{at}",
        f"winner of round {at + 1}: 0 none, 1 chong, 2 hong",
        high=_HONG,
        label=label,
        is_optional=at > 0,
    )
    for at, label in enumerate(_LABELS)
)
STREAM = stream(("wrd",), decode, RoundWinnersDeclared, layout=LAYOUT)
