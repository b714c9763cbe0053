"""Batches of facts in, one SQLite transaction out: exactly once, whatever became of the process meanwhile; db-writer.

The rows of a batch are in one transaction with the mark of its run of the outbox; facts at or below the mark are
skipped. A mark belongs to a run, so that a number that was given twice is stored twice.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Final

import msgspec
from msgspec import Struct

from services.db_writer.outboxes.appliers import APPLIERS, Applier
from services.db_writer.outboxes.stamp import Stamp
from services.db_writer.refused import REFUSALS, storable
from services.db_writer.store import write_failed
from services.db_writer.timestamps import Timestamps
from shared.db.sqlite import sqlite3
from shared.messages.outbox import Facts, StoredFact

OURS: Final = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_RANGE, sqlite3.SQLITE_TOOBIG})
"""What SQLite says of a statement that is wrong, and not of a file that cannot be written."""

_MARK: Final = "SELECT entry FROM outbox_marks WHERE producer = ? AND outbox_id = ?"
# Of each producer the run that the database saw begin last: a bare column beside max() is of the row that has it.
_NEWEST: Final = "SELECT producer, outbox_id, entry, max(id) FROM outbox_marks GROUP BY producer"
ADVANCE: Final = """
INSERT INTO outbox_marks (producer, outbox_id, entry, updated_at) VALUES (?, ?, ?, ?)
ON CONFLICT (producer, outbox_id) DO UPDATE SET entry = excluded.entry, updated_at = excluded.updated_at
WHERE excluded.entry <> entry
"""
_REFUSED: Final = """
INSERT INTO refused_facts (producer, outbox_id, entry, body, error, created_at) VALUES (?, ?, ?, ?, ?, ?)
"""

_encode = msgspec.msgpack.Encoder().encode


class Mark(Struct, frozen=True, gc=False):
    """How far an outbox is: the number of a fact, and the run that numbered it."""

    outbox_id: str
    entry: int


class FactsApplied(Struct, frozen=True, kw_only=True):
    """What one transaction did: facts stored (the refused ones among them), and what was refused, by number."""

    producer: str
    mark: Mark
    facts: int
    refused: dict[int, str]


class FactStore:
    """The facts' way into the database, through the one connection that writes to it."""

    def __init__(self, connection: "sqlite3.Connection", *, appliers: Mapping[type, Applier] = APPLIERS) -> None:
        self._connection = connection
        self._appliers = appliers
        self._times = Timestamps()

    def marks(self) -> dict[str, Mark]:
        """How far each producer's newest run is stored. Raises DatabaseError: the database cannot be read."""
        try:
            rows = self._connection.execute(_NEWEST).fetchall()
        except sqlite3.Error as error:
            raise write_failed(error) from error
        return {producer: Mark(outbox_id, entry) for producer, outbox_id, entry, _ in rows}

    def apply(self, batch: Facts, *, now_us: int) -> FactsApplied:
        """Store a batch in one transaction; `now_us` is the time of writing (Unix).

        Raises DatabaseError `db.write_failed` (disk full, I/O, locked): nothing was stored, repeat the call.
        """
        self._times.begin(now_us)
        refused: dict[int, str] = {}
        with self._transaction():
            row = self._connection.execute(_MARK, (batch.producer, batch.outbox_id)).fetchone()
            skipped = min(max((row[0] if row else 0) + 1 - batch.first, 0), len(batch.facts))
            for number, fact in enumerate(batch.facts[skipped:], batch.first + skipped):
                error = self._attempt(fact, producer=batch.producer)
                if error is not None:
                    refused[number] = error
                    what = (batch.producer, batch.outbox_id, number, _encode(fact), error, self._times.now)
                    self._connection.execute(_REFUSED, what)
            if skipped < len(batch.facts):
                where = (batch.producer, batch.outbox_id, batch.last, self._times.now)
                self._connection.execute(ADVANCE, where)
        mark = Mark(batch.outbox_id, batch.last)
        return FactsApplied(producer=batch.producer, mark=mark, facts=len(batch.facts) - skipped, refused=refused)

    def _attempt(self, fact: StoredFact, *, producer: str) -> str | None:
        """Write the rows of one fact; why that was refused, None if it was not."""
        stamp = Stamp(producer=producer, at_us=fact.at_us, at=self._times.text(fact.at_us), now=self._times.now)
        applier = self._appliers.get(type(fact.body))
        if applier is None:
            return f"Nothing here stores a {type(fact.body).__name__}."
        self._connection.execute("SAVEPOINT fact")
        refusal: Exception | None = None
        try:
            applier(self._connection, fact.body, stamp)
        except sqlite3.Error as error:
            if not _is_refusal(error):
                raise
            refusal = error
        # A mistake of ours in the rows of one fact must not keep all others out, for ever.
        except Exception as error:  # noqa: BLE001 - see above
            refusal = error
        if refusal is not None:
            self._connection.execute("ROLLBACK TO fact")
        self._connection.execute("RELEASE fact")
        return storable(f"{type(refusal).__name__}: {refusal}") if refusal is not None else None

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            yield
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise write_failed(error) from error
        finally:
            if self._connection.in_transaction:
                # After some errors SQLite has rolled back by itself; if it could not, the next BEGIN will say so.
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")


def _is_refusal(error: "sqlite3.Error") -> bool:
    if isinstance(error, REFUSALS):
        return True
    code = getattr(error, "sqlite_errorcode", None)
    return code is None or code & 0xFF in OURS
