"""What follows from a rule set: who wins a round, and who the match; pss-parser.

Pure: settled numbers in, a winner out. Nothing is concluded from numbers that are not known.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from msgspec import Struct

from shared.messages.pss import Technique
from shared.messages.results import Method
from shared.messages.rules import Format, RuleSet, TieBreak

UNSURE: Final = frozenset((TieBreak.HITS, TieBreak.ROUNDS_WON, TieBreak.FEWER_GAM_JEOMS))
"""Hits are only known where none was lost, and what comes after them only where they are equal."""


class Facts(Struct, frozen=True, kw_only=True):
    """One round's settled numbers as pairs (chong, hong); None: not known. `techniques` in the order of `TECHNIQUES`.

    `winner` is who won it as far as it is declared.
    """

    score: tuple[int, int] | None
    gam_jeoms: tuple[int, int] | None = None
    techniques: tuple[tuple[int, ...], tuple[int, ...]] | None = None
    hits: tuple[int, int] = (0, 0)
    winner: int | None = None
    is_golden: bool = False

    @property
    def is_known(self) -> bool:
        """Whether there is enough to say who is ahead, and whether the round went over its limits."""
        return self.score is not None and self.gam_jeoms is not None


class Derived(NamedTuple):
    """Who wins (0: nobody, a tie of a round that is summed), by which rule, and by which criterion between equals."""

    winner: int
    method: Method
    criterion: TieBreak | None = None

    @property
    def is_sure(self) -> bool:
        """Whether the messages tell all that it follows from."""
        return self.criterion not in UNSURE


def is_golden(rules: RuleSet, number: int, total_rounds: int | None = None) -> bool:
    """Whether the round of that number is the golden one, which follows a tie of all others. `total_rounds` is how many
    those are in this match, if it is known.
    """
    return rules.golden_points is not None and number > (total_rounds or rules.rounds)


def derive_round(rules: RuleSet, facts: Facts, before: Sequence[Facts] = ()) -> Derived | None:
    """Who wins a round; `before` are the rounds before it, which count where rounds are summed.

    None: the officials decide it, or too little is known.
    """
    is_summed = rules.format is Format.SUMMED
    counted = [*before, facts] if is_summed else [facts]
    if facts.score is None or not all(one.is_known for one in counted):
        return None
    over = over_by(rules, counted)
    if over is not None:
        return over
    winner = more(*facts.score)
    if winner or is_summed:
        return Derived(winner, Method.POINTS)
    return superior(rules, counted)


def derive_match(rules: RuleSet, rounds: Sequence[Facts]) -> Derived | None:
    """Who wins the match whose rounds these are.

    None: it is not over, or the officials decide it, or too little is known.
    """
    if rules.format is Format.BEST_OF_THREE:
        won = [facts.winner for facts in rounds]
        winner = next((athlete for athlete in (1, 2) if won.count(athlete) >= rules.rounds_to_win), None)
        return None if winner is None else Derived(winner, Method.ROUNDS)
    if not rounds or not all(facts.is_known for facts in rounds):
        return None
    over = over_by(rules, rounds)
    if over is not None:
        return over
    if len(rounds) < rules.rounds:
        return None
    is_golden = rounds[-1].is_golden
    winner = more(lead(rounds), 0)
    if winner:
        return Derived(winner, Method.GOLDEN_POINT if is_golden else Method.POINTS)
    if rules.golden_points is not None and not is_golden:
        return None
    return superior(rules, rounds)


def over_by(rules: RuleSet, counted: Sequence[Facts]) -> Derived | None:
    """Whether too many gam-jeoms or the point gap end what is counted together."""
    chong = hong = 0
    for facts in counted:
        if facts.gam_jeoms is not None:
            chong, hong = chong + facts.gam_jeoms[0], hong + facts.gam_jeoms[1]
    if chong >= rules.gam_jeom_limit or hong >= rules.gam_jeom_limit:
        return Derived(2 if chong >= rules.gam_jeom_limit else 1, Method.GAM_JEOMS)
    ahead = lead(counted)
    counts = rules.format is Format.BEST_OF_THREE or len(counted) >= rules.point_gap_from_round
    if counts and abs(ahead) >= rules.point_gap:
        return Derived(more(ahead, 0), Method.POINT_GAP)
    return None


def lead(counted: Sequence[Facts]) -> int:
    """Points of chong more than of hong."""
    return sum(facts.score[0] - facts.score[1] for facts in counted if facts.score is not None)


def superior(rules: RuleSet, counted: Sequence[Facts]) -> Derived | None:
    """Who is better at an equal score; None where only the officials can tell, or a count is not known."""
    for criterion in rules.tie:
        if criterion is TieBreak.OFFICIALS:
            return None
        pair = _compared(rules, criterion, counted)
        if pair is None:
            return None
        if winner := more(*pair):
            return Derived(winner, Method.SUPERIORITY, criterion)
    return None


def more(chong: int, hong: int) -> int:
    """The athlete with the greater number, 0 if they are equal."""
    return (chong > hong) + 2 * (hong > chong)


def _compared(rules: RuleSet, criterion: TieBreak, counted: Sequence[Facts]) -> tuple[int, int] | None:
    if criterion is _ROUNDS_WON:
        won = [facts.winner for facts in counted if not facts.is_golden]
        return None if None in won else (won.count(1), won.count(2))
    chong = hong = 0
    for facts in counted:
        pair = _worth(rules, criterion, facts)
        if pair is None:
            return None
        chong, hong = chong + pair[0], hong + pair[1]
    return chong, hong


def _worth(rules: RuleSet, criterion: TieBreak, facts: Facts) -> tuple[int, int] | None:
    if criterion is _HITS:
        return facts.hits
    if criterion is _GAM_JEOMS or criterion is _FEWER_GAM_JEOMS:
        if facts.gam_jeoms is None:
            return None
        chong, hong = facts.gam_jeoms
        points = rules.gam_jeom_points
        return (hong * points, chong * points) if criterion is _GAM_JEOMS else (-chong, -hong)
    if facts.techniques is None:
        return None
    of_chong, of_hong = facts.techniques
    return _of_techniques(rules, criterion, of_chong), _of_techniques(rules, criterion, of_hong)


def _of_techniques(rules: RuleSet, criterion: TieBreak, counts: tuple[int, ...]) -> int:
    punch, body, head, technical_body, technical_head = counts
    if criterion is _TURNING_POINTS:
        points = rules.points
        return technical_body * points[_TECHNICAL_BODY] + technical_head * points[_TECHNICAL_HEAD]
    if criterion is _HEAD_KICKS:
        return head + technical_head
    if criterion is _BODY_KICKS:
        return body + technical_body
    return punch


# Members of enumerations cost more to look up than a name does.
_HITS: Final = TieBreak.HITS
_ROUNDS_WON: Final = TieBreak.ROUNDS_WON
_GAM_JEOMS: Final = TieBreak.GAM_JEOMS
_FEWER_GAM_JEOMS: Final = TieBreak.FEWER_GAM_JEOMS
_TURNING_POINTS: Final = TieBreak.TURNING_POINTS
_HEAD_KICKS: Final = TieBreak.HEAD_KICKS
_BODY_KICKS: Final = TieBreak.BODY_KICKS
_TECHNICAL_BODY: Final = Technique.TECHNICAL_BODY
_TECHNICAL_HEAD: Final = Technique.TECHNICAL_HEAD
