"""What a ring's journal holds besides datagrams: its sessions, every hole that is known, and what people decided.

Written by udp-ingest, in one order with the datagrams, so that whatever follows from them is the same at every replay.
"""

from msgspec import Struct

from shared.messages.edits import Changes
from shared.messages.rules import Interpretation


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


class InterpretationChosen(Fact, tag="interpretation_chosen", frozen=True, kw_only=True):
    """From here on the ring is read and judged like this; said at each session's begin, and at each change."""

    interpretation: Interpretation


class QueriesSent(Fact, tag="queries_sent", frozen=True, kw_only=True):
    """The sender was asked where the match stands: `queries` went to `address`:`port`. Its answers are entries of their
    own (`Origin.ANSWER`). `reason`: `start`, `gap` or `asked`.
    """

    address: str
    port: int
    queries: tuple[str, ...]
    reason: str


class EditMade(Fact, tag="edit_made", frozen=True, kw_only=True):
    """A person edited a match of this ring."""

    match_id: str
    author: str
    reason: str
    changes: Changes


class EditTakenBack(Fact, tag="edit_taken_back", frozen=True, kw_only=True):
    """A person took an edit back."""

    edit_id: str
    match_id: str
    author: str
    reason: str


class MatchEntered(Fact, tag="match_entered", frozen=True, kw_only=True):
    """A person entered a match by hand; it is the ring's match from here on. `changes` describes it."""

    author: str
    reason: str
    changes: Changes
    total_rounds: int | None = None
    round_ms: int | None = None


class CloseAsked(Fact, tag="close_asked", frozen=True, kw_only=True):
    """A person ended a match of this ring, which has no result."""

    match_id: str
    author: str
    reason: str


AnyFact = (
    SessionOpened
    | SessionClosed
    | SessionBroken
    | DatagramsDropped
    | DatagramCut
    | EntriesLost
    | ReplayBegan
    | ReplayEnded
    | InterpretationChosen
    | QueriesSent
    | EditMade
    | EditTakenBack
    | MatchEntered
    | CloseAsked
)
