"""Which ring is meant, where it listens, and what the session that opens there says of itself; udp-ingest."""

from collections.abc import Iterable

from services.udp_ingest.port import Port
from shared import interfaces
from shared.config import Ring
from shared.errors import NetworkError, ValidationError
from shared.messages.facts import NetworkInterface, SessionOpened


def address_of(ring: Ring, found: list[NetworkInterface]) -> str:
    """The address that `ring` is to listen on, of this machine's interfaces.

    Raises:
        NetworkError: it is `auto`, and no interface is up.
    """
    if ring.bind != "auto":
        return ring.bind
    best = interfaces.recommended(found)
    if best is None:
        raise NetworkError("udp.no_interface", "bind is auto, and no network interface is up: plug in a cable.")
    return best.address


def opened(ring: Ring, port: Port, found: list[NetworkInterface]) -> SessionOpened:
    """The fact that begins a session of `ring` on `port`."""
    interface = next((i.name for i in found if i.address == port.address), None)
    return SessionOpened(
        address=port.address,
        port=port.number,
        interface=interface,
        max_packet_bytes=ring.max_packet_bytes,
        receive_buffer_bytes=port.receive_buffer_bytes,
        receive_buffer_asked_bytes=ring.receive_buffer_bytes,
        auto_start=ring.auto_start,
        interfaces=found,
    )


def known_ring(ring: Ring | None, name: str, names: Iterable[str]) -> Ring:
    """`ring`, which was looked for by `name`.

    Raises:
        ValidationError: there is none; it says which `names` there are.
    """
    if ring is None:
        raise ValidationError("ring.unknown", f"There is no ring {name}. Configured: {', '.join(names)}.", value=name)
    return ring
