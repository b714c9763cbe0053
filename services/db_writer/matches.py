"""Matches and their rounds (`pss_matches`, `pss_rounds`), with their ids in memory; db-writer.

A match or a round that a message refers to before anything else was heard of it (a database that starts in mid-match)
gets an empty row, which a later load or start fills.
"""

from typing import NamedTuple

from services.db_writer import statements
from services.db_writer.athletes import store_athletes
from services.db_writer.days import Days
from services.db_writer.sessions import Session
from services.db_writer.summaries import athletes_of
from services.db_writer.summary_statements import MAKE_SUMMARY
from services.db_writer.summing import Summing
from services.db_writer.timestamps import Timestamps
from shared.db.sqlite import sqlite3
from shared.messages.match import MatchClosed, MatchLoaded, RoundEnded

_MS_PER_S = 1000


class Context(NamedTuple):
    """Row ids of the match and the round that something belongs to."""

    match_pk: int | None
    round_pk: int | None


class Matches:
    """Row ids by match id and round number."""

    def __init__(self, connection: "sqlite3.Connection", times: Timestamps, summing: Summing) -> None:
        self._connection = connection
        self._times = times
        self.summing = summing
        self._days = Days(connection, times)
        self._matches: dict[str, int] = {}
        self._rounds: dict[tuple[int, int], int] = {}
        # Per match the load that was counted last: its session and the entry where it began.
        self._loads: dict[int, tuple[int, int]] = {}
        self.contexts: dict[tuple[str | None, int | None], Context] = {}

    def reset(self) -> None:
        """Forget everything: the database knows better."""
        self._matches.clear()
        self._rounds.clear()
        self._loads.clear()
        self._days.reset()
        self.contexts.clear()

    def context(self, match_id: str | None, number: int | None, *, ring: str, at: str) -> Context:
        """The rows of `match_id` and its round `number`, made if need be; there is no round 0 and none without a match.

        The answer is kept in `contexts`, where the hot path looks first.
        """
        match_pk = None if match_id is None else self.match_pk(match_id, ring=ring, at=at)
        round_pk = None
        if match_pk is not None and number is not None and number > 0:
            round_pk = self.round_pk(match_pk, number)
        context = Context(match_pk, round_pk)
        self.contexts[match_id, number] = context
        return context

    def match_pk(self, match_id: str, *, ring: str, at: str) -> int:
        """The row id of a match, which was first heard of `at` that time if it has none yet."""
        known = self.known_pk(match_id)
        if known is None:
            now = self._times.now
            values = (match_id, ring, self._days.of(at), now, now)
            (known,) = self._connection.execute(statements.INSERT_MATCH, values).fetchone()
            self._connection.execute(MAKE_SUMMARY, (known, now))
            self._matches[match_id] = known
        return int(known)

    def known_pk(self, match_id: str) -> int | None:
        """The row id of a match that was heard of, None of any other."""
        known = self._matches.get(match_id)
        if known is None:
            row = self._connection.execute(statements.SELECT_MATCH, (match_id,)).fetchone()
            if row is not None:
                known = self._matches[match_id] = int(row[0])
        return known

    def round_pk(self, match_pk: int, number: int) -> int:
        """The row id of a round."""
        known = self._rounds.get((match_pk, number))
        if known is None:
            row = self._connection.execute(statements.SELECT_ROUND, (match_pk, number)).fetchone()
            if row is None:
                values = (match_pk, number, self._times.now, self._times.now)
                row = self._connection.execute(statements.INSERT_ROUND, values).fetchone()
            known = self._rounds[match_pk, number] = int(row[0])
        return known

    def loaded(self, event: MatchLoaded, *, session: Session, entry: int, at: str) -> int:
        """A match was loaded, for the first time or again, or more is known of its load; returns its row id."""
        match_pk = self.match_pk(event.match_id, ring=session.ring, at=at)
        duration = None if event.round_ms is None else event.round_ms // _MS_PER_S
        what = (event.match_number, event.phase, event.weight_class, event.division)
        how = (event.total_rounds, duration, event.countdown_type, "manual" if event.by_hand else None)
        self._connection.execute(statements.LOAD_MATCH, (*what, *how, self._times.now, match_pk))
        load = (session.id, event.load_entry)
        if self._loads.get(match_pk) != load and not self._is_announced((*load, entry, match_pk)):
            self._connection.execute(statements.COUNT_LOAD, (at, at, match_pk))
        self._loads[match_pk] = load
        if event.match_number is not None:
            self._days.link(match_pk, event.match_number, ring=session.ring)
        athletes = athletes_of(self._connection, match_pk)
        store_athletes(self._connection, match_pk, event, now=self._times.now)
        self.summing.athletes |= athletes ^ athletes_of(self._connection, match_pk)
        self.summing.loaded.add(match_pk)
        return match_pk

    def round_started(self, round_pk: int, *, at: str) -> None:
        """The clock of a round ran."""
        self._connection.execute(statements.START_ROUND, (at, self._times.now, round_pk))

    def round_ended(self, round_pk: int, event: RoundEnded, *, at: str) -> None:
        """The clock of a round was closed; `duration` is in seconds fought."""
        duration = None if event.fought_ms is None else round(event.fought_ms / _MS_PER_S)
        self._connection.execute(statements.END_ROUND, (at, duration, self._times.now, round_pk))

    def round_won(self, round_pk: int, winner: int) -> None:
        """A round has a winner: 1, 2, or 0 for none any more."""
        self._connection.execute(statements.WIN_ROUND, (winner or None, self._times.now, round_pk))

    def decided(self, match_pk: int) -> None:
        """The scoring system declared a result, or a part of it."""
        self._connection.execute(statements.DECIDE_MATCH, (self._times.now, match_pk))
        self.summing.matches.add(match_pk)

    def closed(self, match_pk: int, event: MatchClosed, *, at: str) -> None:
        """A person ended a match that has no result."""
        values = (at, event.author, event.reason, self._times.now, match_pk)
        self._connection.execute(statements.CLOSE_MATCH, values)
        self.summing.matches.add(match_pk)

    def _is_announced(self, load: tuple[int, int, int, int]) -> bool:
        return self._connection.execute(statements.SELECT_ANNOUNCED, load).fetchone() is not None
