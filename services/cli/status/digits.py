"""Digits that are read from two metres: five lines high, made of blocks."""

from typing import Final

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
NARROW: Final = (1, 2, 1)
WIDE: Final = (2, 2, 2)


def big(text: str, pixels: tuple[int, int, int] = NARROW) -> list[str]:
    """`text` (digits, `-`, `:`) as five lines of one width; `pixels` are the widths of a digit's three columns."""
    rows = []
    for row in range(HEIGHT):
        drawn = []
        for letter in text:
            bits = _BITS[letter][row]
            widths = pixels if len(bits) == len(pixels) else (pixels[0],)
            drawn.append("".join(("█" if bit == "#" else " ") * width for bit, width in zip(bits, widths, strict=True)))
        rows.append(" ".join(drawn))
    return rows
