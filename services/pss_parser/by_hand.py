"""Matches that a person entered: what a scoring system says later of the same match is not quite the same text.

A person gives one name for an athlete, and perhaps no country or weight category; pss-parser.
"""

from services.pss_parser.state import KnownMatch
from shared.messages.edits import Changes
from shared.messages.pss import AthleteName, AthletesNamed, MatchDescribed


def athletes_of(changes: Changes) -> AthletesNamed:
    """The athletes that were entered; one name serves as both."""
    return AthletesNamed(
        chong=AthleteName(short_name=changes.chong_name, long_name=changes.chong_name, noc=changes.chong_noc),
        hong=AthleteName(short_name=changes.hong_name, long_name=changes.hong_name, noc=changes.hong_noc),
    )


def is_meant(match: KnownMatch, athletes: AthletesNamed | None, described: MatchDescribed | None) -> bool:
    """Whether a load is of the match that was entered as `match`: nothing differs that both know, and the number or
    both athletes are the same.
    """
    number, weight = match.described or (None, None)
    agreed = [_agree(number, described.match_number), _agree(weight, described.weight_class)] if described else []
    named = (
        [_is_athlete(entered, named) for entered, named in zip(match.athletes, _pair(athletes), strict=True)]
        if match.athletes and athletes
        else []
    )
    if False in agreed or False in named:
        return False
    return agreed[:1] == [True] or named == [True, True]


def _pair(athletes: AthletesNamed) -> tuple[AthleteName, AthleteName]:
    return athletes.chong, athletes.hong


def _is_athlete(entered: AthleteName, named: AthleteName) -> bool | None:
    if _agree(entered.noc, named.noc) is False:
        return False
    names = [_agree(entered.long_name, name) for name in (named.long_name, named.short_name)]
    return True if True in names else (False if False in names else None)


def _agree(one: str | None, other: str | None) -> bool | None:
    """None where one of them is not known."""
    return None if one is None or other is None else one.casefold() == other.casefold()
