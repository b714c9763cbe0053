"""What is wrong on the live screen: the worst first and whole, the rest as a number."""

import textwrap
from typing import Final

from rich.text import Text

from services.cli import output
from services.cli.health_report import title
from services.cli.status.scene import Scene
from services.cli.status.troubles import MENDED, Trouble
from shared.messages.health import Condition

_STYLES: Final = {3: "bold bright_red", 2: "bold yellow", MENDED: "dim"}
_SYMBOLS: Final = {3: "✗", 2: "!", MENDED: "·"}
MORE: Final = "restrike status --once"
"""What lists all of it, however long."""


class Fault:
    """One, as wide as the window: what is wrong since when, and what to do. `count` is of how many it tells."""

    def __init__(self, trouble: Trouble, width: int) -> None:
        style = _STYLES[trouble.rank]
        self.count, self.width = trouble.count, width
        words = [_SYMBOLS[trouble.rank], output.local_time(trouble.since_us)[:8]]
        words += [f"{trouble.severity}{' (noted)' if trouble.is_noted else ''}:"] if trouble.severity else []
        name = trouble.about.rpartition(" ")[2]
        is_named = not name or (trouble.count == 1 and name in trouble.text)
        words += [] if is_named else [f"{trouble.about}:"]
        told = " ".join([*words, trouble.text])
        if trouble.rank == MENDED:
            self.reason, self.remedy = [Text(_cut(told, width), style)], list[Text]()
            return
        self.reason = [Text(line, style) for line in _wrapped(told, width, indent="  ")]
        self.remedy = [Text(line) for line in _wrapped(f"  → {trouble.remedy}", width, indent="    ")]
        self.remedy = self.remedy if trouble.remedy else []


def shown(found: list[Trouble]) -> list[Trouble]:
    """Without what somebody has noted, unless health tells it still."""
    return [one for one in found if one.is_item or not one.is_noted]


def unknown_line(scene: Scene, width: int) -> list[Text]:
    """What nobody can say, in a line."""
    missing = [title(item) for item in scene.report.items if item.condition is Condition.UNKNOWN]
    return [Text(_cut(f"? not known: {', '.join(missing)}", width), "yellow")] if missing else []


def needed(found: list[Fault], unknown: list[Text]) -> int:
    """Lines for all of it."""
    return sum(len(one.reason) + len(one.remedy) for one in found) + len(unknown)


def fitted(found: list[Fault], unknown: list[Text], most: int) -> list[Text]:
    """At most so many lines: faults whole, the first ones, and how many more there are."""
    if most <= 0:
        return []
    lines: list[Text] = []
    for number, one in enumerate(found):
        rest = sum(other.count for other in found[number + 1 :])
        room = most - len(lines) - (1 if rest else 0)
        block = [*one.reason, *one.remedy]
        if len(block) > room and lines:
            return [*lines, _more(rest + one.count, one.width)]
        if room <= 0:
            return [_counted(one, rest)]
        lines += block if len(block) <= room else _both(one, room)
        if len(block) > room and rest:
            return [*lines, _more(rest, one.width)]
    return [*lines, *unknown][:most]


def _both(fault: Fault, most: int) -> list[Text]:
    """What to do is told before the end of a long reason."""
    remedy = _shortened(fault.remedy, min(len(fault.remedy), most - 1)) if most > 1 else []
    return [*_shortened(fault.reason, most - len(remedy)), *remedy]


def _more(count: int, width: int) -> Text:
    return Text(_cut(f"+{count} more: {MORE}", width), "bold yellow")


def _counted(fault: Fault, rest: int) -> Text:
    """In a line with how many more there are."""
    more = f" +{rest} more"
    line = _shortened(fault.reason, 1)[0].copy()
    line.truncate(max(1, fault.width - len(more)), overflow="ellipsis")
    return line.append(more)


def _shortened(lines: list[Text], most: int) -> list[Text]:
    if len(lines) <= most or most <= 0:
        return lines
    kept = [line.copy() for line in lines[:most]]
    kept[-1].right_crop(1)
    kept[-1].append("…")
    return kept


def _wrapped(text: str, width: int, *, indent: str) -> list[str]:
    most = max(width, len(indent) + 8)  # what is to be typed has hyphens, and stays whole
    return textwrap.wrap(output.one_line(text), most, subsequent_indent=indent, break_on_hyphens=False)


def _cut(text: str, width: int) -> str:
    shown = output.one_line(text)
    return shown if len(shown) <= width else f"{shown[: width - 1]}…"
