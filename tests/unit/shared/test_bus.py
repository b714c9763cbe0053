"""Publisher and subscriber on real sockets, without a broker: what is counted, what is sent, what is lost."""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
import zmq

from shared.bus import Delivery, Publisher, Subscriber
from shared.messages.envelope import Envelope
from shared.messages.service import ServiceFault
from shared.messages.topic import Topic
from shared.messages.topics import DB_COMMITTED, SERVICE_FAULT, UDP_RING
from tests.support.wait import eventually

EVENT = ServiceFault(service="tiny", where="here", error="none", count=1)
FRAME = SERVICE_FAULT.frame("tiny")


@pytest.fixture
def context() -> Iterator["zmq.Context[zmq.Socket[bytes]]"]:
    made: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    yield made
    made.destroy(linger=0)


class Pair:
    """A publisher that binds and a subscriber that is connected to it."""

    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]", folder: Path) -> None:
        self.endpoint = f"ipc://{folder}/bus"
        self.publisher = Publisher.of_wire(context, self.endpoint, service="tiny", boot_id="b1")
        self.subscriber = Subscriber(context, self.endpoint)

    def subscribe(self, prefix: bytes) -> None:
        self.subscriber.subscribe(prefix)
        self._until(lambda: prefix in self.publisher.subscriptions)

    def unsubscribe(self, prefix: bytes) -> None:
        self.subscriber.socket.unsubscribe(prefix)
        self._until(lambda: prefix not in self.publisher.subscriptions)

    def next(self) -> Delivery:
        return eventually(lambda: list(self.subscriber.drain(1)), within=5)[0]

    def raw(self, frame: bytes, envelope: Envelope[ServiceFault] | bytes) -> None:
        body = envelope if isinstance(envelope, bytes) else msgspec.msgpack.encode(envelope)
        self.publisher.socket.send_multipart([frame, body])

    def _until(self, seen: Callable[[], bool]) -> None:
        def look() -> bool:
            self.publisher.read_subscriptions()
            return seen()

        eventually(look, within=5)


@pytest.fixture
def pair(context: "zmq.Context[zmq.Socket[bytes]]", tmp_path: Path) -> Pair:
    return Pair(context, tmp_path)


def test_an_event_arrives_as_it_was_sent(pair: Pair) -> None:
    """Frame, topic and envelope."""
    pair.subscribe(SERVICE_FAULT.prefix)
    pair.publisher.publish(SERVICE_FAULT, "tiny", EVENT)
    delivery = pair.next()
    assert (delivery.frame, delivery.topic, delivery.lost) == (FRAME, SERVICE_FAULT, 0)
    assert (delivery.envelope.producer, delivery.envelope.boot_id, delivery.envelope.seq) == ("tiny", "b1", 1)
    assert delivery.envelope.event == EVENT


def test_what_nobody_wants_is_counted_and_not_made(pair: Pair) -> None:
    """No subscription: no encoding, no sending; the number goes up all the same, by frame."""
    made: list[int] = []

    def make() -> ServiceFault:
        made.append(1)
        return EVENT

    channel = pair.publisher.channel(SERVICE_FAULT, "tiny")
    channel.offer(make)
    channel.publish(EVENT)
    assert (made, pair.publisher.sent) == ([], 0)
    pair.subscribe(FRAME)
    channel.offer(make)
    pair.publisher.publish(SERVICE_FAULT, "other", EVENT)
    assert (made, pair.publisher.sent) == ([1], 1)
    assert pair.next().envelope.seq == 3


def test_what_was_said_in_between_is_a_gap(pair: Pair) -> None:
    """A subscriber that left and came back sees from the numbers what it missed, once, and only on that frame."""
    pair.subscribe(SERVICE_FAULT.prefix)
    for key in ("tiny", "other"):
        pair.publisher.publish(SERVICE_FAULT, key, EVENT)
        assert pair.next().lost == 0
    pair.unsubscribe(SERVICE_FAULT.prefix)
    for _ in range(5):
        pair.publisher.publish(SERVICE_FAULT, "tiny", EVENT)
    pair.subscribe(SERVICE_FAULT.prefix)
    for key, lost in (("tiny", 5), ("tiny", 0), ("other", 0)):
        pair.publisher.publish(SERVICE_FAULT, key, EVENT)
        assert pair.next().lost == lost
    assert pair.subscriber.lost == 5


def test_a_new_start_is_no_loss(pair: Pair) -> None:
    """Another boot_id begins at any number; a number that was seen already is no negative loss."""
    pair.subscribe(b"")
    for boot_id, seq, lost in (("b1", 7, 0), ("b1", 9, 1), ("b2", 4, 0), ("b2", 5, 0), ("b2", 5, 0), ("b2", 8, 2)):
        pair.raw(FRAME, Envelope("tiny", boot_id, seq, 0, EVENT))
        assert pair.next().lost == lost
    assert pair.subscriber.lost == 3


@pytest.mark.parametrize("body", [b"", b"\xc1", b"\x81\xa8producer\xa1\xff", b"\x91" * 100_000, b"\x80"])
def test_what_does_not_fit_the_contract_is_counted(pair: Pair, body: bytes) -> None:
    """It is passed over; what follows arrives, and nothing counts as lost."""
    pair.subscribe(b"")
    pair.raw(FRAME, body)
    pair.publisher.socket.send(b"one frame")
    pair.publisher.publish(SERVICE_FAULT, "tiny", EVENT)
    assert pair.next().envelope.event == EVENT
    assert (pair.subscriber.undecodable, pair.subscriber.lost) == (2, 0)


def test_a_topic_that_is_not_known_is_delivered_as_it_is(pair: Pair) -> None:
    """From a newer version, or a mark: no topic, the event as plain values."""
    pair.subscribe(b"")
    pair.publisher.mark(b"~mark/abc/", {"nonce": "abc"})
    delivery = pair.next()
    assert (delivery.topic, delivery.envelope.event) == (None, {"nonce": "abc"})


@pytest.mark.parametrize(
    "topic", [UDP_RING, DB_COMMITTED, Topic(name="service.fault", type=ServiceFault, producer="*", doc="")]
)
def test_a_service_publishes_its_own_topics_only(pair: Pair, topic: Topic) -> None:
    """Another service's, or one that is not in the list: refused where it is written."""
    with pytest.raises(ValueError, match=f"tiny does not own topic {topic.name}"):
        pair.publisher.publish(topic, "ring-1", EVENT)


def test_only_subscriptions_change_what_is_wanted(pair: Pair, context: "zmq.Context[zmq.Socket[bytes]]") -> None:
    """Other messages from a subscriber are ignored, whatever they begin with."""
    pair.subscribe(FRAME)
    with context.socket(zmq.XSUB) as talker:
        talker.set(zmq.LINGER, 0)
        talker.connect(pair.endpoint)
        for message in (b"\x02" + FRAME, b"", b"x", b"\x01last"):
            talker.send(message)
        pair._until(lambda: b"last" in pair.publisher.subscriptions)
        assert FRAME in pair.publisher.subscriptions
