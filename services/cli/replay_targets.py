"""Where a replay goes: to a ring of the suite, which marks it, or to any address, which cannot tell it from a match."""

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from services.cli.ring_flow import Flow, status_of
from shared.clock import wait_s
from shared.errors import NetworkError, RestrikeError
from shared.messages.commands import BeginReplay, EndReplay
from shared.messages.wire import Origin
from shared.rpc import Client

LOOK_EVERY_S: Final = 1.0
BURST: Final = 20
BURST_PAUSE_S: Final = 0.001


class Target(Protocol):
    """Takes the datagrams of a replay between `opened` and its end."""

    @property
    def ring(self) -> str | None:
        """The ring that hears it, if it is one of ours."""

    @property
    def place(self) -> str:
        """Address and port."""

    @property
    def heard(self) -> int | None:
        """How many datagrams the receiver counted, if it tells."""

    def opened(self) -> "contextlib.AbstractContextManager[None]":
        """Be ready to send inside the block; its end is the replay's, whatever ended it."""

    def send(self, body: bytes) -> None:
        """Send one datagram, as soon as the receiver can take it."""

    def wait(self, seconds: float) -> None:
        """Let that time pass, or less of it, and notice meanwhile when the receiver is gone."""


class Place(NamedTuple):
    """A host and a UDP port."""

    host: str
    port: int


def parse_place(text: str) -> Place:
    """`HOST:PORT`.

    Raises:
        ValueError: it is something else; the message says so.
    """
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise ValueError(f"{text!r} does not look like 192.168.1.10:8888.")
    return Place(host, int(port))


class Anywhere:
    """Any address. Nobody says how fast it can take datagrams: unpaced, they go in small bursts."""

    ring = None
    heard = None

    def __init__(self, place: Place, *, is_unpaced: bool) -> None:
        self.place = f"{place.host}:{place.port}"
        self._to = place
        self._is_unpaced = is_unpaced
        self._sent = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)

    @contextlib.contextmanager
    def opened(self) -> Iterator[None]:
        """Find the host."""
        with self._socket:
            try:
                self._to = Place(socket.gethostbyname(self._to.host), self._to.port)
            except OSError as error:
                raise NetworkError("replay.unknown_host", f"{self._to.host}: {error.strerror}.") from error
            yield

    def send(self, body: bytes) -> None:
        """Send one datagram; whether anybody listens is not known."""
        try:
            self._socket.sendto(body, self._to)
        except OSError as error:
            raise NetworkError(
                "replay.cannot_send",
                f"Datagram {self._sent + 1} cannot be sent to {self.place}: {error.strerror}; check the address.",
            ) from error
        self._sent += 1
        if self._is_unpaced and self._sent % BURST == 0:
            wait_s(BURST_PAUSE_S)

    def wait(self, seconds: float) -> None:
        """Let that time pass."""
        wait_s(seconds)


class RingTarget:
    """A ring of the suite."""

    def __init__(self, client: Client, *, ring: str, file: Path, force: bool) -> None:
        self.ring = ring
        self.place = ring
        self._client = client
        self._name = ring
        self._file = file
        self._force = force
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._ours = ("", 0)
        self._session: str | None = None
        self._flow = Flow(self._count, buffer_bytes=0, look_every_s=LOOK_EVERY_S)

    @property
    def heard(self) -> int:
        """How many datagrams udp-ingest counted from us."""
        return self._flow.heard

    @contextlib.contextmanager
    def opened(self) -> Iterator[None]:
        """Announce the replay, and end it when the block ends.

        Raises:
            RefusedError: the ring does not listen, or hears another sender.
        """
        with self._socket:
            self._begin()
            try:
                yield
            except RestrikeError:
                with contextlib.suppress(RestrikeError):  # what ended the replay is what matters
                    self._end()
                raise
            except KeyboardInterrupt:
                self._flow.look()
                self._end()
                raise
            self._flow.look()
            self._end()

    def send(self, body: bytes) -> None:
        """Send one datagram; before that, wait for udp-ingest when much is under way."""
        if self._flow.is_full:
            self._flow.look()
        try:
            self._socket.send(body)
        except ConnectionRefusedError as error:
            raise self._broken("does not listen any more") from error
        self._flow.add(body)

    def wait(self, seconds: float) -> None:
        """Let that time pass, or as much of it as the ring may stay unobserved."""
        wait_s(min(seconds, LOOK_EVERY_S))
        if seconds > LOOK_EVERY_S:
            self._flow.look()

    def _begin(self) -> None:
        status = status_of(self._client, self._name)
        self._session = status.session
        address = status.address if status.address not in (None, "0.0.0.0") else "127.0.0.1"  # noqa: S104  # compared
        self._socket.bind((address, 0))
        self._ours = self._socket.getsockname()
        ticket = self._client.call(
            BeginReplay(
                ring=self._name,
                address=self._ours[0],
                port=self._ours[1],
                file=str(self._file),
                force=self._force,
            )
        )
        self._socket.connect((ticket.address, ticket.port))
        self.place = f"{ticket.address}:{ticket.port}"
        self._flow = Flow(self._count, buffer_bytes=status.receive_buffer_bytes, look_every_s=LOOK_EVERY_S)

    def _end(self) -> None:
        self._client.call(EndReplay(ring=self._name, address=self._ours[0], port=self._ours[1]))

    def _count(self) -> int:
        status = status_of(self._client, self._name)
        for sender in status.senders if status.session == self._session else ():
            if (sender.address, sender.port) == self._ours and sender.origin == Origin.REPLAY:
                return sender.packets
        raise self._broken("was restarted")

    def _broken(self, what: str) -> NetworkError:
        return NetworkError(
            "replay.broken_off",
            f"{self._name} {what}, so the replay ended after {self._flow.sent} datagrams. Replay the file again.",
        )
