"""Whether a rule's conditions are met by what happened. Pure; obs-bridge, and the command line's dry runs.

What a condition asks for and the match does not know (a round before the first, a clock that was never heard) is not
met.
"""

from collections.abc import Collection
from fnmatch import fnmatchcase
from typing import Final

from shared.automation.happenings import Happened
from shared.messages.automation import Conditions


def met(when: Conditions, happened: Happened, scenes: Collection[str] | None = None) -> bool:
    """Whether all of `when` holds; `scenes` are the program scenes of the connections that the rule acts on.

    None: it is not known which (a dry run): conditions on scenes are taken as met.
    """
    if when == _NONE:
        return True
    if scenes is not None and when.scenes and not set(when.scenes) & set(scenes):
        return False
    return _of_match(when, happened) and _of_moment(when, happened) and _of_score(when, happened)


def _of_match(when: Conditions, happened: Happened) -> bool:
    view = happened.view
    return (
        (not when.rings or happened.ring in when.rings)
        and _like(when.tournaments, view.venue.tournament)
        and (not when.days or view.venue.day in when.days)
        and _like(when.phases, view.phase)
        and _like(when.weights, view.weight_class)
        and _like(when.divisions, view.division)
        and (not when.stages or (view.stage is not None and view.stage.value in when.stages))
    )


def _of_moment(when: Conditions, happened: Happened) -> bool:
    view, review = happened.view, happened.challenge
    athlete = happened.athlete if review is None else review.athlete
    return (
        (not when.rounds or view.round in when.rounds)
        and (when.is_golden is None or view.is_golden is when.is_golden)
        and (when.athlete is None or athlete == when.athlete)
        and _at_least(view.clock_ms, when.clock_at_least_ms)
        and (when.clock_at_most_ms is None or (view.clock_ms is not None and view.clock_ms <= when.clock_at_most_ms))
        and _at_least(happened.points, when.points)
        and (not when.outcomes or (review is not None and review.status.value in map(str.casefold, when.outcomes)))
    )


def _of_score(when: Conditions, happened: Happened) -> bool:
    chong, hong = happened.view.score
    difference = abs(chong - hong)
    leader = 0 if chong == hong else 1 if chong > hong else 2
    return (
        (when.leader is None or leader == when.leader)
        and _at_least(difference, when.difference_at_least)
        and (when.difference_at_most is None or difference <= when.difference_at_most)
        and _at_least(_whose(happened, happened.view.score), when.score_at_least)
        and _at_least(_whose(happened, happened.view.gam_jeoms), when.gam_jeoms_at_least)
    )


def _whose(happened: Happened, pair: tuple[int, int]) -> int:
    """The athlete's whom it is about; of nobody in particular: the higher one."""
    return pair[happened.athlete - 1] if happened.athlete in (1, 2) else max(pair)


def _like(patterns: tuple[str, ...], text: str | None) -> bool:
    return not patterns or (text is not None and any(fnmatchcase(text.casefold(), p.casefold()) for p in patterns))


def _at_least(value: int | None, least: int | None) -> bool:
    return least is None or (value is not None and value >= least)


_NONE: Final = Conditions()
