"""What both athletes have in each round, who leads, and who wins when scores are equal: the rules, applied."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from shared.messages.pss import Technique
from shared.messages.rules import Format, RuleSet, TieBreak

Pair = tuple[int, int]
TURNING = (Technique.TECHNICAL_BODY, Technique.TECHNICAL_HEAD)
UNSHOWN = frozenset((TieBreak.HITS, TieBreak.OFFICIALS))
"""What `sup` does not go by."""


@dataclass
class Side:
    """One athlete in one round."""

    score: int = 0
    gam_jeoms: int = 0
    hits: int = 0
    techniques: "Counter[Technique]" = field(default_factory=Counter)


class Scoresheet:
    """All rounds so far; the last one is running. `winners` are those of the rounds that are over."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self.rounds: list[tuple[Side, Side]] = []
        self.winners: list[int] = []

    @property
    def number(self) -> int:
        """The running round."""
        return len(self.rounds)

    @property
    def is_golden(self) -> bool:
        """Whether it is the round after the last."""
        return self.number > self.rules.rounds

    def side(self, athlete: int) -> Side:
        """That athlete in the running round."""
        return self.rounds[-1][athlete - 1]

    def score(self) -> Pair:
        """Of the running round."""
        chong, hong = self.rounds[-1]
        return chong.score, hong.score

    def gam_jeoms(self) -> Pair:
        """Of the running round."""
        chong, hong = self.rounds[-1]
        return chong.gam_jeoms, hong.gam_jeoms

    def round_scores(self) -> list[Pair]:
        """Of the regular rounds, 0-0 where they are to come: the form has no place for a golden round."""
        said = [(chong.score, hong.score) for chong, hong in self.rounds]
        return (said + [(0, 0)] * self._columns())[: self._columns()]

    def round_winners(self) -> list[int]:
        """Of the regular rounds, 0 where there is none."""
        return (self.winners + [0] * self._columns())[: self._columns()]

    def rounds_won(self) -> Pair:
        """How many regular rounds each has won."""
        regular = self.winners[: self.rules.rounds]
        return regular.count(1), regular.count(2)

    def lead(self) -> int:
        """Points of chong more than of hong, in what counts together: the round, or all rounds."""
        return sum(chong.score - hong.score for chong, hong in self._counted())

    def limit_counts(self) -> Pair:
        """Gam-jeoms towards the limit."""
        counted = self._counted()
        return sum(chong.gam_jeoms for chong, _ in counted), sum(hong.gam_jeoms for _, hong in counted)

    def leader(self) -> int:
        """By score."""
        return _more(self.lead(), 0)

    def superior(self, unused: Iterable[TieBreak] = UNSHOWN) -> tuple[int, TieBreak | None]:
        """Who is better though the score is equal, and in what; (0, None) where nothing but `unused` can tell."""
        for criterion in self.rules.tie:
            if criterion not in unused and (better := self._better(criterion)):
                return better, criterion
        return 0, None

    def gap_is_reached(self) -> bool:
        """Whether the point gap ends the round, or the match where rounds are summed."""
        return self.gap_counts() and abs(self.lead()) >= self.rules.point_gap

    def gap_counts(self) -> bool:
        """Whether the gap may end this round."""
        return self.rules.format is Format.BEST_OF_THREE or self.number >= self.rules.point_gap_from_round

    def over_the_limit(self) -> int:
        """The athlete with too many gam-jeoms, or 0."""
        return next((n for n, count in enumerate(self.limit_counts(), 1) if count >= self.rules.gam_jeom_limit), 0)

    def _columns(self) -> int:
        return max(3, self.rules.rounds)

    def _counted(self) -> Sequence[tuple[Side, Side]]:
        return self.rounds[-1:] if self.rules.format is Format.BEST_OF_THREE else self.rounds

    def _better(self, criterion: TieBreak) -> int:
        if criterion is TieBreak.ROUNDS_WON:
            return _more(*self.rounds_won())
        counted = self._counted()
        values = [sum(self._worth(criterion, sides[me], sides[1 - me]) for sides in counted) for me in (0, 1)]
        return _more(*values)

    def _worth(self, criterion: TieBreak, mine: Side, other: Side) -> int:
        had = mine.techniques
        worths = {
            TieBreak.TURNING_POINTS: sum(had[kick] * self.rules.points[kick] for kick in TURNING),
            TieBreak.HEAD_KICKS: had[Technique.HEAD] + had[Technique.TECHNICAL_HEAD],
            TieBreak.BODY_KICKS: had[Technique.BODY] + had[Technique.TECHNICAL_BODY],
            TieBreak.PUNCHES: had[Technique.PUNCH],
            TieBreak.GAM_JEOMS: other.gam_jeoms * self.rules.gam_jeom_points,
            TieBreak.HITS: mine.hits,
            TieBreak.FEWER_GAM_JEOMS: -mine.gam_jeoms,
        }
        return worths.get(criterion, 0)


def _more(chong: int, hong: int) -> int:
    return (chong > hong) + 2 * (hong > chong)
