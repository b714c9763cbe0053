"""Where and how the activation server listens. `restrike-licensor serve`."""

from pathlib import Path

from msgspec import Struct


class Listening(Struct, frozen=True, kw_only=True):
    """Where and how it listens. `proxy` is the address of who stands before it and does TLS; None: nobody."""

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None
    proxy: str | None = None
    most_connections: int = 100
    """Of those that speak; more hear that it is too much."""
    most_per_address: int = 30
    """Of those that say nothing yet, too: as many as an address may ask in a minute by itself."""
    connection_s: float = 30.0
    handshake_s: float = 10.0

    @property
    def most_open(self) -> int:
        """Of all connections, with those that say nothing yet: so many silent ones do not shut out who speaks."""
        return 5 * self.most_connections
