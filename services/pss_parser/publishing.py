"""What the parser tells the world: results on the wire for our own processes, each event on its public topic."""

from typing import NamedTuple

from services.pss_parser.ring import RingParser
from shared.bus import Channel, Publisher
from shared.messages.match import AnyMatchEvent, Finding, MatchEvent
from shared.messages.pss import AnyReading, PssEvent, ResultKind
from shared.messages.topics import DEDUCTION_TOPICS, MATCH_STATE, READING_TOPICS, WIRE_EVENTS
from shared.messages.wire import ParsedEntries, ParsedEntry, ParsedMessage
from shared.meter_list import PSS_EVENTS, PSS_FINDINGS, PSS_RESULTS
from shared.meters import Meters


class RingPublisher:
    """One ring's channels."""

    def __init__(self, ring: str, *, wire: Publisher, bus: Publisher) -> None:
        self._ring = ring
        self._wire = wire.channel(WIRE_EVENTS, ring)
        self._state = bus.channel(MATCH_STATE, ring)
        self._readings = {kind: bus.channel(topic, ring) for kind, topic in READING_TOPICS.items()}
        self._deductions = {kind: bus.channel(topic, ring) for kind, topic in DEDUCTION_TOPICS.items()}
        self._results = dict.fromkeys(ResultKind, 0)
        self._findings: dict[tuple[str, ...], float] = {}

    def tell(self, meters: Meters) -> None:
        """Have what was published told; the channels count the events themselves."""
        told = [(topic.name, self._readings[kind]) for kind, topic in READING_TOPICS.items()]
        told += [(topic.name, self._deductions[kind]) for kind, topic in DEDUCTION_TOPICS.items()]
        meters.follow_each(PSS_EVENTS, lambda: {(self._ring, name): channel.counted for name, channel in told})
        meters.follow_each(PSS_RESULTS, lambda: {(self._ring, kind): count for kind, count in self._results.items()})
        meters.follow_each(PSS_FINDINGS, lambda: self._findings)

    @property
    def wire(self) -> Channel:
        """The channel to our own processes."""
        return self._wire

    def publish(self, result: ParsedEntries) -> None:
        """Publish the results of one batch: each event for whoever listens, then all of it for those who store it."""
        readings, deductions, results = self._readings, self._deductions, self._results
        for number, parsed in enumerate(result.results, result.first):
            for index, message in enumerate(parsed.messages):
                results[message.kind] += 1
                if (channel := readings[type(message.data)]).count():
                    channel.send(self._moment(number, index, parsed, message).reading())
                for event in message.events:
                    if (channel := deductions[type(event)]).count():
                        channel.send(self._moment(number, index, parsed, message).deduction(event))
                    if type(event) is Finding:
                        self._count(event)
            for event in parsed.events:
                if (channel := deductions[type(event)]).count():
                    channel.send(self._moment(number, 0, parsed, None).deduction(event))
                if type(event) is Finding:
                    self._count(event)
        self._wire.publish(result)

    def _count(self, finding: Finding) -> None:
        labels = (self._ring, finding.rule, finding.severity.value)
        self._findings[labels] = self._findings.get(labels, 0) + 1

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
