"""What a picture is of, by its file's name: codes, names in several languages, and what is spelled nearly so.

Pure and without I/O; `restrike flags`. rapidfuzz is loaded by who asks for a spelling, 3 ms later.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import PurePath
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from shared.flags.file_words import ALSO_WORDS, AMBIGUOUS, FLAG_WORDS, JOINING, NOISE, WRITTEN_OUT
from shared.flags.lookup import folded
from shared.flags.table import FlagCode, Standing, flag_codes

SURE: Final = 0.8
"""From here on it is taken for that country; below, a person is asked."""
_WHOLE_NAME: Final = 0.98
_IOC_CODE: Final = 0.97
_ISO3: Final = 0.95
_NAME: Final = 0.95
_ISO2: Final = 0.9
_SAID_TWICE: Final = 0.9
_ALIAS: Final = 0.85
_MOST_BY_SPELLING: Final = 0.79
"""Below SURE: `Slovinsko` is spelled nearly like Slovakia, and is Slovenia."""
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
    """What the first line of this table tells that fits; words such as `flag` and `512px` say nothing:

    | a file is called | example | confidence |
    |---|---|---|
    | by the very code, or one of an operator's own | `KOR`, `KLB` | 1 |
    | by an operator's own in another case | `klb` | 0.97 |
    | by a name; in another order, with words that say nothing | `South Korea`; `Flag of Korea, South` | 0.98; 0.95 |
    | by a code of the IOC, of ISO, of another list | `kor`, `deu`, `de`, `saf` | 0.97, 0.95, 0.9, 0.85 |
    | by a code in capitals; beside what says something else | `CRO croatia`; `KOR U21` | at most 0.9; 0.6 |
    | by a code; which is a word, too | `flag_cro`; `flag_de` | as above; 0.6 |
    | by a name beside its code; beside other words | `Croatia hrv`; `Lower Austria` | 0.9; 0.6 |
    | nearly by a name | `Lybia` | up to 0.79 |

    A name that several countries have (`Korea`) has 0.6.
    """
    whole = stem.strip()
    if whole in flag_codes():
        return Recognized(code=flag_codes()[whole].meant, method="ioc_code", confidence=1.0)
    if folded(whole) in own and folded(whole) not in flag_codes():
        confidence = 1.0 if whole in own else _IOC_CODE
        return Recognized(code=own[folded(whole)], method="own_code", confidence=confidence)
    words = words_of(stem)
    rest = [word for word in words if not _says_nothing(word)] or _short_codes(words)
    return (
        _name(words, _WHOLE_NAME)
        or (_code(words[0]) if len(words) == 1 else None)
        or _name(rest, _NAME)
        or _capitals(stem, rest)
        or (_code(rest[0], beside=words) if len(rest) == 1 else None)
        or _longest_part(rest)
        or _spelling(rest)
        or NOTHING
    )


def _says_nothing(word: str) -> bool:
    return word in NOISE or (_NUMBERS.fullmatch(word) is not None and _YEARS.fullmatch(word) is None)


def _short_codes(words: Sequence[str]) -> list[str]:
    """Those of two letters, also `de` and `la`, which say nothing beside longer words."""
    return [word for word in words if len(word) == 2 and _code(word) is not None]


def _name(words: list[str], confidence: float) -> Recognized | None:
    """A name, or all words of one in any order: Korea, North."""
    names = _names()
    name = next((one for one in (" ".join(words), "".join(words)) if one in names), None)
    if name is None:
        name, confidence = _any_order().get(_bag(words)), _NAME
    if name is None:
        return None
    return Recognized(code=names[name], method="name", confidence=_DOUBTFUL if name in AMBIGUOUS else confidence)


def _code(word: str, *, beside: Sequence[str] = ()) -> Recognized | None:
    """A word that is a code; beside others, `no` and `my` may be none, and `US DE` may be Delaware."""
    for method, codes, confidence in _codes():
        code = codes.get(word.upper())
        if code is not None:
            is_doubtful = word in ALSO_WORDS and (method == "alias" or (bool(beside) and FLAG_WORDS.isdisjoint(beside)))
            if len(word) == 2 and beside:
                is_doubtful = word in ALSO_WORDS | NOISE or len(_short_codes(beside)) > 1
            return Recognized(code=code, method=method, confidence=_DOUBTFUL if is_doubtful else confidence)
    return None


def _capitals(stem: str, rest: list[str]) -> Recognized | None:
    """One code in capitals among other words: any that says something else makes it doubtful, in capitals, too."""
    said = {word.lower() for word in re.split(r"[\W_]+", stem) if len(word) == 3 and word.isupper()}
    known = {word: one for word in sorted(said) if (one := _code(word)) is not None}
    if len({one.code for one in known.values()}) != 1:
        return None
    first = next(iter(known.values()))
    is_same = _says_the_same([word for word in rest if word not in known], first.code)
    confidence = min(first.confidence, _SAID_TWICE) if is_same else _DOUBTFUL
    return Recognized(code=first.code, method=first.method, confidence=confidence)


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
            return Recognized(code=code, method="name", confidence=_SAID_TWICE if is_sure else _DOUBTFUL)
        if found:
            return None
    return None


def _says_the_same(words: list[str], code: str | None) -> bool:
    """Whether words beside a country's name or code are its names or codes themselves."""
    whole = _name(words, _NAME)
    if whole is not None:
        return whole.code == code
    said = [_code(word, beside=words) for word in words]
    return all(one is not None and one.code == code and one.confidence >= SURE for one in said)


def _bag(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(word for word in words if word not in NOISE and word not in JOINING))


def _spelling(words: list[str]) -> Recognized | None:
    """The name that is spelled most like it: a suggestion, and never sure."""
    from rapidfuzz import fuzz, process  # noqa: PLC0415  # only for what nothing else told

    asked = " ".join(words)
    if len(asked) < _SHORTEST:
        return None
    names = [name for name in _names() if len(name) >= _SHORTEST]
    found = process.extractOne(asked, names, scorer=fuzz.ratio, score_cutoff=_SPELLING_LEAST)
    if found is None:
        return None
    name, score, _ = found
    confidence = round(score / 100 * _MOST_BY_SPELLING, 2)
    return Recognized(code=_names()[name], method="spelling", confidence=confidence)


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
def _any_order() -> Mapping[tuple[str, ...], str]:
    """Names of several words by these, whatever their order; what two countries share is none."""
    names = _names()
    found: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        if len(bag := _bag(name.split())) > 1:
            found.setdefault(bag, []).append(name)
    return {bag: same[0] for bag, same in found.items() if len({names[name] for name in same}) == 1}


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
        ("ioc_code", {row.code: row.meant for row in rows}, _IOC_CODE),
        ("iso3", {row.iso3: row.code for row in rows if row.iso3}, _ISO3),
        ("iso2", {row.iso2: row.code for row in rows if row.iso2}, _ISO2),
        ("alias", aliases, _ALIAS),
    )


def _standing(code: str) -> tuple[int, bool, str]:
    row = flag_codes()[code]
    return list(Standing).index(row.standing), bool(row.stands_for), code
