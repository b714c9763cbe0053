"""One ring as pss-parser keeps it: the live parser, its saved states, and the replays that others ask for.

The parser itself is pure; this is where its entries are fetched, its place in the journal is checked, and its states
are saved.
"""

from services.pss_parser.checkpoints import Checkpoint, Checkpoints
from services.pss_parser.ring import RingParser
from services.pss_parser.source import Ask, advance
from shared.messages.commands import EntriesPage, EventsPage, ReplayEntries, ReplayEvents
from shared.messages.service import Position
from shared.messages.wire import Datagrams, ParsedEntries


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
        self._at_boundary = False
        self._received_at_us = 0
        self._saved_entry = 0
        self._rebuilt: RingParser | None = None
        self._cursor: RingParser | None = None
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
        page = self._ask(ReplayEntries(ring=self.ring, after=self._parser.entry))
        results = [result for batch in page.batches if (result := self._advance(batch)) is not None]
        self.behind = bool(page.batches) and self._parser.entry < page.end
        return results

    def _rebuild(self) -> None:
        parser = self._rebuilt
        if parser is None:
            head = self._ask(ReplayEntries(ring=self.ring, after=0, limit=1))
            parser = self._rebuilt = self._fitting(head, at_most=head.end)
        page = self._ask(ReplayEntries(ring=self.ring, after=parser.entry))
        if page.journal_id != parser.journal_id:
            self._rebuilt = None
            return
        for batch in page.batches:
            advance(parser, batch)
            if batch.entries:
                self._received_at_us = batch.entries[-1].received_at_us
        if not page.batches or parser.entry >= page.end:
            self._parser, self._rebuilt, self._cursor = parser, None, None
            self.resumed, self.behind = True, False
            self.save()

    def _advance(self, batch: Datagrams) -> ParsedEntries | None:
        result = advance(self._parser, batch, watch=self._watch)
        if batch.entries:
            self._received_at_us = batch.entries[-1].received_at_us
        return result

    def _watch(self, parser: RingParser) -> None:
        self._has_changed |= parser.changed
        self._at_boundary |= parser.at_boundary

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
        """Save the live parser's state, if a load or a round's end came since it was saved last."""
        if self._at_boundary:
            self.save()

    def save(self) -> None:
        """Save the live parser's state, if it moved."""
        parser = self._parser
        if parser.entry == self._saved_entry:
            return
        self._saved_entry = parser.entry
        checkpoint = Checkpoint(
            journal_id=parser.journal_id,
            session=parser.session,
            entry=parser.entry,
            received_at_us=self._received_at_us,
            state=parser.dump(),
        )
        self._checkpoints.save(checkpoint, at_boundary=self._at_boundary)
        self._at_boundary = False

    def prune(self, *, before_us: int) -> Position | None:
        """Forget states from before `before_us`; say up to which entry the journal is not needed any more."""
        boundary = self._checkpoints.prune(before_us=before_us)
        if boundary is None or boundary.journal_id != self._parser.journal_id:
            return None
        return Position(boundary.journal_id, boundary.session, boundary.entry)

    def _load(self, checkpoint: Checkpoint) -> bool:
        parser = _restored(checkpoint)
        if parser is None:
            return False
        self._parser = parser
        self._received_at_us = checkpoint.received_at_us
        self._saved_entry = checkpoint.entry
        return True

    def _fitting(self, head: EntriesPage, *, at_most: int) -> RingParser:
        """A parser at the latest saved state at or before `at_most` that is part of the journal, else a new one."""
        bound = at_most
        while candidates := self._checkpoints.before(bound, journal_id=head.journal_id):
            for checkpoint in candidates:
                page = self._ask(ReplayEntries(ring=self.ring, after=checkpoint.entry, limit=1))
                if page.session_at_after == checkpoint.session and (parser := _restored(checkpoint)):
                    return parser
            bound = min(candidate.entry for candidate in candidates) - 1
        return RingParser(self.ring, head.journal_id)

    # Replays

    def replay(self, command: ReplayEvents) -> EventsPage:
        """Answer `ReplayEvents`: parse again, from the latest saved state before the entry that is asked for."""
        head = self._ask(ReplayEntries(ring=self.ring, after=command.after_entry, limit=1))
        known = command.journal_id == head.journal_id and command.after_entry > 0
        after = max(command.after_entry if known else 0, head.first - 1)
        session = head.session_at_after if known and after == command.after_entry else None
        live = self._parser
        end = min(head.end, live.entry) if live.journal_id == head.journal_id else 0
        if after >= end:
            return _page(head, session=session, end=end, batches=[], warming_up=False)
        cursor = self._cursor
        if cursor is None or cursor.journal_id != head.journal_id or cursor.entry > after:
            cursor = self._cursor = self._fitting(head, at_most=after)
        page = self._ask(ReplayEntries(ring=self.ring, after=cursor.entry, limit=command.limit))
        results = [result for batch in page.batches if (result := advance(cursor, batch)) is not None]
        wanted = [trimmed for result in results if (trimmed := _beyond(result, after)) is not None]
        return _page(head, session=session, end=end, batches=wanted, warming_up=not wanted)


def _page(
    head: EntriesPage, *, session: str | None, end: int, batches: list[ParsedEntries], warming_up: bool
) -> EventsPage:
    return EventsPage(
        journal_id=head.journal_id, session_at_after=session, end=end, warming_up=warming_up, batches=batches
    )


def _restored(checkpoint: Checkpoint) -> RingParser | None:
    try:
        return RingParser.load(checkpoint.state)
    except ValueError:
        return None


def _beyond(result: ParsedEntries, after: int) -> ParsedEntries | None:
    """The part of `result` beyond entry `after`."""
    if result.last <= after:
        return None
    if result.first > after:
        return result
    skip = after + 1 - result.first
    return ParsedEntries(
        result.ring, result.journal_id, result.session, result.session, after + 1, result.results[skip:], result.through
    )
