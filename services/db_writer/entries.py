"""Entries into rows: the hot path of db-writer, run for every datagram of every ring.

One row of `raw_datagrams` per datagram, one of `pss_events_v2` per message; a fact makes neither. Rows wait in
`Pending`.
"""

from services.db_writer import statements
from services.db_writer.audit import audit_decision
from services.db_writer.deductions import Deductions, Moment
from services.db_writer.details import says_nothing, stored
from services.db_writer.event_types import EventTypeIds
from services.db_writer.interpretations import store_interpretation
from services.db_writer.matches import Context, Matches
from services.db_writer.pending import Pending
from services.db_writer.rings import store_ring
from services.db_writer.sessions import Session, Sessions
from services.db_writer.summing import Summing
from services.db_writer.timestamps import Timestamps
from services.db_writer.unknown_streams import UnknownStreams
from shared.db.sqlite import sqlite3
from shared.messages.facts import (
    AnyFact,
    CloseAsked,
    EditMade,
    EditTakenBack,
    InterpretationChosen,
    SessionBroken,
    SessionClosed,
    SessionOpened,
)
from shared.messages.pss import HandlingFailed, ResultKind
from shared.messages.wire import Origin, ParsedEntry, ParsedMessage

# `value` of an enum member costs a call.
_LIVE: str = Origin.LIVE.value
_NO_CLOCK = statements.NO_CLOCK
_NO_CONTEXT = Context(None, None)


def is_valid(message: ParsedMessage) -> bool:
    """Whether a message says something: not if our own handling of it failed, nor if none of its fields could be read.

    An unknown or a deprecated stream is valid; `recognition_status` says what it is.
    """
    if message.kind is ResultKind.PARTIAL:
        return not says_nothing(message.data)
    return message.kind is not ResultKind.INTERNAL_ERROR


class Entries:
    """Turns entries into rows. Ids of events are given here, as the writer is the only one."""

    def __init__(self, connection: "sqlite3.Connection", times: Timestamps) -> None:
        self._connection = connection
        self._times = times
        self.summing = Summing(connection, times)
        self._pending = pending = Pending(connection, self.summing.tallies)
        self.types = EventTypeIds(connection)
        self.sessions = Sessions(connection, times)
        self._matches = Matches(connection, times, self.summing)
        self._deductions = Deductions(
            connection, matches=self._matches, pending=pending, sessions=self.sessions, times=times
        )
        self._unknown = UnknownStreams(connection, times)
        self._next_event_id = 1

    def reset(self) -> None:
        """Forget everything that is in memory, and begin with what the database says."""
        self._pending.reset()
        self.types.load()
        self.summing.reset()
        self.summing.tallies.hit_type = self.types.hit
        self.sessions.reset()
        self._matches.reset()
        self._unknown.reset()
        (last,) = self._connection.execute(statements.SELECT_LAST_EVENT_ID).fetchone()
        self._next_event_id = last + 1

    def save(self) -> None:
        """Write what waits, what was counted, and what both add up to."""
        self._pending.write()
        self._unknown.save()
        self.sessions.save()
        self.summing.save()

    def take_event_id(self) -> int:
        """The id of the next event, which is now taken."""
        self._next_event_id += 1
        return self._next_event_id - 1

    def add(self, parsed: ParsedEntry, *, number: int, session: Session) -> None:
        """Make the rows of the entry `number` of `session`."""
        entry = parsed.entry
        before = session.match_pk
        if entry.fact is not None:
            self._add_fact(entry.fact, number=number, session=session, at_us=entry.received_at_us)
        else:
            body, source = entry.body, (entry.address, entry.port)
            at = self._times.text(entry.received_at_us)
            origin = _LIVE if entry.origin is Origin.LIVE else entry.origin.value
            self._pending.raw.append((session.id, session.ring, number, at, *source, origin, bytearray(body)))
            session.count(len(body), source, at)
            if parsed.messages:
                self._add_messages(parsed, number=number, session=session, at=at)
        session.last_entry = number
        if parsed.events:
            at = self._times.text(entry.received_at_us)
            context = self._context_of(entry.fact, parsed.match_id)
            # What follows from time passing, or from a person's word, is of the match that was on before this entry,
            # unless a person named another.
            match_pk = before if entry.fact is None or context.match_pk is None else context.match_pk
            moment = Moment(session, number, 0, at, context, match_pk, parsed.clock_ms)
            self._deductions.store(parsed.events, moment)

    def _add_messages(self, parsed: ParsedEntry, *, number: int, session: Session, at: str) -> None:
        delay_ms = (self._times.now_us - parsed.entry.received_at_us) / 1000
        pending, contexts, type_of = self._pending, self._matches.contexts, self.types.of
        understood, valid = True, True
        for index, message in enumerate(parsed.messages):
            data, kind = message.data, message.kind
            known = contexts.get((message.match_id, message.round))
            context = known or self._matches.context(message.match_id, message.round, ring=session.ring, at=at)
            if context.match_pk is not None:
                session.match_pk = context.match_pk
            event_id = self._next_event_id
            self._next_event_id = event_id + 1
            text, details = stored(data, length=len(message.raw))
            clock_ms = message.clock_ms
            when = (delay_ms, _NO_CLOCK if clock_ms is None else clock_ms)
            row = (event_id, session.id, *context, type_of(data), at, message.raw, text, number, index, *when)
            if kind is ResultKind.RECOGNIZED:
                pending.recognized.append(row)
            else:
                is_good = is_valid(message)
                pending.events.append((*row, is_good, _error(message), kind.value))
                valid = valid and is_good
                if kind is ResultKind.UNKNOWN:
                    understood = False
                    self._unknown.count(session.ring, message.stream, raw=message.raw, at=at)
            for detail in details:
                pending.details.append((event_id, *detail))
            if message.events:
                moment = Moment(session, number, index, at, context, session.match_pk, message.clock_ms)
                self._deductions.store(message.events, moment)
        session.parsed += valid and understood
        session.errors += not valid

    def _add_fact(self, fact: AnyFact, *, number: int, session: Session, at_us: int) -> None:
        if isinstance(fact, SessionOpened):
            config_id = store_ring(self._connection, session.ring, fact, now=self._times.now)
            self.sessions.opened(session, config_id=config_id, at_us=at_us)
        elif isinstance(fact, SessionClosed):
            self.sessions.closed(session, at_us=at_us)
        elif isinstance(fact, SessionBroken):
            self.sessions.broken(fact.broken_session, from_us=fact.from_us)
        elif isinstance(fact, InterpretationChosen):
            where = (session.ring, session.id, number)
            store_interpretation(self._connection, fact.interpretation, where=where, at=self._times.text(at_us))
        else:
            audit_decision(self._connection, fact, ring=session.ring, entry=number, at=self._times.text(at_us))

    def _context_of(self, fact: AnyFact | None, loaded: str | None) -> Context:
        """The match that a person names, else the one that is `loaded`. One that was never heard of does not come to be
        by that.
        """
        match_id = fact.match_id if isinstance(fact, EditMade | EditTakenBack | CloseAsked) else loaded
        return _NO_CONTEXT if match_id is None else Context(self._matches.known_pk(match_id), None)


def _error(message: ParsedMessage) -> str | None:
    data = message.data
    if isinstance(data, HandlingFailed):
        return data.error
    return "; ".join(data.faults) or None
