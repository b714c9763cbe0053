"""Names of recordings and clips: patterns filled, and cleaned so that every file system takes them; obs-bridge.

Whatever a match brings (a club's name with a slash, an athlete called CON), a value never makes a folder and a name
never leaves its root. Only the pattern's own `/` makes folders; a folder whose values are all empty is left out.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from shared.automation.filling import NOT_IN_NAMES
from shared.automation.match_view import MatchView
from shared.automation.placeholders import fill, match_values

MOST_BYTES: Final = 120
"""Of a file's name: file systems take 255, and OBS adds its ending and " (2)"."""
MOST_FOLDER_BYTES: Final = 60
"""Of each folder's: Windows takes 260 for all of a path."""
NO_NAME: Final = "match"
_FORBIDDEN: Final = re.compile(f"[{re.escape(NOT_IN_NAMES)}]")
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)


def cleaned(name: str, most_bytes: int = MOST_BYTES) -> str:
    """One folder's or file's name that Windows, macOS and Linux take; may be empty."""
    text = "".join(" " if unicodedata.category(c)[0] == "Z" else c for c in unicodedata.normalize("NFC", name))
    text = "".join(c for c in text if unicodedata.category(c)[0] != "C")
    text = " ".join(_FORBIDDEN.sub("-", text).split()).strip(" .")
    text = text.encode("utf-8", "ignore")[:most_bytes].decode("utf-8", "ignore").strip(" .")
    return f"_{text}" if _RESERVED.fullmatch(text) else text


def file_name(folder: str, name: str, values: Mapping[str, str], *, part: int = 1) -> str:
    """Folders and name of a file, without its ending and with `/` between them. `part` 2 and up is said at its end."""
    *more, last = [fill(piece, values) for piece in name.split("/")]
    folders = [cleaned(piece, MOST_FOLDER_BYTES) for piece in (*(fill(p, values) for p in folder.split("/")), *more)]
    base = cleaned(_without_gaps(cleaned(last))) or NO_NAME
    if part > 1:
        base = f"{base} part {part}"
    return "/".join(piece for piece in (*folders, base) if piece)


def match_name(folder: str, name: str, view: MatchView, *, at_us: int, part: int = 1) -> str:
    """The name of a match's recording that begins at `at_us` (Unix microseconds)."""
    return file_name(folder, name, folder_values(match_values(view, at_us)), part=part)


def folder_values(values: Mapping[str, str]) -> dict[str, str]:
    """`values` for names: outside a tournament the day is the date."""
    day = values.get("day", "")
    return {**values, "day": f"day {day}" if day else values.get("date", "")}


def for_obs(name: str) -> str:
    """`name` in OBS's own format of file names, where `%` begins a placeholder."""
    return name.replace("%", "%%")


def _without_gaps(name: str) -> str:
    """A name without the marks that stood between values which turned out empty (`ring-1 - `)."""
    return re.sub(r"(^[\s\-_,]+|[\s\-_,]+$)", "", re.sub(r"\s+", " ", name))
