"""Single services as real processes, in a home of their own with free ports; nothing of it is left afterwards."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self, TypeVar

import msgspec
import psutil
import zmq

from shared.bus import Delivery, Subscriber
from shared.clock import monotonic_s
from shared.db.sqlite import connect_reader
from shared.messages.commands import EntriesPage, GetHealth, GetRings, ReplayEntries
from shared.messages.facts import AnyFact
from shared.messages.requests import Command, Reply, Request
from shared.messages.udp import RingStatus
from shared.messages.wire import Datagrams, Entry
from shared.paths import Paths
from tests.support.asker import PatientClient
from tests.support.captures import Sender
from tests.support.suite import free_port
from tests.support.wait import ENOUGH_S, eventually, lenient

R = TypeVar("R")
ROOT = Path(__file__).resolve().parents[2]
ANSWERS_WITHIN_S = 10
ENDS_WITHIN_S = 2.0
"""An orderly end takes no longer than this, whatever goes on."""


class Service:
    """One started process of a home."""

    def __init__(self, house: "House", name: str, process: "subprocess.Popen[bytes]", output: Path) -> None:
        self.name = name
        self.process = process
        self.pid = process.pid
        self._house = house
        self._output = output

    def answers(self) -> "Service":
        """Wait until it answers its command socket."""

        def look() -> bool:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended: {self.output()}")
            self._house.client.call(GetHealth(), service=self.name, deadline_s=1.0)
            return True

        eventually(look, within=ANSWERS_WITHIN_S, what=f"{self.name} answering")
        return self

    def call(self, command: Command[R], *, deadline_s: float | None = None) -> R:
        """Ask this service."""
        return self._house.client.call(command, service=self.name, deadline_s=deadline_s)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def stop(self, *, within: float = ENDS_WITHIN_S) -> int:
        """Ask it to end; its exit code. Fails when that takes longer than `within` seconds."""
        asked = monotonic_s()
        self.signal(signal.SIGTERM)
        code = self.ends(within=within + 5)
        took = monotonic_s() - asked
        assert took < lenient(within), f"{self.name} took {took:.2f} s to end: {self.output()}"
        return code

    def kill(self) -> None:
        """End it without a word."""
        self.process.kill()
        self.process.wait(ENOUGH_S)

    def ends(self, *, within: float) -> int:
        """Wait until it ended by itself; its exit code."""
        return self.process.wait(lenient(within))

    def output(self) -> str:
        """Everything that it wrote to stdout and stderr."""
        return self._output.read_text(encoding="utf-8", errors="replace")

    def logged(self, event: str) -> list[dict[str, Any]]:
        """Its log lines of one event."""
        lines = [json.loads(line) for line in self.output().splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == event]

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Stopped by SIGSTOP, and going on afterwards."""
        self.signal(signal.SIGSTOP)
        process = psutil.Process(self.pid)
        eventually(lambda: process.status() == psutil.STATUS_STOPPED, within=5, what="stopped")
        try:
            yield
        finally:
            self.signal(signal.SIGCONT)


class House:
    """One home. `ports` are its rings' UDP ports by name; `rings` gives each ring's settings beside name and port."""

    def __init__(self, home: Path, *, rings: list[dict[str, Any]] | None = None, **config: Any) -> None:
        self.home = home
        self.paths = Paths(home)
        self.context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self.client = PatientClient(self.paths, self.context)
        self.events = f"tcp://127.0.0.1:{free_port()}"
        self.commands = f"tcp://127.0.0.1:{free_port()}"
        listed = [
            {"name": f"ring-{n}", "port": free_port(socket.SOCK_DGRAM), **ring}
            for n, ring in enumerate(rings or [{}], 1)
        ]
        bus = {"events": self.events, "commands": self.commands, **config.pop("bus", {})}
        self.config: dict[str, Any] = {"rings": listed, "bus": bus, "metrics": {"endpoint": None}, **config}
        self._services: list[Service] = []
        self._subscribers: list[Subscriber] = []
        home.mkdir(parents=True, mode=0o700)
        self.write_config()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for service in self._services:
            if service.process.poll() is None:
                service.process.kill()
            service.process.wait(ENOUGH_S)
        for subscriber in self._subscribers:
            subscriber.socket.close()
        if self.paths.sockets != self.paths.run:
            shutil.rmtree(self.paths.sockets, ignore_errors=True)
        self.context.destroy(linger=0)

    @property
    def ports(self) -> dict[str, int]:
        """The rings' UDP ports, as configured now."""
        return {ring["name"]: ring["port"] for ring in self.config["rings"]}

    def write_config(self) -> None:
        """Write `config` to restrike.json."""
        self.paths.config.write_text(json.dumps(self.config))

    # Processes

    def launch(self, name: str, *command: str, preexec: Callable[[], None] | None = None) -> Service:
        """Start a process and wait for nothing. `command` is what follows `python -P -m`, default `services NAME`."""
        output = self.home.parent / f"{self.home.name}-{name}-{len(self._services)}.out"
        with output.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", *(command or ("services", name))],
                env={**os.environ, "RESTRIKE_HOME": str(self.home), "PYTHONPATH": str(ROOT)},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                preexec_fn=preexec,  # noqa: PLW1509  # the only way to start with fewer rights; the child runs one call
            )
        service = Service(self, name, process, output)
        self._services.append(service)
        return service

    def start(self, name: str, *command: str, preexec: Callable[[], None] | None = None) -> Service:
        """Start a service and wait until it answers."""
        return self.launch(name, *command, preexec=preexec).answers()

    def tiny(self, name: str = "tiny", **settings: float) -> Service:
        """Start the service of tests/support/tiny.py under a name, with its settings."""
        arguments = [f"--{key.replace('_', '-')}={value}" for key, value in settings.items()]
        return self.start(name, "tests.support.tiny", name, *arguments)

    # The journal and the bus

    def status(self, ring: str = "ring-1") -> RingStatus:
        """What udp-ingest says of a ring."""
        statuses = {status.ring: status for status in self.client.call(GetRings()).rings}
        return statuses[ring]

    def entries(self, ring: str = "ring-1", *, after: int = 0) -> dict[int, Entry]:
        """The ring's entries by number, as `ReplayEntries` gives them page by page."""
        found: dict[int, Entry] = {}
        for page in self.pages(ring, after=after):
            for batch in page.batches:
                found |= numbered(batch)
        return found

    def pages(self, ring: str = "ring-1", *, after: int = 0, limit: int = 2000) -> Iterator[EntriesPage]:
        """All pages of a ring's journal."""
        while True:
            page = self.client.call(ReplayEntries(ring=ring, after=after, limit=limit))
            yield page
            if not page.batches:
                return
            after = page.batches[-1].last

    def stored(self, ring: str = "ring-1") -> list[Datagrams]:
        """The batches in journal.db, whether udp-ingest runs or not."""
        decode = msgspec.msgpack.Decoder(Datagrams).decode
        with contextlib.closing(connect_reader(self.paths.journal)) as connection:
            rows = connection.execute("SELECT body FROM batches WHERE ring = ? ORDER BY last", (ring,)).fetchall()
        return [decode(body) for (body,) in rows]

    def stored_entries(self, ring: str = "ring-1") -> dict[int, Entry]:
        """The entries in journal.db by number."""
        return {number: entry for batch in self.stored(ring) for number, entry in numbered(batch).items()}

    def sender(self, ring: str = "ring-1", *, source: str = "127.0.0.1", to: str = "127.0.0.1") -> Sender:
        """A foreign scoring system of a ring."""
        return Sender((to, self.ports[ring]), source=source)

    def subscriber(self, *prefixes: bytes, endpoint: str = "", queue: int = 50_000) -> Subscriber:
        """A subscriber within the machine; of the broker's events unless `endpoint` is another one."""
        subscriber = Subscriber(self.context, endpoint or self.paths.socket("broker.sub"), queue=queue)
        self._subscribers.append(subscriber)
        for prefix in prefixes:
            subscriber.subscribe(prefix)
        return subscriber


def next_of(subscriber: Subscriber, wanted: Callable[[Delivery], bool], *, within: float = 5) -> Delivery:
    """The next event that is `wanted`; those before it are thrown away."""
    found = eventually(lambda: [d for d in subscriber.drain(1) if wanted(d)], within=within, what="event on the bus")
    return found[0]


def numbered(batch: Datagrams) -> dict[int, Entry]:
    """A batch's entries by number."""
    return dict(enumerate(batch.entries, batch.first))


def bodies(entries: dict[int, Entry]) -> list[bytes]:
    """The datagrams among `entries`, in order."""
    return [entry.body for _, entry in sorted(entries.items()) if entry.fact is None]


def facts(entries: dict[int, Entry], kind: type[AnyFact]) -> list[Any]:
    """The facts of one kind among `entries`, in order."""
    return [entry.fact for _, entry in sorted(entries.items()) if isinstance(entry.fact, kind)]


def request(command: Command[Any], *, service: str, request_id: str) -> bytes:
    """A request as it travels."""
    body = msgspec.Raw(msgspec.msgpack.encode(command))
    return msgspec.msgpack.encode(Request(service=service, command=command.name, id=request_id, body=body))


def ask_raw(context: "zmq.Context[Any]", endpoint: str, body: bytes, *, within: float = 5) -> Reply:
    """Send any bytes as a request to `endpoint`; the reply."""
    with context.socket(zmq.REQ) as asker:
        asker.set(zmq.LINGER, 0)
        asker.connect(endpoint)
        asker.send(body)
        assert asker.poll(int(lenient(within) * 1000)), f"no reply from {endpoint} within {within} s"
        return msgspec.msgpack.decode(asker.recv(), type=Reply)
