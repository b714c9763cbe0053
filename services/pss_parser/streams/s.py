"""s: the scores of all rounds; sXY is athlete X in round Y.

s11;N;s21;N;s12;N;s22;N;s13;N;s23;N      also one or some of them: then the others keep their values.
"""

from services.pss_parser.fields import Fields, stream
from services.pss_parser.layout import number
from shared.messages.pss import RoundScoresShown

_ROUNDS = 9
_CHONG = tuple(f"s1{number}" for number in range(1, _ROUNDS + 1))
_HONG = tuple(f"s2{number}" for number in range(1, _ROUNDS + 1))
_KEYWORDS = frozenset(_CHONG + _HONG)
_USUAL = ["s21", "s12", "s22", "s13", "s23"]


def decode(fields: Fields) -> RoundScoresShown:
    """Read any `sXY`."""
    said = fields.numbers(_KEYWORDS)
    return RoundScoresShown(chong=_by_round(said, _CHONG), hong=_by_round(said, _HONG), faults=fields.faults)


def _by_round(said: dict[str, int | None], labels: tuple[str, ...]) -> tuple[int | None, ...]:
    scores = tuple(map(said.get, labels))
    count = _ROUNDS
    while count and scores[count - 1] is None:
        count -= 1
    return scores[:count]


LAYOUT = tuple(
    number(f"{side}.{at}", f"{side}'s score in round {at + 1}", label=labels[at], is_optional=True)
    for at in range(_ROUNDS)
    for side, labels in (("chong", _CHONG), ("hong", _HONG))
)
STREAM = stream(_CHONG + _HONG, decode, RoundScoresShown, layout=LAYOUT, pairs=_USUAL)
