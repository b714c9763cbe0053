"""Keeps the summaries in the transaction of what they rest on; db-writer.

Counters are added to (`Tallies`). What is derived is worked out anew, once a transaction for each match of which
something changed that it rests on. An athlete's row is worked out anew when a match that is over changed, or whose
match it is.
"""

from services.db_writer import summary_statements as statements
from services.db_writer.summaries import derived, rebuild_athlete
from services.db_writer.tallies import Tallies
from services.db_writer.timestamps import Timestamps
from shared.db.sqlite import sqlite3


class Summing:
    """What changed in the running transaction: row ids of `matches` and `athletes`, of matches that were `loaded`, and
    of the match and the round whose score changed (`scored`); whoever changes a row fills them.
    """

    def __init__(self, connection: "sqlite3.Connection", times: Timestamps) -> None:
        self._connection = connection
        self._times = times
        self.tallies = Tallies(connection, times)
        self.matches: set[int] = set()
        self.loaded: set[int] = set()
        self.athletes: set[int] = set()
        self.scored: set[tuple[int, int]] = set()
        # The athletes of matches that are over, nobody of the others; nothing but `matches` and `loaded` changes it.
        self._counting: dict[int, tuple[int, ...]] = {}

    def reset(self) -> None:
        """Forget everything: the database knows better."""
        self.tallies.reset()
        self._counting.clear()
        self._clear()

    def save(self) -> None:
        """Write the summaries; after all rows that they rest on."""
        changed, now = self.matches, self._times.now
        hit = self.tallies.save()
        for match_pk, round_pk in self.scored:
            if match_pk not in changed and self._is_assessed(round_pk):
                changed.add(match_pk)
        for match_pk in changed:
            values = (*derived(self._connection, match_pk), now, match_pk)
            self._connection.execute(statements.DERIVE, values)
        changed |= self.loaded
        for match_pk in changed:
            self._counting.pop(match_pk, None)
        athletes = self.athletes.union(*map(self._athletes_counting, changed | hit))
        for athlete_pk in athletes:
            rebuild_athlete(self._connection, athlete_pk, now=now)
        self._clear()

    def _athletes_counting(self, match_pk: int) -> tuple[int, ...]:
        found = self._counting.get(match_pk)
        if found is None:
            rows = self._connection.execute(statements.SELECT_COUNTING, (match_pk,)).fetchall()
            found = self._counting[match_pk] = tuple(athlete for (athlete,) in rows)
        return found

    def _is_assessed(self, round_pk: int) -> bool:
        return self._connection.execute(statements.SELECT_IS_ASSESSED, (round_pk,)).fetchone() is not None

    def _clear(self) -> None:
        self.matches.clear()
        self.loaded.clear()
        self.athletes.clear()
        self.scored.clear()
