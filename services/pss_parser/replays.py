"""Answers to `ReplayEvents`: a ring's past is parsed again, from the latest saved state before what is asked for.

Whoever asks for page after page is served by a cursor that stands where his last page ended.
"""

from typing import Final

from services.pss_parser.checkpoints import Checkpoints
from services.pss_parser.ring import RingParser
from services.pss_parser.source import PAGE_ENTRIES, Ask, advance, beyond, fitting
from shared.messages.commands import EntriesPage, EventsPage, ReplayEntries, ReplayEvents
from shared.messages.wire import ParsedEntries

CURSORS: Final = 4
"""Replays of one ring that go on side by side: db-writer's, obs-bridge's and two of other programs."""


class Replays:
    """One ring's replays."""

    def __init__(self, ring: str, checkpoints: Checkpoints, ask: Ask) -> None:
        self._ring = ring
        self._checkpoints = checkpoints
        self._ask = ask
        self._cursors: list[RingParser] = []

    def answer(self, command: ReplayEvents, *, live: RingParser) -> EventsPage:
        """A page of what followed from the entries after `command.after_entry`, up to the live parser's last one."""
        head = self._ask(ReplayEntries(ring=self._ring, after=command.after_entry, limit=1))
        is_known = command.journal_id == head.journal_id and command.after_entry > 0
        after = max(command.after_entry if is_known else 0, head.first - 1)
        session = head.session_at_after if is_known and after == command.after_entry else None
        end = min(head.end, live.entry) if live.journal_id == head.journal_id else 0
        if after >= end:
            return _page(head, session=session, end=end, batches=[], warming_up=False)
        cursor = self._cursor(head, after=after)
        limit = min(max(command.limit, 1), PAGE_ENTRIES)
        page = self._ask(ReplayEntries(ring=self._ring, after=cursor.entry, limit=limit))
        results = [result for batch in page.batches if (result := advance(cursor, batch)) is not None]
        wanted = [part for result in results if (part := beyond(result, after)) is not None]
        return _page(head, session=session, end=end, batches=wanted, warming_up=not wanted)

    def _cursor(self, head: EntriesPage, *, after: int) -> RingParser:
        """The cursor that is nearest to `after` and not beyond it, used last; a new one when none fits."""
        usable = [c for c in self._cursors if c.journal_id == head.journal_id and c.entry <= after]
        found = max(usable, key=lambda cursor: cursor.entry, default=None)
        if found is None:
            found = fitting(self._ring, self._checkpoints, self._ask, head=head, at_most=after)
        self._cursors = [*(cursor for cursor in self._cursors if cursor is not found), found][-CURSORS:]
        return found

    def forget(self) -> None:
        """Begin anew: the journal's past is another one now."""
        self._cursors = []


def _page(
    head: EntriesPage, *, session: str | None, end: int, batches: list[ParsedEntries], warming_up: bool
) -> EventsPage:
    return EventsPage(
        journal_id=head.journal_id, session_at_after=session, end=end, warming_up=warming_up, batches=batches
    )
