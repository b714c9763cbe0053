"""One UDP socket: a port of this machine, with the rings that send to it."""

import socket
import struct
from collections.abc import Collection
from typing import Final

from msgspec import Struct

from services.udp_ingest.senders import Routing, SenderRecord, Senders
from services.udp_ingest.stream import Stream
from shared.clock import monotonic_ns, monotonic_s, unix_ns
from shared.config import Ring
from shared.errors import NetworkError
from shared.messages.facts import DatagramCut, DatagramsDropped
from shared.messages.wire import Entry, Origin

DRAIN_BYTES: Final = 2 * 1024 * 1024
"""Taken from one socket in one turn, a datagram counting its length and `OVERHEAD_BYTES`: some 3,000 small ones, a
commit's worth, so that other rings are heard too."""
OVERHEAD_BYTES: Final = 512
"""The least that a datagram occupies in a socket's buffer beside its own bytes."""
_SO_MEMINFO: Final = 55
_MEMINFO: Final = struct.Struct("9I")
_MEMINFO_DROPS: Final = 8
_ANSWER: Final = Origin.ANSWER


class Heard(Struct, kw_only=True):
    """A ring that listens: its stream, and its counters since its session opened."""

    ring: Ring
    stream: Stream
    refused: int = 0
    cut: int = 0
    kernel_drops: int = 0


class Port:
    """A bound socket. `heard` are the rings that listen on it; their datagrams go to their streams' `pending`."""

    def __init__(self, *, address: str, number: int) -> None:
        self.address = address
        self.number = number
        self.heard: dict[str, Heard] = {}
        self.senders = Senders()
        self.met: list[SenderRecord] = []
        self.receive_buffer_bytes = 0
        self._rings: dict[str, Ring] = {}
        self._size = 0
        self._drops = 0
        self._looked_us = unix_ns() // 1000
        self.socket = _bound(address, number)

    def listen(self, ring: Ring, stream: Stream, *, beside: list[Ring]) -> None:
        """Hear `ring` too. `beside` are rings of this place that may not listen: their sources are never mixed into it.

        Raises:
            NetworkError: another ring that listens takes the same datagrams.
        """
        error = self.clash(ring)
        if error is not None:
            raise error
        self.look_for_drops()
        self.heard[ring.name] = Heard(ring=ring, stream=stream)
        self._rings = _together({name: heard.ring for name, heard in self.heard.items()}, beside)
        self._adapt()

    def clash(self, ring: Ring, *, but: Collection[str] = ()) -> NetworkError | None:
        """Why `ring` cannot be heard here; rings named in `but` are about to leave."""
        for other in self.heard.values():
            if other.ring.source == ring.source and other.ring.name != ring.name and other.ring.name not in but:
                return NetworkError(
                    "udp.port_taken",
                    f"UDP {self.address}:{self.number} is taken by {other.ring.name}: give {ring.name} a port or a"
                    " source of its own.",
                )
        return None

    def take_over(self, rings: list[Ring]) -> None:
        """Go by what the configuration says of the rings of this place now; nothing is done while that is the same."""
        known = {ring.name: ring for ring in rings}
        now = _together({name: known.get(name, heard.ring) for name, heard in self.heard.items()}, rings)
        if not self.heard or now == self._rings:
            return
        self.take_what_waits()  # what came before the change goes where it would have gone
        for name, heard in self.heard.items():
            heard.ring = now[name]
        self._rings = now
        self._adapt()

    def stop(self, name: str) -> None:
        """Take what is waiting, then hear this ring no more. The socket stays open: another may be heard at once."""
        self.take_what_waits()
        self.look_for_drops()
        del self.heard[name]
        if self.heard:
            self._adapt()
        else:
            self.senders.route(Routing([], listening=()))

    def drain(self) -> None:
        """Take what waits in the socket, without blocking."""
        self._take(DRAIN_BYTES)

    def take_what_waits(self) -> None:
        """Take as much as the buffer can hold, and no more: a sender that never stops must not keep us here."""
        self._take(2 * self.receive_buffer_bytes)

    def look_for_drops(self) -> None:
        """Note in the rings' streams what the kernel dropped since the last look."""
        raw = self.socket.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size)
        drops = _MEMINFO.unpack(raw)[_MEMINFO_DROPS]
        now_us = unix_ns() // 1000
        if drops != self._drops:
            count = (drops - self._drops) % 2**32
            fact = DatagramsDropped(count=count, from_us=self._looked_us, to_us=now_us, shared_by=sorted(self.heard))
            for heard in self.heard.values():
                heard.stream.note(fact)
                heard.kernel_drops += count
            self._drops = drops
        self._looked_us = now_us

    def _adapt(self) -> None:
        listening = [heard.ring for heard in self.heard.values()]
        self.senders.route(Routing(self._rings.values(), listening=self.heard))
        self._size = max(ring.max_packet_bytes for ring in listening) + 1
        asked = max(ring.receive_buffer_bytes for ring in listening)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, asked)
        self.receive_buffer_bytes = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2

    def _take(self, budget: int) -> None:
        receive, size, records = self.socket.recvfrom, self._size, self.senders.records
        if self.senders.asked:
            self.senders.end_answers(now_s=monotonic_s())
        while budget > 0:
            try:
                body, source = receive(size)
            except BlockingIOError:
                return
            budget -= len(body) + OVERHEAD_BYTES
            record = records.get(source) or self._meet(source)
            if record.origin is _ANSWER and not self.senders.take_answer(record):
                record = self._meet(source)
            now_us = unix_ns() // 1000
            record.packets += 1
            record.bytes += len(body)
            record.last_seen_us = now_us
            if record.ring is None:
                self._refuse(record)
                continue
            heard = self.heard[record.ring]
            if len(body) > heard.ring.max_packet_bytes:
                body = self._cut(body, source, heard)
            heard.stream.pending.append(  # the source itself: a crowd's record names none
                Entry(now_us, monotonic_ns() // 1000, source[0], source[1], body, None, record.origin)
            )

    def _meet(self, source: tuple[str, int]) -> SenderRecord:
        record = self.senders.meet(source)
        if not record.packets:
            record.first_seen_us = unix_ns() // 1000
            if record.ring is not None and record.origin is not _ANSWER:
                self.met.append(record)
        return record

    def _refuse(self, record: SenderRecord) -> None:
        if record.refused_by is not None:
            self.heard[record.refused_by].refused += 1
        if record.packets % 1000 == 1:
            self.met.append(record)

    @staticmethod
    def _cut(body: bytes, source: tuple[str, int], heard: Heard) -> bytes:
        heard.cut += 1
        limit = heard.ring.max_packet_bytes
        heard.stream.note(DatagramCut(limit_bytes=limit, address=source[0], port=source[1]))
        return body[:limit]


def _together(heard: dict[str, Ring], beside: list[Ring]) -> dict[str, Ring]:
    """The rings of a place by name: one that is heard comes before one that only wants the same datagrams."""
    sources = {ring.source for ring in heard.values()}
    return heard | {r.name: r for r in beside if r.name not in heard and r.source not in sources}


def _bound(address: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.settimeout(0)
    try:
        bound.bind((address, port))
    except OSError as error:
        bound.close()
        raise _refusal(address, port, error) from error
    return bound


def _refusal(address: str, port: int, error: OSError) -> NetworkError:
    place = f"UDP {address}:{port}"
    match error.errno:
        case 98:
            return NetworkError(
                "udp.port_taken", f"{place} is taken by another program: find it with ss -lunp, or choose another port."
            )
        case 99:
            return NetworkError(
                "udp.not_our_address", f"{address} is no address of this machine: see restrike udp interfaces."
            )
        case 13:
            return NetworkError(
                "udp.not_allowed", f"{place} may not be bound by this user: choose a port from 1024 up."
            )
        case _:
            return NetworkError("udp.cannot_bind", f"{place} cannot be bound: {error.strerror}.")
