"""wmh: the winner's name and the decision.

wmh;long name[;"2-1 PTF"]      the name may be empty; rounds won by chong and hong, then the decision code. A may cut
the end of the datagram.
"""

from services.pss_parser.fields import Fields, stream
from services.pss_parser.layout import Field, Form, Groups, text
from shared.messages.pss import DecisionDeclared

_CODE_LENGTH = 3


def decode(fields: Fields) -> DecisionDeclared:
    """Read `wmh`. A decision code that nobody knows is kept as it is, a cut one is not."""
    winner_name = fields.text(0, "winner_name")
    rounds_chong = rounds_hong = decision = None
    result = fields.values[1].strip() if len(fields.values) > 1 else ""
    if result:
        rounds, _, code = result.partition(" ")
        chong, dash, hong = rounds.partition("-")
        if dash:
            rounds_chong = fields.number(chong, "rounds_chong")
            rounds_hong = fields.number(hong, "rounds_hong")
        else:
            fields.fault("rounds", "missing")
            code = result
        decision = _decision(fields, code.strip())
    return DecisionDeclared(
        winner_name=winner_name,
        rounds_chong=rounds_chong,
        rounds_hong=rounds_hong,
        decision=decision,
        faults=fields.faults,
    )


def _decision(fields: Fields, code: str) -> str | None:
    if len(code) < _CODE_LENGTH and not fields.is_terminated:
        fields.fault("decision", "cut")
        return None
    if not code:
        fields.fault("decision", "missing")
    return code or None


def _write(reading: DecisionDeclared) -> Groups:
    said = (reading.rounds_chong, reading.rounds_hong, reading.decision)
    if said == (None, None, None):
        return {"": [reading.winner_name or ""]}
    chong, hong, decision = ("" if value is None else str(value) for value in said)
    return {"": [reading.winner_name or "", f"{chong}-{hong} {decision}"]}


LAYOUT = (
    text("winner_name", "full name of the winner"),
    Field(
        name="decision",
        form=Form.RESULT,
        meaning="rounds won by chong and hong, decision code",
        is_optional=True,
        also=("rounds_chong", "rounds_hong"),
    ),
)
STREAM = stream(("wmh",), decode, DecisionDeclared, layout=LAYOUT, write=_write)
