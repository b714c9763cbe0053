"""Rings on a machine whose network is made up, without a process."""

import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
import structlog

from services.udp_ingest.recorder import Recorder
from services.udp_ingest.rings import Rings
from shared import interfaces
from shared.bus import Publisher
from shared.config import Config, Ring
from shared.journal import Journal
from shared.messages.commands import ReplayEntries
from shared.messages.facts import NetworkInterface, SessionClosed, SessionOpened
from shared.messages.wire import Datagrams
from shared.meters import Meters
from shared.paths import Paths
from shared.runtime import Runtime
from shared.settings.key import Key
from shared.settings.reader import Settings
from shared.settings.secrets import Secrets
from shared.settings.values import text_of
from tests.support.suite import free_port


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


def sessions(house: House, ring: str) -> list[str]:
    told = []
    for fact in house.facts(ring):
        if isinstance(fact, SessionOpened):
            told.append(fact.address)
        elif isinstance(fact, SessionClosed):
            told.append(fact.reason)
    return told


def send(house: House, ring: str, *sent: bytes) -> tuple[str, int]:
    status = house.rings.status(ring)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind(("127.0.0.1", 0))
        source: tuple[str, int] = sender.getsockname()
        for body in sent:
            sender.sendto(body, (status.address or "", status.port))
    return source


def read(house: House) -> None:
    for read in list(house.readers.values()):
        read()


def bodies(house: House, ring: str) -> list[bytes]:
    return [entry.body for entry in house.recorder.stream(ring).pending if entry.fact is None and entry.body]
