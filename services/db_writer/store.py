"""Batches of parsed entries in, one SQLite transaction out: the core of db-writer, which alone writes `restrike.db`.

Exactly once: what follows from an entry is in one transaction with its session's watermark, and entries at or below the
watermark are skipped. A transaction that fails leaves nothing behind, neither in the file nor in memory.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from msgspec import Struct

from services.db_writer.entries import Entries
from services.db_writer.entry_lines import match_of
from services.db_writer.refused import REFUSALS, Refused
from services.db_writer.sessions import Session
from services.db_writer.timestamps import Timestamps
from services.db_writer.watermarks import SessionKey, Watermarks
from shared.db.sqlite import sqlite3
from shared.errors import DatabaseError
from shared.log.handled import HANDLED
from shared.messages.service import Position
from shared.messages.wire import ParsedEntries, ParsedEntry


class Applied(Struct, frozen=True, kw_only=True):
    """What one transaction did.

    `entries` and their `messages` were stored, `skipped` entries were there before; `refused` entries (they count as
    stored) are there raw. `positions`: per ring, up to where the last of its batches reached.
    """

    entries: int
    skipped: int
    messages: int
    refused: int
    positions: dict[str, Position]


class Store:
    """A migrated database, through the one connection that writes to it (`connect_writer`); its caller closes that."""

    def __init__(self, connection: "sqlite3.Connection") -> None:
        """Write the event types and read where the database stands. Raises DatabaseError `db.write_failed`."""
        self._connection = connection
        self._times = Timestamps()
        self._entries = Entries(connection, self._times)
        self._refused = Refused(connection, entries=self._entries, times=self._times)
        self._watermarks = Watermarks(connection, self._times)
        self._is_current = False
        with self._transaction():
            pass

    def apply(self, batches: Sequence[ParsedEntries], *, now_us: int) -> Applied:
        """Store `batches` in their order, in one transaction; `now_us` is the time of writing (Unix).

        Gaps are the caller's to see: an entry that a later batch of its session passed over can not be stored any more.
        Raises DatabaseError `db.write_failed` (disk full, I/O, locked): nothing was stored, repeat the call.
        """
        self._times.begin(now_us)
        try:
            return self._attempt(_Work(batches, is_careful=False))
        except DatabaseError:
            raise
        # Some row was refused, or could not be made. Only now does each entry pay for a savepoint of its own.
        except Exception:  # noqa: BLE001, S110 - what it is, `_add_each` says of the entry, or raises it again
            pass
        try:
            return self._attempt(_Work(batches, is_careful=True))
        except REFUSALS as error:
            raise write_failed(error) from error

    def keep_clients(self, most: Callable[[], int]) -> None:
        """Tell apart as many senders of a session as `most` says each time, not the default number."""
        self._entries.sessions.most_clients = most

    def forget(self) -> None:
        """Somebody else wrote on this connection: begin the next transaction with what the database says."""
        self._is_current = False

    def positions(self) -> dict[str, Position]:
        """Per ring, how far its newest session is stored: what came after that is missing."""
        with _reading():
            return self._watermarks.newest()

    def _attempt(self, work: "_Work") -> Applied:
        with self._transaction():
            for batch in work.batches:
                # An empty batch only says where the stream stands, unless it stands for entries that are lost.
                if batch.results or batch.through:
                    self._store_batch(batch, work)
            self._entries.save()
            self._watermarks.save()
        return work.applied()

    def _store_batch(self, batch: ParsedEntries, work: "_Work") -> None:
        key = SessionKey(batch.journal_id, batch.ring, batch.session)
        mark, last = self._watermarks.entry(key), batch.last
        known = mark + 1 - batch.first
        if batch.through > mark:
            # What says that entries are lost must not be, though it bears a number that we have: see `first` below.
            known = min(known, len(batch.results) - 1)
        skipped = min(max(known, 0), len(batch.results))
        results = batch.results[skipped:] if skipped else batch.results
        if results:
            add = self._add_each if work.is_careful else self._add
            # The number after the mark is free: it is one of those that are lost.
            add(batch, results, first=max(batch.first + skipped, mark + 1), work=work)
        if last > mark:
            self._session(batch).last_entry = last
            self._watermarks.advance(key, last)
        work.entries += len(results)
        work.skipped += skipped
        work.positions[batch.ring] = Position(batch.journal_id, batch.session, last)

    def _add(self, batch: ParsedEntries, results: list[ParsedEntry], *, first: int, work: "_Work") -> None:
        session = self._session(batch)
        add = self._entries.add
        parsed = results[0]
        HANDLED.ring, HANDLED.match_of = batch.ring, lambda: match_of(parsed)
        for number, parsed in enumerate(results, first):
            HANDLED.entry = number
            work.messages += len(parsed.messages)
            add(parsed, number=number, session=session)

    def _add_each(self, batch: ParsedEntries, results: list[ParsedEntry], *, first: int, work: "_Work") -> None:
        for number, parsed in enumerate(results, first):
            self._connection.execute("SAVEPOINT entry")
            try:
                self._add(batch, [parsed], first=number, work=work)
                self._entries.save()
            except REFUSALS as error:
                self._keep_raw(batch, parsed, number=number, error=error, work=work)
            except sqlite3.Error:
                raise
            # A mistake of ours in the rows of one entry must not keep all others out, for ever.
            except Exception as error:  # noqa: BLE001 - see above
                self._keep_raw(batch, parsed, number=number, error=error, work=work)
            self._connection.execute("RELEASE entry")

    def _keep_raw(
        self, batch: ParsedEntries, parsed: ParsedEntry, *, number: int, error: Exception, work: "_Work"
    ) -> None:
        self._connection.execute("ROLLBACK TO entry")
        self._entries.reset()
        self._refused.keep(parsed, number=number, session=self._session(batch), error=error)
        self._entries.save()
        work.refused += 1

    def _session(self, batch: ParsedEntries) -> Session:
        at_us = batch.results[0].entry.received_at_us if batch.results else self._times.now_us
        return self._entries.sessions.of(batch.session, ring=batch.ring, at_us=at_us)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        is_current, self._is_current = self._is_current, False
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            if not is_current:
                self._entries.reset()
                self._watermarks.reset()
            yield
            self._connection.execute("COMMIT")
            self._is_current = True
        except REFUSALS:
            raise
        except sqlite3.Error as error:
            raise write_failed(error) from error
        finally:
            if self._connection.in_transaction:
                # After some errors SQLite has rolled back by itself; if it could not, the next BEGIN will say so.
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")


class _Work:
    """One transaction's batches, and what became of them so far."""

    def __init__(self, batches: Sequence[ParsedEntries], *, is_careful: bool) -> None:
        self.batches = batches
        self.is_careful = is_careful
        self.entries = self.skipped = self.messages = self.refused = 0
        self.positions: dict[str, Position] = {}

    def applied(self) -> Applied:
        """The counts."""
        return Applied(
            entries=self.entries,
            skipped=self.skipped,
            messages=self.messages,
            refused=self.refused,
            positions=self.positions,
        )


def write_failed(error: Exception) -> DatabaseError:
    """What is told of a transaction that could not be made."""
    return DatabaseError(
        "db.write_failed",
        "The database could not be written and nothing of this batch was stored; free space on its file system and see"
        " that no other program holds the file. It is tried again.",
        value=f"{type(error).__name__}: {error}",
    )


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise DatabaseError(
            "db.read_failed", "The database could not be read; see that its file is there and whole.", value=str(error)
        ) from error
