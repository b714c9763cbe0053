"""A subscriber in a process of its own: `python -P -m tests.bench.collector ENDPOINT PREFIX…`.

Notes when each event arrives and decodes it only at the end. Writes a line when it has heard something under every
prefix, and what it heard when its standard input has closed and it is quiet.
"""

import select
import sys

import msgspec
import zmq
from msgspec import Struct

from shared.clock import monotonic_ns
from tests.bench.child import answer

QUIET_MS = 200
QUEUE = 1_000_000


class Ready(Struct, frozen=True):
    """Something was heard under every prefix."""


class Arrival(Struct, frozen=True, array_like=True):
    """An event: its topic without the key, when it arrived (monotonic ns), and what it says of itself."""

    topic: str
    arrived_ns: int
    entry: int
    committed_at_us: int


class Arrivals(Struct, frozen=True, kw_only=True):
    """Everything that arrived, in order."""

    arrivals: list[Arrival]


class _Body(Struct):
    entry: int
    committed_at_us: int = 0


class _Envelope(Struct):
    event: _Body


def main(endpoint: str, *prefixes: str) -> None:
    """Collect until told to end."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context.instance()
    subscriber = context.socket(zmq.SUB)
    subscriber.set(zmq.RCVHWM, QUEUE)
    subscriber.set(zmq.RCVTIMEO, QUIET_MS)
    subscriber.connect(endpoint)
    for prefix in prefixes:
        subscriber.subscribe(prefix)
    heard: list[tuple[int, bytes, bytes]] = []
    missing = list(prefixes)
    receive, note = subscriber.recv_multipart, heard.append
    while True:
        try:
            frame, body = receive()
        except zmq.Again:
            if select.select([sys.stdin], [], [], 0)[0]:
                break
            continue
        note((monotonic_ns(), frame, body))
        if missing:
            missing = [prefix for prefix in missing if not frame.startswith(prefix.encode())]
            if not missing:
                answer(Ready())
    decode = msgspec.msgpack.Decoder(_Envelope).decode
    events = [(frame.split(b"/")[0].decode(), at, decode(body).event) for at, frame, body in heard]
    answer(Arrivals(arrivals=[Arrival(topic, at, event.entry, event.committed_at_us) for topic, at, event in events]))
    subscriber.close(linger=0)


if __name__ == "__main__":
    main(*sys.argv[1:])
