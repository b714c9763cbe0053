"""How events are printed: a human line each, or a JSON document each."""

from typing import Any, Protocol

from msgspec import Struct

from services.cli import output
from services.cli.event_words import words_of
from shared.bus import Delivery
from shared.errors import RestrikeError
from shared.messages.commands import ListMatchStates
from shared.messages.match import MatchEvent, MatchLoaded, MatchState
from shared.messages.pss import PssEvent
from shared.messages.topic import RING, Topic
from shared.rpc import Client

ASK_WITHIN_S = 0.3
"""How long a line may wait for the match's number: it is a nicety."""


class EventDocument(Struct, frozen=True, kw_only=True):
    """One event as JSON: its topic and key (a ring or a service), and the envelope. A snapshot has no producer."""

    topic: str
    key: str
    ring: str | None
    producer: str | None = None
    boot_id: str | None = None
    seq: int | None = None
    sent_at_us: int | None = None
    event: object


class Lines(Protocol):
    """A way to print events."""

    def show(self, delivery: Delivery) -> None:
        """Print an event."""

    def show_state(self, topic: Topic, ring: str, state: MatchState) -> None:
        """Print a snapshot."""


class Continuity:
    """Notices what is missing in the stream, and producers that were restarted."""

    def __init__(self) -> None:
        self._boots: dict[str, str] = {}

    def notes(self, delivery: Delivery) -> list[str]:
        """What is to say before this event."""
        envelope = delivery.envelope
        before = self._boots.get(envelope.producer)
        self._boots[envelope.producer] = envelope.boot_id
        notes = [] if before in (None, envelope.boot_id) else [f"{envelope.producer} was restarted."]
        if delivery.lost:
            notes.append(f"{delivery.lost} events of {' '.join(_split(delivery.frame))} were lost before the next.")
        return notes


class JsonLines:
    """One document a line; what is to say of the stream goes to standard error, as only documents are expected."""

    def __init__(self) -> None:
        self._continuity = Continuity()

    def show(self, delivery: Delivery) -> None:
        """Print an event."""
        for sentence in self._continuity.notes(delivery):
            output.note(sentence)
        name, key = _split(delivery.frame)
        envelope = delivery.envelope
        document = EventDocument(
            topic=name,
            key=key,
            ring=key if delivery.topic is not None and delivery.topic.keyed_by == RING else None,
            producer=envelope.producer,
            boot_id=envelope.boot_id,
            seq=envelope.seq,
            sent_at_us=envelope.sent_at_us,
            event=envelope.event,
        )
        output.document(document, is_line=True)

    def show_state(self, topic: Topic, ring: str, state: MatchState) -> None:
        """Print a snapshot."""
        output.document(EventDocument(topic=topic.name, key=ring, ring=ring, event=state), is_line=True)


class HumanLines:
    """`09:30:12.345 ring-1 pss.point  chong head +3 (match 7894 R1 01:23 4-8)`, and what was lost and who restarted."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._numbers: dict[str, str | None] = {}
        self._continuity = Continuity()

    def show(self, delivery: Delivery) -> None:
        """Print an event, after what is to say of the stream."""
        sent_at_us = delivery.envelope.sent_at_us
        for sentence in self._continuity.notes(delivery):
            output.line(f"{output.local_time(sent_at_us)} {sentence}")
        name, key = _split(delivery.frame)
        self._show(name, key, delivery.envelope.event, sent_at_us=sent_at_us)

    def show_state(self, topic: Topic, ring: str, state: MatchState) -> None:
        """Print a snapshot."""
        self._show(topic.name, ring, state, sent_at_us=state.changed_at_us)

    def _show(self, name: str, key: str, event: Any, *, sent_at_us: int) -> None:
        at_us = event.received_at_us if isinstance(event, PssEvent | MatchEvent) else sent_at_us
        line = f"{output.local_time(at_us)} {key} {name}  {words_of(event)}".rstrip()
        moment = self._moment(event)
        output.line(output.one_line(f"{line} ({moment})" if moment else line))

    def _moment(self, event: Any) -> str:
        """The match, round, clock and score that an event belongs to; nothing for those that say it themselves."""
        if isinstance(event, MatchState) and event.match_id is not None:
            self._numbers[event.match_id] = event.match_number
        if not isinstance(event, PssEvent | MatchEvent) or event.match_id is None:
            return ""
        if isinstance(event.data, MatchLoaded):
            self._numbers[event.data.match_id] = event.data.match_number
            return ""
        number = self._number(event.match_id)
        parts = [f"match {number}" if number else "match"]
        parts += [f"R{event.round}"] if event.round else []
        parts += [output.clock(event.clock_ms)] if event.clock_ms is not None else []
        parts += ["{}-{}".format(*event.score)] if event.score is not None else []
        return " ".join(parts)

    def _number(self, match_id: str) -> str | None:
        """The number on the match's sheet, which only its load says: whoever came later asks the parser, once."""
        if match_id not in self._numbers:
            self._numbers[match_id] = None
            try:
                answer = self._client.call(ListMatchStates(), deadline_s=ASK_WITHIN_S)
            except RestrikeError:
                return None  # the line is shown without it
            self._numbers |= {state.match_id: state.match_number for state in answer.states if state.match_id}
        return self._numbers[match_id]


def _split(frame: bytes) -> tuple[str, str]:
    name, _, key = frame.decode("utf-8", "replace").rstrip("/").partition("/")
    return name, key
