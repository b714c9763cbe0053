"""One ring as pss-parser keeps it: the live parser, its saved states, and the replays that others ask for.

The parser itself is pure; this is where its entries are fetched, its place in the journal is checked, and its states
are saved.
"""

from typing import Final

from services.pss_parser.checkpoints import Checkpoint, Checkpoints
from services.pss_parser.replays import Replays
from services.pss_parser.ring import RingParser
from services.pss_parser.source import PAGE_ENTRIES, Ask, advance, fitting, restored
from shared.messages.commands import EventsPage, ReplayEntries, ReplayEvents
from shared.messages.service import Position
from shared.messages.wire import Datagrams, ParsedEntries

BOUNDARY_ENTRIES: Final = 50_000
BOUNDARY_US: Final = 3_600_000_000
"""A state is kept for good after so many entries or so long without a load: a ring that never loads a match must not
keep the journal from being trimmed, nor make a rebuild long."""

MOST_FAILURES: Final = 16
"""Told of one batch or page: a fault that every datagram meets must not fill the log."""


class Stand:
    """A ring's parser. `resumed` once it is at the journal's end as udp-ingest told it, `behind` after a gap; in both
    cases `catch_up` has to be called until it is neither.
    """

    def __init__(self, ring: str, checkpoints: Checkpoints, ask: Ask) -> None:
        self.ring = ring
        self.resumed = False
        self.behind = False
        self._ask = ask
        self._checkpoints = checkpoints
        self._parser = RingParser(ring, "")
        self._has_changed = False
        self._failures: list[tuple[int, Exception]] = []
        self._at_boundary = False
        self._received_at_us = 0
        self._saved_entry = 0
        self._boundary_entry = 0
        self._boundary_at_us = 0
        self._rebuilt: RingParser | None = None
        self._replays = Replays(ring, checkpoints, ask)
        newest = checkpoints.newest()
        if newest is not None:
            self._load(newest)

    @property
    def parser(self) -> RingParser:
        """The live parser."""
        return self._parser

    def position(self) -> Position:
        """How far the live parser is."""
        return Position(self._parser.journal_id, self._parser.session, self._parser.entry)

    def standing(self) -> ParsedEntries:
        """An empty batch that says where the live parser stands."""
        parser = self._parser
        return ParsedEntries(self.ring, parser.journal_id, parser.session, parser.session, parser.entry + 1, [])

    def take_change(self) -> bool:
        """Whether the match changed since this was asked last."""
        changed, self._has_changed = self._has_changed, False
        return changed

    def take_failures(self) -> list[tuple[int, Exception]]:
        """Entries whose handling raised since this was asked last, with what it raised: faults of ours."""
        failures, self._failures = self._failures, []
        return failures

    @property
    def is_waiting(self) -> bool:
        """Whether `catch_up` has to be called."""
        return not self.resumed or self.behind

    # Live

    def take(self, batch: Datagrams) -> list[ParsedEntries]:
        """What follows from `batch`, to be published; nothing when it is not the continuation of what was parsed.

        After a gap the stand is `behind`. Another journal, or one whose past is not ours, has to be resumed: silently,
        for whoever needs those results asks `ReplayEvents`.
        """
        parser = self._parser
        if not self.resumed or self.behind:
            return []
        if batch.journal_id != parser.journal_id or self._is_fork(batch):
            self.resumed = False
        elif batch.first == parser.entry + 1:
            return [result] if (result := self._advance(batch)) else []
        elif batch.first > parser.entry:
            self.behind = True
        return []

    def catch_up(self) -> list[ParsedEntries]:
        """Go one page nearer to the journal's end: silently while the stand is not resumed, else what follows from it,
        to be published. A page at a time, so that the loop turns however long the way is.

        Raises:
            NetworkError, RefusedError: udp-ingest did not answer; call again.
        """
        if not self.resumed:
            self._rebuild()
            return []
        page = self._ask(ReplayEntries(ring=self.ring, after=self._parser.entry, limit=PAGE_ENTRIES))
        results = [result for batch in page.batches if (result := self._advance(batch)) is not None]
        self.behind = bool(page.batches) and self._parser.entry < page.end
        return results

    def _rebuild(self) -> None:
        parser = self._rebuilt
        if parser is None:
            head = self._ask(ReplayEntries(ring=self.ring, after=0, limit=1))
            parser = self._rebuilt = fitting(self.ring, self._checkpoints, self._ask, head=head, at_most=head.end)
        page = self._ask(ReplayEntries(ring=self.ring, after=parser.entry, limit=PAGE_ENTRIES))
        if page.journal_id != parser.journal_id:
            self._rebuilt = None
            return
        for batch in page.batches:
            advance(parser, batch, watch=self._watch)
            self._received_at_us = _time_of(batch, self._received_at_us)
        if self._is_boundary_due(parser):
            self._store(parser)  # whoever is killed on a long way does not begin it again
        if not page.batches or parser.entry >= page.end:
            self._parser, self._rebuilt = parser, None
            self._replays.forget()
            self.resumed, self.behind, self._has_changed = True, False, False
            self.save()

    def _advance(self, batch: Datagrams) -> ParsedEntries | None:
        self._received_at_us = _time_of(batch, self._received_at_us)
        return advance(self._parser, batch, watch=self._watch)

    def _watch(self, parser: RingParser) -> None:
        self._has_changed |= parser.changed
        self._at_boundary |= parser.at_boundary
        if parser.failure is not None and len(self._failures) < MOST_FAILURES:
            self._failures.append((parser.entry, parser.failure))

    def _is_fork(self, batch: Datagrams) -> bool:
        """Whether the journal's past is not ours: a batch of another session at or below our last entry, and the
        journal does not know our last entry as ours.
        """
        parser = self._parser
        if batch.first > parser.entry + 1 or batch.session == parser.session:
            return False
        if batch.first == parser.entry + 1:
            return batch.previous_session != parser.session
        page = self._ask(ReplayEntries(ring=self.ring, after=parser.entry, limit=1))
        return page.session_at_after != parser.session

    # Saved states

    def save_boundary(self) -> None:
        """Save the live parser's state, if a load or a round's end came since, or nothing like it for long."""
        if self._is_boundary_due(self._parser):
            self.save()

    def save(self) -> None:
        """Save the live parser's state, if it moved."""
        if self._parser.entry != self._saved_entry:
            self._store(self._parser)

    def prune(self, *, before_us: int, now_us: int) -> Position | None:
        """Forget states from before `before_us`; say up to which entry the journal is not needed any more.

        Raises:
            NetworkError, RefusedError: udp-ingest did not answer.
        """
        boundary = self._checkpoints.prune(journal_id=self._parser.journal_id, before_us=before_us, now_us=now_us)
        if boundary is None:
            return None
        page = self._ask(ReplayEntries(ring=self.ring, after=boundary.entry, limit=1))
        if page.session_at_after != boundary.session:
            return None
        return Position(boundary.journal_id, boundary.session, boundary.entry)

    def replay(self, command: ReplayEvents) -> EventsPage:
        """Answer `ReplayEvents`."""
        return self._replays.answer(command, live=self._parser)

    def _is_boundary_due(self, parser: RingParser) -> bool:
        is_far = parser.entry - self._boundary_entry >= BOUNDARY_ENTRIES
        return self._at_boundary or is_far or self._received_at_us - self._boundary_at_us >= BOUNDARY_US

    def _store(self, parser: RingParser) -> None:
        checkpoint = Checkpoint(
            journal_id=parser.journal_id,
            session=parser.session,
            entry=parser.entry,
            received_at_us=self._received_at_us,
            state=parser.dump(),
        )
        at_boundary = self._is_boundary_due(parser)
        self._checkpoints.save(checkpoint, at_boundary=at_boundary)
        self._saved_entry = parser.entry
        if at_boundary:
            self._boundary_entry, self._boundary_at_us = parser.entry, self._received_at_us
            self._at_boundary = False

    def _load(self, checkpoint: Checkpoint) -> None:
        parser = restored(checkpoint)
        if parser is not None:
            self._parser = parser
            self._received_at_us = self._boundary_at_us = checkpoint.received_at_us
            self._saved_entry = self._boundary_entry = checkpoint.entry


def _time_of(batch: Datagrams, before_us: int) -> int:
    return batch.entries[-1].received_at_us if batch.entries else before_us
