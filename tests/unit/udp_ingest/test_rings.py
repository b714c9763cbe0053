"""`bind: auto`: a ring listens at the recommended address, and follows it."""

import socket

import pytest
from msgspec.structs import replace

from services.udp_ingest import port as port_module
from shared.messages.commands import BeginReplay, EndReplay
from shared.messages.facts import InterpretationChosen, NetworkInterface, SessionOpened
from shared.messages.wire import Origin
from shared.settings.catalogue import HEARD_WITHIN_S
from tests.support.suite import free_port
from tests.unit.udp_ingest.conftest import House, Machine, read, send, sessions

DOWN = NetworkInterface(name="eth1", address="127.0.0.2", is_up=False, is_recommended=False)


def test_auto_listens_at_the_recommended_address(house: House) -> None:
    """Rings with `bind: auto` share the socket there; a ring with an address of its own stays with it."""
    assert [house.rings.status(name).address for name in ("one", "two", "fixed")] == [
        "127.0.0.2",
        "127.0.0.2",
        "127.0.0.1",
    ]
    assert len(house.readers) == 2
    opened = next(fact for fact in house.facts("one") if isinstance(fact, SessionOpened))
    assert opened.interface == "eth0"


def test_auto_follows_the_recommended_address(house: House, machine: Machine) -> None:
    """Another cable: both rings move, with a session each that says where to; the third one is not touched."""
    machine.address = "127.0.0.3"
    house.rings.follow_interfaces()
    assert {house.rings.status(name).address for name in ("one", "two")} == {"127.0.0.3"}
    for name in ("one", "two"):
        assert sessions(house, name) == ["127.0.0.2", "moved to 127.0.0.3", "127.0.0.3"]
    assert sessions(house, "fixed") == ["127.0.0.1"]
    assert len(house.readers) == 2


def test_auto_does_not_leave_a_match(house: House, machine: Machine) -> None:
    """A better interface appears while a ring hears its scoring system: it stays, and moves when that is silent; a ring
    that hears nobody moves at once.
    """
    send(house, "one", b"clk")
    read(house)
    machine.others = [NetworkInterface(name="eth1", address="127.0.0.2", is_up=True, is_recommended=False)]
    machine.address = "127.0.0.3"
    for _ in range(2):
        house.rings.follow_interfaces()
    assert [house.rings.status(name).address for name in ("one", "two")] == ["127.0.0.2", "127.0.0.3"]
    house.set(HEARD_WITHIN_S, 0)
    house.rings.follow_interfaces()
    assert house.rings.status("one").address == "127.0.0.3"


@pytest.mark.parametrize("others", [[], [DOWN]])
def test_auto_leaves_an_interface_that_is_gone(house: House, machine: Machine, others: list[NetworkInterface]) -> None:
    """Its address is gone, or its interface is down: whatever was heard a moment ago, the ring moves."""
    send(house, "one", b"clk")
    read(house)
    machine.others = others
    machine.address = "127.0.0.3"
    house.rings.follow_interfaces()
    assert house.rings.status("one").address == "127.0.0.3"


def test_a_replay_ends_after_its_last_datagram(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much of it waits in the socket, all of it is taken as the replay's."""
    monkeypatch.setattr(port_module, "DRAIN_BYTES", 1)
    status = house.rings.status("fixed")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind(("127.0.0.1", 0))
        address, port = sender.getsockname()
        house.rings.begin_replay(BeginReplay(ring="fixed", address=address, port=port, file="x"))
        for number in range(20):
            sender.sendto(b"%d" % number, (status.address or "", status.port))
    house.rings.end_replay(EndReplay(ring="fixed", address=address, port=port))
    entries = [entry for entry in house.recorder.stream("fixed").pending if entry.fact is None]
    assert [entry.body for entry in entries] == [b"%d" % number for number in range(20)]
    assert {entry.origin for entry in entries} == {Origin.REPLAY}


def test_a_crowd_keeps_its_sources(house: House) -> None:
    """Senders beyond the limit share a record, but every entry names the true source."""
    house.rings.keep_senders(1)
    sources = [send(house, "fixed", b"x") for _ in range(3)]
    read(house)
    entries = [entry for entry in house.recorder.stream("fixed").pending if entry.fact is None]
    assert [(entry.address, entry.port) for entry in entries] == sources


def test_nothing_moves_without_a_better_place(house: House, machine: Machine) -> None:
    """The same address, or none at all: the rings stay where they are."""
    for address in ("127.0.0.2", None):
        machine.address = address
        house.rings.follow_interfaces()
        assert sessions(house, "one") == ["127.0.0.2"]


def test_auto_waits_for_a_network(house: House, machine: Machine) -> None:
    """No interface is up: the ring says so, and listens as soon as there is one."""
    for name in ("one", "two"):
        house.rings.stop(name)
    machine.address = None
    house.rings._wanted |= {"one", "two"}
    house.rings.start_wanted()
    assert house.rings.status("one").error == "bind is auto, and no network interface is up: plug in a cable."
    assert house.rings.status("fixed").listening
    machine.address = "127.0.0.4"
    house.rings.start_wanted()
    assert (house.rings.status("one").address, house.rings.status("one").error) == ("127.0.0.4", None)


def test_a_better_place_that_is_taken(house: House, machine: Machine) -> None:
    """The port is in use at the new address: the ring says so and is tried again."""
    status = house.rings.status("one")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.5", status.port))
        machine.address = "127.0.0.5"
        house.rings.follow_interfaces()
        assert "is taken" in (house.rings.status("one").error or "")
    house.rings.start_wanted()
    assert house.rings.status("one").address == "127.0.0.5"


def test_a_changed_ring_leaves_the_others_alone(house: House) -> None:
    """Rings share a socket: one goes, its neighbour's session and socket stay, and it hears whom the other heard."""
    one, two, fixed = (house.rings._ring(name) for name in ("one", "two", "fixed"))
    readers = dict(house.readers)
    began = {name: house.rings.status(name).session for name in ("one", "fixed")}
    moved = replace(fixed, port=free_port(socket.SOCK_DGRAM))
    house.rings.take_over([one, moved])
    assert [status.ring for status in house.rings.statuses()] == ["one", "fixed"]
    assert house.rings.status("one").session == began["one"]
    assert house.rings.status("fixed").session != began["fixed"]
    assert sessions(house, "two") == ["127.0.0.2", "removed"]
    assert sessions(house, "fixed") == ["127.0.0.1", "moved", "127.0.0.1"]
    assert len(readers.keys() & house.readers.keys()) >= 1
    house.rings.take_over([one, replace(two, source="127.0.0.1"), moved])
    send(house, "one", b"two's now")
    read(house)
    assert [entry.body for entry in house.recorder.stream("two").pending if entry.fact is None] == [b"two's now"]
    assert house.rings.status("one").session == began["one"]


def test_what_a_socket_can_take_over(house: House) -> None:
    """A smaller buffer, an allow-list, shorter datagrams, other rules: the session stays, and goes by them at once."""
    fixed = house.rings._ring("fixed")
    session = house.rings.status("fixed").session
    others = [house.rings._ring(name) for name in ("one", "two")]
    changed = replace(fixed, receive_buffer_bytes=8192, allow=["10.0.0.1"], rules="wt-2018")
    house.rings.take_over([*others, changed])
    send(house, "fixed", b"refused")
    read(house)
    status = house.rings.status("fixed")
    assert (status.session, status.refused, status.receive_buffer_bytes) == (session, 1, 8192)
    chosen = [fact for fact in house.facts("fixed") if isinstance(fact, InterpretationChosen)]
    assert [one.interpretation.rule_set.name for one in chosen] == ["wt-2022", "wt-2018"]
    house.rings.take_over([*others, changed])
    assert len([fact for fact in house.facts("fixed") if isinstance(fact, InterpretationChosen)]) == 2


def test_what_was_stopped_stays_stopped(house: House) -> None:
    """Somebody stopped a ring: it moves in the configuration only. What is switched on there starts."""
    one, two, fixed = (house.rings._ring(name) for name in ("one", "two", "fixed"))
    house.rings.stop("fixed")
    moved = replace(fixed, port=free_port(socket.SOCK_DGRAM))
    house.rings.take_over([one, two, moved])
    assert (house.rings.status("fixed").listening, house.rings.status("fixed").port) == (False, moved.port)
    house.rings.take_over([one, two, replace(moved, auto_start=False)])
    house.rings.take_over([one, two, moved])
    assert house.rings.status("fixed").listening
