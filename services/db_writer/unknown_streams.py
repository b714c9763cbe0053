"""Streams that no version of ours knows, with their counts (`unknown_streams`); db-writer.

Counted in memory and written once a transaction: a flood of garbage must not cost a statement for each message.
"""

from typing import Final

from services.db_writer import result_statements as statements
from services.db_writer.timestamps import Timestamps
from shared.db.sqlite import sqlite3

MOST_STREAMS: Final = 200
"""Of one ring: garbage has ever new names, and may fill neither the memory nor the database."""
OTHERS: Final = "(others)"
"""The row of all streams beyond those."""
LONGEST_SAMPLE: Final = 200
"""Characters of the first message of a stream."""


class _Heard:
    """A stream's messages since the last save."""

    __slots__ = ("count", "first_seen", "last_seen", "sample")

    def __init__(self, seen: str, sample: str) -> None:
        self.count = 0
        self.first_seen = self.last_seen = seen
        self.sample = sample


class UnknownStreams:
    """The counts of a transaction, and the names that the database holds of each ring."""

    def __init__(self, connection: "sqlite3.Connection", times: Timestamps) -> None:
        self._connection = connection
        self._times = times
        self._names: dict[str, set[str]] = {}
        self._heard: dict[tuple[str, str], _Heard] = {}

    def reset(self) -> None:
        """Forget everything: the database knows better."""
        self._names.clear()
        self._heard.clear()

    def count(self, ring: str, stream: str, *, raw: str, at: str) -> None:
        """A message of `stream` came."""
        heard = self._heard.get((ring, stream))
        if heard is None:
            name = self._name(ring, stream)
            heard = self._heard.get((ring, name))
            if heard is None:
                heard = self._heard[ring, name] = _Heard(at, raw[:LONGEST_SAMPLE])
        heard.count += 1
        heard.last_seen = at

    def save(self) -> None:
        """Write the counts."""
        if not self._heard:
            return
        now = self._times.now
        rows = [
            (*key, heard.count, heard.first_seen, heard.last_seen, heard.sample, now, now)
            for key, heard in self._heard.items()
        ]
        self._connection.executemany(statements.COUNT_STREAM, rows)
        self._heard.clear()

    def _name(self, ring: str, stream: str) -> str:
        names = self._names.get(ring)
        if names is None:
            rows = self._connection.execute(statements.SELECT_STREAMS, (ring,)).fetchall()
            names = self._names[ring] = {name for (name,) in rows if name != OTHERS}
        if stream in names:
            return stream
        if len(names) >= MOST_STREAMS:
            return OTHERS
        names.add(stream)
        return stream
