"""Where the parser's entries come from: udp-ingest's journal, asked page by page."""

from collections.abc import Callable

from services.pss_parser.ring import RingParser
from shared.messages.commands import EntriesPage, ReplayEntries
from shared.messages.wire import Datagrams, ParsedEntries, ParsedEntry

Ask = Callable[[ReplayEntries], EntriesPage]
"""Asks udp-ingest; raises NetworkError or RefusedError."""


def _look_away(_: RingParser) -> None:
    """Nobody watches."""


def advance(
    parser: RingParser, batch: Datagrams, *, watch: Callable[[RingParser], None] = _look_away
) -> ParsedEntries | None:
    """Parse what `batch` holds beyond the parser's last entry; None when that is nothing. `watch` is called with the
    parser after each entry.
    """
    if batch.last <= parser.entry:
        return None
    first = max(batch.first, parser.entry + 1)
    previous = batch.previous_session if first == batch.first else batch.session
    results: list[ParsedEntry] = []
    for number, entry in enumerate(batch.entries, batch.first):
        if number >= first:
            results.append(parser.parse(number, batch.session, entry))
            watch(parser)
    if batch.through > parser.entry:
        parser.skip_to(batch.through)
    return ParsedEntries(batch.ring, batch.journal_id, batch.session, previous, first, results, batch.through)
