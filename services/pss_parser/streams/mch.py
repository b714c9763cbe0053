"""mch: the match being loaded.

mch;number;phase;weight category;round;bg1;fg1;bg2;fg2;match id;division;total rounds;round seconds;countdown type;
    body threshold;head threshold
The number is text ("101", "245.A"), the round may be empty, the id may be the text `null`; colours are `#rrggbb`.
"""

from string import hexdigits

from services.pss_parser.fields import Fields, Stream
from shared.messages.pss import MatchDescribed

_HEX = frozenset(hexdigits)
_COLOUR_LENGTH = 7
_MOST_ROUNDS = 9


def decode(fields: Fields) -> MatchDescribed:
    """Read `mch`; the id `null` is None."""
    pss_match_id = fields.text(8, "pss_match_id")
    return MatchDescribed(
        match_number=fields.text(0, "match_number"),
        phase=fields.text(1, "phase"),
        weight_class=fields.text(2, "weight_class"),
        round=_round(fields),
        chong_background=_colour(fields, 4, "chong_background"),
        chong_foreground=_colour(fields, 5, "chong_foreground"),
        hong_background=_colour(fields, 6, "hong_background"),
        hong_foreground=_colour(fields, 7, "hong_foreground"),
        pss_match_id=None if pss_match_id == "null" else pss_match_id,
        division=fields.text(9, "division"),
        total_rounds=fields.integer(10, "total_rounds", low=1, high=_MOST_ROUNDS),
        round_ms=fields.time(11, "round_ms"),
        countdown_type=fields.text(12, "countdown_type"),
        body_threshold=fields.integer(13, "body_threshold"),
        head_threshold=fields.integer(14, "head_threshold"),
        faults=fields.faults,
    )


def _round(fields: Fields) -> int | None:
    text = fields.text(3, "round")
    return None if text is None else fields.number(text, "round", high=_MOST_ROUNDS)


def _colour(fields: Fields, at: int, name: str) -> str | None:
    text = fields.text(at, name)
    if text is None or (len(text) == _COLOUR_LENGTH and text[0] == "#" and _HEX.issuperset(text[1:])):
        return text
    fields.fault(name, "wrong_type")
    return None


STREAM = Stream(keywords=("mch",), decode=decode, most=15, free=frozenset((0, 1, 2, 8, 9)))
