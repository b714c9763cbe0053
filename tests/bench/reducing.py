"""What understanding one datagram costs: the captures through a ring's parser in this process, beside `bytes.split`."""

from time import process_time_ns

from msgspec import Struct

from services.pss_parser.ring import RingParser
from shared.messages.wire import Entry
from tests.support.captures import NAMES, capture

BETWEEN_US = 60_000_000
"""From one match to the next."""


class Cost(Struct, frozen=True, kw_only=True):
    """Microseconds of CPU per datagram."""

    parsed: float
    split: float


def cost(rounds: int) -> Cost:
    """The captures at the pace at which they were recorded, `rounds` times one after the other."""
    entries = _entries(rounds)
    bodies = [entry.body for entry in entries]
    parser = RingParser("ring-1", "bench")
    parse = parser.parse
    began = process_time_ns()
    for number, entry in enumerate(entries, 1):
        parse(number, "bench", entry)
    parsed = process_time_ns() - began
    began = process_time_ns()
    for body in bodies:
        body.split(b";")
    split = process_time_ns() - began
    return Cost(parsed=parsed / len(bodies) / 1000, split=split / len(bodies) / 1000)


def _entries(rounds: int) -> list[Entry]:
    matches = [capture(name) for name in NAMES] * rounds
    found: list[Entry] = []
    began_us = BETWEEN_US
    for match in matches:
        found += [Entry(began_us + round(at_s * 1e6), 0, "192.0.2.10", 50_000, body) for at_s, body in match]
        began_us = found[-1].received_at_us + BETWEEN_US
    return found
