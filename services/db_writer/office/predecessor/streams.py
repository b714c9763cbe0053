"""What kind of message a raw text of the predecessor is, and who `at1` names: as much as an import needs, no more.

Nothing here judges: values stay the texts that they were.
"""

import re
from typing import Final

from msgspec import Struct

from services.db_writer.event_types import EVENT_TYPES, OTHER
from shared.messages.pss import AthleteName

_CODES: Final = frozenset(kind.code for kind in EVENT_TYPES)
_KEYWORD_CODES: Final = {
    "PRE": "pre",
    "RDY": "rdy",
    "AT1": "at1",
    "REF": "ref",
    "MCH": "mch",
    "CLK": "clk",
    "RND": "rnd",
    "BRK": "brk",
    "HL": "hl1 hl2",
    "SC": "sc1 sc2",
    "S": "s11 s12 s13 s21 s22 s23",
    "R": "wg1 wg2",
    "IJ": "ij0 ij1 ij2",
    "C": "ch0 ch1 ch2",
    "WRD": "wrd",
    "SUP": "sup",
    "RST": "rst",
    "RSR": "rsr",
    "AVT": "avt",
    "WIN": "win",
    "WMH": "wmh",
    "TO": "to1 to2",
    "HWT": "hwt",
    "HEL": "hel bye inlb insl inth",
}
_OF_KEYWORD: Final = {word: code for code, words in _KEYWORD_CODES.items() for word in words.split()}
_TECHNIQUES: Final = {"1": "P", "2": "K", "3": "H", "4": "TB", "5": "TH"}
_OF_WORD: Final = {
    "punch": "P",
    "body": "K",
    "bodykick": "K",
    "head": "H",
    "headkick": "H",
    "technicalbody": "TB",
    "technicalhead": "TH",
    "warning": "R",
    "warnings": "R",
    "gamjeom": "R",
    "challenge": "C",
    "videoreview": "C",
    "hit": "HL",
    "hitlevel": "HL",
    "clock": "CLK",
    "time": "CLK",
    "round": "RND",
    "break": "BRK",
    "injury": "IJ",
    "athletes": "AT1",
    "athlete": "AT1",
    "match": "MCH",
    "matchconfig": "MCH",
    "fightloaded": "PRE",
    "fightready": "RDY",
    "score": "SC",
    "scores": "S",
    "currentscores": "SC",
    "winnerrounds": "WRD",
    "winner": "WIN",
    "superiority": "SUP",
    "statistics": "RST",
    "connection": "UDP",
}
_NOT_LETTERS: Final = re.compile(r"[^a-z0-9]")
_POINTS: Final = ("pt1", "pt2")


class Stream(Struct, frozen=True):
    """A message: the code of its event type, and whether its own first word says so."""

    code: str
    is_known: bool


def stream_of(raw: str, word: str | None) -> Stream:
    """What `raw` is; where its first word is none of ours, what the old row calls it (`word`)."""
    keyword, _, rest = raw.strip().partition(";")
    keyword = keyword.strip().casefold()
    if keyword in _POINTS:
        return Stream(_TECHNIQUES.get(rest.partition(";")[0].strip(), OTHER), is_known=True)
    if keyword in _OF_KEYWORD:
        return Stream(_OF_KEYWORD[keyword], is_known=True)
    if keyword.startswith("udp port"):
        return Stream("UDP", is_known=True)
    if word is None:
        return Stream(OTHER, is_known=False)
    folded = _NOT_LETTERS.sub("", word.casefold())
    code = word.strip().upper()
    found = code if code in _CODES else _OF_WORD.get(folded) or _OF_KEYWORD.get(folded) or OTHER
    return Stream(found, is_known=False)


def names_of(raw: str) -> tuple[AthleteName, AthleteName] | None:
    """Chong and hong of a whole `at1`; None for anything else, or what was cut."""
    fields = [field.strip() for field in raw.strip().split(";")]
    if len(fields) < 8 or fields[0].casefold() != "at1" or fields[4].casefold() != "at2":
        return None
    chong, hong = fields[1:4], fields[5:8]
    if not all((*chong, *hong)):
        return None
    return _name(chong), _name(hong)


def _name(fields: list[str]) -> AthleteName:
    short, long, noc = fields
    return AthleteName(short_name=short, long_name=long, noc=noc)
