"""What db-writer does for later questions when nothing waits to be stored: missing summaries, the text index."""

from collections.abc import Callable
from typing import Final

import structlog

from services.db_writer.backlog import Backlog
from services.db_writer.text_index import TextIndex
from shared.db.sqlite import sqlite3

EVERY_S: Final = 1.0
"""How often new messages are looked for: the index is cheaper by the slice than by the message."""


class Upkeep:
    """A slice a turn of the loop at most. `is_free` says whether nothing waits, `turn_again` makes the loop turn."""

    def __init__(
        self,
        connection: "sqlite3.Connection",
        *,
        is_free: Callable[[], bool],
        turn_again: Callable[[], None],
        log: structlog.stdlib.BoundLogger,
    ) -> None:
        self._slices = (Backlog(connection).turn, TextIndex(connection).turn)
        self._is_free = is_free
        self._turn_again = turn_again
        self._log = log
        self._is_due = True
        self._is_failing = False

    def look(self) -> None:
        """Look for work at the end of this turn; every `EVERY_S`."""
        self._is_due = True

    def turn(self) -> None:
        """Do the next slice, if there is time for it; at the end of each turn."""
        if not self._is_due or not self._is_free():
            return
        try:
            self._is_due = any(slice_() for slice_ in self._slices)
        except sqlite3.Error as error:
            self._is_due = False
            if not self._is_failing:
                self._is_failing = True
                self._log.warning("upkeep_failed", error=str(error))
            return
        self._is_failing = False
        if self._is_due:
            self._turn_again()
