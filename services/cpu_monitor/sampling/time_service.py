"""By how much this machine's clock is off, asked of who can know; cpu-monitor, in a chore.

The kernel tells only what is left to correct, and never more than half a second of it. So a server that is named by
`monitor.time_server` is asked itself (SNTP, RFC 4330), else chrony, which corrects the clock without telling the
kernel. systemd-timesyncd is not asked: it sets at once what is more than 0.4 s, and the kernel tells what is left.
"""

import os
import socket
import struct
from typing import Final

from msgspec import Struct

from shared.clock import monotonic_ns, unix_ns
from shared.clock_keeping import ask_chrony

PORT: Final = 123
WITHIN_S: Final = 1.0
TRIES: Final = 2
"""A datagram may be lost."""
LONGEST_WAY_NS: Final = 800_000_000
"""An answer that took longer says too little: half of the way is how wrong it may be."""
_REQUEST: Final = 0x23
"""Version 4, from a client."""
_PACKET: Final = struct.Struct("!BBBb11I")
_FROM_SERVER: Final = 4
_NOT_SET: Final = 3
_MOST_STRATUM: Final = 15
_BEFORE_1970_S: Final = 2_208_988_800
_ERA: Final = 1 << 64
_FRACTION: Final = 1 << 32


class Told(Struct, frozen=True, kw_only=True):
    """`offset_ms`: what must be added to this machine's clock, None: nobody says. `error` is why the server that is set
    did not say it.
    """

    offset_ms: float | None = None
    error: str | None = None


def ask_time(server: str) -> Told:
    """Ask `server` (name or address, with a port if it is not 123); chrony, where none is set."""
    if not server:
        return Told(offset_ms=ask_chrony())
    try:
        return Told(offset_ms=round(_server_ns(*_place(server)) / 1e6, 3))
    except TimeoutError:
        return Told(error=f"The time server {server} does not answer.")
    except (OSError, ValueError, OverflowError) as error:
        return Told(error=f"The time server {server} cannot be asked: {error}.")


def _place(server: str) -> tuple[str, int]:
    host, colon, port = server.rpartition(":")
    if not colon or (":" in host and not host.endswith("]")):  # no port, or an address of IPv6 alone
        return server.strip("[]"), PORT
    return host.strip("[]"), int(port)


def _server_ns(host: str, port: int) -> int:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, protocol) as asking:
        asking.connect(address)
        for left in reversed(range(TRIES)):
            try:
                return _asked(asking)
            except TimeoutError:
                if not left:
                    raise
    raise TimeoutError


def _asked(asking: socket.socket) -> int:
    """The offset by one question. What is not its answer (an old one, a forged one) is passed over."""
    cookie = os.urandom(8)
    sent_unix, sent = unix_ns(), monotonic_ns()
    asking.send(bytes([_REQUEST]) + bytes(39) + cookie)
    while (left_s := WITHIN_S - (monotonic_ns() - sent) / 1e9) > 0:
        asking.settimeout(left_s)
        packet = asking.recv(512)
        way_ns = monotonic_ns() - sent
        if len(packet) >= _PACKET.size and packet[24:32] == cookie:
            return _offset_ns(packet, sent_unix, way_ns)
    raise TimeoutError


def _offset_ns(packet: bytes, sent_unix_ns: int, way_ns: int) -> int:
    """Half of the sum of both ways' differences."""
    first, stratum, *_ = _PACKET.unpack_from(packet)
    if first & 7 != _FROM_SERVER or first >> 6 == _NOT_SET or not 1 <= stratum <= _MOST_STRATUM:
        raise ValueError("it does not know the time itself")
    if way_ns > LONGEST_WAY_NS:
        raise ValueError(f"its answer took {way_ns / 1e6:.0f} ms")
    received, sent_back = (int.from_bytes(packet[at : at + 8], "big") for at in (32, 40))
    there = _between_ns(received, sent_unix_ns)
    back = _between_ns(sent_back, sent_unix_ns + way_ns)  # the wall clock may have been set meanwhile
    return (there + back) // 2


def _between_ns(stamp: int, at_unix_ns: int) -> int:
    """How much later the server's stamp is. A stamp is told modulo 136 years."""
    ours = (at_unix_ns // 10**9 + _BEFORE_1970_S) * _FRACTION + (at_unix_ns % 10**9) * _FRACTION // 10**9
    difference = (stamp - ours + _ERA // 2) % _ERA - _ERA // 2
    return difference * 10**9 // _FRACTION
