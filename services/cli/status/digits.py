"""Digits that are read from two metres: made of blocks, five lines high, or a multiple of that in a large window."""

from typing import Final

from msgspec import Struct

HEIGHT: Final = 5
_BITS: Final = {
    "0": ("###", "# #", "# #", "# #", "###"),
    "1": ("  #", "  #", "  #", "  #", "  #"),
    "2": ("###", "  #", "###", "#  ", "###"),
    "3": ("###", "  #", "###", "  #", "###"),
    "4": ("# #", "# #", "###", "  #", "  #"),
    "5": ("###", "#  ", "###", "  #", "###"),
    "6": ("###", "#  ", "###", "# #", "###"),
    "7": ("###", "  #", "  #", "  #", "  #"),
    "8": ("###", "# #", "###", "# #", "###"),
    "9": ("###", "# #", "###", "  #", "###"),
    "-": ("   ", "   ", "###", "   ", "   "),
    ":": (" ", "#", " ", "#", " "),
}
_LARGEST: Final = 6


class Size(Struct, frozen=True):
    """How large digits are: the widths of a digit's three columns, and how often each line stands."""

    pixels: tuple[int, int, int]
    times: int = 1

    @property
    def lines(self) -> int:
        """How high a digit is."""
        return HEIGHT * self.times

    @property
    def width(self) -> int:
        """What a clock between two scores of two digits needs: nothing jumps when a score becomes ten."""
        digit, gap = sum(self.pixels), self.times
        score, clock = 2 * digit + gap, 4 * digit + self.pixels[0] + 4 * gap
        return 2 * score + clock + 2 * (gap + 1)


NARROW: Final = Size((1, 2, 1))
WIDE: Final = Size((2, 2, 2))
SIZES: Final = (
    NARROW,
    WIDE,
    *(Size((width,) * 3, times) for times in range(2, _LARGEST + 1) for width in (2 * times - 1, 2 * times)),
)
"""The smallest first."""


def big(text: str, size: Size = NARROW) -> list[str]:
    """`text` (digits, `-`, `:`) as lines of one width."""
    rows = []
    for row in range(HEIGHT):
        drawn = []
        for letter in text:
            bits = _BITS[letter][row]
            widths = size.pixels if len(bits) == len(size.pixels) else (size.pixels[0],)
            drawn.append("".join(("█" if bit == "#" else " ") * width for bit, width in zip(bits, widths, strict=True)))
        rows += [(" " * size.times).join(drawn)] * size.times
    return rows
