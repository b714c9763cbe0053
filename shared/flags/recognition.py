"""What a picture is of, by its file's name: codes, names in several languages, and what is spelled nearly so.

Pure and without I/O; `restrike flags`. rapidfuzz is loaded by who asks for a spelling, 3 ms later.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import PurePath
from typing import Final

from msgspec import Struct

from shared.flags.table import FlagCode, Standing, flag_codes

SURE: Final = 0.8
"""From here on it is taken for that country; below, a person is asked."""
_NOISE: Final = frozenset(
    re.findall(
        r"\w+",
        """
        flag flags flagge fahne flaggen bandera banderas drapeau drapeaux bandeira bandiera vlag zastava flaga bayrak
        bayragi of the de la le du des der die das von del della svg png icon icons round rounded square circle circular
        waving wave wavy small large medium big mini hd 4k px xs sm md lg xl copy kopie copie copia final new neu old
        national country team noc ioc iso olympic state civil ensign banner vector 2d 3d shiny glossy web print rgb cmyk
        version variant emoji twemoji hires lowres image img picture transparent rectangle rectangular
        """,
    )
)
"""Words that say nothing of the country."""
_NUMBERS: Final = re.compile(r"v?\d+(x\d+)?(px|mm|cm|dpi|k)?")
_DOTLESS_I: Final = "\N{LATIN SMALL LETTER DOTLESS I}"
_APOSTROPHES: Final = dict.fromkeys(map(ord, "'\N{RIGHT SINGLE QUOTATION MARK}"))
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SPELLING_LEAST: Final = 80.0
"""Of 100: below, two names have too little in common."""
_MOST_BY_SPELLING: Final = 0.94
"""So that it is sure with one letter exchanged in a name of six, and unsure with more."""
_MARGIN: Final = 4.0
"""By how much the best name must be better than that of another country."""
_SHORTEST: Final = 5
"""A name of fewer letters is too near to others to be guessed."""


class Recognized(Struct, frozen=True, kw_only=True):
    """What a file seems to be: how that was found, and how sure it is, from 0 to 1."""

    code: str | None
    method: str
    confidence: float


NOTHING: Final = Recognized(code=None, method="none", confidence=0.0)


def recognize(filename: str, checksum: str | None = None) -> Recognized:
    """What the file is: by the checksum of a picture that ships, else by its name."""
    by_name = _by_name(PurePath(filename).stem)
    copies = [row.code for row in flag_codes().values() if row.sha256 == checksum]
    if not copies:
        return by_name
    code = by_name.code if by_name.code in copies else min(copies, key=_standing)
    return Recognized(code=code, method="checksum", confidence=1.0)


def words_of(text: str) -> list[str]:
    """The words of a name as they are compared: without case, accents and signs."""
    plain = unicodedata.normalize("NFKD", _CAMEL.sub(" ", text).replace(_DOTLESS_I, "i").replace("&", " and "))
    letters = "".join(one for one in plain.casefold() if unicodedata.category(one)[0] != "M")
    return re.findall(r"\w+", unicodedata.normalize("NFC", letters).replace("_", " ").translate(_APOSTROPHES))


def _by_name(stem: str) -> Recognized:
    stem = unicodedata.normalize("NFC", stem)
    whole = stem.strip()
    if whole in flag_codes():
        return Recognized(code=flag_codes()[whole].meant, method="ioc_code", confidence=1.0)
    words = words_of(stem)
    alone = _exact(words, 0.98) or (_code(words[0]) if len(words) == 1 else None)
    if alone is not None:
        return alone
    rest = [word for word in words if word not in _NOISE and not _NUMBERS.fullmatch(word)]
    return (
        _exact(rest, 0.95)
        or (_code(rest[0]) if len(rest) == 1 else None)
        or _capitals(stem)
        or _longest_part(rest)
        or _spelling(rest)
        or NOTHING
    )


def _exact(words: list[str], confidence: float) -> Recognized | None:
    code = _names().get(" ".join(words)) or _names().get("".join(words))
    return None if code is None else Recognized(code=code, method="name", confidence=confidence)


def _code(word: str) -> Recognized | None:
    """A word that is a code and nothing else."""
    for method, codes, confidence in _codes():
        if word.upper() in codes:
            return Recognized(code=codes[word.upper()], method=method, confidence=confidence)
    return None


def _capitals(stem: str) -> Recognized | None:
    """One word in capitals among others: `flag_CRO_athlete`."""
    found = {word for word in re.split(r"[\W_]+", stem) if len(word) == 3 and word.isupper()}
    known = [one for word in found if (one := _code(word)) is not None]
    if len({one.code for one in known}) != 1:
        return None
    return Recognized(code=known[0].code, method=known[0].method, confidence=min(known[0].confidence, 0.9))


def _longest_part(words: list[str]) -> Recognized | None:
    """A whole name among other words; the longest one, so that Guinea-Bissau is not Guinea. Two that are as long as
    each other are none.
    """
    for length in range(min(len(words), 7), 0, -1):
        parts = {" ".join(words[first : first + length]) for first in range(len(words) - length + 1)}
        found = {_names()[part] for part in parts if part in _names() and len(part) > 3}
        if len(found) == 1:
            return Recognized(code=found.pop(), method="name", confidence=0.85)
        if found:
            return None
    return None


def _spelling(words: list[str]) -> Recognized | None:
    """The name that is spelled most like it, if no other country's is nearly as near."""
    from rapidfuzz import fuzz, process  # noqa: PLC0415  # only for what nothing else told

    asked = " ".join(words)
    if len(asked) < _SHORTEST:
        return None
    names = _names()
    found = process.extract(asked, _long_names(), scorer=fuzz.ratio, limit=12, score_cutoff=_SPELLING_LEAST)
    if not found:
        return None
    best, score, _ = found[0]
    others = [other for name, other, _ in found if names[name] != names[best]]
    if others and score - others[0] < _MARGIN:
        return None
    return Recognized(code=names[best], method="spelling", confidence=round(score / 100 * _MOST_BY_SPELLING, 2))


@cache
def _long_names() -> list[str]:
    return [name for name in _names() if len(name) >= _SHORTEST]


@cache
def _names() -> Mapping[str, str]:
    """Every name in every language, without case and accents; that of a present country wins."""
    found: dict[str, str] = {}
    for row in sorted(flag_codes().values(), key=lambda row: _standing(row.code)):
        said = (row.name, *row.native, *row.aliases, *row.names)
        for name in _forms(one for one in said if len(one) > 3 or not one.isascii()):
            found.setdefault(name, row.meant)
    return found


def _forms(names: Iterable[str]) -> Iterable[str]:
    for name in names:
        words = words_of(name)
        yield " ".join(words)
        yield "".join(words)
        yield " ".join(word for word in words if word not in _NOISE)


@cache
def _codes() -> tuple[tuple[str, Mapping[str, str], float], ...]:
    """Ways to read a code, the surest first."""
    rows: list[FlagCode] = sorted(flag_codes().values(), key=lambda row: _standing(row.code))
    aliases: dict[str, str] = {}
    for row in rows:
        for alias in row.aliases:
            if len(alias) <= 3 and alias.isascii():
                aliases.setdefault(alias.upper(), row.meant)
    return (
        ("ioc_code", {row.code: row.meant for row in rows}, 0.97),
        ("iso3", {row.iso3: row.code for row in rows if row.iso3}, 0.95),
        ("iso2", {row.iso2: row.code for row in rows if row.iso2}, 0.9),
        ("alias", aliases, 0.85),
    )


def _standing(code: str) -> tuple[int, bool, str]:
    row = flag_codes()[code]
    return list(Standing).index(row.standing), bool(row.stands_for), code
