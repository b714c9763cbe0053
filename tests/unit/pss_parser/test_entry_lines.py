"""What pss-parser writes about entries at `debug`."""

from unittest.mock import Mock

import structlog

from services.pss_parser.entry_lines import write_entries
from shared.messages.pss import ResultKind, UnknownReceived
from shared.messages.wire import Entry, ParsedEntries, ParsedEntry, ParsedMessage


def test_garbage_has_no_stream() -> None:
    """It reads `unknown`, without a gap before it; a message of a stream is named by it."""
    log = Mock(spec=structlog.stdlib.BoundLogger)
    messages = [
        ParsedMessage(stream, ResultKind.UNKNOWN, "x", UnknownReceived(stream=stream), None, None, None, None)
        for stream in ("", "zzz")
    ]
    write_entries(log, ParsedEntries("ring-1", "j", "s", "s", 7, [ParsedEntry(Entry(1, 1), messages)]))
    assert log.debug.call_args.kwargs["read"] == ["unknown", "zzz unknown"]
