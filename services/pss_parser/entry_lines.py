"""A log line for each journal entry, at `debug` of the subsystem `datagrams`; pss-parser."""

import logging

import structlog

from shared.messages.wire import ParsedEntries, ParsedEntry


def write_entries(log: structlog.stdlib.BoundLogger, result: ParsedEntries) -> None:
    """Say of each entry how it read and what followed from it, if that is wanted."""
    if not log.isEnabledFor(logging.DEBUG):
        return
    for number, parsed in enumerate(result.results, result.first):
        log.debug(
            "parsed",
            ring=result.ring,
            entry=number,
            match_id=match_of(parsed),
            read=[f"{message.stream} {message.kind}".lstrip() for message in parsed.messages],
            events=[
                type(event).__name__
                for events in (parsed.events, *(message.events for message in parsed.messages))
                for event in events
            ],
        )


def match_of(parsed: ParsedEntry) -> str | None:
    """The match that was on after the entry."""
    return parsed.messages[-1].match_id if parsed.messages else parsed.match_id
