"""A whole suite in a home of its own, on free ports, driven as an operator drives it: by `restrike`."""

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Self

import psutil

from services.registry import SERVICES
from shared.db.sqlite import connect_reader
from shared.messages.commands import GetHealth, GetRings
from shared.messages.requests import Command
from shared.messages.service import ServiceHealth
from shared.paths import Paths
from shared.rpc import is_locked
from tests.support.asker import PatientClient
from tests.support.captures import Sender
from tests.support.wait import eventually, lenient

_WORKERS: Final = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_WORKER: Final = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
OURS: Final = range(10_000 + _WORKER, 32_000, _WORKERS)
"""Each worker has ports of its own."""
_chance = random.SystemRandom()
_given: set[int] = set()


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    """A port of loopback that nobody uses now, and that was not given before, below those that the kernel gives away by
    itself: a suite that is down for a moment finds it free again.
    """
    while True:
        port = _chance.choice(OURS)
        if port in _given:
            continue
        with socket.socket(socket.AF_INET, kind) as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            _given.add(port)
            return port


class Suite:
    """One home. `ports` are the rings' UDP ports by name."""

    def __init__(self, home: Path, *, rings: int = 1, **config: Any) -> None:
        self.home = home
        self.paths = Paths(home)
        self.client = PatientClient(self.paths)
        self.ports = {f"ring-{n}": free_port(socket.SOCK_DGRAM) for n in range(1, rings + 1)}
        self.events_endpoint = f"tcp://127.0.0.1:{free_port()}"
        self.commands_endpoint = f"tcp://127.0.0.1:{free_port()}"
        self.environment = {**os.environ, "RESTRIKE_HOME": str(home)}
        self.runs_by: tuple[str, ...] = ()
        """What stands before each `restrike` command, such as `nsenter`."""
        listed = [{"name": name, "port": port} for name, port in self.ports.items()]
        bus = {"events": self.events_endpoint, "commands": self.commands_endpoint}
        home.mkdir(parents=True, exist_ok=True)
        self.paths.config.write_text(json.dumps({"rings": listed, "bus": bus, "metrics": {"endpoint": None}, **config}))

    def __enter__(self) -> Self:
        try:
            self.up()
        except BaseException:
            self.kill_everything()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill_everything()

    # The command line

    def restrike(
        self, *arguments: str, check: bool = True, within: float = 100, text: str | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run one `restrike` command to its end."""
        done = subprocess.run(
            [*self.runs_by, str(Path(sys.executable).with_name("restrike")), *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=lenient(within),
            check=False,
            input=text,
        )
        if check:
            assert done.returncode == 0, f"restrike {' '.join(arguments)}: {done.stdout}{done.stderr}{self.logs()}"
        return done

    def json(self, *arguments: str) -> Any:
        """The JSON document that one `restrike` command prints."""
        return json.loads(self.restrike(*arguments, "--json").stdout)

    def up(self) -> None:
        """Start the suite and wait until it is up."""
        self.restrike("up", "-d")

    def down(self) -> None:
        """End the suite in order."""
        self.restrike("down")

    # The processes

    def pid(self, service: str) -> int:
        """The process id of a running service."""
        return int(self.paths.lock(service).read_text())

    def kill(self, service: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal to a service; its process id."""
        pid = self.pid(service)
        os.kill(pid, number)
        return pid

    def health(self, service: str, *, deadline_s: float = 1.0) -> ServiceHealth:
        """What a service says of itself."""
        return self.client.call(GetHealth(), service=service, deadline_s=deadline_s)

    def call(self, command: Command[Any]) -> Any:
        """Ask a service of this suite."""
        return self.client.call(command)

    def processes(self) -> list[psutil.Process]:
        """Supervisord and the services of this home."""
        return [process for process, command in self._of_home() if {"services.supervisord", "services"} & set(command)]

    def kill_everything(self) -> None:
        """Leave no process of this home behind; supervisord first, who would start the others again."""
        for _ in range(10):
            found = self._of_home()
            found.sort(key=lambda one: "services.supervisord" not in one[1])
            for process, _ in found:
                with contextlib.suppress(psutil.Error):
                    process.kill()
            psutil.wait_procs([process for process, _ in found], timeout=5)
            if not found:
                break
        if self.paths.sockets != self.paths.run:
            shutil.rmtree(self.paths.sockets, ignore_errors=True)
        left = [name for name in SERVICES if is_locked(self.paths.lock(name))]
        assert not left, f"still running: {left}"

    def _of_home(self) -> list[tuple[psutil.Process, list[str]]]:
        """Every process with this home in its environment, and its command."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.environ().get("RESTRIKE_HOME") == str(self.home) and process.pid != os.getpid():
                    found.append((process, process.cmdline()))
        return found

    def logs(self) -> str:
        """The end of every log, for a failed test."""
        paths = sorted(self.paths.logs.glob("*"))
        return "".join(f"\n--- {path.name}\n" + path.read_text(errors="replace")[-2000:] for path in paths)

    # Datagrams and rows

    def address(self, ring: str = "ring-1") -> tuple[str, int]:
        """Where a ring listens."""
        return "127.0.0.1", self.ports[ring]

    def sender(self, ring: str = "ring-1") -> Sender:
        """A foreign scoring system for a ring."""
        return Sender(self.address(ring))

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """What a query of the database gives, read-only."""
        with contextlib.closing(connect_reader(self.paths.database)) as connection:
            return list(connection.execute(sql, values).fetchall())

    def stored(self, *, within: float = 20) -> None:
        """Wait until everything that was journaled is in the database."""

        def ends() -> tuple[dict[str, int], dict[str, int]]:
            assert not self._waiting_bytes(), "datagrams wait in a socket"
            self.client.call(GetRings())  # what the socket held is journaled by the end of this turn
            journal = {r.ring: r.entry for r in self.client.call(GetRings()).rings}
            positions = self.health("db-writer").positions
            # A database may know rings that this suite has not.
            return journal, {ring: p.entry for ring, p in positions.items() if ring in journal}

        def caught_up() -> bool:
            journal, database = ends()
            assert journal == database, f"journal {journal}, database {database}"
            return True

        eventually(caught_up, within=within, what="the database at the journal's end")

    def _waiting_bytes(self) -> int:
        """What the kernel holds for the rings' sockets."""
        ports = {f"{port:04X}" for port in self.ports.values()}
        lines = [line.split() for line in Path("/proc/net/udp").read_text().splitlines()[1:]]
        return sum(int(fields[4].split(":")[1], 16) for fields in lines if fields[1].split(":")[1] in ports)


@contextlib.contextmanager
def running(home: Path, *, rings: int = 1, **config: Any) -> Iterator[Suite]:
    """A running suite that is gone afterwards."""
    with Suite(home, rings=rings, **config) as suite:
        yield suite
