"""The numbers of a round that are known best: its witnesses weighed against each other; pss-parser.

`sc` and `s` tell the score, `pt` and `wg` what gave it, `rst` after the round what was counted. Where they contradict
each other, the one that the sum bears out is right; where none is borne out, the number is not known. All pure.
"""

from typing import NamedTuple

from msgspec import Struct

from services.pss_parser import ledger
from services.pss_parser.rules import Facts
from services.pss_parser.tallies import RoundTally, Side
from shared.messages.pss import TechniqueCounts
from shared.messages.rules import RuleSet

Numbers = tuple[int, ...]


class Figures(Struct, frozen=True, kw_only=True):
    """Settled numbers of a round; None where what arrived contradicts itself, or too little arrived.

    `disagreeing` are the athletes whose statistics are others than what was counted though nothing is known to be
    missing.
    """

    score: tuple[int, int] | None
    gam_jeoms: tuple[int, int] | None
    techniques: tuple[Numbers | None, Numbers | None]
    disagreeing: tuple[int, ...] = ()

    def facts(self, tally: RoundTally, *, winner: int | None, is_golden: bool) -> Facts:
        """The same for the rules."""
        chong, hong = self.techniques
        return Facts(
            score=self.score,
            gam_jeoms=self.gam_jeoms,
            techniques=None if chong is None or hong is None or has_unnamed(tally) else (chong, hong),
            hits=(tally.sides[0].hits, tally.sides[1].hits),
            winner=winner,
            is_golden=is_golden,
        )

    def counts(self, athlete: int) -> TechniqueCounts | None:
        """An athlete's, as they are published."""
        numbers = self.techniques[athlete - 1]
        gam_jeoms = self.gam_jeoms[athlete - 1] if self.gam_jeoms else None
        return None if numbers is None else ledger.as_counts(numbers, gam_jeoms)


class _Witnesses(NamedTuple):
    """One athlete's: side and the opponent's; techniques as reported, and the scores that follow from those counted and
    from those reported. Of a point that was taken back it is not known whether the statistics still hold it: either
    score may follow.
    """

    side: Side
    other: Side
    reported: Numbers | None
    counted_total: int | None
    reported_totals: tuple[int, ...]


def has_unnamed(tally: RoundTally) -> bool:
    """Whether there were techniques without a name, so that not all of them are counted."""
    return any(side.unnamed_points for side in tally.sides)


def settle(tally: RoundTally, rules: RuleSet) -> Figures:
    """The numbers of a round as far as they are known."""
    first, second = tally.sides
    chong, hong = _heard(tally, first, second, rules), _heard(tally, second, first, rules)
    scores = _score(tally, chong), _score(tally, hong)
    of_chong, chong_differs = _techniques(tally, chong, scores[0])
    of_hong, hong_differs = _techniques(tally, hong, scores[1])
    return Figures(
        score=_both(*scores),
        gam_jeoms=_both(_gam_jeoms(tally, hong, scores[1]), _gam_jeoms(tally, chong, scores[0])),
        techniques=(of_chong, of_hong),
        disagreeing=(1,) * chong_differs + (2,) * hong_differs,
    )


def _both(chong: int | None, hong: int | None) -> tuple[int, int] | None:
    return None if chong is None or hong is None else (chong, hong)


def _heard(tally: RoundTally, side: Side, other: Side, rules: RuleSet) -> _Witnesses:
    counted = numbers = None
    totals: tuple[int, ...] = ()
    if tally.is_whole and other.gam_jeoms is not None:
        counted = ledger.explained(side, other.gam_jeoms, rules)
    if side.reported is not None and other.reported is not None:
        numbers, given = ledger.as_numbers(side.reported), other.reported.gam_jeoms
        if numbers is not None and given is not None:
            is_same = counted is not None and numbers == side.techniques and given == other.gam_jeoms
            total = (
                counted if is_same and counted is not None else ledger.explained(side, given, rules, techniques=numbers)
            )
            totals = (total, total + side.lowered) if side.lowered else (total,)
    return _Witnesses(side, other, numbers, counted, totals)


def _score(tally: RoundTally, heard: _Witnesses) -> int | None:
    side, totals = heard.side, (*heard.reported_totals, heard.counted_total)
    if tally.is_listed and side.listed is not None:
        # Said after the round's end. One more witness makes it sure.
        others = (side.shown, *totals)
        return side.listed if side.listed in others or others == (None, None) else None
    if not tally.is_over:
        return side.level
    candidates = {value for value in (side.shown, side.listed, side.level) if value is not None}
    borne_out = [value for value in candidates if value in totals]
    if len(borne_out) == 1 and (len(candidates) == 1 or borne_out[0] in heard.reported_totals):
        return borne_out[0]
    return None


def _gam_jeoms(tally: RoundTally, opponent: _Witnesses, score: int | None) -> int | None:
    """An athlete's, by the score of the opponent, which holds the points that they gave."""
    side = opponent.other
    if side.reported is not None and side.reported.gam_jeoms is not None:
        return side.reported.gam_jeoms
    if not tally.is_over:
        return side.gam_jeoms
    is_borne_out = score is not None and opponent.counted_total == score
    return side.gam_jeoms if is_borne_out and not opponent.side.lowered else None


def _techniques(tally: RoundTally, heard: _Witnesses, score: int | None) -> tuple[Numbers | None, bool]:
    """The numbers, and whether two complete witnesses disagree."""
    ours, theirs = heard.side.techniques, heard.reported
    fits = score is not None and heard.counted_total == score
    if theirs is None:
        return (ours if fits or not tally.is_over else None), False
    if ours == theirs or heard.side.unnamed_points:
        return theirs, False
    if not fits:
        return theirs, not tally.doubts and tally.is_whole
    # Both seem whole. What the statistics say must make up the score, too; after a correction ours are not sure.
    return (None if score in heard.reported_totals or heard.side.lowered else ours), True
