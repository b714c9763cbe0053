"""Draws a flame graph: each function as wide as the time that it took, standing on who called it."""

from collections import Counter
from collections.abc import Iterator
from html import escape
from typing import Final

WIDTH: Final = 1200
ROW: Final = 17
LETTER: Final = 6.6
NARROWEST: Final = 0.4
"""Pixels; what is narrower cannot be seen."""
COLOURS: Final = ("#f4a259", "#f28482", "#f6bd60", "#e5989b", "#f7b267", "#ee9b6b")


class Block:
    """A function where it was called: how often it was seen there, and what it called."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.count = 0
        self.inner: dict[str, Block] = {}


def drawn(stacks: Counter[tuple[str, ...]], *, title: str) -> str:
    """An SVG file that a browser shows; a block tells its name and share under the pointer."""
    root = Block(title)
    depth = 1
    for stack, count in stacks.items():
        root.count += count
        depth = max(depth, len(stack) + 1)
        block = root
        for name in stack:
            block = block.inner.setdefault(name, Block(name))
            block.count += count
    height = depth * ROW + 10
    blocks = "\n".join(_blocks(root, left=0.0, level=0, scale=WIDTH / max(root.count, 1), total=max(root.count, 1)))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="monospace"'
    return f'{head} font-size="11">\n<title>{escape(title)}</title>\n{blocks}\n</svg>\n'


def _blocks(block: Block, *, left: float, level: int, scale: float, total: int) -> Iterator[str]:
    width = block.count * scale
    if width < NARROWEST:
        return
    colour = COLOURS[sum(block.name.encode()) % len(COLOURS)]
    top = 5 + level * ROW
    letters = int(width / LETTER) - 1
    shown = block.name if len(block.name) <= letters else f"{block.name[: letters - 1]}…" if letters > 3 else ""
    yield (
        f"<g><title>{escape(block.name)}: {100 * block.count / total:.1f} %</title>"
        f'<rect x="{left:.1f}" y="{top}" width="{width:.1f}" height="{ROW - 1}" fill="{colour}"/>'
        f'<text x="{left + 3:.1f}" y="{top + 12}">{escape(shown)}</text></g>'
    )
    for inner in sorted(block.inner.values(), key=lambda one: one.name):
        yield from _blocks(inner, left=left, level=level + 1, scale=scale, total=total)
        left += inner.count * scale
