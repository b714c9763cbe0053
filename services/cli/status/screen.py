"""The live screen, drawn for a window: what is wrong at the top, rings in the middle, services, OBS and disk below."""

import textwrap
from collections.abc import Callable
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from services.cli import output
from services.cli.health_report import RANK, SYMBOLS, title
from services.cli.status.cards import (
    BIG_LINES,
    LEAST_WIDTH,
    MEDIUM_LINES,
    SQUAT_LINES,
    big_card,
    line_card,
    medium_card,
    squat_card,
)
from services.cli.status.plain import obs_words
from services.cli.status.scene import Scene
from shared.messages.health import Condition, HealthItem, Subject
from shared.messages.match import MatchState
from shared.messages.obs import LinkState, ObsStatus
from shared.messages.udp import RingStatus

Card = Callable[..., RenderableType]

_HEADS: Final = {
    Condition.OK: ("✓ ALL IS WELL", "bold black on green"),
    Condition.UNKNOWN: ("? SOMETHING IS NOT KNOWN", "bold black on yellow"),
    Condition.DEGRADED: ("! LOOK AT THIS", "bold black on yellow"),
    Condition.FAILED: ("✗ FAILED", "bold white on red"),
}
_STYLES: Final = {
    Condition.OK: "green",
    Condition.UNKNOWN: "yellow",
    Condition.DEGRADED: "bold yellow",
    Condition.FAILED: "bold bright_red",
}
_SHARE: Final = 3
"""What is wrong may take a third of the window."""


def drawn(scene: Scene, *, width: int, height: int | None, now_us: int, hint: str = "") -> RenderableType:
    """The screen; a `height` of None is as much as there is to say."""
    most = 12 if height is None else max(2, height // _SHARE)
    top = [_head(scene, width, now_us=now_us), *_trouble(scene, width, most)]
    bottom = _bottom(scene, width)
    if hint:
        bottom.append(Text(hint, "dim"))
    room = None if height is None else height - len(top) - len(bottom)
    return Group(*top, *_rings(scene, width, room, now_us=now_us), *bottom)


def _head(scene: Scene, width: int, *, now_us: int) -> Text:
    worst = max((item.condition for item in scene.report.items), key=RANK.__getitem__, default=Condition.UNKNOWN)
    words, style = _HEADS[worst]
    if not scene.is_running:
        words, style = "✗ THE SUITE IS NOT RUNNING", _HEADS[Condition.FAILED][1]
    clock = output.local_time(now_us)[:8]
    return Text(f" {words}".ljust(max(0, width - len(clock) - 1)) + f"{clock} ", style)


def _trouble(scene: Scene, width: int, most: int) -> list[Text]:
    """Two lines for each thing that is wrong, as far as there is room: what, since when; what to do."""
    if not scene.is_running:
        return [Text("Start it with: restrike up", "bold")]
    bad = [item for item in scene.report.items if item.condition in (Condition.FAILED, Condition.DEGRADED)]
    named = {item.name for item in bad}
    each = 2 if len(bad) * 4 < most else 1
    shown: list[list[Text]] = [_lines(item, width, each) for item in bad]
    for alert in scene.alerts:
        if alert.subject not in named:
            since = output.local_time(alert.raised_at_us)[:8]
            head = Text(_one(f"! {since} {alert.message}", width), "bold yellow")
            shown.append([head, *([Text(_one(f"  → {alert.remedy}", width))] if alert.remedy else [])])
    missing = [title(item) for item in scene.report.items if item.condition is Condition.UNKNOWN]
    if missing:
        shown.append([Text(_one(f"? not known: {', '.join(missing)}", width), "yellow")])
    lines: list[Text] = []
    for number, block in enumerate(shown):
        if lines and len(lines) + len(block) > most - 1:
            return [*lines, Text(f"  and {len(shown) - number} more: restrike health", "bold yellow")]
        lines += block
    return lines


def _lines(item: HealthItem, width: int, each: int) -> list[Text]:
    """Reason and remedy, each in up to so many lines."""
    since = output.local_time(item.since_us)[:8]
    about = "" if item.reason and item.name in item.reason else f"{title(item)}: "
    head = _wrapped(f"{SYMBOLS[item.condition]} {since} {about}{item.reason or ''}", width, each, indent="  ")
    remedy = _wrapped(f"  → {item.remedy}", width, each, indent="    ") if item.remedy else []
    return [*(Text(line, _STYLES[item.condition]) for line in head), *map(Text, remedy)]


def _wrapped(text: str, width: int, most: int, *, indent: str) -> list[str]:
    return textwrap.wrap(
        output.one_line(text), width, subsequent_indent=indent, max_lines=most, placeholder="…", drop_whitespace=True
    )


def _one(text: str, width: int) -> str:
    shown = output.one_line(text)
    return shown if len(shown) <= width else f"{shown[: width - 1]}…"


def _rings(scene: Scene, width: int, room: int | None, *, now_us: int) -> list[RenderableType]:
    rings = sorted(scene.rings, key=lambda ring: ring.ring)
    items = {item.name: item for item in scene.report.items if item.subject is Subject.RING}
    columns = max(1, min(len(rings), width // LEAST_WIDTH))
    rows = -(-len(rings) // columns) if rings else 0

    def cards(draw: Card, card_width: int) -> list[RenderableType]:
        return [
            draw(ring, _match(scene, ring), items.get(ring.ring), width=card_width, now_us=now_us) for ring in rings
        ]

    if room is None or rows * BIG_LINES <= room:
        return [_grid(cards(big_card, width // columns), columns, width)] if rings else []
    if rows * SQUAT_LINES <= room:
        return [_grid(cards(squat_card, width // columns), columns, width)]
    if rows * MEDIUM_LINES <= room:
        return [_grid(cards(medium_card, width // columns), columns, width)]
    return cards(line_card, width)[: max(0, room)]


def _match(scene: Scene, ring: RingStatus) -> MatchState | None:
    return scene.matches.get(ring.ring)


def _grid(cards: list[RenderableType], columns: int, width: int) -> Table:
    grid = Table.grid(padding=0)
    for _ in range(columns):
        grid.add_column(width=width // columns)
    filled = [*cards, *[Text()] * (-len(cards) % columns)]
    for row in range(0, len(filled), columns):
        grid.add_row(*filled[row : row + columns])
    return grid


def _bottom(scene: Scene, width: int) -> list[Text]:
    lines = [_services(scene)]
    lines += [_obs(one, scene) for one in scene.obs]
    if scene.has_obs and not scene.obs:
        lines.append(Text("  OBS       no connection", "dim"))
    lines.append(_disk(scene))
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return lines


def _services(scene: Scene) -> Text:
    items = [item for item in scene.report.items if item.subject is Subject.SERVICE]
    ill = [item for item in items if item.condition is not Condition.OK]
    worst = ill[0].condition if ill else Condition.OK
    line = Text(SYMBOLS[worst], _STYLES[worst])
    line.append(" services  ", "bold")
    if not ill:
        return line.append(f"all {len(items)} run", "green")
    for item in ill:
        line.append(f"{SYMBOLS[item.condition]} {item.name}  ", _STYLES[item.condition])
    return line.append(f"{len(items) - len(ill)} others run", "dim")


def _obs(one: ObsStatus, scene: Scene) -> Text:
    item = next((i for i in scene.report.items if i.subject is Subject.OBS and i.name == one.connection), None)
    is_well = one.state is LinkState.CONNECTED or not one.is_active
    condition = item.condition if item is not None else Condition.OK if is_well else Condition.DEGRADED
    is_away = condition is Condition.OK and one.state is not LinkState.CONNECTED
    symbol, style = ("○", "dim") if is_away else (SYMBOLS[condition], _STYLES[condition])
    line = Text(symbol, style).append(f" OBS {one.connection}  ", "bold")
    words = obs_words(one) if one.state is LinkState.CONNECTED or not one.is_active else one.state.replace("_", " ")
    line.append(output.one_line(words), style)
    if one.outputs is not None and one.outputs.is_recording:
        line.append("  ● REC", "bold bright_red")
    return line.append("  automation is paused", "bold yellow") if scene.is_paused else line


def _disk(scene: Scene) -> Text:
    bad = [item for item in scene.report.items if item.subject is Subject.DISK and item.condition is not Condition.OK]
    condition = bad[0].condition if bad else Condition.OK
    line = Text(SYMBOLS[condition], _STYLES[condition]).append(" disk      ", "bold")
    free = "?" if scene.free_bytes is None else f"{output.size(scene.free_bytes)} free"
    line.append(free, _STYLES[condition])
    return line if scene.is_judged else line.append("   ! cpu-monitor is silent: nobody watches", "bold yellow")
