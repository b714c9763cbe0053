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
    connection_s: float = 30.0
