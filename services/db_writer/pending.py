"""The rows of a transaction that wait to be written; db-writer's hot path.

Most rows go in by statements of `CHUNK` rows, the rest by `executemany`: a statement of its own for each row costs a
quarter more. pysqlite3 takes 1 µs for each None, bool and bytes that it binds, and next to nothing for int, float, str
and bytearray: rows of the hot path hold only those.
"""

from itertools import chain
from typing import Any

from services.db_writer import statements
from services.db_writer.summary_statements import COLUMN_OF_SEVERITY
from services.db_writer.tallies import Tallies
from shared.db.sqlite import sqlite3

CHUNK = 50
Row = tuple[Any, ...]


class Pending:
    """Tuples per table, in the order in which they happened; the attributes are filled directly. What is written is
    counted in `tallies`.
    """

    def __init__(self, connection: "sqlite3.Connection", tallies: Tallies) -> None:
        self._connection = connection
        self._tallies = tallies
        self.raw: list[Row] = []
        self.recognized: list[Row] = []
        self.events: list[Row] = []
        self.details: list[Row] = []
        self.scores: list[Row] = []
        self.warnings: list[Row] = []
        self.findings: list[Row] = []
        self.corrections: list[Row] = []
        self.stages: list[Row] = []
        self.loads: dict[Row, int] = {}
        """Match, session and first entry of each load, and the last entry that told of it: its events without a match
        are of that match."""
        # An event's details refer to it, so events come first.
        tables: tuple[tuple[str, list[Any]], ...] = (
            (statements.INSERT_RAW, self.raw),
            (statements.INSERT_RECOGNIZED, self.recognized),
            (statements.INSERT_EVENT, self.events),
            (statements.INSERT_DETAIL, self.details),
            (statements.INSERT_SCORE, self.scores),
            (statements.INSERT_WARNING, self.warnings),
            (statements.INSERT_FINDING, self.findings),
            (statements.INSERT_CORRECTION, self.corrections),
            (statements.INSERT_STAGE, self.stages),
        )
        self._tables = [(insert, statements.many(insert, CHUNK), rows) for insert, rows in tables]

    def write(self) -> None:
        """Write what waits. A refused row raises, with the rows before it written: the caller rolls back."""
        self._count()
        for insert, insert_chunk, rows in self._tables:
            if rows:
                self._insert(insert, insert_chunk, rows)
                rows.clear()
        for load, last in self.loads.items():
            self._adopt((*load, last))
        self.loads.clear()

    def reset(self) -> None:
        """Drop what waits."""
        for _, _, rows in self._tables:
            rows.clear()
        self.loads.clear()

    def _count(self) -> None:
        tallies = self._tallies
        tallies.add_events(self.recognized)
        tallies.add_events(self.events)
        if self.findings:
            tallies.add_findings(self.findings)
        for correction in self.corrections:
            tallies.add_doubt("corrections", correction[2])

    def _adopt(self, load: Row) -> None:
        match_pk, tallies = load[0], self._tallies
        tallies.add_adopted(match_pk, self._connection.execute(statements.ADOPT_EVENTS, load).fetchall())
        for (severity,) in self._connection.execute(statements.ADOPT_FINDINGS, load).fetchall():
            tallies.add_doubt(COLUMN_OF_SEVERITY[severity], match_pk)
        self._connection.execute(statements.ADOPT_STAGES, load)

    def _insert(self, insert: str, insert_chunk: str, rows: list[Any]) -> None:
        chunked = len(rows) // CHUNK * CHUNK
        for first in range(0, chunked, CHUNK):
            self._connection.execute(insert_chunk, list(chain.from_iterable(rows[first : first + CHUNK])))
        if chunked < len(rows):
            self._connection.executemany(insert, rows[chunked:])
