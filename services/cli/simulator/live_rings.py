"""Sends to rings of the suite as their scoring systems would: unlike a replay's, these datagrams count as live."""

import contextlib
import socket
from collections.abc import Iterator
from typing import Final

from services.cli.ring_flow import HEARD_WITHIN_S, Flow, status_of
from shared.clock import unix_ns, wait_s
from shared.errors import NetworkError, RestrikeError, ValidationError
from shared.rpc import Client

SILENT_FOR_US: Final = 10_000_000
"""A ring that heard anything within this time has a scoring system of its own: its clock ticks each second."""
ANY_ADDRESS: Final = "0.0.0.0"  # noqa: S104  # compared, never bound


class LiveRing:
    """A ring of the suite.

    Unpaced, it never has more under way than the ring's buffer holds; paced, nobody holds a sender back, and a suite
    that is gone for a while is sent to all the same.
    """

    def __init__(self, client: Client, *, ring: str, is_unpaced: bool, force: bool) -> None:
        self.ring = ring
        self.place = ring
        self.address = ("", 0)
        self._client = client
        self._is_unpaced = is_unpaced
        self._force = force
        self._to = ("", 0)
        self._session: str | None = None
        self._is_lost = False
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._flow = Flow(self._count, buffer_bytes=0, look_every_s=HEARD_WITHIN_S)

    @property
    def heard(self) -> int | None:
        """How many datagrams udp-ingest counted from us, None where it cannot be said."""
        return None if self._is_lost else self._flow.heard

    @contextlib.contextmanager
    def opened(self) -> Iterator[None]:
        """Be ready to send; at the end, see what was heard.

        Raises:
            ValidationError: there is no such ring, it does not listen, or it hears another sender.
            NetworkError: we cannot send from the address that the ring listens to.
        """
        with self._socket:
            self._begin()
            yield
            self._finish()

    def send(self, body: bytes) -> None:
        """Send one datagram; unpaced, wait for udp-ingest when much is under way."""
        if self._is_unpaced and self._flow.is_full:
            self._flow.look()
        # A port that nobody listens to for a moment refuses the next datagram; a scoring system would not care.
        with contextlib.suppress(ConnectionRefusedError):
            self._socket.sendto(body, self._to)
        self._flow.add(body)

    def wait(self, seconds: float) -> None:
        """Let that time pass."""
        wait_s(seconds)

    def _begin(self) -> None:
        status = status_of(self._client, self.ring)
        if not status.listening:
            raise ValidationError(
                "ring.not_listening", f"{self.ring} does not listen. Start it with: restrike udp start {self.ring}"
            )
        last_us = status.last_packet_us
        if not self._force and last_us is not None and unix_ns() // 1000 - last_us < SILENT_FOR_US:
            raise ValidationError(
                "simulate.ring_in_use",
                f"{self.ring} heard a sender within the last 10 s. Wait until it is silent, or use --force.",
            )
        address = status.address if status.address not in (None, ANY_ADDRESS) else "127.0.0.1"
        self._session, self._to = status.session, (address or "", status.port)
        self.place = f"{address}:{status.port}"
        self._bind(status.source or address or "")
        self._flow = Flow(self._count, buffer_bytes=status.receive_buffer_bytes, look_every_s=HEARD_WITHIN_S)

    def _bind(self, source: str) -> None:
        try:
            self._socket.bind((source, 0))
        except OSError as error:
            raise NetworkError(
                "simulate.wrong_source", f"{self.ring} hears {source} only, which is not of this machine."
            ) from error
        self.address = self._socket.getsockname()

    def _finish(self) -> None:
        try:
            self._flow.look()
        except RestrikeError:
            self._is_lost = True

    def _count(self) -> int:
        status = status_of(self._client, self.ring)
        if status.session != self._session:
            sent = self._flow.sent
            raise NetworkError("simulate.ring_restarted", f"{self.ring} was restarted after {sent} datagrams.")
        ours = (sender.packets for sender in status.senders if (sender.address, sender.port) == self.address)
        return next(ours, 0)
