"""One UDP socket: a port of this machine, with the rings that send to it."""

import socket
import struct
from typing import Final

from services.udp_ingest.senders import Routing, SenderRecord, Senders
from services.udp_ingest.stream import Stream
from shared.clock import monotonic_ns, unix_ns
from shared.config import Ring
from shared.errors import NetworkError
from shared.messages.facts import DatagramCut, DatagramsDropped
from shared.messages.wire import Entry, Origin

DRAIN_LIMIT: Final = 2_000
"""Datagrams taken from one socket in one turn: a commit's worth, so that other rings are heard too."""
_SO_MEMINFO: Final = 55
_MEMINFO: Final = struct.Struct("9I")
_MEMINFO_DROPS: Final = 8


class Port:
    """A bound socket. `streams` are those of its rings; datagrams go to their `pending`."""

    def __init__(self, *, address: str, rings: list[Ring], streams: dict[str, Stream]) -> None:
        first = rings[0]
        self.address = address
        self.number = first.port
        self.rings = {ring.name: ring for ring in rings}
        self.senders = Senders(Routing(rings))
        self.met: list[SenderRecord] = []
        self.refused: dict[str, int] = {}
        self.cut: dict[str, int] = {}
        self.kernel_drops = 0
        self._streams = streams
        self._limit = max(ring.max_packet_bytes for ring in rings)
        self._asked = max(ring.receive_buffer_bytes for ring in rings)
        self._looked_us = unix_ns() // 1000
        self.socket = _bound(address, first.port, self._asked)
        self.receive_buffer_bytes = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2

    @property
    def receive_buffer_asked_bytes(self) -> int:
        """What the kernel was asked for."""
        return self._asked

    def drain(self) -> None:
        """Take what waits in the socket, without blocking."""
        receive, size, records = self.socket.recvfrom, self._limit + 1, self.senders.records
        for _ in range(DRAIN_LIMIT):
            try:
                body, source = receive(size)
            except BlockingIOError:
                return
            record = records.get(source) or self._meet(source)
            now_us = unix_ns() // 1000
            record.packets += 1
            record.bytes += len(body)
            record.last_seen_us = now_us
            if record.ring is None:
                self._refuse(record)
                continue
            stream = self._streams[record.ring]
            if len(body) > self.rings[record.ring].max_packet_bytes:
                body = self._cut(body, record, stream)
            stream.pending.append(
                Entry(now_us, monotonic_ns() // 1000, record.address, record.port, body, None, record.origin)
            )

    def expect_replay(self, ring: str, source: tuple[str, int]) -> None:
        """Take datagrams from `source` as a replay for `ring`, whatever the ring's source address is."""
        record = SenderRecord(address=source[0], port=source[1], ring=ring, origin=Origin.REPLAY)
        record.first_seen_us = record.last_seen_us = unix_ns() // 1000
        self.senders.records[source] = record

    def end_replay(self, source: tuple[str, int]) -> bool:
        """Forget a replay; False when there was none."""
        record = self.senders.records.get(source)
        if record is None or record.origin is not Origin.REPLAY:
            return False
        del self.senders.records[source]
        return True

    def look_for_drops(self) -> None:
        """Note in the rings' streams what the kernel dropped since the last look."""
        raw = self.socket.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size)
        drops = _MEMINFO.unpack(raw)[_MEMINFO_DROPS]
        now_us = unix_ns() // 1000
        if drops != self.kernel_drops:
            names = sorted(self.rings)
            count = (drops - self.kernel_drops) % 2**32
            fact = DatagramsDropped(count=count, from_us=self._looked_us, to_us=now_us, shared_by=names)
            for name in names:
                self._streams[name].note(fact)
            self.kernel_drops = drops
        self._looked_us = now_us

    def close(self) -> None:
        """Take what is still waiting, then close the socket."""
        for _ in range(self._asked // DRAIN_LIMIT):
            waiting = sum(len(stream.pending) for stream in self._streams.values())
            self.drain()
            if waiting == sum(len(stream.pending) for stream in self._streams.values()):
                break
        self.look_for_drops()
        self.socket.close()

    def _meet(self, source: tuple[str, int]) -> SenderRecord:
        record = self.senders.meet(source)
        if not record.packets:
            record.first_seen_us = unix_ns() // 1000
            if record.ring is not None:
                self.met.append(record)
        return record

    def _refuse(self, record: SenderRecord) -> None:
        ring = record.refused_by or ""
        self.refused[ring] = self.refused.get(ring, 0) + 1
        if record.packets % 1000 == 1:
            self.met.append(record)

    def _cut(self, body: bytes, record: SenderRecord, stream: Stream) -> bytes:
        limit = self.rings[stream.ring].max_packet_bytes
        self.cut[stream.ring] = self.cut.get(stream.ring, 0) + 1
        stream.note(DatagramCut(limit_bytes=limit, address=record.address, port=record.port))
        return body[:limit]


def _bound(address: str, port: int, asked: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.settimeout(0)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, asked)
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
