"""What a transaction's rows add up to: events per minute, and the counters of each match; db-writer's hot path.

Counted from the very rows that are written, so that a transaction that fails leaves nothing behind. A row is only put
aside with those of its session and match; they are counted together when the transaction ends, with one statement for
each minute, ring and type, and one for each match.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from services.db_writer import summary_statements as statements
from services.db_writer.timestamps import Timestamps
from shared.db.sqlite import sqlite3

_MINUTE = 16  # characters of `2026-03-01T09:30`
_LONGEST_KEPT = 256


class _Hit(msgspec.Struct):
    athlete: int | None = None


_decode_hit = msgspec.json.Decoder(_Hit).decode


def _athlete(parsed: str) -> int:
    """Whose sensor `hl` was of."""
    return _decode_hit(parsed).athlete or 0


_known_athlete = lru_cache(maxsize=1024)(_athlete)  # the texts are few


class Tallies:
    """The counts of the running transaction; `hit_type` is the row id of the event type of `hl`."""

    def __init__(self, connection: "sqlite3.Connection", times: Timestamps) -> None:
        self._connection = connection
        self._times = times
        self.hit_type = 0
        self._events: defaultdict[tuple[int, int | None], list[tuple[Any, ...]]] = defaultdict(list)
        self._adopted: list[tuple[int, Sequence[tuple[int, str, str]]]] = []
        self._doubts: defaultdict[tuple[str, int], int] = defaultdict(int)
        self._rings: dict[int, str] = {}

    def reset(self) -> None:
        """Drop what was counted; the database knows better."""
        self._clear()
        self._rings.clear()

    def add_events(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Count rows of `pss_events_v2` as `Pending` holds them, before they are written."""
        events = self._events
        for row in rows:
            events[row[1:3]].append(row)  # 1 is the session, 2 the match

    def add_adopted(self, match_pk: int, rows: Sequence[tuple[int, str, str]]) -> None:
        """Count events (type, time, what was read) that were stored before they were known to be of this match."""
        if rows:
            self._adopted.append((match_pk, rows))

    def add_findings(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Count findings as `Pending` holds them: the first of those that the database keeps one of."""
        kept = {(row[1], row[3], row[4], row[6], row[7]): (row[5], row[2]) for row in reversed(list(rows))}
        for severity, match_pk in kept.values():
            self.add_doubt(statements.COLUMN_OF_SEVERITY[severity], match_pk)

    def add_doubt(self, column: str, match_pk: int | None) -> None:
        """Count a finding or a correction of a match; `column` is that of the summary."""
        if match_pk is not None:
            self._doubts[column, match_pk] += 1

    def save(self) -> set[int]:
        """Write the counts; returns the matches that were hit."""
        execute_many, now = self._connection.executemany, self._times.now
        minutes: defaultdict[tuple[str, str, int], int] = defaultdict(int)
        matches = []
        for (session, match_pk), rows in self._events.items():
            ring = self._ring(session)
            for row in rows:  # 4 is the type, 5 the time, 7 what was read
                minutes[row[5][:_MINUTE], ring, row[4]] += 1
            if match_pk is not None:
                hits = self._hits([row[7] for row in rows if row[4] == self.hit_type])
                times = [row[5] for row in rows]
                matches.append((len(rows), min(times), max(times), *hits, now, match_pk))
        for match_pk, adopted in self._adopted:
            hits = self._hits([parsed for event_type, _, parsed in adopted if event_type == self.hit_type])
            times = [at for _, at, _ in adopted]
            matches.append((len(adopted), min(times), max(times), *hits, now, match_pk))
        if minutes:
            execute_many(statements.COUNT_BY_MINUTE, [(*minute, count) for minute, count in minutes.items()])
        if matches:
            execute_many(statements.COUNT_EVENTS, matches)
        for (column, match_pk), count in self._doubts.items():
            self._connection.execute(statements.COUNT_DOUBT[column], (count, now, match_pk))
        self._clear()
        return {match[-1] for match in matches if match[3] or match[4]}

    def _hits(self, parsed: list[str]) -> tuple[int, int]:
        """How often each side was hit, by what was read of its sensors' messages."""
        if not parsed:
            return (0, 0)
        athletes = [_known_athlete(text) if len(text) <= _LONGEST_KEPT else _athlete(text) for text in parsed]
        return athletes.count(1), athletes.count(2)

    def _ring(self, session_pk: int) -> str:
        ring = self._rings.get(session_pk)
        if ring is None:
            (ring,) = self._connection.execute(statements.SELECT_RING, (session_pk,)).fetchone()
            self._rings[session_pk] = ring
        return str(ring)

    def _clear(self) -> None:
        self._events.clear()
        self._adopted.clear()
        self._doubts.clear()
