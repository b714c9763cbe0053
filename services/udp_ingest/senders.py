"""Who sends to a port: the client table, which ring each sender belongs to, and who may not send."""

import ipaddress
from typing import Final

from msgspec import Struct

from shared.config import Ring
from shared.messages.udp import Sender
from shared.messages.wire import Origin

MAX_SENDERS: Final = 1_000
"""Senders of one port that are told apart; a venue has a handful. More (a scan, spoofed sources) share one record, so
that memory is bounded; their datagrams are stored like all others."""


class SenderRecord(Struct, kw_only=True):
    """One source address and port since the session opened. `ring` is None for one that no ring takes."""

    address: str
    port: int
    ring: str | None
    refused_by: str | None = None
    origin: Origin = Origin.LIVE
    first_seen_us: int = 0
    last_seen_us: int = 0
    packets: int = 0
    bytes: int = 0

    def public(self) -> Sender:
        """The record as it is published."""
        return Sender(
            address=self.address,
            port=self.port,
            first_seen_us=self.first_seen_us,
            last_seen_us=self.last_seen_us,
            packets=self.packets,
            bytes=self.bytes,
            origin=self.origin,
        )


class Routing:
    """Which of a port's rings a source belongs to: the ring with that source address, else the one without any."""

    def __init__(self, rings: list[Ring]) -> None:
        self._by_source = {ring.source: ring for ring in rings if ring.source is not None}
        self._any = next((ring for ring in rings if ring.source is None), None)
        self._allowed = {ring.name: [ipaddress.IPv4Network(a) for a in ring.allow] for ring in rings}

    def meet(self, address: str, port: int) -> SenderRecord:
        """A fresh record for a source that was not heard before."""
        ring = self._by_source.get(address, self._any)
        if ring is None:
            return SenderRecord(address=address, port=port, ring=None)
        allowed = self._allowed[ring.name]
        if allowed and not any(ipaddress.IPv4Address(address) in network for network in allowed):
            return SenderRecord(address=address, port=port, ring=None, refused_by=ring.name)
        return SenderRecord(address=address, port=port, ring=ring.name)


class Senders:
    """The client table of one port."""

    def __init__(self, routing: Routing) -> None:
        self.routing = routing
        self.records: dict[tuple[str, int], SenderRecord] = {}
        self._crowd: dict[str | None, SenderRecord] = {}

    def meet(self, source: tuple[str, int]) -> SenderRecord:
        """The record for a source that has none yet."""
        record = self.routing.meet(*source)
        if len(self.records) >= MAX_SENDERS:
            return self._crowd.setdefault(record.ring, SenderRecord(address="0.0.0.0", port=0, ring=record.ring))  # noqa: S104  # no address is bound: it stands for all of them
        self.records[source] = record
        return record

    def of_ring(self, ring: str) -> list[SenderRecord]:
        """The senders of one ring."""
        crowd = [r for r in self._crowd.values() if r.ring == ring]
        return [record for record in self.records.values() if record.ring == ring] + crowd

    def forget(self, ring: str) -> None:
        """Start the ring's part of the table anew; a replay under way keeps its record."""
        self.records = {
            source: record
            for source, record in self.records.items()
            if ring not in (record.ring, record.refused_by) or record.origin is Origin.REPLAY
        }
