"""One ring's parser: journal entries in, what they say and what follows from it out; pss-parser.

A pure function of the entries: no clock, no chance, no configuration, so that the same journal always gives the same
results, however it is cut into batches and wherever it is resumed.
"""

from collections.abc import Callable
from typing import Any, Self

from services.pss_parser import answers, dump, facts, findings, inspecting, judging, stepping_back
from services.pss_parser.datagram import split
from services.pss_parser.dialects import SIGNS, kind_of, sign_of
from services.pss_parser.fields import Fields
from services.pss_parser.match import HANDLERS
from services.pss_parser.showing import match_state
from services.pss_parser.state import Bout, Memory, RingState
from services.pss_parser.streams import read
from services.pss_parser.watching import WATCHERS, Watcher
from shared.messages.match import AnyMatchEvent, DialectDetected, MatchState, Stage
from shared.messages.pss import AnyReading, HandlingFailed, Reading, ResultKind, UnknownReceived
from shared.messages.rules import Dialect
from shared.messages.wire import Entry, Origin, ParsedEntry, ParsedMessage

# The stub of msgspec leaves it out; it copies a struct shallowly, which is all that immutable values need.
_copy_bout: Callable[[Bout], Bout] = Bout.__copy__  # type: ignore[attr-defined]  # see above
_copy_memory: Callable[[Memory], Memory] = Memory.__copy__  # type: ignore[attr-defined]  # see above
_LONGEST_ERROR = 500


class RingParser:
    """Parses the entries of one ring of one journal, in order.

    After each `parse`: `entry` and `session` are the last ones parsed, `changed` tells whether what `state()` gives
    changed besides its entry number, `at_boundary` whether the entry was a load, a round's end or a result (a good
    moment to save `dump()`), and `failure` is what handling it raised.
    """

    def __init__(self, ring: str, journal_id: str) -> None:
        self.session = ""
        self.changed = False
        self.failure: Exception | None = None
        self._changed_at_us = 0
        self._now = RingState(ring, journal_id)

    @property
    def entry(self) -> int:
        """Number of the last entry parsed, 0 before the first."""
        return self._now.entry

    @property
    def journal_id(self) -> str:
        """The journal whose entries are parsed."""
        return self._now.journal_id

    @property
    def stage(self) -> Stage:
        """How far the ring's match is."""
        return self._now.bout.stage or Stage.NOT_LOADED

    @property
    def at_boundary(self) -> bool:
        """Whether the last entry was a load, a round's end or a result."""
        return self._now.is_boundary

    def state(self) -> MatchState:
        """The ring's match after the last entry."""
        return match_state(self._now, changed_at_us=self._changed_at_us)

    def parse(self, number: int, session: str, entry: Entry) -> ParsedEntry:
        """What entry `number` of `session` says and what follows from it. Never raises.

        If its handling raises, the result is one message with `HandlingFailed`, and the state is as before.
        """
        now = self._now
        if session != self.session:
            self.session = session
            findings.forget_session(now.memory)
        now.entry, now.session = number, session
        now.now_us, now.is_boundary = entry.received_at_us, False
        self.failure = None
        bout, memory = _copy_bout(now.bout), _copy_memory(now.memory)
        try:
            parsed = facts.parse(now, entry) if entry.fact is not None else _parse_datagram(now, entry)
        # Whatever is wrong with our handling of one datagram must not cost the next one.
        except Exception as error:  # noqa: BLE001 - see above
            now.bout, now.memory, now.is_boundary = bout, memory, False
            self.failure = error
            parsed = _failed(now, entry, error)
        self.changed = now.bout != bout or _shows_more(now.memory, memory)
        if self.changed:
            self._changed_at_us = entry.received_at_us
        return parsed

    def skip_to(self, number: int) -> None:
        """Go on after entry `number`: those before it are known to be lost and will never come."""
        self._now.entry = max(self._now.entry, number)

    def dump(self) -> bytes:
        """The parser as bytes, for `load`."""
        now = self._now
        return dump.encode(
            dump.Dump(
                ring=now.ring,
                journal_id=now.journal_id,
                session=self.session,
                entry=now.entry,
                changed_at_us=self._changed_at_us,
                bout=now.bout,
                memory=now.memory,
            )
        )

    @classmethod
    def load(cls, saved: bytes) -> Self:
        """The parser that `dump` gave `saved`; it goes on as if it had never stopped.

        Raises:
            ValueError: `saved` is no dump, or one of another format.
        """
        found = dump.decode(saved)
        parser = cls(found.ring, found.journal_id)
        parser.session = found.session
        parser._changed_at_us = found.changed_at_us
        parser._now.entry = found.entry
        parser._now.bout, parser._now.memory = found.bout, found.memory
        return parser


def _shows_more(after: Memory, before: Memory) -> bool:
    """Whether something that is shown besides the bout is another value now."""
    return (
        after.story is not before.story
        or after.tallies.rounds is not before.tallies.rounds
        or after.tallies.result is not before.tallies.result
        or after.dialect is not before.dialect
        or after.interpretation is not before.interpretation
    )


def _parse_datagram(now: RingState, entry: Entry) -> ParsedEntry:
    messages: list[ParsedMessage] = []
    is_answer = entry.origin is _ANSWER
    late: list[AnyMatchEvent] = []
    now.events = late
    stepping_back.look(now)
    finding = findings.hear(now.memory, entry)
    now.body = b"" if is_answer else entry.body
    inspecting.pass_time(now)
    judging.pass_time(now)
    if finding is not None:
        late.append(finding)
    bout = now.bout
    # What is told now is of the match that was on before this datagram's messages.
    before = (bout.match_id, bout.round, bout.clock_ms, bout.score) if late else _NO_MOMENT
    handlers, watchers = (answers.HANDLERS, _NO_WATCHERS) if is_answer else (HANDLERS, WATCHERS)
    memory = now.memory
    dialect, told = now.dialect, memory.told_stage
    datagram = split(entry.body, memory.interpretation.encodings)
    for now.index, fields in enumerate(datagram):
        events: list[AnyMatchEvent] = []
        now.events = events
        data = read(fields, dialect)
        kind = type(data)
        if kind in SIGNS:
            dialect = _detect(now, data, fields)
        handle: Callable[[RingState, Any], None] | None = handlers.get(kind)
        if handle is not None:
            handle(now, data)
        elif kind is UnknownReceived:
            _report_unknown(now, data)
        bout = now.bout
        if bout.stage is not told:
            now.tell_stage()
            told = bout.stage
        for watch in watchers.get(kind, ()):
            watch(now, data)
        is_plain = not data.faults and not fields.is_old and kind is not UnknownReceived
        messages.append(_message(now, fields, data, _PLAIN if is_plain else kind_of(data, fields, dialect)))
    return ParsedEntry(entry, messages, late, *before)


def _message(now: RingState, fields: Fields, data: AnyReading, kind: ResultKind) -> ParsedMessage:
    bout = now.bout
    return ParsedMessage(
        fields.keyword,
        kind,
        fields.raw,
        data,
        bout.match_id,
        bout.round,
        bout.clock_ms,
        bout.score,
        now.events,
    )


def _detect(now: RingState, data: AnyReading, fields: Fields) -> Dialect:
    """What `data` shows of the ring's dialect; the last sign counts. The dialect in force."""
    sign = sign_of(data, fields)
    if sign is not None and sign[0] is not now.memory.dialect:
        now.memory.dialect = sign[0]
        now.events.append(DialectDetected(dialect=sign[0], reason=sign[1]))
    return now.dialect


def _report_unknown(now: RingState, data: AnyReading) -> None:
    assert isinstance(data, UnknownReceived)  # noqa: S101  # narrows the type
    finding = findings.unknown_stream(now.memory, data.stream)
    if finding is not None:
        now.events.append(finding)


def _failed(now: RingState, entry: Entry, error: Exception) -> ParsedEntry:
    bout = now.bout
    message = ParsedMessage(
        "",
        ResultKind.INTERNAL_ERROR,
        entry.body.decode(errors="replace"),
        HandlingFailed(error=f"{type(error).__name__}: {error}"[:_LONGEST_ERROR]),
        bout.match_id,
        bout.round,
        bout.clock_ms,
        bout.score,
    )
    return ParsedEntry(entry, [message])


# Members of enumerations cost more to look up than a name does.
_PLAIN = ResultKind.RECOGNIZED
_ANSWER = Origin.ANSWER
_NO_MOMENT = (None, None, None, None)
_NO_WATCHERS: dict[type[Reading], tuple[Watcher, ...]] = {}
