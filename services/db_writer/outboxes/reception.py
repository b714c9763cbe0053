"""Takes what other producers publish through the intake into the store, and says how far that is; db-writer."""

from collections.abc import Callable
from typing import Final

import structlog

from services.db_writer.outboxes.intake import FactIntake
from shared.clock import monotonic_s
from shared.errors import NetworkError
from shared.messages.outbox import Facts
from shared.messages.service import Position
from shared.outbox import mark_key
from shared.rpc import RefusedError

ASK_S: Final = 0.2
"""How long a producer may take for a page: while it is waited for, no datagram is stored."""
ASK_EVERY_S: Final = 1.0
"""How often one that does not answer is asked."""


class Reception:
    """The facts of all producers. `refused` facts and `transactions` count since the start; `stored` is called after
    each transaction, as somebody else may rely on what the database held.
    """

    def __init__(self, intake: FactIntake, *, stored: Callable[[], None], log: structlog.stdlib.BoundLogger) -> None:
        self.refused = self.transactions = 0
        self._intake = intake
        self._marks = intake.stored()
        self._stored = stored
        self._log = log
        self._ask_at = 0.0

    @property
    def is_behind(self) -> bool:
        """Whether there is something to fetch, now."""
        return bool(self._intake.behind) and monotonic_s() >= self._ask_at

    def take(self, batch: Facts) -> None:
        """Line up a batch."""
        self._intake.take(batch)

    def turn(self) -> bool:
        """Store what waits, and one page of each producer that is behind; True when something was stored.

        Raises DatabaseError: the database cannot be written; repeat the call.
        """
        is_something = self._commit()
        for producer in list(self._intake.behind) if self.is_behind else []:
            try:
                self._intake.catch_up(producer)
            except (NetworkError, RefusedError) as error:
                self._ask_at = monotonic_s() + ASK_EVERY_S
                if error.code != "service.not_running":
                    self._log.info("producer_not_answering", producer=producer, reason=str(error))
        return self._commit() or is_something

    def done_with(self) -> dict[str, Position]:
        """Up to which fact each outbox is in the database, under a key that no ring has."""
        return {
            mark_key(producer): Position(mark.outbox_id, mark.outbox_id, mark.entry)
            for producer, mark in self._marks.items()
        }

    def _commit(self) -> bool:
        before = self.transactions
        while (applied := self._intake.commit()) is not None:
            self._marks[applied.producer] = applied.mark
            self._stored()
            self.refused += len(applied.refused)
            self.transactions += 1
            for entry, error in applied.refused.items():
                self._log.error("fact_refused", producer=applied.producer, entry=entry, error=error)
        return self.transactions > before
