"""What a picture is of, by its file's name: codes, names in several languages, and what is spelled nearly so.

Pure and without I/O; `restrike flags`. rapidfuzz is loaded by who asks for a spelling, 3 ms later.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import PurePath
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from shared.flags.file_words import AMBIGUOUS, ENGLISH, FLAG_WORDS, JOINING, NOISE, OTHER_PLACES, WRITTEN_OUT
from shared.flags.lookup import folded
from shared.flags.table import FlagCode, Standing, flag_codes

SURE: Final = 0.8
"""From here on it is taken for that country; below, a person is asked."""
_DOUBTFUL: Final = 0.6
"""Of a name or code beside words that may make another country of it, and of a name that several have."""
_NUMBERS: Final = re.compile(r"v?\d+(x\d*)?(px|mm|cm|dpi|k)?")
_YEARS: Final = re.compile(r"1[789]\d\d|20[01]\d")
"""The flag of a year may be another one than today's; those of later years are when a file was made."""
_DOTLESS_I: Final = "\N{LATIN SMALL LETTER DOTLESS I}"
_APOSTROPHES: Final = dict.fromkeys(map(ord, "'\N{RIGHT SINGLE QUOTATION MARK}"))
_SPELLED: Final = re.compile(r"\b[^\W\d_](?:[.\s_-]+[^\W\d_])+\b(?!['\N{RIGHT SINGLE QUOTATION MARK}])")
"""D.P.R., U S."""
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SPELLING_LEAST: Final = 80.0
"""Of 100: below, two names have too little in common."""
_LEAST_OF_A_WORD: Final = 70.0
"""Of 100, of each word of a name that is misspelled."""
_MOST_BY_SPELLING: Final = 0.92
"""So that it is sure with one letter exchanged in a name of eight, or added to one of four, and unsure with more."""
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


def recognize(filename: str, checksum: str | None = None, own: Mapping[str, str] = MappingProxyType({})) -> Recognized:
    """What the file is: by the checksum of a picture that ships, else by its name. `own` has codes of an operator's own
    and what they stand for; such a name must be exact.
    """
    by_name = _by_name(unicodedata.normalize("NFC", PurePath(filename).stem), own)
    copies = [row.code for row in flag_codes().values() if row.sha256 == checksum]
    if not copies:
        return by_name
    code = by_name.code if by_name.code in copies else min(copies, key=_standing)
    return Recognized(code=code, method="checksum", confidence=1.0)


def words_of(text: str) -> list[str]:
    """The words of a name as they are compared: without case, accents and signs; D.P.R. is one word."""
    plain = unicodedata.normalize("NFKD", _CAMEL.sub(" ", text).replace(_DOTLESS_I, "i").replace("&", " and "))
    letters = "".join(one for one in plain.casefold() if unicodedata.category(one)[0] != "M")
    joined = _SPELLED.sub(lambda found: re.sub(r"\W", "", found[0]), unicodedata.normalize("NFC", letters))
    found = re.findall(r"\w+", joined.replace("_", " ").translate(_APOSTROPHES))
    return [WRITTEN_OUT.get(word, word) for word in found]


def _by_name(stem: str, own: Mapping[str, str]) -> Recognized:
    whole = stem.strip()
    if whole in flag_codes():
        return Recognized(code=flag_codes()[whole].meant, method="ioc_code", confidence=1.0)
    if folded(whole) in own and folded(whole) not in flag_codes():
        return Recognized(code=own[folded(whole)], method="own_code", confidence=1.0 if whole in own else 0.97)
    words = words_of(stem)
    alone = _exact(words, 0.98) or (_code(words[0]) if len(words) == 1 else None)
    if alone is not None:
        return alone
    rest = [word for word in words if word not in NOISE and not _is_number(word)]
    return (
        _exact(rest, 0.95)
        or _other_order(rest)
        or _capitals(stem, rest)
        or (_code(rest[0], beside=words) if len(rest) == 1 else None)
        or _longest_part(rest)
        or _spelling(rest)
        or NOTHING
    )


def _is_number(word: str) -> bool:
    return _NUMBERS.fullmatch(word) is not None and _YEARS.fullmatch(word) is None


def _exact(words: list[str], confidence: float) -> Recognized | None:
    names = _names()
    name = next((one for one in (" ".join(words), "".join(words)) if one in names), None)
    if name is None:
        return None
    return Recognized(code=names[name], method="name", confidence=_DOUBTFUL if name in AMBIGUOUS else confidence)


def _other_order(words: list[str]) -> Recognized | None:
    """All words of a name in any order: Korea, North."""
    found = _bags().get(_bag(words))
    if found is None:
        return None
    code, name = found
    return Recognized(code=code, method="name", confidence=_DOUBTFUL if name in AMBIGUOUS else 0.93)


def _code(word: str, *, beside: Sequence[str] = ()) -> Recognized | None:
    """A word that is a code and nothing else; beside others, `no` and `my` may be no codes."""
    for method, codes, confidence in _codes():
        code = codes.get(word.upper())
        if code is not None:
            is_doubtful = word.lower() in ENGLISH and (
                method == "alias" or (bool(beside) and (len(word) == 2 or FLAG_WORDS.isdisjoint(beside)))
            )
            return Recognized(code=code, method=method, confidence=_DOUBTFUL if is_doubtful else confidence)
    return None


def _capitals(stem: str, rest: list[str]) -> Recognized | None:
    """One word in capitals among others: `flag_CRO_croatia`. Others that say no such thing make it doubtful."""
    found = {word for word in re.split(r"[\W_]+", stem) if len(word) == 3 and word.isupper()}
    known = [one for word in sorted(found) if (one := _code(word)) is not None]
    if len({one.code for one in known}) != 1:
        return None
    code = known[0].code
    others = [word for word in rest if word.upper() not in found]
    confidence = min(known[0].confidence, 0.9) if _says_the_same(others, code) else _DOUBTFUL
    return Recognized(code=code, method=known[0].method, confidence=confidence)


def _longest_part(words: list[str]) -> Recognized | None:
    """A whole name among other words; the longest one, so that Guinea-Bissau is not Guinea. Two that are as long as
    each other are none. It is sure only if the other words say the same: those of South Sudan make another country.
    """
    for length in range(min(len(words), 7), 0, -1):
        parts = {first: " ".join(words[first : first + length]) for first in range(len(words) - length + 1)}
        found = {first: _names()[part] for first, part in parts.items() if part in _names() and len(part) > 3}
        if len(set(found.values())) == 1:
            first, code = next(iter(found.items()))
            is_sure = _says_the_same(words[:first] + words[first + length :], code) and parts[first] not in AMBIGUOUS
            return Recognized(code=code, method="name", confidence=0.9 if is_sure else _DOUBTFUL)
        if found:
            return None
    return None


def _says_the_same(words: list[str], code: str | None) -> bool:
    """Whether words beside a country's name or code are its names or codes themselves."""
    if not words:
        return True
    whole = _exact(words, 1.0) or _other_order(words)
    if whole is not None:
        return whole.code == code
    return all((found := _code(word)) is not None and found.code == code for word in words)


def _bag(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(word for word in words if word not in NOISE and word not in JOINING))


def _spelling(words: list[str]) -> Recognized | None:
    """The name that is spelled most like it, if no other country's is nearly as near."""
    from rapidfuzz import fuzz, process  # noqa: PLC0415  # only for what nothing else told

    asked = " ".join(words)
    if len(asked) < _SHORTEST:
        return None
    names = _names()
    if OTHER_PLACES.intersection(words):
        return None
    found = process.extract(asked, _long_names(), scorer=fuzz.ratio, limit=12, score_cutoff=_SPELLING_LEAST)
    if not found:
        return None
    best, score, _ = found[0]
    others = [other for name, other, _ in found if names[name] != names[best]]
    if others and score - others[0] < _MARGIN:
        return None
    confidence = round(score / 100 * _MOST_BY_SPELLING, 2)
    is_old = flag_codes()[names[best]].standing is Standing.HISTORIC
    if is_old or best in AMBIGUOUS or asked in AMBIGUOUS or not _is_slip(words, best.split(), fuzz.ratio):
        confidence = min(confidence, _DOUBTFUL)
    return Recognized(code=names[best], method="spelling", confidence=confidence)


def _is_slip(asked: list[str], name: list[str], ratio: Callable[[str, str], float]) -> bool:
    """Whether each word is like its counterpart, and begins so: West Korea is not South Korea misspelled."""
    if len(asked) != len(name):
        return False
    return all(
        one[0] == other[0] and ratio(one, other) >= _LEAST_OF_A_WORD for one, other in zip(asked, name, strict=True)
    )


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


@cache
def _bags() -> Mapping[tuple[str, ...], tuple[str, str]]:
    """Names of several words, whatever their order; what two countries share is none."""
    found: dict[tuple[str, ...], tuple[str, str]] = {}
    shared: set[tuple[str, ...]] = set()
    for name, code in _names().items():
        bag = _bag(name.split())
        if len(bag) > 1 and found.setdefault(bag, (code, name))[0] != code:
            shared.add(bag)
    return {bag: one for bag, one in found.items() if bag not in shared}


def _forms(names: Iterable[str]) -> Iterable[str]:
    for name in names:
        words = words_of(name)
        yield " ".join(words)
        yield "".join(words)
        yield " ".join(word for word in words if word not in NOISE)


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
