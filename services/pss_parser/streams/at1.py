"""at1: the athletes; 1 is chong (blue), 2 is hong (red).

at1;short;long;NOC;at2;short;long;NOC      A puts the scoreboard name in both, and may cut the end of the datagram.
"""

from services.pss_parser.fields import Fields, Stream
from shared.messages.pss import AthleteName, AthletesNamed

_PARTS = ("short_name", "long_name", "noc")
_NOC_LENGTH = 3
_LABELS = frozenset(("at2",))


def decode(fields: Fields) -> AthletesNamed:
    """Read `at1`. What is missing of a name is None; what was cut is a fault, and a cut NOC is None too."""
    groups = fields.groups(_LABELS)
    chong, hong = groups["at1"], groups.get("at2", [])
    last = hong if "at2" in groups else chong
    return AthletesNamed(
        chong=_athlete(fields, chong, "chong", is_last=last is chong),
        hong=_athlete(fields, hong, "hong", is_last=last is hong),
        faults=fields.faults,
    )


def _athlete(fields: Fields, values: list[str], side: str, *, is_last: bool) -> AthleteName:
    short, long, noc = (value.strip() or None for value in (*values, "", "", "")[: len(_PARTS)])
    if is_last and not fields.is_terminated and 0 < len(values) < len(_PARTS):
        fields.fault(f"{side}.{_PARTS[len(values) - 1]}", "cut")
    for part in _PARTS[len(values) :]:
        fields.fault(f"{side}.{part}", "missing")
    if noc is not None and len(noc) < _NOC_LENGTH:
        fields.fault(f"{side}.noc", "wrong_type" if fields.is_terminated or not is_last else "cut")
        noc = None
    fields.refuse(values[len(_PARTS) :], side)
    return AthleteName(short_name=short, long_name=long, noc=noc)


STREAM = Stream(keywords=("at1",), decode=decode, most=7, labels=_LABELS, free=frozenset((0, 1)))
