"""A ring on the live screen, in a frame: with big digits where there is room."""

from typing import Final

from rich.cells import cell_len, set_cell_size
from rich.panel import Panel
from rich.text import Text

from services.cli import output
from services.cli.health_report import SYMBOLS
from services.cli.status.digits import Size, big
from services.cli.status.plain import listens, winning_side
from shared.messages.health import Condition, HealthItem
from shared.messages.match import Athlete, MatchState, Stage
from shared.messages.udp import RingStatus

ROOMY_MORE: Final = 4
SQUAT_MORE: Final = 2
"""Lines of a card beside its digits: its frame, and what stands within."""
MEDIUM_LINES: Final = 4
LEAST_WIDTH: Final = 56
"""What names beside each other need."""
FRAME_WIDTH: Final = 4
NOW_S: Final = 2
BAD_STYLE: Final = "bold bright_red"
BLUE_STYLE: Final = "bold bright_blue"
RED_STYLE: Final = "bold bright_red"
_STAGES: Final = {
    Stage.RUNNING: ("▶ FIGHT", "bold bright_green"),
    Stage.PAUSED: ("■ STOPPED", "bold yellow"),
    Stage.BREAK: ("… BREAK", "bold yellow"),
    Stage.INJURY: ("+ INJURY", "bold magenta"),
    Stage.REVIEW: ("? REVIEW", "bold magenta"),
    Stage.DECIDED: ("● OVER", "bold"),
    Stage.CLOSED: ("● CLOSED", "bold"),
    Stage.READY: ("○ READY", "bold cyan"),
    Stage.LOADED: ("○ LOADED", "bold cyan"),
    Stage.LOADING: ("○ LOADING", "bold cyan"),
    Stage.ROUND_ENDED: ("● ROUND OVER", "bold"),
    Stage.ROUND_DECIDED: ("● ROUND OVER", "bold"),
}
BORDERS: Final = {
    Condition.OK: "green",
    Condition.UNKNOWN: "yellow",
    Condition.DEGRADED: "yellow",
    Condition.FAILED: "bold bright_red",
}


def roomy_card(  # noqa: PLR0913  # what a card is made of
    status: RingStatus, match: MatchState | None, item: HealthItem | None, *, width: int, now_us: int, size: Size
) -> Panel:
    """A panel with digits of `size`, the names above them and the stage below: four lines more than a digit."""
    inner = width - FRAME_WIDTH
    if match is None or match.match_id is None:
        body = _no_match(inner, size.lines + 1)
    else:
        body = Text("\n").join([_names(match, inner), *_figures(match, inner, size)])
    body.append("\n").append_text(_standing(status, match, item, inner, now_us=now_us))
    height = size.lines + ROOMY_MORE
    title = _title(status, match, item)
    return Panel(body, title=title, title_align="left", height=height, border_style=_border(item))


def squat_card(  # noqa: PLR0913  # what a card is made of
    status: RingStatus, match: MatchState | None, item: HealthItem | None, *, width: int, now_us: int, size: Size
) -> Panel:
    """The same with the words in its frame: two lines more than a digit."""
    inner = width - FRAME_WIDTH
    title = _title(status, None, item)
    if match is None or match.match_id is None:
        body = _no_match(inner, size.lines)
    else:
        body = Text("\n").join(_figures(match, inner, size))
        title.append(f"  {output.one_line(match.match_number or '?')}  ")
        title.append(cut(who(match.chong), inner // 3), BLUE_STYLE).append(" : ")
        title.append(cut(who(match.hong), inner // 3), RED_STYLE)
    standing = _standing(status, match, item, inner, now_us=now_us, is_short=True)
    height = size.lines + SQUAT_MORE
    return Panel(body, title=title, subtitle=standing, title_align="left", height=height, border_style=_border(item))


def medium_card(
    status: RingStatus, match: MatchState | None, item: HealthItem | None, *, width: int, now_us: int
) -> Panel:
    """A panel of 4 lines."""
    inner = width - FRAME_WIDTH
    body = Text("no match", "dim") if match is None or match.match_id is None else _in_words(match)
    body.truncate(inner)
    body.append("\n").append_text(_standing(status, match, item, inner, now_us=now_us))
    return Panel(
        body, title=_title(status, match, item), title_align="left", height=MEDIUM_LINES, border_style=_border(item)
    )


def _no_match(width: int, lines: int) -> Text:
    before = (lines - 1) // 2
    return Text("\n" * before).append("no match".center(width), "dim").append("\n" * (lines - 1 - before))


def mark(item: HealthItem | None) -> str:
    """How health calls a ring, as a symbol: what colours say is said without them."""
    return SYMBOLS[item.condition] if item is not None else SYMBOLS[Condition.UNKNOWN]


def _title(status: RingStatus, match: MatchState | None, item: HealthItem | None) -> Text:
    words = [status.ring if item is None or item.condition is Condition.OK else f"{mark(item)} {status.ring}"]
    if match is not None and match.match_id is not None:
        words += [f"match {match.match_number or '?'}", match.weight_class or "", match.phase or ""]
    return Text(output.one_line("  ".join(word for word in words if word)), "bold")


def _border(item: HealthItem | None) -> str:
    return BORDERS[item.condition] if item is not None else "white"


def _names(match: MatchState, width: int) -> Text:
    half = width // 2
    left, right = f"BLUE {who(match.chong)}", f"{who(match.hong)} RED"
    left, right = cut(left, half - 1), cut(right, half - 1)
    gap = " " * (width - cell_len(left) - cell_len(right))
    return Text(left, BLUE_STYLE).append(gap).append(right, RED_STYLE)


def who(athlete: Athlete) -> str:
    """Country and name, as far as they are known."""
    return output.one_line(" ".join(word for word in (athlete.noc, athlete.short_name or athlete.long_name) if word))


def cut(text: str, width: int) -> str:
    """At most so many cells: some letters take two."""
    return text if cell_len(text) <= width else f"{set_cell_size(text, max(0, width - 1)).rstrip()}…"


def _figures(match: MatchState, width: int, size: Size) -> list[Text]:
    scores = [big(str(min(99, max(0, side.score))), size) for side in (match.chong, match.hong)]
    _, style = stage_word(match)
    clock = big(output.clock(clock_ms(match)), size)
    rest = max(0, width - sum(len(block[0]) for block in (*scores, clock)))
    before = rest // 2
    rows = []
    for left, middle, right in zip(scores[0], clock, scores[1], strict=True):
        row = Text(left, BLUE_STYLE).append(" " * before).append(middle, style)
        rows.append(row.append(" " * (rest - before)).append(right, RED_STYLE))
    return rows


def clock_ms(match: MatchState) -> int | None:
    """The clock that counts now: of the injury, of the break, else of the round."""
    if match.stage is Stage.INJURY and match.injury_ms is not None:
        return match.injury_ms
    if match.stage is Stage.BREAK and match.break_ms is not None:
        return match.break_ms
    return match.clock_ms


def stage_word(match: MatchState) -> tuple[str, str]:
    """How far the match is, and the style of that."""
    return _STAGES.get(match.stage, ("", "bold")) if match.stage is not None else ("", "bold")


def _in_words(match: MatchState) -> Text:
    line = Text(cut(who(match.chong), 16), BLUE_STYLE).append(f" {match.chong.score}", BLUE_STYLE).append(" : ")
    line.append(f"{match.hong.score} ", RED_STYLE).append(cut(who(match.hong), 16), RED_STYLE)
    return line.append(f"  {output.clock(clock_ms(match))}", stage_word(match)[1])


def _standing(  # noqa: PLR0913  # what a ring's last line is made of
    status: RingStatus,
    match: MatchState | None,
    item: HealthItem | None,
    width: int,
    *,
    now_us: int,
    is_short: bool = False,
) -> Text:
    line = Text()
    if match is not None and match.match_id is not None:
        word, style = stage_word(match)
        line.append(f"{word}  ", style).append_text(winner_word(match)).append(
            f"round {match.round or '?'}/{match.total_rounds or '?'}", "bold"
        )
    said, style = silence_word(status, item, now_us=now_us)
    if is_short or len(line) + len(said) + 2 > width:
        return line.append("  ").append(said, style)
    return line.append(" " * (width - len(line) - len(said))).append(said, style)


def winner_word(match: MatchState) -> Text:
    """Who won, of a match that is over."""
    side = winning_side(match)
    return Text(f"{side} WINS  ", BLUE_STYLE if side == "BLUE" else RED_STYLE) if side else Text()


def silence_word(status: RingStatus, item: HealthItem | None, *, now_us: int) -> tuple[str, str]:
    """What was heard last, and the style of that; whether it ought to have sent since is what health says."""
    if not listens(status):
        return "✗ NOT LISTENING", BAD_STYLE
    if status.last_packet_us is None:
        return "heard nothing yet", "dim"
    silent_s = max(0, now_us - status.last_packet_us) // 1_000_000
    ago = f"{silent_s} s" if silent_s < 120 else f"{silent_s // 60} min"
    is_missed = item is not None and item.condition is Condition.FAILED and "silent" in (item.reason or "")
    if is_missed and silent_s >= NOW_S:
        return f"✗ SILENT for {ago}", BAD_STYLE
    return ("✓ heard now", "green") if silent_s <= NOW_S else (f"heard {ago} ago", "dim")
