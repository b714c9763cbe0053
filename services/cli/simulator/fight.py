"""A match under way: its sheet, its clock, and what the sender says when a score or a gam-jeom changes."""

from random import Random
from typing import Final

from services.cli.simulator import wording
from services.cli.simulator.card import Card
from services.cli.simulator.clocks import RoundClock
from services.cli.simulator.plan import Plan
from services.cli.simulator.scoresheet import Scoresheet, Side
from services.cli.simulator.tape import Tape
from services.cli.simulator.truth import Challenge, Correction, Injury
from shared.messages.pss import Technique
from shared.messages.rules import RuleSet

SENSOR_SHARE: Final = {
    Technique.PUNCH: 0.0,
    Technique.BODY: 1.0,
    Technique.HEAD: 0.3,
    Technique.TECHNICAL_BODY: 1.0,
    Technique.TECHNICAL_HEAD: 0.3,
}
"""How often a sensor scores, and not the judges: body kicks always, head kicks seldom, as captured."""


class Fight:
    """What is known between two moments of a match. `is_round_over`: by gap, gam-jeoms, a golden point or an end."""

    def __init__(self, random: Random, *, card: Card, plan: Plan, rules: RuleSet, words: wording.Wording) -> None:
        self.random = random
        self.card = card
        self.plan = plan
        self.rules = rules
        self.words = words
        self.tape = Tape(random, encoded=words.encoded)
        self.clock = RoundClock(self.tape)
        self.sheet = Scoresheet(rules)
        self.fought_ms: list[int] = []
        self.is_round_over = False
        self.is_given = False
        self.loads = 0
        self.shown_superior = 0
        self.expired_injuries = 0
        self.challenges: list[Challenge] = []
        self.injuries: list[Injury] = []
        self.corrections: list[Correction] = []

    def technique(self, athlete: int, technique: Technique, *, by_sensor: bool | None = None) -> None:
        """A technique scores; `by_sensor` None: as it happens."""
        points = self.rules.points[technique]
        if self._comes_too_early(athlete, points):
            return
        side = self.sheet.side(athlete)
        side.score += points
        side.techniques[technique] += 1
        texts = []
        is_measured = self.random.random() < SENSOR_SHARE[technique] if by_sensor is None else by_sensor
        if is_measured:
            side.hits += 1
            texts.append(f"hl{athlete};{self.random.randint(20, 99)};")
        self._end_if_decided()
        self.say_scores(*texts, after=self.words.point(athlete, technique, points=points))
        self._close_if_over()

    def gam_jeom(self, athlete: int) -> None:
        """A gam-jeom: a point for the opponent."""
        if self._comes_too_early(3 - athlete, self.rules.gam_jeom_points):
            return
        self.sheet.side(athlete).gam_jeoms += 1
        self.sheet.side(3 - athlete).score += self.rules.gam_jeom_points
        self._end_if_decided()
        self.say_scores(after=wording.gam_jeoms(self.sheet.gam_jeoms()))
        self._close_if_over()

    def say_scores(self, *before: str, after: str | None = None) -> None:
        """The burst of a changed score: what comes first, superiority if it changed, both scores, what comes last."""
        scores = (wording.score(self.sheet.score()), wording.scores(self.sheet.round_scores()))
        self.tape.say(*before, *self.superiority(), *scores, *((after,) if after else ()))

    def superiority(self) -> list[str]:
        """`sup`, if who would win now is another than was shown; equal scores show 0 first."""
        leader = self.sheet.leader()
        shown = (leader,) if leader else (0, self.sheet.superior()[0])
        texts = []
        for athlete in shown:
            # A tie is said anew each time, even when the same athlete is ahead by superiority.
            if athlete != self.shown_superior:
                texts.append(f"sup;{athlete}")
                self.shown_superior = athlete
        return texts

    def may_lower(self, athlete: int, points: int) -> bool:
        """Whether `athlete` has so many points, and losing them gives the opponent no gap."""
        lead = self.sheet.lead() - (points if athlete == 1 else -points)
        return self.sheet.side(athlete).score >= points and abs(lead) < self.rules.point_gap

    def side(self, athlete: int) -> Side:
        """That athlete in the running round."""
        return self.sheet.side(athlete)

    def _comes_too_early(self, athlete: int, points: int) -> bool:
        """Whether it would make a gap in a round that no gap ends: matches are not played that far apart here."""
        lead = self.sheet.lead() + (points if athlete == 1 else -points)
        return not self.sheet.gap_counts() and abs(lead) >= self.rules.point_gap

    def _end_if_decided(self) -> None:
        """Stop the clock before the score is said, if that ends the round."""
        golden = self.rules.golden_points
        is_golden_point = self.sheet.is_golden and golden is not None and max(self.sheet.score()) >= golden
        if self.sheet.gap_is_reached() or self.sheet.over_the_limit() or is_golden_point:
            self.is_round_over = True
            self.clock.stop()

    def _close_if_over(self) -> None:
        if self.is_round_over:
            self.clock.end_early()
