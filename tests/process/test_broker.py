"""The event proxy: passes everything on, comes and goes without a silent loss, and lets nobody harm the others."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from shared.bus import Delivery, Subscriber
from shared.messages.commands import GetHealth
from shared.messages.service import Life
from shared.messages.topics import SERVICE_FAULT, SERVICE_HEALTH
from tests.support.service import House, Service, next_of
from tests.support.wait import eventually


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path / "home", bus={"subscriber_queue": 500}) as made:
        yield made


def _some(subscriber: Subscriber, count: int) -> list[Delivery]:
    found: list[Delivery] = []

    def enough() -> bool:
        found.extend(subscriber.drain())
        return len(found) >= count

    eventually(enough, within=10, what=f"{count} events")
    return found


def _on_bus(service: Service, *, is_it: bool) -> None:
    eventually(lambda: service.call(GetHealth()).on_bus, equals=is_it, within=5, what=f"{service.name} on the bus")


def test_events_reach_every_subscriber(house: House) -> None:
    """Of two services, within the machine and over TCP: each event once, in order, under its own frame."""
    house.start("broker")
    for name in ("one", "two"):
        house.tiny(name, say_every=0.01)
    inside = house.subscriber(SERVICE_FAULT.prefix)
    outside = house.subscriber(SERVICE_FAULT.frame("two"), endpoint=house.events)
    for events, names in ((_some(inside, 60), {"one", "two"}), (_some(outside, 30), {"two"})):
        for name in names:
            own = [e for e in events if e.frame == SERVICE_FAULT.frame(name)]
            assert [e.envelope.producer for e in own] == [name] * len(own)
            first = own[0].envelope.seq
            assert [e.envelope.seq for e in own] == list(range(first, first + len(own)))
        assert {e.envelope.producer for e in events} == names
    assert (inside.lost, inside.undecodable) == (0, 0)


def test_the_broker_comes_last(house: House) -> None:
    """A service that started first has no subscriptions; once the broker is there it is on the bus, then running."""
    tiny = house.tiny(say_every=0.01)
    assert (tiny.call(GetHealth()).on_bus, tiny.call(GetHealth()).life) == (False, Life.STARTING)
    house.start("broker")
    _on_bus(tiny, is_it=True)
    assert _some(house.subscriber(SERVICE_FAULT.prefix), 5)
    eventually(lambda: tiny.call(GetHealth()).life, equals=Life.RUNNING, within=3)


def test_a_killed_broker_is_no_silent_loss(house: House) -> None:
    """After kill -9 and a new broker: publishers saw it leave and come back, and what was missed is a counted gap."""
    broker = house.start("broker")
    tiny = house.tiny(say_every=0.01)
    subscriber = house.subscriber(SERVICE_FAULT.prefix)
    health = house.subscriber(SERVICE_HEALTH.frame("broker"))
    before = _some(subscriber, 10)
    broker.kill()
    _on_bus(tiny, is_it=False)
    sent = tiny.call(GetHealth()).sent
    house.start("broker")
    _on_bus(tiny, is_it=True)
    after = _some(subscriber, 10)
    said = [delivery.envelope.seq for delivery in before + after]
    assert subscriber.lost == said[-1] - said[0] + 1 - len(said) > 0
    assert [delivery.lost for delivery in after if delivery.lost] == [subscriber.lost]
    assert tiny.call(GetHealth()).sent > sent
    assert tiny.call(GetHealth()).dropped == 0
    assert next_of(health, lambda _: True).lost == 0


def test_a_slow_subscriber_harms_nobody(house: House) -> None:
    """One does not read: the other one gets everything; the slow one sees afterwards, as a gap, what it missed."""
    house.start("broker")
    tiny = house.tiny(say_every=0.01, say_count=20, say_bytes=4000)
    slow = house.subscriber(SERVICE_FAULT.prefix, queue=10)
    eventually(lambda: list(slow.drain(1)), within=5, what="the slow one's first event")
    fast = house.subscriber(SERVICE_FAULT.prefix)
    _some(fast, 2000)
    assert (fast.lost, tiny.call(GetHealth()).dropped) == (0, 0)
    eventually(lambda: sum(delivery.lost for delivery in slow.drain()), within=5, what="the slow one's gap")
    assert slow.lost > 0
    assert fast.lost == 0


def test_a_port_that_is_taken(house: House) -> None:
    """The broker says which endpoint, and what to do; exit code 1, so that it is started again."""
    host, port = house.events.removeprefix("tcp://").split(":")
    with socket.create_server((host, int(port))):
        broker = house.launch("broker")
        assert broker.ends(within=5) == 1
    assert f"{house.events} (events) cannot be bound: Address already in use" in broker.output()
    assert "set bus.events in restrike.json" in broker.output()
    assert "Traceback" not in broker.output()
    house.start("broker")


def test_a_subscriber_that_talks_back_is_ignored(house: House) -> None:
    """What a subscriber sends that is no subscription reaches no service: it cannot make one believe it is alone."""
    house.start("broker")
    tiny = house.tiny(say_every=0.01)
    listener = house.subscriber(SERVICE_FAULT.prefix)
    _some(listener, 1)
    with house.context.socket(zmq.XSUB) as talker:
        talker.set(zmq.LINGER, 0)
        talker.connect(house.events)
        for message in (b"\x02~ready/", b"", b"\x02service.fault/", b"~ready/", b"\x00~ready/", b"\x01service.fault/"):
            talker.send(message)
        assert talker.poll(5000), "its subscription, which came last, is in force"
        _some(listener, 20)
        assert tiny.call(GetHealth()).on_bus
    _some(listener, 20)
    assert listener.lost == 0


def test_a_publisher_of_garbage_is_ignored(house: House) -> None:
    """What is no event, or does not decode, is counted and harms no other event."""
    house.start("broker")
    house.tiny(say_every=0.01)
    listener = house.subscriber(SERVICE_FAULT.prefix)
    _some(listener, 1)
    with house.context.socket(zmq.PUB) as noisy:
        noisy.set(zmq.LINGER, 0)
        noisy.connect(house.paths.socket("broker.pub"))

        def undecodable() -> int:
            noisy.send(b"service.fault/one frame/")
            noisy.send_multipart([b"service.fault/x/", b"\x81\xa7service\xa1\xff"])
            noisy.send_multipart([b"service.fault/x/", b"\x91" * 5000])
            noisy.send_multipart([b"service.fault/x/", b"1", b"2"])
            list(listener.drain())
            return listener.undecodable

        eventually(lambda: undecodable() >= 2, within=5, what="garbage counted")
    _some(listener, 20)
    assert listener.lost == 0
