"""How rings share the live screen: the largest digits that fit, then as many beside each other as fit."""

from typing import Final

from msgspec import Struct

from services.cli.status.cards import FRAME_WIDTH, LEAST_WIDTH, MEDIUM_LINES, ROOMY_MORE, SQUAT_MORE
from services.cli.status.digits import SIZES, WIDE, Size

LEAST_LINE_WIDTH: Final = 30
"""A ring's name, mark, score, clock and a word."""


class Layout(Struct, frozen=True, kw_only=True):
    """`size` None: no big digits, in cards of two lines, or one line each (`is_line`). `lines` is what it takes."""

    columns: int
    lines: int
    size: Size | None = None
    is_roomy: bool = False
    is_line: bool = False


def laid_out(rings: int, width: int, room: int, *, kept: int, wanted: int) -> Layout:
    """Share `room` lines, of which `kept` are for what is wrong. Names stand above the digits where all of that, which
    takes `wanted` lines, has room beside them.
    """
    for size in reversed(SIZES):
        columns = most_columns(rings, width, size)
        rows = -(-rings // columns) if columns else 0
        if not columns or rows * (size.lines + SQUAT_MORE) > room - kept:
            continue
        roomy = rows * (size.lines + ROOMY_MORE)
        is_roomy = roomy <= room - wanted
        lines = roomy if is_roomy else rows * (size.lines + SQUAT_MORE)
        return Layout(columns=columns, lines=lines, size=size, is_roomy=is_roomy)
    columns = max(1, min(rings, width // LEAST_WIDTH))
    rows = -(-rings // columns)
    if rows * MEDIUM_LINES <= room - kept:
        return Layout(columns=columns, lines=rows * MEDIUM_LINES)
    most = max(1, room - kept)
    columns = max(1, min(-(-rings // most), width // LEAST_LINE_WIDTH))
    return Layout(columns=columns, lines=max(0, min(-(-rings // columns), room - kept)), is_line=True)


def least_lines(rings: int, width: int, most: int) -> int:
    """What rings take at the least: a line each, or where `most` are too few for that, as many in a line as there can
    be.
    """
    return rings if rings <= most else -(-rings // max(1, width // LEAST_LINE_WIDTH))


def unbounded(rings: int, width: int) -> Layout:
    """On paper that has no end."""
    size = WIDE if width >= WIDE.width + FRAME_WIDTH else SIZES[0]
    columns = max(1, most_columns(rings, width, size))
    rows = -(-rings // columns)
    return Layout(columns=columns, lines=rows * (size.lines + ROOMY_MORE), size=size, is_roomy=True)


def most_columns(rings: int, width: int, size: Size) -> int:
    """Cards with such digits beside each other; 0: not one fits."""
    return min(rings, width // max(LEAST_WIDTH, size.width + FRAME_WIDTH))
