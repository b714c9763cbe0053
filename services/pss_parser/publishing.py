"""What the parser tells the world: results on the wire for our own processes, each event on its public topic."""

from typing import NamedTuple

from services.pss_parser.ring import RingParser
from shared.bus import Channel, Publisher
from shared.messages.match import AnyMatchEvent, MatchEvent
from shared.messages.pss import AnyReading, PssEvent
from shared.messages.topics import DEDUCTION_TOPICS, MATCH_STATE, READING_TOPICS, WIRE_EVENTS
from shared.messages.wire import ParsedEntries, ParsedEntry, ParsedMessage


class RingPublisher:
    """One ring's channels."""

    def __init__(self, ring: str, *, wire: Publisher, bus: Publisher) -> None:
        self._ring = ring
        self._wire = wire.channel(WIRE_EVENTS, ring)
        self._state = bus.channel(MATCH_STATE, ring)
        self._readings = {kind: bus.channel(topic, ring) for kind, topic in READING_TOPICS.items()}
        self._deductions = {kind: bus.channel(topic, ring) for kind, topic in DEDUCTION_TOPICS.items()}

    @property
    def wire(self) -> Channel:
        """The channel to our own processes."""
        return self._wire

    def publish(self, result: ParsedEntries) -> None:
        """Publish the results of one batch: each event for whoever listens, then all of it for those who store it."""
        readings, deductions = self._readings, self._deductions
        for number, parsed in enumerate(result.results, result.first):
            for index, message in enumerate(parsed.messages):
                if (channel := readings[type(message.data)]).count():
                    channel.send(self._moment(number, index, parsed, message).reading())
                for event in message.events:
                    if (channel := deductions[type(event)]).count():
                        channel.send(self._moment(number, index, parsed, message).deduction(event))
            for event in parsed.events:
                if (channel := deductions[type(event)]).count():
                    channel.send(self._moment(number, 0, parsed, None).deduction(event))
        self._wire.publish(result)

    def _moment(self, entry: int, place: int, parsed: ParsedEntry, message: ParsedMessage | None) -> "_Moment":
        return _Moment(self._ring, entry, place, parsed, message)

    def publish_state(self, parser: RingParser) -> None:
        """Publish the match as it stands."""
        self._state.offer(parser.state)


class _Moment(NamedTuple):
    """Where in the stream an event belongs; the public form is made only when someone listens."""

    ring: str
    entry: int
    place: int
    parsed: ParsedEntry
    message: ParsedMessage | None

    def reading(self) -> PssEvent[AnyReading]:
        message = self.message
        assert message is not None, "a reading comes from a message"  # noqa: S101  # narrows the type
        return PssEvent(
            ring=self.ring,
            entry=self.entry,
            index=self.place,
            received_at_us=self.parsed.entry.received_at_us,
            match_id=message.match_id,
            round=message.round,
            clock_ms=message.clock_ms,
            score=message.score,
            kind=message.kind,
            raw=message.raw,
            data=message.data,
        )

    def deduction(self, event: AnyMatchEvent) -> MatchEvent[AnyMatchEvent]:
        of = self.message or self.parsed
        return MatchEvent(
            ring=self.ring,
            entry=self.entry,
            index=self.place,
            received_at_us=self.parsed.entry.received_at_us,
            match_id=of.match_id,
            round=of.round,
            clock_ms=of.clock_ms,
            score=of.score,
            data=event,
        )
