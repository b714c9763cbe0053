"""Makes the summaries that are missing: of matches stored before there were any, and of their athletes; db-writer.

A row that is not there is what is still to do, so it may be stopped at any moment.
"""

from typing import Final

from services.db_writer import summary_statements as statements
from services.db_writer.summaries import rebuild, rebuild_athlete
from shared.clock import monotonic_s
from shared.db.sqlite import sqlite3

SLICE_S: Final = 0.004
"""About how long a slice takes; one match of thousands of events takes longer."""


class Backlog:
    """First the matches, then the athletes, as their rows rest on those of the matches."""

    def __init__(self, connection: "sqlite3.Connection") -> None:
        self._connection = connection
        self._match = 0
        self._athlete = 0
        self._is_done = False

    def turn(self) -> bool:
        """Make the next summaries in a transaction of its own; returns whether more may be missing.

        Raises sqlite3.Error: nothing was done; it may be tried again.
        """
        if self._is_done:
            return False
        connection, before, until = self._connection, (self._match, self._athlete), monotonic_s() + SLICE_S
        connection.execute("BEGIN IMMEDIATE")
        try:
            while self._next() and monotonic_s() < until:
                pass
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
                (self._match, self._athlete), self._is_done = before, False
        return not self._is_done

    def _next(self) -> bool:
        connection = self._connection
        match = connection.execute(statements.SELECT_UNSUMMED_MATCH, (self._match,)).fetchone()
        if match is not None:
            self._match = match[0]
            rebuild(connection, self._match)
            # What was said of its athletes meanwhile was said without it.
            connection.execute(statements.FORGET_ATHLETES, match)
            return True
        athlete = connection.execute(statements.SELECT_UNSUMMED_ATHLETE, (self._athlete,)).fetchone()
        if athlete is not None:
            self._athlete = athlete[0]
            rebuild_athlete(connection, self._athlete)
        self._is_done = athlete is None
        return athlete is not None
