"""Sends what several rings' senders have to say, each from a socket of its own, all in one order of time."""

import contextlib
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from services.cli.captures import Datagram
from services.cli.pacing import Pacer
from services.cli.replay_targets import Target
from services.cli.simulator.answers import Responder, serve
from services.cli.simulator.live_rings import LiveRing
from services.cli.simulator.trouble import Disturbed
from services.cli.simulator.truth import Truth
from services.cli.simulator.venue import Course, in_time
from shared.clock import monotonic_s

ASKED_EVERY: Final = 50
"""Datagrams between two looks for queries, when there is no pause to look in."""
LOOK_EVERY_S: Final = 0.1


class _EndedError(Exception):
    """It shall end while it waits."""


class Player:
    """One ring's sender: what it plays, what the network leaves of it, where that goes, and how far it is."""

    def __init__(self, course: Course, disturbed: Disturbed, *, target: Target, recording: Path | None) -> None:
        self.course = course
        self.disturbed = disturbed
        self.target = target
        self.responder: Responder | None = None
        self.recording = recording
        self.sent = 0
        self.bytes = 0
        self._remembered = 0

    @property
    def total(self) -> int:
        """How many datagrams shall be sent."""
        return len(self.disturbed.datagrams)

    @property
    def is_complete(self) -> bool:
        """Whether everything was sent."""
        return self.sent == self.total

    def send(self, body: bytes, *, at_s: float) -> None:
        """Send what arrives at that time; asked, the sender knows all that it said until then, lost or not."""
        said = self.course.datagrams
        while self.responder is not None and self._remembered < len(said) and said[self._remembered].at_s <= at_s:
            self.responder.remember(said[self._remembered].body)
            self._remembered += 1
        self.target.send(body)
        self.sent += 1
        self.bytes += len(body)

    def played(self) -> list[Truth]:
        """The matches that were sent to their end."""
        if self.is_complete:
            return self.course.truths
        last_s = self.disturbed.datagrams[self.sent - 1].at_s if self.sent else -1.0
        return [truth for truth, end_s in zip(self.course.truths, self.course.ends_s, strict=True) if end_s <= last_s]

    def record(self) -> None:
        """Write down what was sent, as `restrike replay` takes it."""
        if self.recording is not None:
            sent = self.disturbed.datagrams[: self.sent]
            self.recording.write_bytes(b"".join(as_line(datagram) + b"\n" for datagram in sent))


def as_line(datagram: Datagram) -> bytes:
    """A datagram in the form of the captures; `hex` where it is no text."""
    try:
        said = {"t": round(datagram.at_s, 6), "data": datagram.body.decode()}
    except UnicodeDecodeError:
        said = {"t": round(datagram.at_s, 6), "hex": datagram.body.hex()}
    return msgspec.json.encode(said)


def perform(
    players: Sequence[Player],
    *,
    speed: float,
    answers_port: int | None,
    tell: Callable[[str], None],
    goes_on: Callable[[], bool],
) -> float:
    """Send everything, as long as it `goes_on`, which is asked after each datagram and in pauses; the seconds it took.

    Queries are answered on `answers_port` and, for more rings, the ones after it (0: free ones, None: not at all);
    `tell` hears a sentence on each.

    Raises:
        RestrikeError: a target cannot be sent to, or a port for queries is taken.
    """
    with contextlib.ExitStack() as stack:
        for player in players:
            stack.enter_context(player.target.opened())
        responders = _responders(players, answers_port, stack=stack, tell=tell)

        def wait_s(seconds: float) -> None:
            serve(responders, min(seconds, LOOK_EVERY_S))
            if not goes_on():
                raise _EndedError

        pacer = Pacer(speed, now_s=monotonic_s, wait_s=wait_s)
        started_s = monotonic_s()
        with contextlib.suppress(_EndedError):
            for count, due in enumerate(in_time([player.disturbed.datagrams for player in players])):
                pacer.wait_until_due(due.at_s)
                players[due.ring].send(due.body, at_s=due.at_s)
                if responders and count % ASKED_EVERY == 0:
                    serve(responders, 0)
                if not goes_on():
                    break
        return monotonic_s() - started_s


def _responders(
    players: Sequence[Player], port: int | None, *, stack: contextlib.ExitStack, tell: Callable[[str], None]
) -> list[Responder]:
    found: list[Responder] = []
    if port is None:
        return found
    for number, player in enumerate(players):
        responder = Responder(_own_address(player.target), port + number if port else 0)
        stack.callback(responder.close)
        player.responder = responder
        found.append(responder)
        tell(f"{player.course.ring} answers queries on {responder.place}.")
    return found


def _own_address(target: Target) -> str:
    """The address that the target sees us at."""
    host, _, port = target.place.rpartition(":")
    if isinstance(target, LiveRing):
        return target.address[0]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((host, int(port)))
        address: str = probe.getsockname()[0]
        return address
