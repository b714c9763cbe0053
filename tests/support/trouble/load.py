"""Scoring systems of several rings that never rest, and what became of each datagram that they sent."""

import contextlib
import itertools
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, Self

from shared.clock import monotonic_s
from tests.support.captures import NAMES, capture
from tests.support.stored import bodies
from tests.support.suite import Suite
from tests.support.wait import pause

TURN_S: Final = 0.01

Address = tuple[str, int]
Counts = dict[str, int]


def loopback() -> socket.socket:
    """A UDP socket of this computer. Not connected: a port that nobody listens at refuses nothing."""
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


class Load:
    """`per_s` datagrams a second, in turns to each ring: the recorded matches, over and over, each ring at another
    place. They are sent until the block ends, or in `resting`.
    """

    def __init__(
        self, rings: Mapping[str, Address], *, per_s: float, sender: Callable[[], socket.socket] = loopback
    ) -> None:
        self._rings = dict(rings)
        self._per_s = per_s
        self._senders = {ring: sender() for ring in rings}
        self.sent: dict[str, list[bytes]] = {ring: [] for ring in rings}
        self._over, self._may_send = threading.Event(), threading.Event()
        self._may_send.set()
        self._turn = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._may_send.set()
        self._thread.join(5)
        for sender in self._senders.values():
            sender.close()

    def counts(self) -> Counts:
        """How many were sent to each ring so far."""
        return {ring: len(sent) for ring, sent in self.sent.items()}

    @contextlib.contextmanager
    def resting(self) -> Iterator[None]:
        """Nothing is sent within the block."""
        self._may_send.clear()
        with self._turn:
            pass
        try:
            yield
        finally:
            self._may_send.set()

    def _run(self) -> None:
        contents = {ring: _endless(at) for at, ring in enumerate(self._rings)}
        turns = itertools.cycle(self._rings)
        while not self._over.is_set():
            self._may_send.wait()
            began, done = monotonic_s(), 0
            while self._may_send.is_set() and not self._over.is_set():
                with self._turn:
                    while done < (monotonic_s() - began) * self._per_s and self._may_send.is_set():
                        ring = next(turns)
                        self._send(ring, next(contents[ring]))
                        done += 1
                pause(TURN_S)

    def _send(self, ring: str, body: bytes) -> None:
        with contextlib.suppress(OSError):  # no way there is the network's fault: it was sent, and is lost
            self._senders[ring].sendto(body, self._rings[ring])
        self.sent[ring].append(body)


class Account:
    """Compares what was sent with what is stored, from one settlement to the next."""

    def __init__(self, suite: Suite, load: Load) -> None:
        self._suite = suite
        self._load = load
        self._sent: Counts = dict.fromkeys(load.sent, 0)
        self._stored: Counts = dict.fromkeys(load.sent, 0)

    def settle(self, *, within: float = 30) -> Counts:
        """How many of each ring's datagrams since the last settlement are lost; nothing is sent meanwhile.

        AssertionError: one is there twice, changed, or out of order.
        """
        with self._load.resting():
            self._suite.stored(within=within)
            lost = {ring: self._lost(ring) for ring in self._load.sent}
            self._sent = self._load.counts()
        return lost

    def _lost(self, ring: str) -> int:
        sent = self._load.sent[ring][self._sent[ring] :]
        found = bodies(self._suite, ring)
        stored = found[self._stored[ring] :]
        self._stored[ring] = len(found)
        assert in_order(stored, sent), f"{ring}: what is stored is not what was sent, in its order and once"
        return len(sent) - len(stored)


def in_order(some: Sequence[bytes], whole: Sequence[bytes]) -> bool:
    """Whether `some` is `whole` with nothing but gaps."""
    rest = iter(whole)
    return all(one in rest for one in some)


def _endless(at: int) -> Iterator[bytes]:
    recorded = [[body for _, body in capture(name)] for name in NAMES]
    own = [*recorded[at % len(recorded) :], *recorded[: at % len(recorded)]]
    return itertools.cycle(itertools.chain.from_iterable(own))
