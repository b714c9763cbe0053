"""What waits of other producers' facts: live batches that continue what is stored, and pages of what was missed.

As for the rings (intake.py), with one difference: a producer that does not answer is nobody's trouble. It is asked
again when it is heard again, and it says each second where its outbox is.
"""

from collections.abc import Callable
from typing import Final

from services.db_writer.outboxes.store import FactsApplied, FactStore, Mark
from shared.messages.outbox import Facts, FactsPage, ReplayFacts

PAGE: Final = 500
"""Facts that are asked for at once. There are a few a minute: this is an evening."""
NOTHING: Final = Mark("", 0)

Ask = Callable[[str, ReplayFacts], FactsPage]
"""Asks a producer; raises NetworkError or RefusedError."""


class FactIntake:
    """The way of facts into the store. `pending` are batches that no transaction holds yet, `behind` the producers of
    whom something was missed.
    """

    def __init__(self, store: FactStore, ask: Ask, *, now_us: Callable[[], int]) -> None:
        self.pending: list[Facts] = []
        self.behind: set[str] = set()
        self._store = store
        self._ask = ask
        self._now_us = now_us
        self._heads = self.stored()

    def stored(self) -> dict[str, Mark]:
        """How far each producer's newest run is in the database."""
        return self._store.marks()

    def take(self, batch: Facts) -> None:
        """Line up a live batch, or note that its producer is behind."""
        if batch.producer in self.behind:
            return
        head = self._heads.get(batch.producer, NOTHING)
        if batch.first == head.entry + 1 and batch.previous_id == head.outbox_id:
            if batch.facts:
                self._line_up(batch)
        elif batch.last > head.entry or (batch.outbox_id if batch.facts else batch.previous_id) != head.outbox_id:
            self.behind.add(batch.producer)

    def commit(self) -> FactsApplied | None:
        """Store the oldest batch that is pending; None when nothing is.

        Raises:
            DatabaseError: nothing was stored; every producer that was pending is behind now.
        """
        if not self.pending:
            return None
        try:
            applied = self._store.apply(self.pending[0], now_us=self._now_us())
        except BaseException:  # whatever it was, memory must not be ahead of the database
            self._start_over()
            raise
        del self.pending[0]
        return applied

    def catch_up(self, producer: str) -> None:
        """Fetch and line up one page of what was missed; the producer is behind no more when that was the last.

        Raises:
            DatabaseError: the database cannot be read.
            NetworkError, RefusedError: the producer did not answer; it is behind again when it is heard again.
        """
        if producer not in self._heads:
            self._heads[producer] = self.stored().get(producer, NOTHING)
        head = self._heads[producer]
        self.behind.discard(producer)
        page = self._ask(producer, ReplayFacts(after=head.entry, limit=PAGE))
        if head.entry and page.id_at_after != head.outbox_id:
            # The outbox's past is not ours (a backup or an old copy was put back): go through all of it. What is
            # stored already is skipped by the mark of its run.
            self._heads[producer] = NOTHING
            self.behind.add(producer)
            return
        for batch in page.batches:
            self._line_up(batch)
        if page.batches and page.batches[-1].last < page.end:
            self.behind.add(producer)
        else:
            # What the outbox holds no more is not to be had: go on from its end.
            self._heads[producer] = Mark(page.id_at_end, page.end)

    def _line_up(self, batch: Facts) -> None:
        self.pending.append(batch)
        self._heads[batch.producer] = Mark(batch.outbox_id, batch.last)

    def _start_over(self) -> None:
        for batch in self.pending:
            self.behind.add(batch.producer)
            self._heads.pop(batch.producer, None)
        self.pending = []
