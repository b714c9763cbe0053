"""The live screen, drawn for a window: what is wrong at the top, rings in the middle, services, OBS and disk below."""

from collections.abc import Callable
from functools import partial
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from services.cli import output
from services.cli.health_report import SYMBOLS
from services.cli.status.cards import medium_card, roomy_card, squat_card
from services.cli.status.faults import Fault, fitted, needed, shown, unknown_line
from services.cli.status.joining import joined
from services.cli.status.layout import Layout, laid_out, least_lines, unbounded
from services.cli.status.order import natural
from services.cli.status.plain import obs_words
from services.cli.status.ring_lines import ring_lines
from services.cli.status.scene import Scene
from services.cli.status.troubles import Trouble, overall, troubles
from services.registry import SERVICES
from shared.messages.health import RANK, Condition, Subject
from shared.messages.obs import LinkState, ObsStatus

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
_SHARE: Final = 6
"""A sixth of the window is kept for what is wrong, so that digits keep their size whatever comes."""
LEAST_FAULT_LINES: Final = 2
"""The worst fault, and how many more there are."""
_LINES_PER_OBS: Final = 12
"""A connection has a line of its own for each so many lines of the window; else all share one."""


def drawn(scene: Scene, *, width: int, height: int | None, now_us: int, hint: str = "") -> RenderableType:
    """The screen; a `height` of None is as much as there is to say."""
    told = troubles(scene.report, scene.alerts) if scene.is_running else []
    head = [_head(scene, told, width, now_us=now_us)]
    bottom = [*_bottom(scene, width, height), *([Text(hint, "dim")] if hint else [])]
    found = [Fault(one, width) for one in (shown(told) if height is None else joined(shown(told)))]
    unknown = unknown_line(scene, width) if scene.is_running else [Text("Start it with: restrike up", "bold")]
    wanted = needed(found, unknown)
    rings = len(scene.rings)
    if height is None:
        layout = unbounded(rings, width)
        return Group(*head, *fitted(found, unknown, wanted), *_rings(scene, width, layout, now_us=now_us), *bottom)
    least = least_lines(rings, width, height - len(head) - min(wanted, 1))
    whole, bottom = len(bottom), bottom[: max(0, height - len(head) - min(wanted, 1) - least)]
    kept = max(min(LEAST_FAULT_LINES, wanted), height // _SHARE)
    room = height - len(head) - len(bottom)
    layout = laid_out(rings, width, room, kept=min(kept, max(0, room - least)), wanted=wanted)
    most = room - layout.lines
    trouble, longer = (fitted(found, unknown, min(wanted, most + more)) for more in (0, 1))
    if hint and len(bottom) == whole and len(longer) > most:  # a fault that is whole is worth more than the hint
        trouble, bottom = longer, bottom[:-1]
    return Group(*head, *trouble, *_rings(scene, width, layout, now_us=now_us), *bottom)


def _head(scene: Scene, told: list[Trouble], width: int, *, now_us: int) -> Text:
    worst = max((item.condition for item in scene.report.items), key=RANK.__getitem__, default=Condition.UNKNOWN)
    words, style = _HEADS[overall(worst, told)]
    if not scene.is_running:
        words, style = "✗ THE SUITE IS NOT RUNNING", _HEADS[Condition.FAILED][1]
    clock = output.local_time(now_us)[:8]
    return Text(f" {words}".ljust(max(0, width - len(clock) - 1)) + f"{clock} ", style)


def _rings(scene: Scene, width: int, layout: Layout, *, now_us: int) -> list[RenderableType]:
    rings = sorted(scene.rings, key=lambda ring: natural(ring.ring))
    items = {item.name: item for item in scene.report.items if item.subject is Subject.RING}
    card_width = width // layout.columns
    if layout.is_line:
        lines: list[RenderableType] = [*ring_lines(rings, scene.matches, items, layout, width=width, now_us=now_us)]
        return lines if layout.columns == 1 or not lines else [_grid(lines, layout.columns, width)]
    draw: Card = medium_card
    if layout.size is not None:
        draw = partial(roomy_card if layout.is_roomy else squat_card, size=layout.size)
    cards = [
        draw(ring, scene.matches.get(ring.ring), items.get(ring.ring), width=card_width, now_us=now_us)
        for ring in rings
    ]
    return [_grid(cards, layout.columns, width)] if cards else []


def _grid(cards: list[RenderableType], columns: int, width: int) -> Table:
    grid = Table.grid(padding=0)
    for _ in range(columns):
        grid.add_column(width=width // columns)
    filled = [*cards, *[Text()] * (-len(cards) % columns)]
    for row in range(0, len(filled), columns):
        grid.add_row(*filled[row : row + columns])
    return grid


def _bottom(scene: Scene, width: int, height: int | None) -> list[Text]:
    lines = [_services(scene)]
    is_long = height is not None and len(scene.obs) > max(1, height // _LINES_PER_OBS)
    lines += [_all_obs(scene)] if is_long else [_obs(one, scene) for one in scene.obs]
    if scene.has_obs and not scene.obs:
        lines.append(Text("  OBS       no connection", "dim"))
    lines.append(_disk(scene))
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return lines


def _all_obs(scene: Scene) -> Text:
    """Every connection in one line, those that are not well first."""
    shown = sorted((_standing_of(one, scene) for one in scene.obs), key=lambda one: -RANK[one[1]])
    line = Text(SYMBOLS[shown[0][1]], _STYLES[shown[0][1]]).append(" OBS       ", "bold")
    for name, condition in shown:
        line.append(f"{SYMBOLS[condition]} {name}  ", _STYLES[condition])
    return line.append("automation is paused", "bold yellow") if scene.is_paused else line


def _standing_of(one: ObsStatus, scene: Scene) -> tuple[str, Condition]:
    item = next((i for i in scene.report.items if i.subject is Subject.OBS and i.name == one.connection), None)
    is_well = one.state is LinkState.CONNECTED or not one.is_active
    return one.connection, item.condition if item is not None else Condition.OK if is_well else Condition.DEGRADED


def _services(scene: Scene) -> Text:
    items = [item for item in scene.report.items if item.subject is Subject.SERVICE]
    ill = [item for item in items if item.condition is not Condition.OK]
    well = sum(item.condition is Condition.OK and item.name in SERVICES for item in items)  # without supervisord
    worst = ill[0].condition if ill else Condition.OK
    line = Text(SYMBOLS[worst], _STYLES[worst])
    line.append(" services  ", "bold")
    if not ill:
        return line.append(f"all {well} run", "green")
    for item in ill:
        line.append(f"{SYMBOLS[item.condition]} {item.name}  ", _STYLES[item.condition])
    return line.append(f"{well} others run", "dim")


def _obs(one: ObsStatus, scene: Scene) -> Text:
    _, condition = _standing_of(one, scene)
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
    condition = bad[0].condition if bad else Condition.OK if scene.is_judged else Condition.UNKNOWN
    line = Text(SYMBOLS[condition], _STYLES[condition]).append(" disk      ", "bold")
    free = "?" if scene.free_bytes is None else f"{output.size(scene.free_bytes)} free"
    line.append(free, _STYLES[condition])
    return line if scene.is_judged else line.append("   ! cpu-monitor is silent: nobody watches", "bold yellow")
