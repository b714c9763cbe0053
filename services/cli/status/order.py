"""The order of names that people expect: `ring-2` before `ring-10`."""

import re
from typing import Final

_NUMBERS: Final = re.compile(r"(\d+)")


def natural(name: str) -> list[tuple[int, str]]:
    """What names are sorted by."""
    parts = _NUMBERS.split(name)
    return [(int(part), "") if number % 2 else (0, part) for number, part in enumerate(parts)]
