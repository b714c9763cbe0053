"""The figures that a run gives, with their aims, and how they are shown."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from statistics import median
from typing import Any

from msgspec import Struct


class Verdict(StrEnum):
    """Whether an aim is met."""

    MET = "met"
    SHORT = "short"


class Figure(Struct, frozen=True, kw_only=True):
    """One line of the table: a value in `unit`, what it is beside, and their ratio (the median of `rounds`, with the
    lowest and the highest of them). An aim is a limit of the ratio if there is one, else of the value.

    `is_open`: the search for the value, or for what it is beside, ended before it found what is too much.
    """

    name: str
    value: float
    unit: str
    beside: str = ""
    floor: float | None = None
    rounds: tuple[float, ...] = ()
    is_open: bool = False
    at_least: float | None = None
    at_most: float | None = None

    @property
    def ratio(self) -> float | None:
        """Value to floor."""
        if self.rounds:
            return median(self.rounds)
        return self.value / self.floor if self.floor else None

    @property
    def verdict(self) -> Verdict | None:
        """Whether the aim is met; None when there is none."""
        measured = self.value if self.ratio is None else self.ratio
        if self.at_least is not None:
            return Verdict.MET if measured >= self.at_least else Verdict.SHORT
        if self.at_most is not None:
            return Verdict.MET if measured <= self.at_most else Verdict.SHORT
        return None

    def document(self) -> dict[str, Any]:
        """The figure for a program."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "beside": self.beside or None,
            "floor": self.floor,
            "ratio": self.ratio,
            "rounds": self.rounds,
            "is_open": self.is_open,
            "at_least": self.at_least,
            "at_most": self.at_most,
            "verdict": self.verdict,
        }


def table(figures: Sequence[Figure]) -> str:
    """The figures as a Markdown table that is aligned on a terminal, too."""
    rows = [["", "value", "beside", "its value", "ratio", "aim", ""]]
    rows += [[column(figure) for column in _COLUMNS] for figure in figures]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_COLUMNS))]
    lines = [
        "| " + " | ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def _number(value: float) -> str:
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _beside(figure: Figure) -> str:
    return "" if figure.floor is None else f"{_number(figure.floor)} {figure.unit}"


def _ratio(figure: Figure) -> str:
    if figure.ratio is None:
        return ""
    spread = f" ({_number(min(figure.rounds))}–{_number(max(figure.rounds))})" if len(figure.rounds) > 1 else ""  # noqa: RUF001  # a range
    return f"{_number(figure.ratio)}{spread}{' (open)' if figure.is_open else ''}"


def _aim(figure: Figure) -> str:
    if figure.at_least is not None:
        return f"≥ {figure.at_least:g}"
    return f"≤ {figure.at_most:g}" if figure.at_most is not None else ""


_COLUMNS: tuple[Callable[[Figure], str], ...] = (
    lambda figure: figure.name,
    lambda figure: f"{_number(figure.value)} {figure.unit}",
    lambda figure: figure.beside,
    _beside,
    _ratio,
    _aim,
    lambda figure: figure.verdict or "",
)
