"""wmh: the winner's name and the decision.

wmh;long name[;"2-1 PTF"]      the name may be empty; rounds won by chong and hong, then the decision code.
"""

from services.pss_parser.fields import Fields, Stream
from shared.messages.pss import DecisionDeclared


def decode(fields: Fields) -> DecisionDeclared:
    """Read `wmh`. A decision code that nobody knows is kept as it is."""
    winner_name = fields.text(0, "winner_name")
    rounds_chong = rounds_hong = decision = None
    text = fields.values[1].strip() if len(fields.values) > 1 else ""
    if text:
        rounds, _, code = text.partition(" ")
        chong, dash, hong = rounds.partition("-")
        if dash:
            rounds_chong = fields.number(chong, "rounds_chong")
            rounds_hong = fields.number(hong, "rounds_hong")
        else:
            fields.fault("rounds", "missing")
            code = text
        decision = code.strip() or None
        if decision is None:
            fields.fault("decision", "missing")
    return DecisionDeclared(
        winner_name=winner_name,
        rounds_chong=rounds_chong,
        rounds_hong=rounds_hong,
        decision=decision,
        faults=fields.faults,
    )


STREAM = Stream(keywords=("wmh",), decode=decode, most=2, free=frozenset((0,)))
