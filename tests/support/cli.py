"""A home for the tests of `restrike`: single services as real processes on free ports, and the command itself."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shared.messages.commands import GetHealth, ReplayEntries
from shared.messages.wire import Entry
from shared.paths import Paths
from tests.support.asker import PatientClient
from tests.support.suite import free_port
from tests.support.wait import eventually, lenient

WITHIN_S = 100.0
"""What a command waits for may be done at the lowest priority: a busy machine takes its time."""


class Home:
    """One RESTRIKE_HOME with two rings; `ports` are their UDP ports."""

    def __init__(self, folder: Path) -> None:
        self.paths = Paths(folder)
        self.client = PatientClient(self.paths)
        self.ports = {name: free_port(socket.SOCK_DGRAM) for name in ("ring-1", "ring-2")}
        self.environment = os.environ | {"RESTRIKE_HOME": str(folder)}
        self._started: dict[str, subprocess.Popen[bytes]] = {}
        config = {
            "rings": [{"name": name, "port": port} for name, port in self.ports.items()],
            "bus": {"events": _endpoint(), "commands": _endpoint()},
        }
        folder.mkdir(parents=True, exist_ok=True)
        self.paths.config.write_text(json.dumps(config))

    def start(self, *services: str) -> None:
        """Start services and wait until they answer."""
        self.paths.prepare()
        for service in services:
            command = [sys.executable, "-P", "-m", "services", service]
            with (self.paths.logs / f"{service}.log").open("ab") as log:
                self._started[service] = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)
        for service in services:
            eventually(lambda name=service: self.client.call(GetHealth(), service=name), within=WITHIN_S, what=service)  # type: ignore[misc]  # bound at once

    def kill(self, service: str) -> None:
        """End a service as a power cut would."""
        process = self._started.pop(service)
        process.kill()
        process.wait(WITHIN_S)

    def end(self) -> None:
        """Leave no process behind."""
        for service in list(self._started):
            self.kill(service)

    def run(
        self, *arguments: str | Path, text: str | None = None, within: float = WITHIN_S
    ) -> "subprocess.CompletedProcess[str]":
        """Run one `restrike` command to its end, in another folder than the checkout; `text` is its standard input."""
        return subprocess.run(
            restrike(*arguments),
            env=self.environment,
            cwd=self.paths.home,
            capture_output=True,
            text=True,
            timeout=lenient(within),
            check=False,
            input=text,
        )

    @contextmanager
    def started(self, *arguments: str | Path) -> Iterator["subprocess.Popen[str]"]:
        """One `restrike` command with its output in pipes; gone at the end of the block."""
        pipe = subprocess.PIPE
        with subprocess.Popen(restrike(*arguments), env=self.environment, stdout=pipe, stderr=pipe, text=True) as one:
            try:
                yield one
            finally:
                one.kill()

    def document(self, *arguments: str | Path) -> Any:
        """The JSON document of a command that succeeds."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def entries(self, ring: str) -> list[Entry]:
        """Everything in the ring's journal, as udp-ingest gives it again."""
        found: list[Entry] = []
        while True:
            page = self.client.call(ReplayEntries(ring=ring, after=len(found)))
            if not page.batches:
                return found
            found += [entry for batch in page.batches for entry in batch.entries]

    def send(self, ring: str, body: bytes) -> None:
        """Send one datagram as a scoring system would."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(body, ("127.0.0.1", self.ports[ring]))


@contextmanager
def home_in(folder: Path) -> Iterator[Home]:
    """A home whose services are gone afterwards."""
    home = Home(folder)
    try:
        yield home
    finally:
        home.end()


def restrike(*arguments: str | Path) -> list[str]:
    """The installed command with arguments."""
    return [str(Path(sys.executable).with_name("restrike")), *map(str, arguments)]


def _endpoint() -> str:
    return f"tcp://127.0.0.1:{free_port()}"
