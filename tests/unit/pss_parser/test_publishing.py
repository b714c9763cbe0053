"""What the parser publishes is counted, whether or not anybody listens."""

from collections import Counter
from pathlib import Path

import zmq

from services.pss_parser.publishing import RingPublisher
from services.pss_parser.ring import RingParser
from shared.bus import Publisher
from shared.messages.match import Finding
from shared.messages.topics import DEDUCTION_TOPICS, READING_TOPICS
from shared.messages.wire import Entry, ParsedEntries, ParsedEntry
from shared.meters import Meters
from tests.support.captures import capture
from tests.support.golden import JOURNAL_ID, RING, SESSION, STARTED_AT_US

GARBAGE = (b"zz9;1;", b"pt1;not a number;", b"\xff\xfe", b"wg1;1;wg2;9;")


def test_a_recorded_match(tmp_path: Path) -> None:
    """Events by topic, messages by how they were read, findings by rule: as many as the parser's results hold."""
    parser = RingParser(RING, JOURNAL_ID)
    bodies = [body for _, body in capture("bo3-1-2-ptf-scores-gamjeom")] + list(GARBAGE)
    entries = [Entry(STARTED_AT_US + n * 10_000, n * 10_000, "192.0.2.1", 5, body) for n, body in enumerate(bodies)]
    results = [parser.parse(number, SESSION, entry) for number, entry in enumerate(entries, 1)]
    meters = Meters("pss-parser")
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    wire = Publisher.of_wire(context, f"ipc://{tmp_path}/wire", service="pss-parser", boot_id="b")
    bus = Publisher.to_broker(context, f"ipc://{tmp_path}/bus", service="pss-parser", boot_id="b")
    publisher = RingPublisher(RING, wire=wire, bus=bus)
    publisher.tell(meters)
    publisher.publish(ParsedEntries(RING, JOURNAL_ID, SESSION, SESSION, 1, results))
    context.destroy(linger=0)
    told = {(c.name, *(value for _, value in c.labels)): c.value for c in meters.read().counters}
    assert told == _expected(results)
    assert len({name for name, *_ in told}) == 3
    assert told["pss_results_total", RING, "unknown"] > 0


def _expected(results: list[ParsedEntry]) -> Counter[tuple[str, ...]]:
    found: Counter[tuple[str, ...]] = Counter()
    for parsed in results:
        for message in parsed.messages:
            found["pss_results_total", RING, message.kind.value] += 1
            found["pss_events_total", RING, READING_TOPICS[type(message.data)].name] += 1
        for event in [*parsed.events, *(event for message in parsed.messages for event in message.events)]:
            found["pss_events_total", RING, DEDUCTION_TOPICS[type(event)].name] += 1
            if isinstance(event, Finding):
                found["pss_findings_total", RING, event.rule, event.severity.value] += 1
    return found
