"""What waits to be stored: live batches that continue what is stored, and pages of what was missed.

Whether something was missed is seen from the entry numbers and sessions alone: a batch that is not the continuation of
what this process has makes its ring `behind`, and a ring that is behind is caught up page by page from pss-parser. A
transaction that fails makes every ring of it behind: nothing is kept here that pss-parser could not send again.
"""

from collections.abc import Callable
from typing import Final

from services.db_writer.store import Applied, Store
from shared.clock import monotonic_s
from shared.errors import NetworkError
from shared.messages.commands import EventsPage, ReplayEvents
from shared.messages.service import Position
from shared.messages.wire import ParsedEntries
from shared.settings.catalogue import COMMIT_ENTRIES

CUT: Final = COMMIT_ENTRIES.default
"""Entries of one transaction, unless the setting says otherwise: long enough to share a commit's cost, short enough for
whoever waits."""
MESSAGES: Final = 4_000
"""Messages of one transaction, about. A normal datagram has one, a hostile one 65."""
PAGE: Final = 2_000
SMALLEST_PAGE: Final = 60
"""Entries that are asked for at once: half as many after no answer came in time, so that one comes in the end."""

Ask = Callable[[ReplayEvents], EventsPage]
"""Asks pss-parser; raises NetworkError or RefusedError."""


class Intake:
    """The way of batches into the store. `pending` are batches that no transaction holds yet, `most_entries` says how
    many entries one may hold; `committed` is told what one held, and how many seconds it took.
    """

    def __init__(
        self,
        store: Store,
        ask: Ask,
        *,
        now_us: Callable[[], int],
        most_entries: Callable[[], int] = lambda: CUT,
        committed: Callable[[list[ParsedEntries], float], None] = lambda *_: None,
    ) -> None:
        self.pending: list[ParsedEntries] = []
        self.behind: dict[str, str] = {}
        self._store = store
        self._ask = ask
        self._now_us = now_us
        self._most_entries = most_entries
        self._committed = committed
        self._heads = self.stored()
        self._stale: set[str] = set()
        self._page = PAGE

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
        elif batch.first > head.entry or batch.last > head.entry or batch.session != head.session:
            self.behind[ring] = batch.journal_id

    def commit(self) -> Applied | None:
        """Store what is pending, as much as one transaction takes; None when nothing is.

        Raises:
            DatabaseError: nothing was stored; every ring that was pending is behind now.
        """
        if not self.pending:
            return None
        batches, rest = cut(self.pending, most_entries=self._most_entries())
        began_s = monotonic_s()
        try:
            applied = self._store.apply(batches, now_us=self._now_us())
        except BaseException:  # whatever it was, memory must not be ahead of the database
            self._start_over()
            raise
        self.pending = rest
        self._committed(batches, monotonic_s() - began_s)
        return applied

    def catch_up(self, ring: str) -> None:
        """Fetch and line up one page of what the ring missed; it is behind no more when that was the last.

        Raises:
            DatabaseError: the database cannot be read.
            NetworkError, RefusedError: pss-parser did not answer; the ring stays behind.
        """
        if ring in self._stale:
            stored = self.stored().get(ring)
            if stored is not None:
                self._heads[ring] = stored
            self._stale.discard(ring)
        journal_id = self.behind[ring]
        head = self._heads.get(ring)
        after = head.entry if head is not None and head.journal_id == journal_id else 0
        page = self._fetch(ring, journal_id, after=after)
        if page.journal_id != journal_id:
            self.behind[ring] = page.journal_id
            return
        if head is not None and after and page.session_at_after != head.session:
            # The journal's past is not ours (an old copy was put back): go through all of it. What is stored already
            # is skipped by its session's watermark.
            del self._heads[ring]
            return
        if page.batches:
            self.pending += page.batches
            last = page.batches[-1]
            after = last.last
            self._heads[ring] = Position(page.journal_id, last.session, after)
        if after >= page.end and not page.warming_up:
            del self.behind[ring]

    def _fetch(self, ring: str, journal_id: str, *, after: int) -> EventsPage:
        try:
            page = self._ask(ReplayEvents(ring=ring, journal_id=journal_id, after_entry=after, limit=self._page))
        except NetworkError:
            self._page = max(self._page // 2, SMALLEST_PAGE)
            raise
        self._page = min(self._page * 2, PAGE)
        return page

    def _start_over(self) -> None:
        for batch in self.pending:
            self.behind.setdefault(batch.ring, batch.journal_id)
            self._heads.pop(batch.ring, None)
            self._stale.add(batch.ring)
        self.pending = []


def cut(batches: list[ParsedEntries], *, most_entries: int = CUT) -> tuple[list[ParsedEntries], list[ParsedEntries]]:
    """What one transaction takes of `batches`, and the rest; the batch in which the cut falls is in both."""
    entries = messages = 0
    for at, batch in enumerate(batches):
        for count, parsed in enumerate(batch.results):
            if entries >= most_entries or messages >= MESSAGES:
                head, tail = _halves(batch, count)
                return [*batches[:at], *head], [tail, *batches[at + 1 :]]
            entries += 1
            messages += len(parsed.messages)
    return batches, []


def _halves(batch: ParsedEntries, count: int) -> tuple[list[ParsedEntries], ParsedEntries]:
    """The first `count` entries of `batch`, if there are any, and the others."""
    if count == 0:
        return [], batch
    where = (batch.ring, batch.journal_id, batch.session)
    head = ParsedEntries(*where, batch.previous_session, batch.first, batch.results[:count])
    tail = ParsedEntries(*where, batch.session, batch.first + count, batch.results[count:], batch.through)
    return [head], tail
