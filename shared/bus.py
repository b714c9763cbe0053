"""Publish and subscribe: envelopes on ZeroMQ, with every loss counted.

A publisher knows who listens (its socket is an XPUB), so an event that nobody wants is counted and not encoded.
Used by every service through its runtime, and by `restrike events`.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec
import zmq

from shared.clock import unix_ns
from shared.messages.envelope import Envelope
from shared.messages.service import ANY_SERVICE
from shared.messages.topic import ON_BUS_FRAME, Topic
from shared.messages.topics import TOPICS

PUBLISH_QUEUE = 50_000
"""Events that wait for the broker: half a minute of the busiest venue, should it hang; a dead one has no queue."""
WIRE_QUEUE = 5_000
"""Batches that wait for one consumer of a `wire.*` stream; whoever falls further behind asks for a replay, so that a
frozen consumer costs bounded memory."""
RECONNECT_MS = 20
"""How soon a lost peer is tried again: services come back within a second, so half of that must not be waiting."""
DRAIN_LIMIT = 512
"""Events taken in one turn of the loop, so that commands and timers are never starved."""

UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding bytes from outside may raise: msgspec lets text that is no UTF-8 and endless nesting through as they
are."""

_encode = msgspec.msgpack.Encoder().encode


class Channel:
    """One topic frame of one publisher: its count, and whether anyone listens to it."""

    def __init__(self, publisher: "Publisher", frame: bytes) -> None:
        self._publisher = publisher
        self._frame = frame
        self._seq = 0
        self._known_at = -1
        self._wanted = False

    @property
    def wanted(self) -> bool:
        """Whether a subscription matches this frame."""
        publisher = self._publisher
        if self._known_at != publisher.subscriptions_changed:
            self._wanted = any(self._frame.startswith(prefix) for prefix in publisher.subscriptions)
            self._known_at = publisher.subscriptions_changed
        return self._wanted

    @property
    def counted(self) -> int:
        """How many events were counted."""
        return self._seq

    def count(self) -> bool:
        """Count an event; True when someone listens, so that it has to be made and sent."""
        self._seq += 1
        if self._known_at != self._publisher.subscriptions_changed:
            return self.wanted
        return self._wanted

    def publish(self, event: object) -> None:
        """Count the event, and send it when someone listens."""
        if self.count():
            self.send(event)

    def offer(self, make: Callable[[], object]) -> None:
        """Count an event, and make and send it when someone listens."""
        if self.count():
            self.send(make())

    def send(self, event: object) -> None:
        """Send the event that was counted last."""
        self._publisher.send(self._frame, self._seq, event)


class Publisher:
    """One service's events. Owns an XPUB socket; used by one thread only."""

    def __init__(self, socket: "zmq.Socket[bytes]", *, service: str, boot_id: str) -> None:
        self.socket = socket
        self.subscriptions: set[bytes] = set()
        self.subscriptions_changed = 0
        self.sent = 0
        self.dropped = 0
        self._service = service
        self._boot_id = boot_id
        self._channels: dict[tuple[str, str], Channel] = {}

    @classmethod
    def to_broker(cls, context: "zmq.Context[Any]", endpoint: str, *, service: str, boot_id: str) -> "Publisher":
        """A publisher that connects to the broker. Its one pipe is the broker's, so XPUB_NODROP counts what is lost
        without harming anyone else; with IMMEDIATE a broker that went away is a publisher without subscriptions.
        """
        socket = context.socket(zmq.XPUB)
        socket.set(zmq.SNDHWM, PUBLISH_QUEUE)
        socket.set(zmq.XPUB_NODROP, 1)
        socket.set(zmq.IMMEDIATE, 1)
        socket.set(zmq.RECONNECT_IVL, RECONNECT_MS)
        socket.set(zmq.LINGER, 200)
        socket.connect(endpoint)
        return cls(socket, service=service, boot_id=boot_id)

    @classmethod
    def of_wire(cls, context: "zmq.Context[Any]", endpoint: str, *, service: str, boot_id: str) -> "Publisher":
        """A publisher that binds its own endpoint. Without XPUB_NODROP: one frozen consumer must not stop the others,
        and each consumer sees from the entry numbers what it missed.
        """
        socket = context.socket(zmq.XPUB)
        socket.set(zmq.SNDHWM, WIRE_QUEUE)
        socket.set(zmq.LINGER, 200)
        socket.bind(endpoint)
        return cls(socket, service=service, boot_id=boot_id)

    @property
    def on_bus(self) -> bool:
        """Whether the broker's subscription was seen."""
        return ON_BUS_FRAME in self.subscriptions

    def channel(self, topic: Topic, key: str) -> Channel:
        """The channel of a topic's frame.

        Raises:
            ValueError: the topic is not listed, or belongs to another service.
        """
        found = self._channels.get((topic.name, key))
        if found is None:
            if TOPICS.get(topic.name) is not topic or topic.producer not in (self._service, ANY_SERVICE):
                raise ValueError(f"{self._service} does not own topic {topic.name}")
            found = self._channels[(topic.name, key)] = Channel(self, topic.frame(key))
        return found

    def publish(self, topic: Topic, key: str, event: object) -> None:
        """Publish one event of `topic` under `key` (a ring or a service)."""
        self.channel(topic, key).publish(event)

    def mark(self, frame: bytes, event: object) -> None:
        """Send a frame outside the topics, once, at this place of the stream; nobody counts it."""
        self.send(frame, 0, event)

    def send(self, frame: bytes, seq: int, event: object) -> None:
        """Encode and hand over one event; count it as dropped when the queue is full."""
        envelope = Envelope(self._service, self._boot_id, seq, unix_ns() // 1000, event)
        try:
            self.socket.send_multipart((frame, _encode(envelope)), zmq.NOBLOCK, copy=True)
        except zmq.Again:
            self.dropped += 1
        else:
            self.sent += 1

    def read_subscriptions(self) -> None:
        """Take what subscribers came and went since the last call."""
        while True:
            try:
                message = self.socket.recv(zmq.NOBLOCK)
            except zmq.Again:
                return
            if message[:1] == b"\x01":
                self.subscriptions.add(message[1:])
            elif message[:1] == b"\x00":
                self.subscriptions.discard(message[1:])
            self.subscriptions_changed += 1


class Delivery(msgspec.Struct, frozen=True, gc=False):
    """One received event with its frame, and how many before it on that frame were lost (0 normally)."""

    frame: bytes
    topic: Topic | None
    envelope: Envelope[Any]
    lost: int


class Subscriber:
    """Receives events and counts what is missing. Owns a SUB socket; used by one thread only."""

    def __init__(self, context: "zmq.Context[Any]", endpoint: str, *, queue: int = PUBLISH_QUEUE) -> None:
        self.socket: zmq.Socket[bytes] = context.socket(zmq.SUB)
        self.socket.set(zmq.RCVHWM, queue)
        self.socket.set(zmq.RECONNECT_IVL, RECONNECT_MS)
        self.socket.set(zmq.LINGER, 0)
        self.socket.connect(endpoint)
        self.received = 0
        self.lost = 0
        self.undecodable = 0
        self._last: dict[bytes, tuple[str, int]] = {}
        self._decoders: dict[str, msgspec.msgpack.Decoder[Envelope[Any]]] = {}

    @property
    def taken(self) -> int:
        """How many were taken off the socket, whether or not they fit the contract."""
        return self.received + self.undecodable

    def subscribe(self, prefix: bytes) -> None:
        """Receive every frame that starts with `prefix`."""
        self.socket.subscribe(prefix)

    def drain(self, limit: int = DRAIN_LIMIT) -> Iterator[Delivery]:
        """What waits, without blocking, at most `limit` events. What does not fit the contract is counted."""
        for _ in range(limit):
            try:
                frame, body = self.socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            except ValueError:
                self.undecodable += 1
                continue
            name = frame[: frame.find(b"/")].decode("utf-8", "replace")
            topic = TOPICS.get(name)
            try:
                envelope = self._decoder(name, topic).decode(body)
            except UNREADABLE:
                self.undecodable += 1
                continue
            self.received += 1
            yield Delivery(frame, topic, envelope, self._missing(frame, envelope))

    def _decoder(self, name: str, topic: Topic | None) -> msgspec.msgpack.Decoder[Envelope[Any]]:
        found = self._decoders.get(name)
        if found is None:
            kind = Envelope[topic.type] if topic else Envelope[Any]  # type: ignore[name-defined]  # a type made at run time
            found = self._decoders[name] = msgspec.msgpack.Decoder(kind)
        return found

    def _missing(self, frame: bytes, envelope: Envelope[Any]) -> int:
        before = self._last.get(frame)
        self._last[frame] = (envelope.boot_id, envelope.seq)
        if before is None or before[0] != envelope.boot_id or envelope.seq <= before[1]:
            return 0
        lost = envelope.seq - before[1] - 1
        self.lost += lost
        return lost
