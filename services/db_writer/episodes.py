"""Video reviews and injury times (`challenges`, `injuries`), one row each from beginning to end; db-writer."""

from services.db_writer import result_statements as statements
from services.db_writer.timestamps import Timestamps
from shared.db.sqlite import sqlite3
from shared.messages.episodes import Challenge, Injury


class Episodes:
    """Writes at once: they are rare. The matches whose rows change are `changed`."""

    def __init__(self, connection: "sqlite3.Connection", times: Timestamps, *, changed: set[int]) -> None:
        self._connection = connection
        self._times = times
        self._changed = changed

    def challenge(self, match_pk: int, told: Challenge, *, ring: str) -> None:
        """Store a review as it stands: of its own match if it is stored, else of `match_pk`."""
        where = (told.round, told.clock_ms)
        when = (self._times.text(told.requested_at_us), self._at(told.decided_at_us), self._at(told.ended_at_us))
        match_pk = self._owner(statements.CHALLENGE_OWNER, ring, told.entry, when[0]) or match_pk
        values = (match_pk, told.number, told.athlete, told.status.value, *where, *when, told.end, told.entry)
        self._connection.execute(statements.UPSERT_CHALLENGE, (*values, self._times.now, self._times.now))
        self._changed.add(match_pk)

    def injury(self, match_pk: int, told: Injury, *, ring: str) -> None:
        """Store an injury time or a para timeout as it stands: of its own match if it is stored, else of `match_pk`."""
        where = (told.round, told.clock_ms, told.left_ms)
        when = (self._times.text(told.began_at_us), self._at(told.ended_at_us))
        match_pk = self._owner(statements.INJURY_OWNER, ring, told.entry, when[0]) or match_pk
        values = (match_pk, told.number, told.kind.value, told.athlete, *where, *when, told.end, told.entry)
        self._connection.execute(statements.UPSERT_INJURY, (*values, self._times.now, self._times.now))
        self._changed.add(match_pk)

    def _owner(self, select: str, ring: str, entry: int, at: str) -> int | None:
        row = self._connection.execute(select, (ring, entry, at)).fetchone()
        return None if row is None else int(row[0])

    def _at(self, at_us: int | None) -> str | None:
        return None if at_us is None else self._times.text(at_us)
