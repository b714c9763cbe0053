"""Answers of OBS as tables and lists, for `restrike obs`; names are OBS's own and may hold anything."""

from collections.abc import Iterable
from typing import Any, Final

from services.cli import output

MOST_LINE: Final = 100
MOST_CELL: Final = 28
"""Characters of a cell in a table of OBS's things; `--json` has all of it."""
CHOSEN: Final = "*"
"""Marks the one that is in force."""


def yes(is_so: object) -> str:
    """`yes` or `no`."""
    return "yes" if is_so else "no"


def cut(value: object, most: int) -> str | None:
    """A cell that is not longer than `most`, as it is shown."""
    if value is None:
        return None
    text = output.one_line(str(value))
    return text if len(text) <= most else f"{text[: most - 1]}…"


def chosen(names: Iterable[str], current: str | None) -> str:
    """One name a line, the current one marked."""
    lines = [f"{CHOSEN if name == current else ' '} {output.one_line(name)}" for name in names]
    return "\n".join(lines) or "There is none."


def listed(names: Iterable[str]) -> str:
    """One name a line."""
    return "\n".join(output.one_line(name) for name in names) or "There is none."


def pairs(answer: dict[str, Any]) -> str:
    """Names and values; what is in a group is named with it."""
    found = list(_flat(answer))
    room = MOST_LINE - 2 - max((len(name) for name, _ in found), default=0)
    return output.table(("what", "value"), [(name, cut(value, room)) for name, value in found])


def rows(headers: tuple[str, ...], answer: Iterable[dict[str, Any]]) -> str:
    """A table of the named fields of each; truth as `yes` and `no`."""
    found = [tuple(cut(_cell(one.get(name)), MOST_CELL) for name in headers) for one in answer]
    return output.table([name.replace("_db", " dB") for name in headers], found) if found else "There is none."


def _flat(answer: dict[str, Any], path: str = "") -> Iterable[tuple[str, object]]:
    for name, value in answer.items():
        named = f"{path}{name.replace('_', ' ')}"
        if isinstance(value, dict):
            yield from _flat(value, f"{named} ")
        else:
            yield named, _cell(value)


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return yes(value)
    if isinstance(value, float):
        return f"{value:.1f}"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
