"""s: the scores of all rounds; sXY is athlete X in round Y.

s11;N;s21;N;s12;N;s22;N;s13;N;s23;N      also one or some of them: then the others keep their values.
"""

from services.pss_parser.fields import Fields, Stream
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
    scores = [said.get(label) for label in labels]
    while scores and scores[-1] is None:
        scores.pop()
    return tuple(scores)


STREAM = Stream(keywords=_CHONG + _HONG, decode=decode, most=4 * _ROUNDS - 1, labels=_KEYWORDS, pairs=_USUAL)
