"""The recorded matches as journal entries, and the parser's reviewed results for them.

`python -m tests.support.golden --write` writes `tests/corpus/golden/` anew, after a change that is meant to change it;
review the difference before it is kept.
"""

import argparse
import json
from pathlib import Path

import msgspec

from services.pss_parser.ring import RingParser
from shared.messages.wire import Entry, ParsedEntry

CORPUS = Path(__file__).parents[1] / "corpus"
CAPTURES = tuple(sorted(path.stem for path in (CORPUS / "captures").glob("*.jsonl")))
RING = "ring-1"
JOURNAL_ID = "0123456789abcdef"
SESSION = "session-1"
STARTED_AT_US = 1_700_000_000_000_000


def datagrams(capture: str) -> list[tuple[float, str]]:
    """The datagrams of a capture: seconds since the first one, and the text."""
    lines = (CORPUS / "captures" / f"{capture}.jsonl").read_text(encoding="utf-8").splitlines()
    return [(line["t"], line["data"]) for line in map(json.loads, lines)]


def entries(capture: str, *, after_s: float = 0.0) -> list[Entry]:
    """A capture as entries, the first one `after_s` seconds after the journal began."""
    return [
        Entry(STARTED_AT_US + round((after_s + at) * 1e6), round(at * 1e6), "192.0.2.10", 50_000, text.encode())
        for at, text in datagrams(capture)
    ]


def parse(found: list[Entry], parser: RingParser) -> list[ParsedEntry]:
    """What `parser` makes of entries that continue its own."""
    return [parser.parse(number, SESSION, entry) for number, entry in enumerate(found, parser.entry + 1)]


def golden_events(results: list[ParsedEntry]) -> str:
    """One JSON line per message: entry.index, text, kind, what was read, match, round, clock, score, events."""
    lines = []
    for number, result in enumerate(results, 1):
        for index, message in enumerate(result.messages):
            line = {
                "at": f"{number}.{index}",
                "raw": message.raw,
                "kind": message.kind,
                "data": message.data,
                "in": [message.match_id, message.round, message.clock_ms, message.score],
                "events": [*message.events, *result.events],
            }
            lines.append(msgspec.json.encode(line).decode() + "\n")
    return "".join(lines)


def golden_state(parser: RingParser) -> str:
    """The state as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(parser.state()), indent=2).decode() + "\n"


def golden_files(capture: str) -> dict[Path, str]:
    """The golden files of a capture, as they would be written now."""
    parser = RingParser(RING, JOURNAL_ID)
    results = parse(entries(capture), parser)
    folder = CORPUS / "golden"
    return {
        folder / f"{capture}.events.jsonl": golden_events(results),
        folder / f"{capture}.state.json": golden_state(parser),
    }


def main() -> None:
    """Write the golden files, if asked to."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--write", action="store_true", help="replace the golden files")
    write = arguments.parse_args().write
    for capture in CAPTURES:
        for path, text in golden_files(capture).items():
            if write:
                path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
