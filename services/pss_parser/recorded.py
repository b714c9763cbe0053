"""What a recording says: `python -P -m services.pss_parser.recorded RING` parses datagrams without a suite.

Standard input is one MessagePack list of (Unix microseconds, bytes), standard output the ParsedEntries that a ring
would have given for them, by the rules in force where none were journaled. Run by `restrike obs rules test`.
"""

import sys
from typing import Final

import msgspec

from services.pss_parser.ring import RingParser
from shared.messages.wire import Entry, ParsedEntries

JOURNAL: Final = "0" * 16
SESSION: Final = "recording"


def parsed(ring: str, datagrams: list[tuple[int, bytes]]) -> ParsedEntries:
    """The parser's results for datagrams that a ring heard, one entry each."""
    parser = RingParser(ring, JOURNAL)
    entries = [Entry(at_us, at_us, body=body) for at_us, body in datagrams]
    results = [parser.parse(number, SESSION, entry) for number, entry in enumerate(entries, 1)]
    return ParsedEntries(ring, JOURNAL, SESSION, "", 1, results)


def main() -> int:
    """Parse what stands on standard input."""
    datagrams = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=list[tuple[int, bytes]])
    sys.stdout.buffer.write(msgspec.msgpack.encode(parsed(sys.argv[1], datagrams)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
