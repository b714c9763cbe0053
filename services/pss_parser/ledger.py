"""Points against scores: which technique or gam-jeom explains which rise of a score; pss-parser.

A rise and its cause come within milliseconds, in either order. What finds no partner within 2 s is told. All functions
are pure: a side in, a side out, with the findings that follow.
"""

from typing import Any, Final

import msgspec

from services.pss_parser.tallies import NO_TECHNIQUES, TECHNIQUES, Cause, Rise, Side
from shared.messages.match import Finding, Severity
from shared.messages.pss import PointScored, TechniqueCounts
from shared.messages.rules import RuleSet

WAIT_US: Final = 2_000_000
"""How long a rise waits for its cause, and a cause for its rise."""
STALE_US: Final = 100_000
"""So soon after a change, the value before it is an overtaken datagram, and the same point a duplicate."""
MOST_WAITING: Final = 16
"""Rises, and causes, of one athlete that are kept in a round. Nobody scores so often in 2 s, and where so many found no
partner, no later sum makes up for them.
"""
NAMES: Final = ("chong", "hong")
_replace = msgspec.structs.replace


class Moment(msgspec.Struct, frozen=True):
    """When it is said: the entry's number and time, and the rules."""

    entry: int
    now_us: int
    rules: RuleSet


def told(severity: Severity, rule: str, explanation: str, **evidence: Any) -> Finding:
    """A finding."""
    return Finding(rule=rule, severity=severity, explanation=explanation, evidence=evidence)


def score_said(side: Side, score: int, now: Moment) -> Side:
    """`sc` or `s` tells the score of the running round."""
    level = side.level
    if score == level:
        return side
    if level is None:
        return _replace(side, level=score, level_at_us=now.now_us)
    if score == side.previous and 0 <= now.now_us - side.level_at_us < STALE_US:
        return side
    changed = _replace(side, level=score, previous=level, level_at_us=now.now_us)
    if score < level:
        return _replace(changed, lowered=side.lowered + level - score)
    rise = Rise(worth=score - level, at_us=now.now_us, entry=now.entry)
    return _settled(_replace(changed, rises=(*side.rises, rise)))


def point_said(side: Side, reading: PointScored, now: Moment, *, athlete: int) -> tuple[Side, list[Finding]]:
    """`pt`: a technique, unless it is the same datagram once more."""
    if reading.value is None:
        return side, []
    cause = _cause(reading, now)
    is_same = reading.value == side.last_value and 0 <= now.now_us - side.last_value_at_us < STALE_US
    if is_same and not any(cause.worth in (None, rise.worth) for rise in side.rises):
        return side, [_duplicate(cause, athlete, apart_us=now.now_us - side.last_value_at_us)]
    found = []
    apart_us = now.now_us - side.point_at_us
    if side.point_at_us and 0 <= apart_us < WAIT_US:
        found.append(
            told(
                Severity.INFORMATION,
                "rapid_points",
                f"{NAMES[athlete - 1].capitalize()} scored twice within {apart_us / 1e6:.2f} s.",
                athlete=athlete,
                apart_us=apart_us,
            )
        )
    counted = _counted(side, cause)
    counted = _replace(
        counted, point_at_us=now.now_us, last_value=reading.value, last_value_at_us=now.now_us,
        causes=(*side.causes, cause),
    )  # fmt: skip
    return _settled(counted), found


def gam_jeoms_given(opponent: Side, number: int, now: Moment) -> Side:
    """The other athlete got `number` gam-jeoms, which give points to this one."""
    worth = number * now.rules.gam_jeom_points
    if number < 0:
        return _replace(opponent, lowered=opponent.lowered + worth)
    cause = Cause(worth=worth, at_us=now.now_us, entry=now.entry)
    return _settled(_replace(opponent, causes=(*opponent.causes, cause)))


def expired(side: Side, now_us: int, *, athlete: int) -> tuple[Side, list[Finding]]:
    """What waited too long is told; it stays (up to `MOST_WAITING`), so that a later sum may still explain it."""
    rises = [rise for rise in side.rises if not rise.is_told and now_us - rise.at_us >= WAIT_US]
    causes = [cause for cause in side.causes if not cause.is_told and now_us - cause.at_us >= WAIT_US]
    if not rises and not causes:
        return side, []
    found = [_unexplained(rise, athlete) for rise in rises] + [_without_score(cause, athlete) for cause in causes]
    return _replace(
        side,
        rises=tuple(_replace(one, is_told=True) if one in rises else one for one in side.rises),
        causes=tuple(_replace(one, is_told=True) if one in causes else one for one in side.causes),
    ), found


def due_us(side: Side) -> int:
    """When `expired` is to be asked; 0 if nothing waits."""
    if not side.rises and not side.causes:
        return 0
    waiting = [rise.at_us for rise in side.rises if not rise.is_told]
    waiting += [cause.at_us for cause in side.causes if not cause.is_told]
    return min(waiting) + WAIT_US if waiting else 0


def explained(
    side: Side, opponents_gam_jeoms: int, rules: RuleSet, *, techniques: tuple[int, ...] | None = None
) -> int:
    """The score that follows from techniques (those given, else those counted), gam-jeoms and corrections."""
    had = side.techniques if techniques is None else techniques
    points = 0
    for kind, count in zip(TECHNIQUES, had, strict=True):
        if count:
            points += count * rules.points[kind]
    return points + side.unnamed_points + opponents_gam_jeoms * rules.gam_jeom_points - side.lowered


def as_counts(techniques: tuple[int, ...], gam_jeoms: int | None) -> TechniqueCounts:
    """Numbers in the order of `TECHNIQUES` as they are published."""
    punch, body, head, technical_body, technical_head = techniques
    return TechniqueCounts(
        body=body,
        head=head,
        punch=punch,
        technical_body=technical_body,
        technical_head=technical_head,
        gam_jeoms=gam_jeoms,
    )


def as_numbers(counts: TechniqueCounts) -> tuple[int, ...] | None:
    """The other way; None where one is missing."""
    had = (counts.punch, counts.body, counts.head, counts.technical_body, counts.technical_head)
    known = tuple(count for count in had if count is not None)
    return known if len(known) == len(NO_TECHNIQUES) else None


def _cause(reading: PointScored, now: Moment) -> Cause:
    technique = reading.technique
    worth = reading.points if reading.points is not None else now.rules.points[technique] if technique else None
    position = TECHNIQUES.index(technique) if technique else None
    return Cause(worth=worth, at_us=now.now_us, entry=now.entry, value=reading.value, position=position)


def _counted(side: Side, cause: Cause) -> Side:
    at = cause.position
    if at is None:
        return _replace(side, unnamed_points=side.unnamed_points + (cause.worth or 0))
    counts = side.techniques
    return _replace(side, techniques=(*counts[:at], counts[at] + 1, *counts[at + 1 :]))


def _settled(side: Side) -> Side:
    """Pair off what belongs together: one with one, else all with all."""
    rises, causes = list(side.rises), list(side.causes)
    wild_points = 0
    for cause in side.causes:
        rise = next((one for one in rises if cause.worth in (None, one.worth)), None)
        if rise is not None:
            rises.remove(rise)
            causes.remove(cause)
            wild_points += rise.worth if cause.worth is None else 0
    worths = [cause.worth for cause in causes if cause.worth is not None]
    if len(worths) == len(causes) and sum(worths) == sum(rise.worth for rise in rises):
        rises, causes = [], []
    return _replace(
        side,
        rises=tuple(rises[-MOST_WAITING:]),
        causes=tuple(causes[-MOST_WAITING:]),
        unnamed_points=side.unnamed_points + wild_points,
    )


def _duplicate(cause: Cause, athlete: int, *, apart_us: int) -> Finding:
    return told(
        Severity.INFORMATION,
        "duplicate_point",
        f"The same point of {NAMES[athlete - 1]} came twice within {apart_us / 1000:.0f} ms; it counts once.",
        athlete=athlete,
        value=cause.value,
        apart_us=apart_us,
        entry=cause.entry,
    )


def _unexplained(rise: Rise, athlete: int) -> Finding:
    return told(
        Severity.WARNING,
        "score_without_point",
        f"The score of {NAMES[athlete - 1]} rose by {rise.worth}, and no point or gam-jeom says why.",
        athlete=athlete,
        rise=rise.worth,
        entry=rise.entry,
        at_us=rise.at_us,
    )


def _without_score(cause: Cause, athlete: int) -> Finding:
    name, other = NAMES[athlete - 1], NAMES[2 - athlete]
    if cause.value is None:
        rule, what = "gam_jeom_without_score", f"A gam-jeom of {other}"
    else:
        rule, what = "point_without_score", f"A technique of {name}"
    return told(
        Severity.WARNING,
        rule,
        f"{what} should have given {name} {cause.worth or 'some'} points, and the score did not rise by them.",
        athlete=athlete,
        worth=cause.worth,
        value=cause.value,
        entry=cause.entry,
        at_us=cause.at_us,
    )
