"""at1: the athletes; 1 is chong (blue), 2 is hong (red).

at1;short;long;NOC;at2;short;long;NOC      A puts the scoreboard name in both, and may cut the end of the datagram.
"""

from services.pss_parser.fields import Fields, stream
from services.pss_parser.layout import Form, text
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


LAYOUT = (
    text("chong.short_name", "scoreboard name of chong", example="A. ANIĆ"),
    text("chong.long_name", "full name of chong"),
    text("chong.noc", "country of chong", form=Form.CODE),
    text("hong.short_name", "scoreboard name of hong", label="at2", example="B. BEĆ"),
    text("hong.long_name", "full name of hong", example="Bea BEĆ"),
    text("hong.noc", "country of hong", form=Form.CODE),
)
STREAM = stream(("at1",), decode, AthletesNamed, layout=LAYOUT)
