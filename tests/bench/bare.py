"""The other floor: a bare PUB -> zmq.proxy -> SUB path, each in a process of its own.

The proxy: `python -P -m tests.bench.bare IN OUT`. The publisher: with IN alone; asked for a `Burst`, it publishes the
event that pss-parser makes of a clock's datagram, encoded beforehand. IN is a Unix socket and OUT TCP on loopback, as
with the suite's broker.
"""

import contextlib
import sys
import threading

import msgspec
import zmq
from msgspec import Struct

from shared.clock import monotonic_ns, unix_ns
from shared.messages.envelope import Envelope
from shared.messages.pss import ClockTicked, PssEvent, ResultKind
from shared.messages.service import PARSER
from shared.messages.topics import READING_TOPICS
from tests.bench.child import answer, questions
from tests.bench.sender import paced

FRAME = READING_TOPICS[ClockTicked].frame("ring-1")


class Burst(Struct, frozen=True, kw_only=True):
    """What to publish: `count` events at `rate` a second, numbered by `entry` from 1."""

    rate: float
    count: int


class Published(Struct, frozen=True, kw_only=True):
    """The time before each event was handed over (monotonic ns)."""

    stamps: list[int]


def publish(endpoint: str) -> None:
    """Publish what is asked for, until standard input closes."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context.instance()
    publisher = context.socket(zmq.PUB)
    publisher.set(zmq.LINGER, 200)
    publisher.connect(endpoint)
    for burst in questions(Burst):
        bodies = [_body(number) for number in range(1, burst.count + 1)]
        stamps: list[int] = []
        for count in paced(burst.count, rate=burst.rate):
            for _ in range(count):
                stamps.append(monotonic_ns())
                publisher.send_multipart((FRAME, bodies[len(stamps) - 1]))
        answer(Published(stamps=stamps))


def _body(entry: int) -> bytes:
    event = PssEvent(
        ring="ring-1",
        entry=entry,
        index=0,
        received_at_us=unix_ns() // 1000,
        match_id="20260301-093000-ring-1",
        round=1,
        clock_ms=119_000,
        score=(0, 0),
        kind=ResultKind.RECOGNIZED,
        raw="clk;01:59;",
        data=ClockTicked(clock_ms=119_000),
    )
    return msgspec.msgpack.encode(Envelope(PARSER, "0123456789abcdef", entry, unix_ns() // 1000, event))


def forward(events_in: str, events_out: str) -> None:
    """Pass on until standard input closes."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    incoming, outgoing = context.socket(zmq.XSUB), context.socket(zmq.XPUB)
    incoming.bind(events_in)
    outgoing.bind(events_out)
    threading.Thread(target=_forward, args=(incoming, outgoing), daemon=True).start()
    sys.stdin.buffer.read()
    context.term()


def _forward(incoming: "zmq.Socket[bytes]", outgoing: "zmq.Socket[bytes]") -> None:
    with contextlib.suppress(zmq.ContextTerminated):
        zmq.proxy(incoming, outgoing)
    incoming.close(linger=0)
    outgoing.close(linger=0)


if __name__ == "__main__":
    (forward if len(sys.argv) == 3 else publish)(*sys.argv[1:])
