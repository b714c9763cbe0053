"""Reads the UDP datagrams of pcap and pcapng files: Ethernet, Linux cooked (both versions), raw IP."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import dpkt

from shared.errors import IoError, ValidationError

ETHERNET: Final = 1
COOKED: Final = 113
COOKED_2: Final = 276
RAW_IP: Final = frozenset({12, 14, 101, 228})
LINKS: Final[dict[int, Callable[[bytes], Any]]] = {
    ETHERNET: dpkt.ethernet.Ethernet,
    COOKED: dpkt.sll.SLL,
    COOKED_2: dpkt.sll2.SLL2,
    **dict.fromkeys(RAW_IP, dpkt.ip.IP),
}
# What dpkt raises for bytes that are not what they claim to be.
DAMAGED: Final = (dpkt.dpkt.Error, ValueError, IndexError)

Found = tuple[float, int, bytes]
"""Time, destination port, payload."""


def read_packets(path: Path, *, port: int | None) -> tuple[list[tuple[float, bytes]], list[str]]:
    """Times (seconds) and payloads in the file's order, and what was left out.

    Raises:
        IoError: the file is damaged, or of a kind of network that is not known.
        ValidationError: it holds datagrams to several ports, and `port` is None; mixed, they would be nobody's stream.
    """
    notes: list[str] = []
    found = list(_datagrams(path, notes))
    ports = Counter(to_port for _, to_port, _ in found)
    if port is None and len(ports) > 1:
        listed = ", ".join(f"{number} ({count})" for number, count in ports.most_common(8))
        raise ValidationError("capture.several_ports", f"{path} has datagrams to several ports: {listed}. Use --port.")
    if port is not None and found and port not in ports:
        raise ValidationError("capture.no_such_port", f"{path} has no datagram to port {port}, but to {sorted(ports)}.")
    return [(at_s, body) for at_s, to_port, body in found if port in (None, to_port)], notes


def _datagrams(path: Path, notes: list[str]) -> Iterator[Found]:
    incomplete, packets = 0, 0
    with path.open("rb") as file:
        try:
            reader = dpkt.pcap.UniversalReader(file)
            link = LINKS.get(reader.datalink())
            if link is None:
                raise IoError("capture.unknown_link", f"{path}: link type {reader.datalink()} is not supported.")
            for at_s, frame in reader:
                packets += 1
                packet = _ip_of(link, frame)
                if packet is None:
                    continue
                datagram = _datagram_of(packet)
                if datagram is None:
                    incomplete += 1
                else:
                    yield float(at_s), *datagram
        except DAMAGED as error:
            if not packets:
                raise IoError("capture.damaged", f"{path} is not a readable packet capture: {error}.") from error
            notes.append(f"{path}: the file breaks off after packet {packets}.")
    if incomplete:
        notes.append(f"{path}: {incomplete} UDP packets are fragments or were cut by the recorder; they are left out.")


def _ip_of(link: Callable[[bytes], Any], frame: bytes) -> Any:
    """The frame's IPv4 packet if it carries UDP, else None."""
    try:
        packet = link(frame)
    except DAMAGED:
        return None
    while packet is not None and not isinstance(packet, dpkt.ip.IP):
        packet = packet.data if isinstance(packet, dpkt.Packet) else None
    return packet if packet is not None and packet.p == dpkt.ip.IP_PROTO_UDP else None


def _datagram_of(packet: Any) -> tuple[int, bytes] | None:
    """Destination port and payload; None unless all of it is there."""
    udp = packet.data
    if packet.mf or packet.offset or not isinstance(udp, dpkt.udp.UDP):
        return None
    body = bytes(udp.data)
    length = udp.ulen - dpkt.udp.UDP_HDR_LEN
    return (udp.dport, body[:length]) if 0 <= length <= len(body) else None
