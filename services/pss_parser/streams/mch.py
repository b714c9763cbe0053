"""mch: the match being loaded.

mch;number;phase;weight category;round;bg1;fg1;bg2;fg2;match id;division;total rounds;round seconds;countdown type;
    body threshold;head threshold
The number is text ("101", "245.A"), the round may be empty, the id may be the text `null`; colours are `#rrggbb`.
The weight reads "M -68kg" or "W +73kg"; A writes "MEN …" or "WOMEN …", and may leave the thresholds out.
"""

from string import hexdigits

from services.pss_parser.fields import Fields, stream
from services.pss_parser.layout import Form, number, text, time
from shared.messages.pss import MatchDescribed

_HEX = frozenset(hexdigits)
_COLOUR_LENGTH = 7
_MOST_ROUNDS = 9
_BEFORE_THRESHOLDS = 13
_MOST = 15
_OLD_SEXES = ("MEN ", "WOMEN ")


def decode(fields: Fields) -> MatchDescribed:
    """Read `mch` of dialect B; the id `null` is None. Thresholds may only miss in what only A writes."""
    return _decode(fields, is_old=False)


def decode_old(fields: Fields) -> MatchDescribed:
    """Read `mch` of dialect A, whose thresholds may miss."""
    return _decode(fields, is_old=True)


def is_old_weight(weight_class: str | None) -> bool:
    """Whether a weight category is written as only dialect A does it: "MEN -68kg"."""
    return weight_class is not None and weight_class.startswith(_OLD_SEXES)


def _decode(fields: Fields, *, is_old: bool) -> MatchDescribed:
    fields.is_old = len(fields.values) > 2 and is_old_weight(fields.values[2].strip())
    may_lack = is_old or fields.is_old
    _drop_cut_field(fields, may_lack=may_lack)
    lacks = may_lack and not any(value.strip() for value in fields.values[_BEFORE_THRESHOLDS:])
    fields.is_old = fields.is_old or lacks
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
        body_threshold=None if lacks else fields.integer(13, "body_threshold"),
        head_threshold=None if lacks else fields.integer(14, "head_threshold"),
        faults=fields.faults,
    )


def _drop_cut_field(fields: Fields, *, may_lack: bool) -> None:
    """A datagram that ended before its last field, and not after a `;`, ended within one: half a field is none."""
    count = len(fields.values)
    if 0 < count < _MOST and not fields.is_terminated and not (may_lack and count == _BEFORE_THRESHOLDS):
        fields.values.pop()
        fields.fault(LAYOUT[count - 1].name, "cut")


def _round(fields: Fields) -> int | None:
    value = fields.text(3, "round")
    return None if value is None else fields.number(value, "round", high=_MOST_ROUNDS)


def _colour(fields: Fields, at: int, name: str) -> str | None:
    value = fields.text(at, name)
    if value is None or (len(value) == _COLOUR_LENGTH and value[0] == "#" and _HEX.issuperset(value[1:])):
        return value
    fields.fault(name, "wrong_type")
    return None


LAYOUT = (
    text("match_number", "match number", example="245.A"),
    text("phase", "phase of the tournament", example="Semifinals"),
    text("weight_class", "weight category", example="W +73kg"),
    number("round", "round; may be empty", high=_MOST_ROUNDS, is_optional=True),
    text("chong_background", "chong's colour", form=Form.COLOUR),
    text("chong_foreground", "chong's text colour", form=Form.COLOUR, example="#FFFFFF"),
    text("hong_background", "hong's colour", form=Form.COLOUR, example="#ff0000"),
    text("hong_foreground", "hong's text colour", form=Form.COLOUR, example="#FFFFFF"),
    text("pss_match_id", "match id of the scoring system; `null`: none", empty="null", example="7894"),
    text("division", "division", example="Under 21"),
    number("total_rounds", "rounds of the match", low=1, high=_MOST_ROUNDS, example="3"),
    time("round_ms", "length of a round", example="120"),
    text("countdown_type", "how the clock counts", form=Form.WORD),
    number("body_threshold", "hit threshold of the body sensor", example="20"),
    number("head_threshold", "hit threshold of the head sensor", example="5"),
)
OLD_LAYOUT = (
    *LAYOUT[:2],
    text("weight_class", "weight category", example="WOMEN +73kg"),
    *LAYOUT[3:_BEFORE_THRESHOLDS],
    *(number(f.name, f.meaning, is_optional=True, example=f.example) for f in LAYOUT[_BEFORE_THRESHOLDS:]),
)
STREAM = stream(("mch",), decode, MatchDescribed, layout=LAYOUT)
OLD_STREAM = stream(("mch",), decode_old, MatchDescribed, layout=OLD_LAYOUT)
