"""One ring's parser: journal entries in, what they say and what follows from it out; pss-parser.

A pure function of the entries: no clock, no chance, no configuration, so that the same journal always gives the same
results, however it is cut into batches and wherever it is resumed.
"""

from collections.abc import Callable
from typing import Any, Self

from services.pss_parser import dump, findings, inspecting, judging
from services.pss_parser.datagram import split
from services.pss_parser.match import HANDLERS
from services.pss_parser.state import Bout, Memory, RingState, match_state
from services.pss_parser.streams import read
from services.pss_parser.watching import WATCHERS
from shared.messages.facts import ReplayEnded
from shared.messages.match import AnyMatchEvent, MatchState
from shared.messages.pss import AnyReading, HandlingFailed, ResultKind, UnknownReceived
from shared.messages.wire import Entry, ParsedEntry, ParsedMessage

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
    def at_boundary(self) -> bool:
        """Whether the last entry was a load, a round's end or a result."""
        return self._now.is_boundary

    def state(self) -> MatchState:
        """The ring's match after the last entry."""
        now = self._now
        return match_state(now.ring, now.journal_id, entry=now.entry, changed_at_us=self._changed_at_us, bout=now.bout)

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
        if isinstance(entry.fact, ReplayEnded):
            findings.end_replay(now.memory)
        bout, memory = _copy_bout(now.bout), _copy_memory(now.memory)
        try:
            parsed = _parse_fact(entry) if entry.fact is not None else _parse_datagram(now, entry)
        # Whatever is wrong with our handling of one datagram must not cost the next one.
        except Exception as error:  # noqa: BLE001 - see above
            now.bout, now.memory, now.is_boundary = bout, memory, False
            self.failure = error
            parsed = _failed(now, entry, error)
        self.changed = now.bout != bout
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


def _parse_fact(entry: Entry) -> ParsedEntry:
    finding = findings.from_fact(entry.fact) if entry.fact is not None else None
    return ParsedEntry(entry, [], [finding] if finding else [])


def _parse_datagram(now: RingState, entry: Entry) -> ParsedEntry:
    messages = []
    finding = findings.hear(now.memory, entry)
    late: list[AnyMatchEvent] = []
    now.events = late
    inspecting.pass_time(now)
    judging.pass_time(now)
    for now.index, fields in enumerate(split(entry.body)):
        events: list[AnyMatchEvent] = []
        now.events = events
        data = read(fields)
        handle: Callable[[RingState, Any], None] | None = HANDLERS.get(type(data))
        if handle is not None:
            handle(now, data)
            kind = ResultKind.PARTIAL if data.faults else ResultKind.RECOGNIZED
        else:
            kind = _kind_without_handler(now, data)
        for watch in WATCHERS.get(type(data), ()):
            watch(now, data)
        bout = now.bout
        messages.append(
            ParsedMessage(
                fields.keyword,
                kind,
                fields.raw,
                data,
                bout.match_id,
                bout.round,
                bout.clock_ms,
                bout.score,
                events,
            )
        )
    return ParsedEntry(entry, messages, [*late, finding] if finding else late)


def _kind_without_handler(now: RingState, data: AnyReading) -> ResultKind:
    if isinstance(data, UnknownReceived):
        finding = findings.unknown_stream(now.memory, data.stream)
        if finding is not None:
            now.events.append(finding)
        return ResultKind.UNKNOWN
    return ResultKind.PARTIAL if data.faults else ResultKind.RECOGNIZED


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
