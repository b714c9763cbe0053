"""The streams between our own processes: a ring's journal entries, and what the parser made of them.

Both travel as batches on `wire.*`; their structs are arrays on the wire (`array_like`), because only we read them
and every datagram pays for them. New fields go to the end and get defaults.

A ring's `entry` numbers start at 1 and have no gaps, so a receiver knows what it missed without asking: a batch whose
`first` is not its own last entry + 1, or whose `previous_session` is not its own last session, is not its continuation.
An empty batch says where the stream stands.
"""

from enum import StrEnum

from msgspec import Struct

from shared.messages.facts import AnyFact
from shared.messages.match import AnyMatchEvent
from shared.messages.pss import AnyReading, ResultKind


class Origin(StrEnum):
    """Where a datagram came from: a scoring system, our own `restrike replay`, or a scoring system that we asked."""

    LIVE = "live"
    ANSWER = "answer"
    REPLAY = "replay"


class Entry(Struct, frozen=True, array_like=True, gc=False):
    """One line of a ring's journal: a datagram (`body`, as received) or a `fact` about the ring.

    `received_at_us` is Unix time, `monotonic_us` the machine's monotonic clock, both in microseconds.
    """

    received_at_us: int
    monotonic_us: int
    address: str = ""
    port: int = 0
    body: bytes = b""
    fact: AnyFact | None = None
    origin: Origin = Origin.LIVE


class Datagrams(Struct, frozen=True, array_like=True, gc=False):
    """`wire.datagrams/<ring>/`: consecutive entries of one session, the first one's number being `first`.

    `through` is only set where a batch stands for more entries than it holds: those named by an `EntriesLost`.
    """

    ring: str
    journal_id: str
    session: str
    previous_session: str
    first: int
    entries: list[Entry]
    through: int = 0

    @property
    def last(self) -> int:
        """Number of the last entry; `first - 1` for an empty batch."""
        return max(self.first + len(self.entries) - 1, self.through)


class ParsedMessage(Struct, frozen=True, array_like=True, gc=False):
    """One message of a datagram: how it reads, at which moment of the match, and what followed from it."""

    stream: str
    kind: ResultKind
    raw: str
    data: AnyReading
    match_id: str | None
    round: int | None
    clock_ms: int | None
    score: tuple[int, int] | None
    events: list[AnyMatchEvent] = []


class ParsedEntry(Struct, frozen=True, array_like=True, gc=False):
    """One entry after the parser: the entry itself, its messages, and events that follow from the entry as a whole.

    The moment (`match_id` and so on) is that of `events`: for a datagram, the one before its messages.
    """

    entry: Entry
    messages: list[ParsedMessage]
    events: list[AnyMatchEvent] = []
    match_id: str | None = None
    round: int | None = None
    clock_ms: int | None = None
    score: tuple[int, int] | None = None


class ParsedEntries(Struct, frozen=True, array_like=True, gc=False):
    """`wire.events/<ring>/`: the parser's results for consecutive entries of one session."""

    ring: str
    journal_id: str
    session: str
    previous_session: str
    first: int
    results: list[ParsedEntry]
    through: int = 0

    @property
    def last(self) -> int:
        """Number of the last entry; `first - 1` for an empty batch."""
        return max(self.first + len(self.results) - 1, self.through)
