"""ref: the officials.

ref;name;country;ju1;name;country;ju2;name;country;ju3;name;country;ta;name;country
Often all empty; a role may not be there, and A drops missing fields altogether (`ref;ju1;ju2;ta;`).
"""

from collections.abc import Sequence

from services.pss_parser.fields import Fields, stream
from services.pss_parser.layout import Form, Groups, text
from shared.messages.pss import Official, OfficialsNamed

_ROLES = {
    "ref": "the referee",
    "ju1": "the first judge",
    "ju2": "the second judge",
    "ju3": "the third judge",
    "ta": "the technical assistant",
}
_LABELS = _ROLES.keys() - {"ref"}
_PARTS = ("name", "country")
_COUNTRY_LENGTH = 3


def decode(fields: Fields) -> OfficialsNamed:
    """Read `ref`: one official per role that was sent, in the order sent."""
    officials = []
    groups = fields.groups(_LABELS)
    for role, values in groups.items():
        name, country = (value.strip() or None for value in (*values, "", "")[: len(_PARTS)])
        fields.refuse(values[len(_PARTS) :], role)
        officials.append(Official(role=role, name=name, country=country))
    last = officials[-1]
    # The last field may be empty and without its `;`.
    fields.is_old = any(len(values) < len(_PARTS) for values in groups.values()) and groups[last.role] != [""]
    if last.country and len(last.country) < _COUNTRY_LENGTH and not fields.is_terminated:
        fields.fault(f"officials.{last.role}.country", "cut")
        officials[-1] = Official(role=last.role, name=last.name)
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


def _write(reading: OfficialsNamed) -> Groups:
    return {
        "" if official.role == "ref" else official.role: [official.name or "", official.country or ""]
        for official in reading.officials
    }


LAYOUT = tuple(
    text(
        f"officials.{role}.{part}",
        f"{part} of {who}",
        form=Form.NAME if part == "name" else Form.CODE,
        label=role if part == "name" and role != "ref" else "",
    )
    for role, who in _ROLES.items()
    for part in _PARTS
)
STREAM = stream(("ref",), decode, OfficialsNamed, layout=LAYOUT, is_text=_is_name, write=_write)
