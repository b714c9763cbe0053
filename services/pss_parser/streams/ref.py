"""ref: the officials.

ref;name;country;ju1;name;country;ju2;name;country;ju3;name;country;ta;name;country
Often all empty; a role may not be there, and A drops missing fields altogether (`ref;ju1;ju2;ta;`).
"""

from collections.abc import Sequence

from services.pss_parser.fields import Fields, Stream
from shared.messages.pss import Official, OfficialsNamed

_LABELS = frozenset(("ju1", "ju2", "ju3", "ta"))
_COUNTRY_LENGTH = 3


def decode(fields: Fields) -> OfficialsNamed:
    """Read `ref`: one official per role that was sent, in the order sent."""
    officials = []
    for role, values in fields.groups(_LABELS).items():
        name, country = (value.strip() or None for value in (*values, "", "")[:2])
        fields.refuse(values[2:], role)
        officials.append(Official(role=role, name=name, country=country))
    return OfficialsNamed(officials=tuple(officials), faults=fields.faults)


def _is_name(parts: Sequence[str], at: int) -> bool:
    """Whether the keyword at `at` is somebody's name: only if what follows is still this message.

    As fields may be dropped, it can be the next message's start as well (`ref;ju1;ju2;ta;at1;…`).
    """
    country, following = (*parts[at + 1 : at + 3], "", "")[:2]
    if country in _LABELS:
        return True
    if country and not (len(country) <= _COUNTRY_LENGTH and country.isupper()):
        return False
    return following in _LABELS or (not following and at + 3 >= len(parts))


STREAM = Stream(keywords=("ref",), decode=decode, most=14, labels=_LABELS, free=frozenset((0,)), is_text=_is_name)
