"""Who led in the rounds of a match, and who came back from behind; db-writer. Pure functions of rows."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

ScoreRow = tuple[int, str, int, int]
"""Row id of the round, time, athlete (1 chong, 2 hong), the athlete's score in that round from then on."""


class Leads(NamedTuple):
    """See `summaries.py`."""

    lead_changes: int
    comeback_points: int


class _Round:
    def __init__(self) -> None:
        self.score = {1: 0, 2: 0}
        self.changes = 0
        self._leader = 0
        self._deficit = {1: 0, 2: 0}
        self.made_up = {1: 0, 2: 0}

    def look(self, score: dict[int, int]) -> None:
        """Take note of a new score."""
        before, self.score = self.score, self.score | score
        ahead = self.score[1] - self.score[2]
        leader = 1 if ahead > 0 else 2 if ahead < 0 else 0
        if leader and leader != self._leader:
            self.changes += self._leader != 0
            self._leader = leader
        for athlete, behind in ((1, -ahead), (2, ahead)):
            taken_away = max(0, before[3 - athlete] - self.score[3 - athlete])
            self._deficit[athlete] = max(behind, self._deficit[athlete] - taken_away, 0)
            if behind <= 0:
                self.made_up[athlete] = max(self.made_up[athlete], self._deficit[athlete])


def leads(rows: Iterable[ScoreRow], winners: Mapping[int, int | None]) -> Leads:
    """The leads in the rounds of `winners` (row id of each round with a result: 1, 2, or nobody), from all scores of
    their match in order. What one datagram changed is one change.
    """
    rounds = {round_pk: _Round() for round_pk in winners}
    for (round_pk, _), together in groupby(rows, key=itemgetter(0, 1)):
        one = rounds.get(round_pk)
        if one is not None:
            one.look({athlete: score for _, _, athlete, score in together})
    made_up = (one.made_up.get(winners[round_pk] or 0, 0) for round_pk, one in rounds.items())
    return Leads(sum(one.changes for one in rounds.values()), max(made_up, default=0))
