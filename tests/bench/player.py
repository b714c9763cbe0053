"""One ring's scoring system in a process of its own: each datagram at its moment, `python -P -m tests.bench.player`.

Stamps every datagram just before it is sent, so that what a chosen one makes OBS do can be timed.
"""

import socket

from msgspec import Struct

from shared.clock import NS_PER_S, monotonic_ns, wait_s
from tests.bench.child import answer, questions


class Play(Struct, frozen=True, kw_only=True):
    """What to send to `port` of loopback: (seconds from now, text), in order."""

    port: int
    datagrams: list[tuple[float, str]]


class Played(Struct, frozen=True, kw_only=True):
    """The time before each datagram was sent (monotonic ns)."""

    stamps: list[int]


def play(order: Play) -> Played:
    """Carry out an order."""
    stamps: list[int] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ring:
        ring.connect(("127.0.0.1", order.port))
        began = monotonic_ns()
        for at_s, text in order.datagrams:
            ahead_s = at_s - (monotonic_ns() - began) / NS_PER_S
            if ahead_s > 0:
                wait_s(ahead_s)
            body = text.encode()
            stamps.append(monotonic_ns())
            ring.send(body)
    return Played(stamps=stamps)


if __name__ == "__main__":
    for asked in questions(Play):
        answer(play(asked))
