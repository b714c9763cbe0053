"""What is wrong on the live screen: the worst first and whole, the rest as a number."""

import textwrap
from typing import Final

from rich.text import Text

from services.cli import output
from services.cli.health_report import title
from services.cli.status.scene import Scene
from services.cli.status.troubles import MENDED, Trouble, troubles
from shared.messages.health import Condition

_STYLES: Final = {3: "bold bright_red", 2: "bold yellow", MENDED: "dim"}
_SYMBOLS: Final = {3: "✗", 2: "!", MENDED: "·"}
MORE: Final = "restrike health"


class Fault:
    """One, as wide as the window: what is wrong since when, and what to do."""

    def __init__(self, trouble: Trouble, width: int) -> None:
        style = _STYLES[trouble.rank]
        words = [_SYMBOLS[trouble.rank], output.local_time(trouble.since_us)[:8]]
        words += [f"{trouble.severity}{' (noted)' if trouble.is_noted else ''}:"] if trouble.severity else []
        name = trouble.about.rpartition(" ")[2]
        words += [] if name in trouble.text else [f"{trouble.about}:"]
        told = " ".join([*words, trouble.text])
        if trouble.rank == MENDED:
            self.reason, self.remedy = [Text(_cut(told, width), style)], list[Text]()
            return
        self.reason = [Text(line, style) for line in _wrapped(told, width, indent="  ")]
        self.remedy = [Text(line) for line in _wrapped(f"  → {trouble.remedy}", width, indent="    ")]
        self.remedy = self.remedy if trouble.remedy else []


def faults(scene: Scene, width: int) -> list[Fault]:
    """All that stand now."""
    found = troubles(scene.report, scene.alerts)
    return [Fault(one, width) for one in found if one.is_item or not one.is_noted]


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
        rest = len(found) - number - 1
        room = most - len(lines) - (1 if rest or unknown else 0)
        block = [*one.reason, *one.remedy]
        if len(block) > room:
            block = one.reason
        if len(block) > room and not lines:
            block = _shortened(one.reason, max(1, room))
        if len(block) > room and lines:
            return [*lines, _more(rest + 1)]
        lines += block
        if len(lines) >= most:
            return lines
    return [*lines, *unknown][:most]


def _more(count: int) -> Text:
    return Text(f"+{count} more: {MORE}", "bold yellow")


def _shortened(lines: list[Text], most: int) -> list[Text]:
    kept = [line.copy() for line in lines[:most]]
    kept[-1].right_crop(1)
    kept[-1].append("…")
    return kept


def _wrapped(text: str, width: int, *, indent: str) -> list[str]:
    return textwrap.wrap(output.one_line(text), max(width, len(indent) + 8), subsequent_indent=indent)


def _cut(text: str, width: int) -> str:
    shown = output.one_line(text)
    return shown if len(shown) <= width else f"{shown[: width - 1]}…"
