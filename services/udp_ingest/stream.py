"""One ring's stream of entries: numbers them, forms batches, and remembers where the stream stands."""

import uuid
from typing import Final

import msgspec

from shared.clock import monotonic_ns, unix_ns
from shared.journal import RingEnd, StoredBatch
from shared.messages.facts import (
    AnyFact,
    CloseAsked,
    EditMade,
    EditTakenBack,
    InterpretationChosen,
    MatchEntered,
    SessionBroken,
    SessionClosed,
)
from shared.messages.service import Position
from shared.messages.wire import Datagrams, Entry

DECIDED: Final = (InterpretationChosen, EditMade, EditTakenBack, MatchEntered, CloseAsked)
"""What people decide, at any time: it also stands in a session that is closed."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Datagrams).decode


class Stream:
    """A ring's entries from where its journal ends. `pending` are those that no batch holds yet."""

    def __init__(self, ring: str, *, journal_id: str, end: RingEnd) -> None:
        self.ring = ring
        self.journal_id = journal_id
        self.pending: list[Entry] = []
        self.last = end.last
        self.session = end.session
        self._previous_session = end.session
        self._broken = _unclosed(end)

    @property
    def is_broken(self) -> bool:
        """Whether the session before ended without a word; known until the next one begins."""
        return self._broken is not None

    def open_session(self, opened: AnyFact, *, last_alive_us: int | None) -> None:
        """Begin a session with the fact `opened`; the first one says when the session before ended without a word.
        Whatever is pending belongs to the session before: take its batch first.
        """
        self._previous_session = self.session
        self.session = uuid.uuid4().hex
        self.note(opened)
        if self._broken is not None:
            session, heard_us = self._broken
            from_us = max(heard_us, min(last_alive_us or 0, unix_ns() // 1000))
            self.note(SessionBroken(broken_session=session, from_us=from_us, to_us=unix_ns() // 1000))
            self._broken = None

    def close_session(self, reason: str) -> None:
        """End the session in order."""
        self.note(SessionClosed(reason=reason))

    def restart(self, *, journal_id: str) -> None:
        """Begin anew in another journal, with nothing pending."""
        self.journal_id = journal_id
        self.last = 0
        self.session = self._previous_session = ""
        self._broken = None

    def note(self, fact: AnyFact) -> None:
        """Add a fact at this place of the stream."""
        self.pending.append(Entry(received_at_us=unix_ns() // 1000, monotonic_us=monotonic_ns() // 1000, fact=fact))

    def take_batch(self) -> StoredBatch | None:
        """Number what is pending and form it into a batch; None when nothing is."""
        if not self.pending:
            return None
        first = self.last + 1
        body = _encode(
            Datagrams(
                ring=self.ring,
                journal_id=self.journal_id,
                session=self.session,
                previous_session=self._previous_session,
                first=first,
                entries=self.pending,
            )
        )
        self.last += len(self.pending)
        self._previous_session = self.session
        received_at_us = self.pending[-1].received_at_us
        self.pending = []
        return StoredBatch(self.ring, self.last, first, self.session, received_at_us, body)

    def standing(self) -> Datagrams:
        """An empty batch that says where the stream stands."""
        return Datagrams(
            ring=self.ring,
            journal_id=self.journal_id,
            session=self.session,
            previous_session=self.session,
            first=self.last + 1,
            entries=[],
        )

    def position(self) -> Position:
        """Where the stream stands."""
        return Position(self.journal_id, self.session, self.last)


def lost_batch(stream: Stream, first: StoredBatch, last: StoredBatch, fact: AnyFact) -> StoredBatch:
    """What stands in the journal for the entries from `first` to `last` that it could not hold."""
    now_us = unix_ns() // 1000
    body = _encode(
        Datagrams(
            ring=stream.ring,
            journal_id=stream.journal_id,
            session=last.session,
            previous_session=first.session,
            first=first.first,
            entries=[Entry(received_at_us=now_us, monotonic_us=monotonic_ns() // 1000, fact=fact)],
            through=last.last,
        )
    )
    return StoredBatch(stream.ring, last.last, first.first, last.session, now_us, body)


def tells_the_end(body: bytes) -> bool:
    """Whether a batch shows if its session was closed: one of nothing but decisions does not."""
    entries = _decode(body).entries
    return not entries or not all(isinstance(entry.fact, DECIDED) for entry in entries)


def _unclosed(end: RingEnd) -> tuple[str, int] | None:
    """The journal's session and the time of its last entry, decisions left aside; None if that closes the session."""
    if end.body is None:
        return None
    entries = [entry for entry in _decode(end.body).entries if not isinstance(entry.fact, DECIDED)]
    if not entries or isinstance(entries[-1].fact, SessionClosed):
        return None
    return end.session, entries[-1].received_at_us
