"""The same fault of several rings, services or connections as one, so that the live screen has room for all faults."""

import re
from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from services.cli.status.order import natural
from services.cli.status.troubles import SEVERITIES, Trouble

NAMED: Final = 3
"""So many have their names told; of more, the first two, and how many more there are."""
_NUMBER: Final = re.compile(r"\d+(\.\d+)?")
_CABLES: Final = "Look at their scoring systems, cables and switch; see: restrike udp status"
_PLURALS: Final = (
    (
        re.compile(r"^@ has been silent for \S+ \w+ while its match runs\."),
        "@ are silent while their matches run.",
        _CABLES,
    ),
    (re.compile(r"^@ has not been heard for \S+ \w+\."), "@ are not heard.", None),
    (re.compile(r"^@ is not running\."), "@ are not running.", None),
)
"""What is said of one (@), of several, and what to do then; None: what is said of the first."""


def joined(found: Iterable[Trouble]) -> list[Trouble]:
    """One for all that are equally bad, and whose words differ in their names and numbers only; each where the first of
    them was. An alert may come a moment after what it is about: it makes no difference.
    """
    groups: dict[object, list[Trouble]] = {}
    for one in found:
        groups.setdefault(_likeness(one), []).append(one)
    return [same[0] if len(same) == 1 else _of(same) for same in groups.values()]


def _likeness(one: Trouble) -> object:
    kind, _, name = one.about.rpartition(" ")
    words = [_NUMBER.sub("#", _unnamed(text or "", name)) for text in (one.text, one.remedy)]
    return one.rank, None if one.is_item else one.severity, one.is_noted, one.is_item, kind, *words


def _of(same: list[Trouble]) -> Trouble:
    same = sorted(same, key=lambda one: natural(one.about))
    kind, _, first = same[0].about.rpartition(" ")
    names = [one.about.rpartition(" ")[2] for one in same]
    severity = max((one.severity for one in same if one.severity), key=SEVERITIES.index, default=None)
    since_us = min(one.since_us for one in same)
    fields = {"since_us": since_us, "count": len(same), "severity": severity, "alert_id": None}
    text = _unnamed(same[0].text, first)
    for pattern, several, remedy in _PLURALS:
        match = pattern.match(text)
        if match is not None:
            told = several.replace("@", listed(names)) + text[match.end() :].replace("@", first)
            return replace(same[0], about="", text=told, remedy=remedy or same[0].remedy, **fields)
    about = f"{kind} {listed(names)}".strip()
    likewise = same[0].text if text == same[0].text else f"{same[0].text} Likewise the others."
    return replace(same[0], about=about, text=likewise, **fields)


def _unnamed(text: str, name: str) -> str:
    return re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", "@", text)


def listed(names: list[str]) -> str:
    """`ring-1, ring-2 and ring-3`; `ring-1, ring-2 and 6 more`."""
    if len(names) > NAMED:
        return f"{', '.join(names[: NAMED - 1])} and {len(names) - NAMED + 1} more"
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
