"""What a ring's journal holds besides datagrams: its sessions, and every hole that is known.

Written by udp-ingest, in one order with the datagrams, so that whatever follows from them is the same at every replay.
"""

from msgspec import Struct


class NetworkInterface(Struct, frozen=True, kw_only=True):
    """An IPv4 address of this machine, with the interface that carries it."""

    name: str
    address: str
    netmask: str | None = None
    broadcast: str | None = None
    mac_address: str | None = None
    kind: str = "unknown"
    is_loopback: bool = False
    is_up: bool = False
    is_recommended: bool = False
    speed_mbps: int | None = None
    mtu: int | None = None


class Fact(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """Something that happened to a ring's stream."""


class SessionOpened(Fact, tag="session_opened", frozen=True, kw_only=True):
    """A ring started to listen. Everything up to the next `SessionOpened` belongs to this session."""

    address: str
    port: int
    interface: str | None
    max_packet_bytes: int
    receive_buffer_bytes: int
    receive_buffer_asked_bytes: int
    auto_start: bool
    interfaces: list[NetworkInterface]


class SessionClosed(Fact, tag="session_closed", frozen=True, kw_only=True):
    """A ring stopped to listen, in order."""

    reason: str


class SessionBroken(Fact, tag="session_broken", frozen=True, kw_only=True):
    """The session before this one ended without a word (kill -9, power cut): nothing is known from `from_us` to
    `to_us` (Unix microseconds).
    """

    broken_session: str
    from_us: int
    to_us: int


class DatagramsDropped(Fact, tag="datagrams_dropped", frozen=True, kw_only=True):
    """The kernel dropped `count` datagrams of the port since the last look, because the receive buffer was full.

    `shared_by` are the rings on that port: the kernel does not say whose datagrams they were.
    """

    count: int
    from_us: int
    to_us: int
    shared_by: list[str]


class DatagramCut(Fact, tag="datagram_cut", frozen=True, kw_only=True):
    """The datagram that follows was longer than the ring's `max_packet_bytes` and lost its end."""

    limit_bytes: int
    address: str
    port: int


class EntriesLost(Fact, tag="entries_lost", frozen=True, kw_only=True):
    """The entries `from_entry` to `to_entry` could not be journaled (disk full) and fell out of memory."""

    from_entry: int
    to_entry: int
    from_us: int
    to_us: int


class ReplayBegan(Fact, tag="replay_began", frozen=True, kw_only=True):
    """Datagrams from `address`:`port` are our own replay of `file`, until `ReplayEnded`."""

    address: str
    port: int
    file: str


class ReplayEnded(Fact, tag="replay_ended", frozen=True, kw_only=True):
    """The replay from `address`:`port` is over."""

    address: str
    port: int


AnyFact = (
    SessionOpened
    | SessionClosed
    | SessionBroken
    | DatagramsDropped
    | DatagramCut
    | EntriesLost
    | ReplayBegan
    | ReplayEnded
)
