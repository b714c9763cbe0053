"""The sender's process: datagrams at a steady rate to one or more rings, `python -P -m tests.bench.sender`.

Datagram number i goes to ring i modulo the number of rings. Bursts hold half a millisecond's worth, up to 2,000 a
second single datagrams. Who was kept from running catches up at twice the rate at most.
"""

import socket
from collections.abc import Iterator
from itertools import cycle, islice

from msgspec import Struct

from shared.clock import NS_PER_S, monotonic_ns, unix_ns, wait_s
from tests.bench.child import answer, questions
from tests.bench.content import content_of

BURST_S = 0.0005
SOONEST_S = 0.00005
"""Shorter than this is not slept."""


class Order(Struct, frozen=True, kw_only=True):
    """What to send: `count` datagrams at `rate` a second, round-robin to the ports `rings` of loopback."""

    rings: list[int]
    rate: float
    count: int


class Sent(Struct, frozen=True, kw_only=True):
    """What was sent: from which ports, and when (monotonic ns). `stamps` holds the time before each datagram, for an
    order of at most `STAMPED` ones; `unix_offset_ns` added to them gives Unix time.
    """

    count: int
    sources: list[int]
    began_ns: int
    ended_ns: int
    unix_offset_ns: int
    stamps: list[int]

    @property
    def rate(self) -> float:
        """Datagrams a second, as it really was."""
        return self.count * NS_PER_S / max(1, self.ended_ns - self.began_ns)


STAMPED = 20_000


def paced(count: int, *, rate: float) -> Iterator[int]:
    """How many to send now, again and again until that is `count` in all; waits between them."""
    most = max(1, round(rate * 2 * BURST_S))
    began, done = monotonic_ns(), 0
    while done < count:
        due = min(count, 1 + int((monotonic_ns() - began) * rate / NS_PER_S))
        if due > done:
            now = min(due - done, most)
            yield now
            done += now
        ahead_s = done / rate - (monotonic_ns() - began) / NS_PER_S
        if ahead_s > 0:
            wait_s(max(ahead_s, SOONEST_S, min(BURST_S, most / rate / 2) if most > 1 else 0))


def send(order: Order) -> Sent:
    """Carry out an order."""
    sockets = [_connected(port) for port in order.rings]
    rounds = zip(*(content_of(ring, rings=len(sockets)) for ring in range(len(sockets))), strict=True)
    schedule = [(sockets[ring].send, body) for bodies in rounds for ring, body in enumerate(bodies)]
    endless = cycle(schedule)
    stamps: list[int] = []
    stamp = stamps.append if order.count <= STAMPED else None
    offset = unix_ns() - monotonic_ns()
    began = monotonic_ns()
    for count in paced(order.count, rate=order.rate):
        for send_one, body in islice(endless, count):
            if stamp is not None:
                stamp(monotonic_ns())
            send_one(body)
    ended = monotonic_ns()
    sources = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return Sent(
        count=order.count, sources=sources, began_ns=began, ended_ns=ended, unix_offset_ns=offset, stamps=stamps
    )


def _connected(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.connect(("127.0.0.1", port))
    return made


if __name__ == "__main__":
    for asked in questions(Order):
        answer(send(asked))
