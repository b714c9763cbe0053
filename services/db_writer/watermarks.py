"""Up to which entry each session is stored (`watermarks`); db-writer.

A mark belongs to a session of a ring's journal: sessions have random ids, so a new journal, a journal put back to an
older state or a foreign database starts at nothing and swallows no datagram.
"""

from typing import NamedTuple

from services.db_writer import statements
from services.db_writer.timestamps import Timestamps
from shared.db.sqlite import sqlite3
from shared.messages.service import Position


class SessionKey(NamedTuple):
    """A session of a ring's journal."""

    journal_id: str
    ring: str
    session: str


class Watermarks:
    """The marks in memory, loaded from the database when first asked for."""

    def __init__(self, connection: "sqlite3.Connection", times: Timestamps) -> None:
        self._connection = connection
        self._times = times
        self._entries: dict[SessionKey, int] = {}
        self._dirty: dict[SessionKey, None] = {}

    def reset(self) -> None:
        """Forget everything: the database knows better."""
        self._entries.clear()
        self._dirty.clear()

    def entry(self, key: SessionKey) -> int:
        """The last entry of a session, 0 if there is none, as it stands in the running transaction."""
        known = self._entries.get(key)
        if known is None:
            known = self._entries[key] = self.stored(key)
        return known

    def stored(self, key: SessionKey) -> int:
        """The last stored entry of a session, 0 if there is none."""
        row = self._connection.execute(statements.SELECT_MARK, key).fetchone()
        return row[0] if row else 0

    def advance(self, key: SessionKey, entry: int) -> None:
        """Everything of a session up to `entry` is stored with this transaction."""
        self._entries[key] = entry
        self._dirty[key] = None

    def save(self) -> None:
        """Write the marks that moved."""
        rows = [(*key, self._entries[key], self._times.now) for key in self._dirty]
        self._connection.executemany(statements.UPSERT_MARK, rows)
        self._dirty.clear()

    def newest(self) -> dict[str, Position]:
        """Per ring the position in its newest session; newest is the one that the database saw begin last."""
        rows = self._connection.execute(statements.SELECT_POSITIONS).fetchall()
        return {ring: Position(journal_id, session, entry) for ring, journal_id, session, entry, _ in rows}
