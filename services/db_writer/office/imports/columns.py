"""Which column of a table is what: the names that tournament offices give their columns; db-writer.

Names are compared without capitals, accents and punctuation. Where a table has two columns for one field ("NOC" and
"Country"), the name that is listed first here wins, and the other is unused.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from shared.errors import ValidationError
from shared.messages.tournaments import RowKind, TableRow

HEADER_WITHIN: Final = 10
"""Rows from the top in which the names of the columns are looked for; a title or a logo may stand above them."""

_NOC: Final = ("noc", "noc code", "country code", "nation code", "country", "nation", "team", "cc")
_COLOURS: Final = {
    "chong": ("chong", "blue", "athlete 1", "player 1", "competitor 1", "chung"),
    "hong": ("hong", "red", "athlete 2", "player 2", "competitor 2"),
}


def _of_side(side: str, words: Iterable[str], *, is_name: bool = False) -> tuple[str, ...]:
    """`chong noc`, `noc chong`, `blue noc` …; for a name the colour alone, too."""
    found = list(_COLOURS[side]) if is_name else []
    for colour in _COLOURS[side]:
        for word in words:
            found += [f"{colour} {word}", f"{word} {colour}"]
    if not is_name:
        number = "1" if side == "chong" else "2"
        found += [f"{word} {number}" for word in words]
    return tuple(dict.fromkeys(found))


_DAY: Final = ("date", "day", "day date", "match date", "competition day")
SYNONYMS: Final[dict[RowKind, dict[str, tuple[str, ...]]]] = {
    RowKind.ATHLETES: {
        "name": ("athlete", "name", "full name", "long name", "athlete name", "competitor", "player", "participant"),
        "family_name": ("family name", "last name", "surname", "lastname", "familyname"),
        "given_name": ("given name", "first name", "firstname", "givenname", "forename"),
        "short_name": ("short name", "scoreboard name", "display name", "shortname"),
        "noc": _NOC,
    },
    RowKind.DRAWS: {
        "number": ("match number", "match no", "match", "number", "no", "match id", "bout", "bout no", "fight", "nr"),
        "day": _DAY,
        "time": ("time", "start time", "start", "scheduled", "scheduled at", "scheduled time", "match time"),
        "ring": ("ring", "court", "mat", "area", "ring no", "court no", "ring number", "court number"),
        "phase": ("phase", "round", "stage"),
        "category": ("category", "event", "class"),
        "weight_class": ("weight category", "weight", "weight class", "weight division"),
        "division": ("division", "age division", "age group", "age", "age category"),
        "chong": _of_side("chong", ("name", "athlete", "full name", "long name"), is_name=True),
        "chong_noc": _of_side("chong", _NOC),
        "hong": _of_side("hong", ("name", "athlete", "full name", "long name"), is_name=True),
        "hong_noc": _of_side("hong", _NOC),
    },
    RowKind.DAYS: {
        "date": ("date", "day date", "competition date", "day"),
        "title": ("title", "name", "description", "programme", "program"),
    },
}
# Each group needs one of its alternatives, each alternative all of its fields.
REQUIRED: Final[dict[RowKind, tuple[tuple[tuple[str, ...], ...], ...]]] = {
    RowKind.ATHLETES: ((("name",), ("family_name", "given_name")), (("noc",),)),
    RowKind.DRAWS: ((("number",),),),
    RowKind.DAYS: ((("date",),),),
}
_SIGNS: Final = re.compile(r"[^a-z0-9]+")


class Header:
    """The row that names the columns: `positions` by field, and the names as the file has them."""

    def __init__(self, kind: RowKind, row: TableRow) -> None:
        self.row = row.row
        self.names = row.cells
        self.positions = _positions(SYNONYMS[kind], [plain(name) for name in row.cells])
        self.missing = [
            " or ".join(" and ".join(_first(kind, field) for field in fields) for fields in group)
            for group in REQUIRED[kind]
            if not any(all(field in self.positions for field in fields) for fields in group)
        ]

    @property
    def columns(self) -> dict[str, str]:
        """Which column of the file was taken for what."""
        return {field.replace("_", " "): self.names[at] for field, at in self.positions.items()}

    @property
    def unused(self) -> list[str]:
        """The named columns that were taken for nothing."""
        used = set(self.positions.values())
        return [name for at, name in enumerate(self.names) if at not in used and name.strip()]


def header_of(kind: RowKind, rows: Sequence[TableRow]) -> Header:
    """Find the row that names the columns.

    Raises:
        ValidationError: the table is empty, or a column is missing or there twice.
    """
    if not rows:
        raise ValidationError("import.empty", "This table has no rows.")
    found = [Header(kind, row) for row in rows[:HEADER_WITHIN]]
    best = max(found, key=lambda header: (not header.missing, len(header.positions)))
    if best.missing:
        shown = ", ".join(name for name in best.names if name.strip()) or "nothing"
        lack = "; ".join(best.missing)
        sentence = f"A table of {kind.value} needs a column {lack}; row {best.row} has: {shown[:500]}."
        raise ValidationError("import.column_missing", sentence)
    names = [plain(name) for name in best.names]
    twice = [best.names[at] for at in best.positions.values() if names.count(names[at]) > 1]
    if twice:
        raise ValidationError("import.column_twice", "Two columns have the same name; rename one.", value=twice[0])
    return best


def plain(name: str) -> str:
    """The name of a column, or a word, without capitals, accents and punctuation: `Match No.` is `match no`."""
    decomposed = unicodedata.normalize("NFKD", name.replace("#", " number ").casefold())
    ascii_only = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    return _SIGNS.sub(" ", ascii_only).strip()


def _positions(synonyms: dict[str, tuple[str, ...]], names: Sequence[str]) -> dict[str, int]:
    positions: dict[str, int] = {}
    for field, known in synonyms.items():
        for name in known:
            if name in names and names.index(name) not in positions.values():
                positions[field] = names.index(name)
                break
    return positions


def _first(kind: RowKind, field: str) -> str:
    return repr(SYNONYMS[kind][field][0].capitalize())
