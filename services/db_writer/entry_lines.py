"""A log line for each journal entry that was stored, at `debug` of the subsystem `datagrams`; db-writer."""

import logging
from collections.abc import Callable

import structlog

from shared.messages.wire import ParsedEntries, ParsedEntry

Committed = Callable[[list[ParsedEntries], float], None]


def writing_entries(log: structlog.stdlib.BoundLogger, then: Committed) -> Committed:
    """What is to be told of a transaction, so that it says of each entry that it is stored; `then` is told, too."""

    def committed(batches: list[ParsedEntries], took_s: float) -> None:
        then(batches, took_s)
        if log.isEnabledFor(logging.DEBUG):
            for batch in batches:
                for number, parsed in enumerate(batch.results, batch.first):
                    rows = len(parsed.messages)
                    log.debug("stored", ring=batch.ring, entry=number, match_id=match_of(parsed), messages=rows)

    return committed


def match_of(parsed: ParsedEntry) -> str | None:
    """The match that was on after the entry."""
    return parsed.messages[-1].match_id if parsed.messages else parsed.match_id
