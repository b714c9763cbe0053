"""The table of all codes, `flags/ioc.csv`, as it ships; any process. Pure look-ups, read once."""

import csv
import enum
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from msgspec import Struct

from shared.paths import PROGRAM_ROOT

FOLDER: Final = PROGRAM_ROOT / "flags"
TABLE: Final = "ioc.csv"
NEUTRAL_FILE: Final = "neutral.svg"
"""The picture of whoever has no code of ours."""
TILE: Final = "tile"
"""What stands for the name of a picture of the set where we draw a neutral tile."""


class Standing(enum.StrEnum):
    """What a code is."""

    CURRENT = "current"
    HISTORIC = "historic"
    NEUTRAL = "neutral"
    NOT_NOC = "not_noc"


class FlagCode(Struct, frozen=True, kw_only=True):
    """A line of the table. `stands_for` is the code of today of an old variant; `picture` the name in flag-icons, or
    `tile`; `sha256` that of `<code>.svg`.
    """

    code: str
    standing: Standing
    name: str
    native: tuple[str, ...]
    iso2: str
    iso3: str
    aliases: tuple[str, ...]
    names: tuple[str, ...]
    stands_for: str
    picture: str
    sha256: str
    remark: str

    @property
    def filename(self) -> str:
        """Its picture in the folder."""
        return f"{self.code}.svg"

    @property
    def has_tile(self) -> bool:
        """Whether its picture is a neutral tile."""
        return self.picture == TILE

    @property
    def meant(self) -> str:
        """The code of today."""
        return self.stands_for or self.code


COLUMNS: Final = tuple("status" if name == "standing" else name for name in FlagCode.__struct_fields__)
_LISTS: Final = frozenset({"native", "aliases", "names"})


@cache
def flag_codes() -> Mapping[str, FlagCode]:
    """Every code that ships, in the order of the table."""
    return read_table(FOLDER / TABLE)


def read_table(path: Path) -> Mapping[str, FlagCode]:
    """The lines of a table by code.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no such table.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["code"]: _of_row(row) for row in rows}


def _of_row(row: Mapping[str, str]) -> FlagCode:
    lists = {name: tuple(filter(None, row[name].split("|"))) for name in _LISTS}
    plain = {name: row[name] for name in COLUMNS if name not in _LISTS and name != "status"}
    return FlagCode(standing=Standing(row["status"]), **plain, **lists)  # type: ignore[arg-type]  # by name


@cache
def code_aliases() -> Mapping[str, str]:
    """Codes of three letters that are none of ours but stand for one: ISO codes and what older lists have."""
    found: dict[str, str] = {}
    codes = flag_codes()
    for kind in ("iso3", "aliases"):
        for row in codes.values():
            given = (row.iso3,) if kind == "iso3" else row.aliases
            for alias in given:
                if len(alias) == 3 and alias.isascii() and alias.isupper() and alias not in codes:
                    found.setdefault(alias, row.meant)
    return found


@cache
def neutral_checksum() -> str:
    """SHA-256 of the tile without a code."""
    return hashlib.sha256((FOLDER / NEUTRAL_FILE).read_bytes()).hexdigest()
