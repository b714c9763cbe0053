"""Neutral tiles: a grey picture with a code, for whoever must not or cannot be shown with a flag; `deploy/flags.py`.

The letters are lines, no text: text would look different on each machine, and be missing on one without fonts.
"""

from typing import Final

WIDTH: Final = 640
HEIGHT: Final = 480
"""As the flags of the set have it."""
_UNIT: Final = 24
_ADVANCE: Final = 6
"""From one letter to the next, in units; a letter is 4 wide and 6 high."""
_LETTERS: Final = {
    "A": "M0 6V2L2 0 4 2V6M0 4H4",
    "B": "M0 0H3L4 1V2L3 3H0M3 3 4 4V5L3 6H0V0",
    "C": "M4 1 3 0H1L0 1V5L1 6H3L4 5",
    "D": "M0 0H3L4 1V5L3 6H0V0",
    "E": "M4 0H0V6H4M0 3H3",
    "F": "M4 0H0V6M0 3H3",
    "G": "M4 1 3 0H1L0 1V5L1 6H3L4 5V3H2",
    "H": "M0 0V6M4 0V6M0 3H4",
    "I": "M1 0H3M2 0V6M1 6H3",
    "J": "M4 0V5L3 6H1L0 5",
    "K": "M0 0V6M4 0 0 3 4 6",
    "L": "M0 0V6H4",
    "M": "M0 6V0L2 3 4 0V6",
    "N": "M0 6V0L4 6V0",
    "O": "M1 0H3L4 1V5L3 6H1L0 5V1L1 0",
    "P": "M0 6V0H3L4 1V2L3 3H0",
    "Q": "M1 0H3L4 1V5L3 6H1L0 5V1L1 0M2 4 4 6",
    "R": "M0 6V0H3L4 1V2L3 3H0M2 3 4 6",
    "S": "M4 1 3 0H1L0 1V2L1 3H3L4 4V5L3 6H1L0 5",
    "T": "M0 0H4M2 0V6",
    "U": "M0 0V5L1 6H3L4 5V0",
    "V": "M0 0 2 6 4 0",
    "W": "M0 0 1 6 2 3 3 6 4 0",
    "X": "M0 0 4 6M4 0 0 6",
    "Y": "M0 0 2 3 4 0M2 3V6",
    "Z": "M0 0H4L0 6H4",
    "1": "M1 1 2 0V6M1 6H3",
}
_TILE: Final = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">
  <path fill="#e6e8eb" d="M0 0h{width}v{height}H0z"/>
  <path fill="none" stroke="#b4b9c0" stroke-width="12" d="M6 6h628v468H6z"/>
{letters}</svg>
"""
_LETTER: Final = """\
  <path fill="none" stroke="#4a5058" stroke-width="{stroke}" stroke-linecap="round" stroke-linejoin="round" \
d="{line}" transform="translate({x} {y}) scale({unit})"/>
"""


def tile(code: str) -> str:
    """The SVG of a tile with the code in its middle; with no code, the tile of whoever has none.

    Raises:
        KeyError: a character has no shape here.
    """
    width = (len(code) * _ADVANCE - 2) * _UNIT
    left, top = (WIDTH - width) // 2, (HEIGHT - 6 * _UNIT) // 2
    letters = "".join(
        _LETTER.format(line=_LETTERS[letter], stroke=0.8, x=left + place * _ADVANCE * _UNIT, y=top, unit=_UNIT)
        for place, letter in enumerate(code)
    )
    return _TILE.format(width=WIDTH, height=HEIGHT, letters=letters)
