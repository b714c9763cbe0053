"""Where the parser's entries come from: udp-ingest's journal, asked page by page."""

from collections.abc import Callable
from typing import Final

from services.pss_parser.checkpoints import Checkpoint, Checkpoints
from services.pss_parser.ring import RingParser
from shared.log.handled import HANDLED
from shared.messages.commands import EntriesPage, ReplayEntries
from shared.messages.wire import Datagrams, ParsedEntries, ParsedEntry

PAGE_ENTRIES: Final = 2_000
"""Entries asked for at once: some 20 ms of work, so that commands are answered between pages."""

Ask = Callable[[ReplayEntries], EntriesPage]
"""Asks udp-ingest; raises NetworkError or RefusedError."""


def _look_away(_: RingParser) -> None:
    """Nobody watches."""


def advance(
    parser: RingParser, batch: Datagrams, *, watch: Callable[[RingParser], None] = _look_away
) -> ParsedEntries | None:
    """Parse what `batch` holds beyond the parser's last entry; None when that is nothing. `watch` is called with the
    parser after each entry.

    A batch that stands for lost entries (`through`) is told to a parser that knows some of them, too: at the first
    number that is lost to it.
    """
    if batch.last <= parser.entry:
        return None
    first = max(batch.first, parser.entry + 1)
    previous = batch.previous_session if first == batch.first else batch.session
    entries = batch.entries[first - batch.first :] or batch.entries[-1:]
    results: list[ParsedEntry] = []
    HANDLED.ring, HANDLED.match_of = batch.ring, lambda: parser.state().match_id
    for number, entry in enumerate(entries, first):
        HANDLED.entry = number
        results.append(parser.parse(number, batch.session, entry))
        watch(parser)
    if batch.through > parser.entry:
        parser.skip_to(batch.through)
    return ParsedEntries(batch.ring, batch.journal_id, batch.session, previous, first, results, batch.through)


def beyond(result: ParsedEntries, after: int) -> ParsedEntries | None:
    """The part of `result` beyond entry `after`, by the rule of `advance`; None when that is nothing."""
    if result.last <= after:
        return None
    if result.first > after:
        return result
    results = result.results[after + 1 - result.first :] or result.results[-1:]
    return ParsedEntries(
        result.ring, result.journal_id, result.session, result.session, after + 1, results, result.through
    )


def fitting(ring: str, checkpoints: Checkpoints, ask: Ask, *, head: EntriesPage, at_most: int) -> RingParser:
    """A parser at the latest saved state at or before entry `at_most` that the journal confirms, else a new one."""
    for checkpoint in checkpoints.before(at_most, journal_id=head.journal_id):
        page = ask(ReplayEntries(ring=ring, after=checkpoint.entry, limit=1))
        if page.session_at_after == checkpoint.session and (parser := restored(checkpoint)) is not None:
            return parser
    return RingParser(ring, head.journal_id)


def restored(checkpoint: Checkpoint) -> RingParser | None:
    """The parser that was saved; None when this version cannot read it."""
    try:
        return RingParser.load(checkpoint.state)
    except ValueError:
        return None
