"""What udp-ingest says of its rings, their senders and the machine's network."""

from msgspec import Struct

from shared.messages.facts import NetworkInterface


class Sender(Struct, frozen=True, kw_only=True):
    """One source address and port that a ring heard in its running session. Times are Unix microseconds."""

    address: str
    port: int
    first_seen_us: int
    last_seen_us: int
    packets: int
    bytes: int
    origin: str


class RingStatus(Struct, frozen=True, kw_only=True):
    """`udp.ring/<ring>/`, on each change and each second while it hears something: a ring's socket and counters.

    `error` says why it does not listen, why it listens elsewhere than `restrike.json` says, or why it is judged by
    other rules than that names. `address`, `port` and `source` are where it listens and to whom; `bind` is wanted.
    Counters run since the session opened; `kernel_drops` counts datagrams that reached the machine and were dropped
    because the receive buffer was full; `refused` those from senders that are not on the ring's allow-list; `cut`
    those longer than `max_packet_bytes`; `unjournaled_bytes` is what waits in memory because the journal cannot be
    written, `journal_error` why it cannot (None: it can); `lost` the entries that fell out of there since
    udp-ingest began. `queries_sent` counts what the scoring system was asked, `answers` what it answered.
    """

    ring: str
    listening: bool
    session: str | None
    journal_id: str
    entry: int
    bind: str
    address: str | None
    port: int
    source: str | None
    error: str | None
    receive_buffer_bytes: int
    receive_buffer_asked_bytes: int
    max_packet_bytes: int
    packets: int
    bytes: int
    kernel_drops: int
    refused: int
    cut: int
    lost: int
    unjournaled_bytes: int
    last_packet_us: int | None
    senders: list[Sender]
    queries_sent: int = 0
    answers: int = 0
    journal_error: str | None = None


class SenderAppeared(Struct, frozen=True, kw_only=True):
    """`udp.sender/<ring>/`: a source address and port was heard for the first time in this session."""

    ring: str
    address: str
    port: int
    origin: str


class SenderRefused(Struct, frozen=True, kw_only=True):
    """`udp.refused/<ring>/`: a sender that the allow-list does not name; for its first datagram and each 1,000th."""

    ring: str
    address: str
    port: int
    count: int


class JournalTrouble(Struct, frozen=True, kw_only=True):
    """`udp.journal/<ring>/`: the journal cannot be written (`error`), or can again (None). Meanwhile datagrams are
    published, and kept in memory up to `limit_bytes`.
    """

    ring: str
    error: str | None
    waiting_entries: int
    waiting_bytes: int
    limit_bytes: int
    lost_entries: int


class Interfaces(Struct, frozen=True, kw_only=True):
    """The machine's IPv4 addresses, the recommended one first."""

    interfaces: list[NetworkInterface]
