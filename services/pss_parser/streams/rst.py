"""rst: the statistics of a round.

rst;round;st1;body;head;punch;technical body;technical head;gam-jeoms;st2;…      counts, checked against pt and wg.
"""

from services.pss_parser.fields import Fields, stream
from services.pss_parser.layout import number
from shared.messages.pss import StatisticsReported, TechniqueCounts

_PARTS = {
    "body": "kicks to the body",
    "head": "kicks to the head",
    "punch": "punches",
    "technical_body": "turning kicks to the body",
    "technical_head": "turning kicks to the head",
    "gam_jeoms": "gam-jeoms",
}
_LABELS = frozenset(("st1", "st2"))
_MOST_ROUNDS = 9


def decode(fields: Fields) -> StatisticsReported:
    """Read `rst`."""
    groups = fields.groups(_LABELS)
    values = groups["rst"]
    fields.refuse(values[1:], "rst")
    return StatisticsReported(
        round=fields.number(values[0] if values else "", "round", low=1, high=_MOST_ROUNDS),
        chong=_counts(fields, groups.get("st1", []), "chong"),
        hong=_counts(fields, groups.get("st2", []), "hong"),
        faults=fields.faults,
    )


def _counts(fields: Fields, values: list[str], side: str) -> TechniqueCounts:
    padded = (*values, *[""] * len(_PARTS))
    body, head, punch, technical_body, technical_head, gam_jeoms = (
        fields.number(value, f"{side}.{part}") for part, value in zip(_PARTS, padded, strict=False)
    )
    fields.refuse(values[len(_PARTS) :], side)
    return TechniqueCounts(
        body=body,
        head=head,
        punch=punch,
        technical_body=technical_body,
        technical_head=technical_head,
        gam_jeoms=gam_jeoms,
    )


LAYOUT = (
    number("round", "round", low=1, high=_MOST_ROUNDS),
    *(
        number(f"{side}.{part}", f"{side}'s {what}", label="" if at else label)
        for side, label in (("chong", "st1"), ("hong", "st2"))
        for at, (part, what) in enumerate(_PARTS.items())
    ),
)
STREAM = stream(("rst",), decode, StatisticsReported, layout=LAYOUT)
