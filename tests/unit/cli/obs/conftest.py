"""`restrike obs` against an obs-bridge that is a thread of the test, and db-writer's part in the test's process."""

import fcntl
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zmq

from services.cli import writer
from services.db_writer.once import _carry_out
from shared.errors import RestrikeError
from shared.messages.obs import LinkState, ObsStatus, Role
from shared.messages.obs_actions import Answer
from shared.messages.obs_commands import ActionDone, ActOnObs, AskObs, GetObsStatus, ObsAnswer, ObsStatuses
from shared.messages.service import BRIDGE
from shared.paths import Paths
from shared.rpc import Server
from tests.support.stored_videos import fill
from tests.unit.cli.conftest import Run

POLL_MS = 10


def status_of(name: str, state: LinkState = LinkState.CONNECTED, **fields: Any) -> ObsStatus:
    """The status of a connection of all roles."""
    usual: dict[str, Any] = {
        "reason": None,
        "since_us": 1_772_000_000_000_000,
        "host": "127.0.0.1",
        "port": 4455,
        "roles": tuple(Role),
        "rings": (),
        "obs_version": "29.0.2",
        "round_trip_ms": 1.25,
    }
    return ObsStatus(connection=name, state=state, **(usual | fields))


class Bridge:
    """Answers as obs-bridge does. `statuses` are its connections, `answer` what OBS says to any question; `refuse` is
    raised in the place of an answer. `asked` has every command but GetObsStatus.
    """

    def __init__(self, paths: Paths) -> None:
        self.statuses: list[ObsStatus] = []
        self.is_paused = False
        self.answer: Answer = None
        self.done = ActionDone(connection="main", confirmed=True, message="OBS did it.", took_ms=640.4)
        self.refuse: RestrikeError | None = None
        self.asked: list[ActOnObs | AskObs] = []
        self.looks = 0
        """How often the statuses were asked for."""
        self._paths = paths
        self._is_over = threading.Event()
        self._is_up = threading.Event()
        self._thread = threading.Thread(target=self._serve)

    def start(self) -> None:
        self._thread.start()
        assert self._is_up.wait(5)

    def end(self) -> None:
        self._is_over.set()
        if self._thread.ident is not None:
            self._thread.join(5)
        assert not self._thread.is_alive()

    def _serve(self) -> None:
        context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        lock = os.open(self._paths.lock(BRIDGE), os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        socket = context.socket(zmq.ROUTER)
        socket.bind(self._paths.command_socket(BRIDGE))
        server = Server(socket, on_fault=lambda *_: None)
        server.on(GetObsStatus, self._status)
        server.on(ActOnObs, self._act)
        server.on(AskObs, self._ask)
        self._is_up.set()
        while not self._is_over.is_set():
            if socket.poll(POLL_MS):
                server.answer_next()
        context.destroy(linger=200)
        os.close(lock)

    def _status(self, _: GetObsStatus) -> ObsStatuses:
        self.looks += 1
        return ObsStatuses(connections=self.statuses, is_paused=self.is_paused)

    def _act(self, command: ActOnObs) -> ActionDone:
        self.asked.append(command)
        if self.refuse is not None:
            raise self.refuse
        return msgspec.structs.replace(self.done, connection=command.connection or "main")

    def _ask(self, command: AskObs) -> ObsAnswer:
        self.asked.append(command)
        if self.refuse is not None:
            raise self.refuse
        return ObsAnswer(connection=command.connection or "main", answer=self.answer)


@pytest.fixture
def paths(run: Run, home: Any, migrated: bytes, monkeypatch: pytest.MonkeyPatch) -> Paths:  # noqa: ARG001  # run first
    """A home with an empty database, and db-writer's part in this process."""
    paths = Paths(home)
    paths.prepare()
    paths.database.write_bytes(migrated)
    monkeypatch.setattr(writer, "ask", lambda command, paths=paths: _carry_out(command, paths))
    monkeypatch.delenv("RESTRIKE_OBS_PASSWORD", raising=False)
    return paths


@pytest.fixture
def bridge(paths: Paths) -> Iterator[Bridge]:
    """An obs-bridge that answers."""
    one = Bridge(paths)
    one.start()
    yield one
    one.end()


@pytest.fixture
def filled(home: Path, run: Run, migrated: bytes) -> Path:  # noqa: ARG001  # run sees to it that the home is new
    """What tests/support/stored_videos.py stores."""
    return fill(home, migrated)


def keys(run: Run, *arguments: str | Path, of: str = "videos") -> list[str]:
    """The ids of the videos that a command lists."""
    done = run("obs", *arguments, "--json")
    assert done.code == 0, done.err
    return [video["video_id"] for video in done.document[of]]
