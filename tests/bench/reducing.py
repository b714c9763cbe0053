"""What understanding one datagram costs: the captures through a ring's parser in this process, beside `bytes.split`."""

from time import process_time_ns

from msgspec import Struct

from services.pss_parser.ring import RingParser
from shared.messages.wire import Entry
from tests.bench.content import content

PER_S = 100
"""Datagrams per second of the entries' own clock: about what a burst is."""


class Cost(Struct, frozen=True, kw_only=True):
    """Microseconds of CPU per datagram."""

    parsed: float
    split: float


def cost(rounds: int) -> Cost:
    """The captures, `rounds` times one after the other."""
    bodies = content() * rounds
    entries = [Entry(at * 1_000_000 // PER_S, 0, "192.0.2.10", 50_000, body) for at, body in enumerate(bodies, 1)]
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
