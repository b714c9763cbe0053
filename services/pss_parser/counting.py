"""What a message adds to the tally of a round; pss-parser. Pure: a tally in, a tally out, with the findings of it."""

from typing import Final

import msgspec

from services.pss_parser import ledger
from services.pss_parser.ledger import NAMES, Moment, told
from services.pss_parser.tallies import RoundTally, Side, with_doubt, with_side
from shared.messages.match import Finding, Severity
from shared.messages.pss import GamJeomsShown, PointScored, RoundScoresShown, ScoreShown

__all__ = ["Moment", "gam_jeoms", "goes_on", "hit", "listed", "outside", "point", "score"]
_replace = msgspec.structs.replace
_LIMITS: Final = {
    "gap_reached": "the point gap was reached",
    "gam_jeom_limit_reached": "an athlete had too many gam-jeoms",
}


def score(tally: RoundTally, reading: ScoreShown, now: Moment) -> RoundTally:
    """`sc`."""
    for athlete, value in ((1, reading.chong), (2, reading.hong)):
        if value is not None:
            side = _replace(tally.sides[athlete - 1], shown=value)
            tally = with_side(tally, athlete, ledger.score_said(side, value, now))
    return tally


def listed(tally: RoundTally, reading: RoundScoresShown, now: Moment, *, is_current: bool) -> RoundTally:
    """`s`, as far as it tells of this round."""
    at = tally.number - 1
    for athlete, values in ((1, reading.chong), (2, reading.hong)):
        value = values[at] if at < len(values) else None
        if value is None:
            continue
        side = tally.sides[athlete - 1]
        if value != side.listed:
            side = _replace(side, listed=value)
        if is_current:
            side = ledger.score_said(side, value, now)
        if side is not tally.sides[athlete - 1]:
            tally = with_side(tally, athlete, side)
        if tally.is_over and not tally.is_listed:
            tally = _replace(tally, is_listed=True)
    return tally


def gam_jeoms(tally: RoundTally, reading: GamJeomsShown, now: Moment) -> tuple[RoundTally, list[Finding]]:
    """`wg`."""
    found = []
    for athlete, value in ((1, reading.chong), (2, reading.hong)):
        side = tally.sides[athlete - 1]
        before = side.gam_jeoms
        is_late = value == side.gam_jeoms_before and 0 <= now.now_us - side.gam_jeoms_at_us < ledger.STALE_US
        if value is None or value == before or is_late:
            continue
        side = _replace(side, gam_jeoms=value, gam_jeoms_before=before, gam_jeoms_at_us=now.now_us)
        tally = with_side(tally, athlete, side)
        if before is None:
            continue
        opponent = ledger.gam_jeoms_given(tally.sides[2 - athlete], value - before, now)
        tally = with_side(tally, 3 - athlete, opponent)
        if value - before > 1:
            found.append(_jumped(athlete, before, value))
            tally = with_doubt(tally, "gam_jeoms_jumped")
    return tally, found


def point(tally: RoundTally, reading: PointScored, now: Moment) -> tuple[RoundTally, list[Finding]]:
    """`pt`."""
    athlete = reading.athlete
    side, found = ledger.point_said(tally.sides[athlete - 1], reading, now, athlete=athlete)
    return with_side(tally, athlete, side), found


def hit(tally: RoundTally, athlete: int) -> RoundTally:
    """`hl`."""
    side: Side = tally.sides[athlete - 1]
    return with_side(tally, athlete, _replace(side, hits=side.hits + 1))


def outside(reading: PointScored, *, is_after: bool) -> Finding:
    """The finding of a technique when no round is fought."""
    when = "after the result" if is_after else "before the clock was started"
    text = f"A technique of {NAMES[reading.athlete - 1]} came {when}; it is not counted."
    return told(Severity.WARNING, "point_outside_round", text, athlete=reading.athlete, value=reading.value)


def goes_on(tally: RoundTally, rule: str, *, clock_ms: int) -> Finding:
    """The finding of a round that is not ended though it should be."""
    return told(
        Severity.WARNING,
        rule,
        f"Round {tally.number} goes on though {_LIMITS[rule]}.",
        round=tally.number,
        score=[side.level for side in tally.sides],
        gam_jeoms=[side.gam_jeoms for side in tally.sides],
        from_clock_ms=tally.over_from_ms,
        clock_ms=clock_ms,
    )


def _jumped(athlete: int, before: int, after: int) -> Finding:
    text = f"The gam-jeoms of {NAMES[athlete - 1]} went from {before} to {after} at once."
    return told(Severity.WARNING, "gam_jeoms_jumped", text, athlete=athlete, before=before, after=after)
