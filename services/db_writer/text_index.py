"""The full-text index of the messages (`search_events`), filled in slices behind the events; db-writer.

The index holds no text of its own: to forget a message it must be told the text once more, so `unindex` comes before
a row of `pss_events_v2` is deleted or changed.
"""

from collections.abc import Iterable
from typing import Final

from services.db_writer import summary_statements as statements
from shared.clock import monotonic_s
from shared.db.sqlite import sqlite3

SLICE: Final = 2_000
"""Messages of one slice at most."""
SLICE_S: Final = 0.004
"""About how long a slice takes: less than db-writer's rest between two transactions, so that nobody waits for it."""
MERGE_PAGES: Final = 16
"""Pages that are merged at once. By itself FTS5 merges what it likes within an insert, for up to 50 ms."""
_STEP: Final = 250
"""Messages between two looks at the clock."""


class TextIndex:
    """Goes through the events in the order of their ids, and remembers how far it came in `search_progress`. What the
    slices leave is merged step by step before the next one, so that the index stays fast and no slice is slow.
    """

    def __init__(self, connection: "sqlite3.Connection") -> None:
        self._connection = connection
        self._is_set_up = False
        self._is_merging = True

    def turn(self, *, limit: int = SLICE) -> bool:
        """Index the next messages, at most `limit`, or merge, in a transaction of its own; returns whether more is
        left.

        Raises sqlite3.Error: nothing was done; it may be tried again.
        """
        connection = self._connection
        (through,) = connection.execute(statements.SELECT_PROGRESS).fetchone()
        is_behind = bool(connection.execute(statements.SELECT_IS_BEHIND, (through,)).fetchone()[0])
        if not is_behind and not self._is_merging:
            return False
        connection.execute("BEGIN IMMEDIATE")
        try:
            is_merging = self._merge() if self._is_merging else self._index(through, limit)
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        self._is_set_up, self._is_merging = True, is_merging
        return is_behind or is_merging

    def _merge(self) -> bool:
        connection = self._connection
        if not self._is_set_up:
            connection.execute(statements.MERGE_NOT_BY_ITSELF)
        before = connection.total_changes
        connection.execute(statements.MERGE_INDEX, (MERGE_PAGES,))
        # As SQLite says it: fewer than two changes, and there was nothing to merge.
        return connection.total_changes - before >= 2

    def _index(self, through: int, limit: int) -> bool:
        connection, until, count = self._connection, monotonic_s() + SLICE_S, 1
        while limit > 0 and count > 0 and monotonic_s() < until:
            step = min(limit, _STEP)
            last, count = connection.execute(statements.SELECT_SLICE_END, (through, step)).fetchone()
            if count:
                connection.execute(statements.INDEX_SLICE, (through, last))
                through = last
            limit -= step
        connection.execute(statements.ADVANCE_PROGRESS, (through,))
        return True


def unindex(connection: "sqlite3.Connection", event_ids: Iterable[int]) -> None:
    """Forget the texts of these events, within the caller's transaction and before their rows go."""
    connection.executemany(statements.UNINDEX_EVENT, _reached(connection, event_ids))


def reindex(connection: "sqlite3.Connection", event_ids: Iterable[int]) -> None:
    """Index events whose rows were brought back or changed, within the caller's transaction."""
    connection.executemany(statements.INDEX_EVENT, _reached(connection, event_ids))


def _reached(connection: "sqlite3.Connection", event_ids: Iterable[int]) -> list[tuple[int]]:
    """Those that the index came to; the others are not in it, and will be its turn."""
    (through,) = connection.execute(statements.SELECT_PROGRESS).fetchone()
    return [(event_id,) for event_id in event_ids if event_id <= through]
