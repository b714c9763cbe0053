"""Writes datagrams into files that `restrike replay` reads: JSON lines, or a packet capture; `restrike udp capture`."""

import socket
from enum import StrEnum
from typing import IO, Final, Protocol

import msgspec

from shared.clock import iso_utc
from shared.messages.facts import NetworkInterface, SessionOpened
from shared.messages.wire import Entry

RAW_IP: Final = 101
"""Packets that begin with their IP header: what lay around them on the wire is not known."""
LONGEST: Final = 65535
ANYWHERE: Final = "0.0.0.0"  # noqa: S104  # written into a file, not bound
_encode = msgspec.json.Encoder().encode


class Format(StrEnum):
    """How a capture is written."""

    JSONL = "jsonl"
    PCAP = "pcap"


class Writer(Protocol):
    """Writes one datagram after the other."""

    def write(self, entry: Entry) -> None:
        """Write a datagram."""


class JsonLines:
    """`{"t": seconds since the first, "data": text}`, or `"hex"` where it is no text; and when and whence it came."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._before: Entry | None = None
        self._at_us = 0

    def write(self, entry: Entry) -> None:
        """Write a line, at once."""
        if self._before is not None:
            self._at_us += _between_us(self._before, entry)
        self._before = entry
        line: dict[str, object] = {"t": self._at_us / 1e6}
        try:
            line["data"] = entry.body.decode()
        except UnicodeDecodeError:
            line["hex"] = entry.body.hex()
        line["at"] = iso_utc(entry.received_at_us * 1000)
        line["from"] = f"{entry.address}:{entry.port}"
        self._file.write(_encode(line) + b"\n")
        self._file.flush()


def _between_us(before: Entry, entry: Entry) -> int:
    """Time between two datagrams by the monotonic clock; across a start of the machine by the other one."""
    passed = entry.monotonic_us - before.monotonic_us
    return passed if passed >= 0 else max(0, entry.received_at_us - before.received_at_us)


class Packets:
    """A pcap file of raw IP packets, with the addresses, ports and times (microseconds) as they were received."""

    def __init__(self, file: IO[bytes], destination: "Destination") -> None:
        import dpkt  # noqa: PLC0415  # only for this format

        self._dpkt = dpkt
        self._file = file
        self._destination = destination
        self._writer = dpkt.pcap.Writer(file, snaplen=LONGEST, linktype=RAW_IP)

    def write(self, entry: Entry) -> None:
        """Write a packet, at once."""
        dpkt, body = self._dpkt, entry.body
        udp = dpkt.udp.UDP(sport=entry.port, dport=self._destination.port, ulen=dpkt.udp.UDP_HDR_LEN + len(body))
        udp.data = body
        packet = dpkt.ip.IP(
            src=socket.inet_aton(entry.address or ANYWHERE),
            dst=socket.inet_aton(self._destination.of(entry.address)),
            p=dpkt.ip.IP_PROTO_UDP,
        )
        packet.data = udp
        self._writer.writepkt(bytes(packet), ts=entry.received_at_us / 1e6)
        self._file.flush()


class Destination:
    """Where a ring's datagrams were sent to: as its session says; where that is every address of this machine, the one
    in the sender's network.
    """

    def __init__(self, address: str, port: int, interfaces: list[NetworkInterface]) -> None:
        self.address = address
        self.port = port
        self._interfaces = interfaces

    def follow(self, fact: object) -> None:
        """Take note of a session that was opened."""
        if isinstance(fact, SessionOpened):
            self.address, self.port, self._interfaces = fact.address, fact.port, fact.interfaces

    def of(self, source: str) -> str:
        """The address that a datagram of `source` went to."""
        from ipaddress import ip_address, ip_network  # noqa: PLC0415  # only for this format

        if self.address != ANYWHERE or not source:
            return self.address
        for one in self._interfaces:
            if one.netmask and ip_address(source) in ip_network(f"{one.address}/{one.netmask}", strict=False):
                return one.address
        return self.address
