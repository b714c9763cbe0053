"""A ring's journal, page by page: asked of udp-ingest while it runs, else read from journal.db; for `restrike`."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Final

import msgspec

from shared.db.sqlite import connect_reader, is_empty, sqlite3
from shared.errors import DatabaseError, ValidationError
from shared.journal import page_of
from shared.messages.commands import EntriesPage, ReplayEntries
from shared.messages.service import INGEST
from shared.messages.wire import Datagrams, Entry
from shared.paths import Paths
from shared.rpc import Client, is_locked

Pages = Callable[[str, int, int], EntriesPage]
"""The page of a ring after an entry, with about so many entries."""
PAGE: Final = 2000

_decode = msgspec.msgpack.Decoder(Datagrams).decode


def pages_of(paths: Paths) -> Pages:
    """How to get pages of this home's journal now."""
    if is_locked(paths.lock(INGEST)):
        client = Client(paths)
        return lambda ring, after, limit: client.call(ReplayEntries(ring=ring, after=after, limit=limit))
    return lambda ring, after, limit: read_page(paths, ring, after=after, limit=limit)


def read_page(paths: Paths, ring: str, *, after: int, limit: int) -> EntriesPage:
    """A page of journal.db; nothing is written, and nobody need run.

    Raises:
        ValidationError: the journal holds nothing of this ring.
        DatabaseError: it cannot be read.
    """
    unknown = ValidationError("ring.unknown", f"The journal holds nothing of a ring {ring}.", value=ring)
    if is_empty(paths.journal):
        raise unknown
    try:
        with closing(connect_reader(paths.journal)) as connection:
            (journal_id,) = connection.execute("SELECT id FROM journal").fetchone()
            ends = connection.execute("SELECT min(last), max(last) FROM batches WHERE ring = ?", (ring,)).fetchone()
            if ends[0] is None:
                raise unknown
            first = connection.execute(
                "SELECT first FROM batches WHERE ring = ? AND last = ?", (ring, ends[0])
            ).fetchone()[0]
            rows = connection.execute(
                "SELECT first, last, body FROM batches WHERE ring = ? AND last > ? ORDER BY last", (ring, after)
            )
            batches = [_decode(body) for body in page_of(rows, after=after, limit=limit)]
            rows.close()
    except sqlite3.Error as error:
        raise DatabaseError("journal.unreadable", f"{paths.journal} cannot be read: {error}.") from error
    return EntriesPage(journal_id=journal_id, session_at_after=None, first=first, end=ends[1], batches=batches)


def numbered(page: EntriesPage, *, after: int) -> Iterator[tuple[int, Entry]]:
    """The entries of a page with their numbers, those after `after` only: its first batch may begin before."""
    for batch in page.batches:
        for number, entry in enumerate(batch.entries, batch.first):
            if number > after:
                yield number, entry


def entries(pages: Pages, ring: str, *, after: int) -> Iterator[tuple[int, Entry]]:
    """Every entry after `after` that there is now."""
    while True:
        page = pages(ring, after, PAGE)
        if not page.batches:
            return
        yield from numbered(page, after=after)
        after = page.batches[-1].last


def entry_before(pages: Pages, ring: str, since_us: int) -> int:
    """The last entry before the time `since_us`; the one before the oldest, if all are newer."""
    page = pages(ring, 0, 1)
    low, high = page.first - 1, page.end  # `low` is before `since_us`, what is after `high` is not
    while low < high:
        middle = (low + high + 1) // 2
        found = next(numbered(pages(ring, middle - 1, 1), after=middle - 1), None)
        if found is not None and found[1].received_at_us < since_us:
            low = middle
        else:
            high = middle - 1
    return low
