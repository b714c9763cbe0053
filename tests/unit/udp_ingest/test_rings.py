"""`bind: auto`: a ring listens at the recommended address, and follows it."""

import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
import structlog
from msgspec.structs import replace

from services.udp_ingest import port as port_module
from services.udp_ingest.recorder import Recorder
from services.udp_ingest.rings import Rings
from shared import interfaces
from shared.bus import Publisher
from shared.config import Config, Ring
from shared.journal import Journal
from shared.messages.commands import BeginReplay, EndReplay, ReplayEntries
from shared.messages.facts import InterpretationChosen, NetworkInterface, SessionClosed, SessionOpened
from shared.messages.wire import Datagrams, Origin
from shared.meters import Meters
from shared.paths import Paths
from shared.runtime import Runtime
from shared.settings.catalogue import HEARD_WITHIN_S
from shared.settings.key import Key
from shared.settings.reader import Settings
from shared.settings.secrets import Secrets
from shared.settings.values import text_of
from tests.support.suite import free_port

DOWN = NetworkInterface(name="eth1", address="127.0.0.2", is_up=False, is_recommended=False)


class Machine:
    """Its recommended address is `address`; None while no cable is plugged in."""

    def __init__(self) -> None:
        self.address: str | None = "127.0.0.2"
        self.others: list[NetworkInterface] = []

    def detect(self) -> list[NetworkInterface]:
        if self.address is None:
            return self.others
        return [*self.others, NetworkInterface(name="eth0", address=self.address, is_up=True, is_recommended=True)]


class House:
    """Rings with a journal, without a process: what they would publish goes nowhere."""

    def __init__(self, home: Path, rings: list[Ring]) -> None:
        channel = SimpleNamespace(publish=lambda *_: None, offer=lambda *_: None)
        silent = cast(Publisher, SimpleNamespace(publish=lambda *_: None, channel=lambda *_: channel))
        self.readers: dict[int, Any] = {}
        paths = Paths(home)
        paths.prepare()
        log = structlog.get_logger()
        self.journal = Journal(paths.journal)
        self.recorder = Recorder(
            self.journal, wire=silent, bus=silent, memory_bytes=65536, log=log, meters=Meters("udp-ingest")
        )
        self._set: dict[str, str] = {}
        self._settings = Settings(lambda: self._set, Secrets(paths))
        runtime = SimpleNamespace(
            settings=self._settings,
            config=Config(rings=rings),
            paths=paths,
            log=log,
            logger=lambda _: log,
            bus=silent,
            last_alive_us=None,
            on_readable=self.readers.__setitem__,
            forget=self.readers.__delitem__,
        )
        self.rings = Rings(cast(Runtime, runtime), self.recorder)
        self.rings.start_wanted()

    def set(self, key: Key[int], value: int) -> None:
        self._set[key.name] = text_of(key, value)
        self._settings.look()

    def facts(self, ring: str) -> list[object]:
        self.recorder.record()
        page = self.recorder.page(ReplayEntries(ring=ring, after=0))
        batches = [msgspec.msgpack.decode(batch, type=Datagrams) for batch in page.batches]
        return [entry.fact for batch in batches for entry in batch.entries if entry.fact]

    def close(self) -> None:
        self.rings.close()
        self.journal.close()


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Machine:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    made = Machine()
    monkeypatch.setattr(interfaces, "detect", made.detect)
    return made


@pytest.fixture
def house(tmp_path: Path, machine: Machine) -> Iterator[House]:  # noqa: ARG001  # the machine comes first
    port = free_port(socket.SOCK_DGRAM)
    rings = [
        Ring(name="one", port=port, bind="auto"),
        Ring(name="two", port=port, bind="auto", source="127.0.0.9"),
        Ring(name="fixed", port=free_port(socket.SOCK_DGRAM)),
    ]
    made = House(tmp_path / "home", rings)
    yield made
    made.close()


def _sessions(house: House, ring: str) -> list[str]:
    told = []
    for fact in house.facts(ring):
        if isinstance(fact, SessionOpened):
            told.append(fact.address)
        elif isinstance(fact, SessionClosed):
            told.append(fact.reason)
    return told


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
        assert _sessions(house, name) == ["127.0.0.2", "moved to 127.0.0.3", "127.0.0.3"]
    assert _sessions(house, "fixed") == ["127.0.0.1"]
    assert len(house.readers) == 2


def _send(house: House, ring: str, *sent: bytes) -> tuple[str, int]:
    status = house.rings.status(ring)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind(("127.0.0.1", 0))
        source: tuple[str, int] = sender.getsockname()
        for body in sent:
            sender.sendto(body, (status.address or "", status.port))
    return source


def test_auto_does_not_leave_a_match(house: House, machine: Machine) -> None:
    """A better interface appears while a ring hears its scoring system: it stays, and moves when that is silent; a ring
    that hears nobody moves at once.
    """
    _send(house, "one", b"clk")
    for read in list(house.readers.values()):
        read()
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
    _send(house, "one", b"clk")
    for read in list(house.readers.values()):
        read()
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
    sources = [_send(house, "fixed", b"x") for _ in range(3)]
    for read in list(house.readers.values()):
        read()
    entries = [entry for entry in house.recorder.stream("fixed").pending if entry.fact is None]
    assert [(entry.address, entry.port) for entry in entries] == sources


def test_nothing_moves_without_a_better_place(house: House, machine: Machine) -> None:
    """The same address, or none at all: the rings stay where they are."""
    for address in ("127.0.0.2", None):
        machine.address = address
        house.rings.follow_interfaces()
        assert _sessions(house, "one") == ["127.0.0.2"]


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
    sessions = {name: house.rings.status(name).session for name in ("one", "fixed")}
    moved = replace(fixed, port=free_port(socket.SOCK_DGRAM))
    house.rings.take_over([one, moved])
    assert [status.ring for status in house.rings.statuses()] == ["one", "fixed"]
    assert house.rings.status("one").session == sessions["one"]
    assert house.rings.status("fixed").session != sessions["fixed"]
    assert _sessions(house, "two") == ["127.0.0.2", "removed"]
    assert _sessions(house, "fixed") == ["127.0.0.1", "moved", "127.0.0.1"]
    assert len(readers.keys() & house.readers.keys()) >= 1
    house.rings.take_over([one, replace(two, source="127.0.0.1"), moved])
    _send(house, "one", b"two's now")
    for read in list(house.readers.values()):
        read()
    assert [entry.body for entry in house.recorder.stream("two").pending if entry.fact is None] == [b"two's now"]
    assert house.rings.status("one").session == sessions["one"]


def test_what_a_socket_can_take_over(house: House) -> None:
    """A smaller buffer, an allow-list, shorter datagrams, other rules: the session stays, and goes by them at once."""
    fixed = house.rings._ring("fixed")
    session = house.rings.status("fixed").session
    others = [house.rings._ring(name) for name in ("one", "two")]
    changed = replace(fixed, receive_buffer_bytes=8192, allow=["10.0.0.1"], rules="wt-2018")
    house.rings.take_over([*others, changed])
    _send(house, "fixed", b"refused")
    for read in list(house.readers.values()):
        read()
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
