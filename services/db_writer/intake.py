"""What waits to be stored: live batches that continue what is stored, and pages of what was missed.

Whether something was missed is seen from the entry numbers and sessions alone: a batch that is not the continuation of
what this process has makes its ring `behind`, and a ring that is behind is caught up page by page from pss-parser. A
transaction that fails makes every ring behind: nothing is kept here that pss-parser could not send again.
"""

from collections.abc import Callable
from typing import Final

from services.db_writer.store import Applied, Store
from shared.messages.commands import EventsPage, ReplayEvents
from shared.messages.service import Position
from shared.messages.wire import ParsedEntries

CUT: Final = 1_000
"""Entries of one transaction, about: long enough to share a commit's cost, short enough for whoever waits."""

Ask = Callable[[ReplayEvents], EventsPage]
"""Asks pss-parser; raises NetworkError or RefusedError."""


class Intake:
    """The way of batches into the store. `pending` are batches that no transaction holds yet."""

    def __init__(self, store: Store, ask: Ask, *, now_us: Callable[[], int]) -> None:
        self.pending: list[ParsedEntries] = []
        self.behind: dict[str, str] = {}
        self._store = store
        self._ask = ask
        self._now_us = now_us
        self._heads = self.stored()
        self._is_stale = False

    def stored(self) -> dict[str, Position]:
        """How far each ring is in the database."""
        return self._store.positions()

    def take(self, batch: ParsedEntries) -> None:
        """Line up a live batch, or note that its ring is behind."""
        ring = batch.ring
        if ring in self.behind:
            return
        head = self._heads.get(ring)
        if head is None or head.journal_id != batch.journal_id:
            head = Position(batch.journal_id, "", 0)
        if batch.first == head.entry + 1 and batch.previous_session == head.session:
            if batch.results or batch.through:
                self.pending.append(batch)
                self._heads[ring] = Position(batch.journal_id, batch.session, batch.last)
        elif batch.first > head.entry or batch.session != head.session:
            self.behind[ring] = batch.journal_id

    def commit(self) -> Applied | None:
        """Store what is pending, up to about 1,000 entries; None when nothing is.

        Raises:
            DatabaseError: nothing was stored; every ring is behind now.
        """
        if not self.pending:
            return None
        taken, entries = 0, 0
        while taken < len(self.pending) and entries < CUT:
            entries += len(self.pending[taken].results)
            taken += 1
        batches, self.pending = self.pending[:taken], self.pending[taken:]
        return self._apply(batches)

    def catch_up(self, ring: str) -> Applied | None:
        """Fetch and store one page of what the ring missed; it is behind no more when that was the last.

        Raises:
            DatabaseError: as `commit`.
            NetworkError, RefusedError: pss-parser did not answer; the ring stays behind.
        """
        if self._is_stale:
            self._heads = self.stored()
            self._is_stale = False
        journal_id = self.behind[ring]
        head = self._heads.get(ring)
        after = head.entry if head is not None and head.journal_id == journal_id else 0
        page = self._ask(ReplayEvents(ring=ring, journal_id=journal_id, after_entry=after))
        if page.journal_id != journal_id:
            self.behind[ring] = page.journal_id
            return None
        if head is not None and after and page.session_at_after != head.session:
            # The journal's past is not ours (an old copy was put back): go through all of it. What is stored already
            # is skipped by its session's watermark.
            del self._heads[ring]
            return None
        applied = self._apply(page.batches) if page.batches else None
        if page.batches:
            last = page.batches[-1]
            after = last.last
            self._heads[ring] = Position(page.journal_id, last.session, after)
        if after >= page.end and not page.warming_up:
            del self.behind[ring]
        return applied

    def _apply(self, batches: list[ParsedEntries]) -> Applied:
        try:
            return self._store.apply(batches, now_us=self._now_us())
        except BaseException:
            self._start_over()
            raise

    def _start_over(self) -> None:
        for ring, head in self._heads.items():
            self.behind.setdefault(ring, head.journal_id)
        for batch in self.pending:
            self.behind.setdefault(batch.ring, batch.journal_id)
        self.pending = []
        self._heads = {}
        self._is_stale = True
