"""Rings as a line each, where the live screen has no room for more: in columns, so that marks, scores and clocks stand
below each other.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct
from rich.text import Text

from services.cli import output
from services.cli.status.cards import (
    BAD_STYLE,
    BLUE_STYLE,
    BORDERS,
    RED_STYLE,
    clock_ms,
    cut,
    mark,
    silence_word,
    stage_word,
    who,
    winner_word,
)
from services.cli.status.layout import Layout
from shared.messages.health import RANK, Condition, HealthItem
from shared.messages.match import MatchState
from shared.messages.udp import RingStatus

NUMBER_WIDTH: Final = 8
LEAST_NAMES: Final = len("KOR : JPN")
LEAST_NAME: Final = len("KOR Y. KI")
"""Of less of a name nobody knows who it is; then the country has to do."""
_BETWEEN: Final = " : "
_LAYOUTS: Final = (
    ("ring", "number", "score", "clock", "stage", "silence"),
    ("ring", "score", "clock", "stage", "silence"),
    ("ring", "score", "clock", "word", "silence"),
)
"""The first that fits is taken. Names come last in a line, and have what room is left."""
_NARROW: Final = ("ring", "result", "clock", "either")


class _Row(Struct, frozen=True, kw_only=True):
    """A ring's line in its parts. `word` is its stage in short, `either` that without its symbol, or what is wrong;
    `result` is the score in short.
    """

    ring: Text
    number: Text
    score: Text
    result: Text
    clock: Text
    stage: Text
    word: Text
    silence: Text
    either: Text
    match: MatchState | None


def ring_lines(  # noqa: PLR0913  # what rings are, and where they stand
    rings: Sequence[RingStatus],
    matches: Mapping[str, MatchState],
    items: Mapping[str, HealthItem],
    layout: Layout,
    *,
    width: int,
    now_us: int,
) -> list[Text]:
    """A line for each ring; where not all have room, for those that are worst, and how many more there are."""
    most, rest = layout.lines * layout.columns, 0
    if len(rings) > most:
        rest = len(rings) - max(0, most - 1)
        rings = sorted(rings, key=lambda ring: -RANK[_condition(items.get(ring.ring))])[: max(0, most - 1)]
    rows = [_row(ring, matches.get(ring.ring), items.get(ring.ring), now_us=now_us) for ring in rings]
    lines = _drawn(rows, width if layout.columns == 1 else width // layout.columns - 1)
    return [*lines, Text(f"+{rest} more rings", "dim")][:most] if rest else lines


def _condition(item: HealthItem | None) -> Condition:
    return item.condition if item is not None else Condition.UNKNOWN


def _row(ring: RingStatus, match: MatchState | None, item: HealthItem | None, *, now_us: int) -> _Row:
    condition = _condition(item)
    style = "bold" if condition is Condition.OK else BORDERS[condition]
    silence = Text(*silence_word(ring, item, now_us=now_us))
    nothing = Text()
    row = _Row(
        ring=Text(f"{mark(item)} ", BORDERS[condition]).append(output.one_line(ring.ring), style),
        number=nothing, score=nothing, result=nothing, clock=nothing, stage=Text("no match", "dim"),
        word=Text("no match", "dim"), silence=silence, either=_bare(silence) if silence.style == BAD_STYLE else silence,
        match=None,
    )  # fmt: skip
    return row if match is None or match.match_id is None else _with_match(row, match)


def _with_match(row: _Row, match: MatchState) -> _Row:
    word, style = stage_word(match)
    won, rounds = winner_word(match), f"{match.round or '?'}/{match.total_rounds or '?'}"
    stage = Text(f"{word} ", style)
    stage = stage.append_text(won) if won else stage.append(rounds, "bold")
    stage.rstrip()
    return _Row(
        ring=row.ring,
        number=Text(cut(output.one_line(match.match_number or "?"), NUMBER_WIDTH)),
        score=_scored(f"{match.chong.score:>2}", _BETWEEN, f"{match.hong.score:<2}"),
        result=_scored(str(match.chong.score), "-", str(match.hong.score)),
        clock=Text(output.clock(clock_ms(match)), style),
        stage=stage,
        word=Text(word, style),
        silence=row.silence,
        either=_bare(row.silence if row.silence.style == BAD_STYLE else Text(word, style)),
        match=match,
    )


def _bare(word: Text) -> Text:
    return Text(word.plain.partition(" ")[2], word.style)


def _scored(blue: str, between: str, red: str) -> Text:
    return Text(blue, BLUE_STYLE).append(between, "default").append(red, RED_STYLE)


def _drawn(rows: list[_Row], width: int) -> list[Text]:
    for columns in _LAYOUTS:
        lines = _in_columns(rows, columns, gap="  ")
        left = width - max((line.cell_len for line in lines), default=0)
        if left >= 0:
            return [_named(line, row, left) for line, row in zip(lines, rows, strict=True)]
    lines = _in_columns(rows, _NARROW, gap=" ")
    for line in lines:
        line.rstrip()
        line.truncate(width, overflow="ellipsis")
    return lines


def _in_columns(rows: list[_Row], columns: tuple[str, ...], *, gap: str) -> list[Text]:
    widths = {name: max((getattr(row, name).cell_len for row in rows), default=0) for name in columns}
    lines = []
    for row in rows:
        line = Text()
        for name in columns:
            cell: Text = getattr(row, name)
            line.append(gap if line else "").append_text(cell).append(" " * (widths[name] - cell.cell_len))
        lines.append(line)
    return lines


def _named(line: Text, row: _Row, left: int) -> Text:
    """With who fights, as far as there is room: both names are cut alike."""
    room = left - len("  ")
    if row.match is None or room < LEAST_NAMES:
        return line
    half = (room - len(_BETWEEN)) // 2
    blue, red = (one.noc or who(one) if half < LEAST_NAME else who(one) for one in (row.match.chong, row.match.hong))
    return line.append("  ").append(cut(blue, half), BLUE_STYLE).append(_BETWEEN).append(cut(red, half), RED_STYLE)
