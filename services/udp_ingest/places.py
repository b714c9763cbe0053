"""The sockets of udp-ingest by address and port, and whether a ring can go to another one before it leaves its own."""

from collections.abc import Collection, Iterator
from enum import Enum, auto
from typing import Final

from services.udp_ingest.opening import address_of
from services.udp_ingest.port import Port
from shared.config import Ring
from shared.errors import NetworkError
from shared.messages.facts import NetworkInterface
from shared.runtime import Runtime

ALL_ADDRESSES: Final = "0.0.0.0"  # noqa: S104  # a ring binds it only when restrike.json says so

Place = tuple[str, int]


class Way(Enum):
    """A ring is where it should be, or its way there is shut by a socket of ours."""

    THERE = auto()
    SHUT = auto()


class Places:
    """The sockets that are open. One that no ring is heard on stays open only while rings move."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._ports: dict[Place, Port] = {}

    def __iter__(self) -> Iterator[Port]:
        return iter(self._ports.values())

    def opened(self, place: Place) -> Port:
        """The socket there, opened if it is not.

        Raises:
            NetworkError: it cannot be bound.
        """
        port = self._ports.get(place)
        if port is None:
            port = self._ports[place] = Port(address=place[0], number=place[1])
            self._runtime.on_readable(port.socket.fileno(), port.drain)
        return port

    def at(self, place: Place) -> Port | None:
        """The socket there, if it is open."""
        return self._ports.get(place)

    def way_to(self, ring: Ring, here: Port, found: list[NetworkInterface], *, may_close: bool) -> Place | Way:
        """Where `ring`, which is heard `here`, is to go. The socket there is opened, unless one of ours has to be
        closed before, at all addresses of its port or beneath that: only if it may, for nobody is heard meanwhile.

        Raises:
            NetworkError: it cannot listen there.
        """
        place = (address_of(ring, found), ring.port)
        if place == (here.address, here.number) and here.heard[ring.name].ring.source == ring.source:
            return Way.THERE
        is_covered = place not in self._ports and any(
            ring.port == number and ALL_ADDRESSES in (place[0], address) for address, number in self._ports
        )
        if not is_covered:
            self.opened(place)
        return Way.SHUT if is_covered and not may_close else place

    def clash(self, ring: Ring, place: Place, *, but: Collection[str]) -> NetworkError | None:
        """Why `ring` cannot be heard at a place; rings named in `but` are about to leave theirs."""
        port = self._ports.get(place)
        return None if port is None else port.clash(ring, but=but)

    def close_idle(self, *, but: Collection[Place] = ()) -> None:
        """Close the sockets that no ring is heard on."""
        for place, port in list(self._ports.items()):
            if not port.heard and place not in but:
                self._runtime.forget(port.socket.fileno())
                del self._ports[place]
                port.socket.close()


def stays(port: Port, error: NetworkError) -> str:
    """What is said of a ring that goes on where it is, because it cannot listen where it should."""
    return f"stays at {port.address}:{port.number}: {error}"
