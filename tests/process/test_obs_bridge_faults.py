"""obs-bridge when what it stands on gives way: the database, the key file, its own disk; and when OBS comes and goes a
hundred times. OBS is pretended.
"""

import resource
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import psutil
import pytest

from shared.db.sqlite import connect_reader, connect_writer
from shared.messages.commands import GetHealth
from shared.messages.obs_actions import SetScene, StartRecording, StopRecording
from shared.messages.obs_commands import ActOnObs, GetObsStatus, ObsStatuses, SaveObsConnection
from shared.messages.requests import Command
from tests.support.obs.fake import FakeObs
from tests.support.service import House, Service
from tests.support.wait import eventually, lenient, pause

SOON_S = 5.0
READY_S = 20.0
"""What only prepares a test may take so long on a busy machine."""
RESPONSIVE_S = 0.5
LINKS, LOSSES = 34, 3
"""More than 100 disconnects, of several connections at once: each waits longer from one to the next."""
CLIENTS = 2
"""What obs-bridge has of a connection that nothing slow was asked of."""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A home without any process yet."""
    with House(tmp_path / "home") as house:
        yield house


def started(house: House) -> Service:
    """obs-bridge with all that it works with."""
    for name in ("broker", "udp-ingest", "pss-parser", "db-writer"):
        house.launch(name)
    bridge = house.start("obs-bridge")
    hears(house)
    return bridge


def hears(house: House) -> None:
    """Wait until obs-bridge hears what db-writer tells; what it did not hear it finds out by itself within 10 s."""

    def are_on_bus() -> bool:
        return all(house.client.call(GetHealth(), service=name).on_bus for name in ("db-writer", "obs-bridge"))

    eventually(are_on_bus, within=READY_S, what="both on the bus")


def add(house: House, name: str, fake: FakeObs) -> None:
    """Make a connection."""
    command = SaveObsConnection(connection=name, author="ana", is_new=True, port=fake.port, password=fake.password)
    eventually(lambda: house.client.call(command), within=READY_S, what="db-writer makes the connection")


def state(house: House, name: str = "main") -> str | None:
    """How a connection stands, asked with the deadline of a service that answers at once."""
    found: ObsStatuses = ask(house, GetObsStatus())
    return next((str(one.state) for one in found.connections if one.connection == name), None)


def reason(house: House, name: str = "main") -> str:
    """Why it stands so."""
    found: ObsStatuses = ask(house, GetObsStatus())
    return next((one.reason or "" for one in found.connections if one.connection == name), "")


def ask(house: House, command: Command[Any]) -> Any:
    """The answer, which comes at once."""
    return house.client.call(command, service="obs-bridge", deadline_s=lenient(RESPONSIVE_S))


def problems(bridge: Service) -> list[str]:
    """What it says of its configuration."""
    return [line["problem"] for line in bridge.logged("obs_configuration")]


def weight(process: psutil.Process) -> tuple[int, int, float]:
    """Open files, threads, and memory in MiB."""
    return process.num_fds(), process.num_threads(), process.memory_info().rss / (1 << 20)


def settled(process: psutil.Process) -> tuple[int, int, float]:
    """Its weight, once it is the same for a while: threads of lost connections end by themselves."""
    before = weight(process)
    for _ in range(20):
        pause(0.3)
        now = weight(process)
        if now[:2] == before[:2]:
            break
        before = now
    return before


def test_a_hundred_disconnects_leave_nothing(house: House) -> None:
    """Broken off and closed in order in turns: threads and files are what they were, and memory nearly."""
    bridge = started(house)
    process = psutil.Process(bridge.pid)
    with ExitStack() as stack:
        fakes = [stack.enter_context(FakeObs()) for _ in range(LINKS)]
        for number, fake in enumerate(fakes):
            add(house, f"obs-{number}", fake)
        all_there = [CLIENTS] * LINKS

        def come_and_go(times: int) -> None:
            for number in range(times):
                meetings = [len(fake.asked("GetVersion")) + 1 for fake in fakes]
                for fake in fakes:
                    if number % 2:
                        fake.close_all()
                    else:
                        fake.drop_all()

                def are_back(meetings: list[int] = meetings) -> bool:
                    met = [len(fake.asked("GetVersion")) for fake in fakes]
                    return met == meetings and are_connected()

                eventually(are_back, within=SOON_S, what="all are back")

        def are_connected() -> bool:
            found: ObsStatuses = ask(house, GetObsStatus())
            states = [str(one.state) for one in found.connections]
            return states == ["connected"] * LINKS and [fake.clients for fake in fakes] == all_there

        eventually(are_connected, within=READY_S, what="all connected")
        come_and_go(1)
        files, threads, mebibytes = settled(process)
        come_and_go(LOSSES)
        eventually(lambda: settled(process)[:2] == (files, threads), within=SOON_S, what=f"{files, threads} again")
        after = weight(process)
        print(f"{LINKS * LOSSES} disconnects: {files} files, {threads} threads, {mebibytes:.1f} MiB; then {after}")
        assert after[2] - mebibytes < 4
    assert not bridge.logged("fault")


def test_database_is_not_there_yet(house: House) -> None:
    """obs-bridge starts before anything else, and is quiet; what is configured later it follows within 5 s."""
    bridge = house.start("obs-bridge")
    assert house.client.call(GetObsStatus()).connections == []
    for name in ("broker", "udp-ingest", "pss-parser", "db-writer"):
        house.launch(name)
    hears(house)
    with FakeObs() as fake:
        add(house, "main", fake)
        eventually(lambda: state(house) == "connected", within=SOON_S, what="it is connected")
    assert problems(bridge) == []


def test_database_is_held_at_the_start(house: House) -> None:
    """Somebody holds the whole database: said once, obs-bridge answers all the while, and goes on when it is free."""
    for name in ("broker", "udp-ingest", "pss-parser"):
        house.launch(name)
    writer = house.start("db-writer")
    with FakeObs() as fake:
        add(house, "main", fake)
        writer.stop()
        with closing(connect_writer(house.paths.database)) as holder:
            holder.execute("PRAGMA locking_mode = EXCLUSIVE")
            holder.execute("BEGIN EXCLUSIVE")
            bridge = house.start("obs-bridge")
            eventually(lambda: problems(bridge), within=READY_S, what="what is wrong is said")
            slowest = slowest_answer(house, for_s=2.5)
            assert slowest < lenient(RESPONSIVE_S)
            assert len(problems(bridge)) == 1
            assert "locked" in problems(bridge)[0]
            holder.execute("ROLLBACK")
        eventually(lambda: state(house) == "connected", within=SOON_S, what="it is connected")


def slowest_answer(house: House, *, for_s: float) -> float:
    """The longest that a health question takes, asked again and again for so long."""
    until_s, slowest = time.monotonic() + for_s, 0.0
    while time.monotonic() < until_s:
        before_s = time.monotonic()
        house.client.call(GetHealth(), service="obs-bridge", deadline_s=SOON_S)
        slowest = max(slowest, time.monotonic() - before_s)
    return slowest


def test_key_file_is_away(house: House) -> None:
    """Without the key file a connection that stands goes on; at a start it is said which file is missing, and with the
    file back it connects within 5 s.
    """
    bridge = started(house)
    key, aside = house.paths.home / "secret.key", house.paths.home / "aside.key"
    with FakeObs() as fake:
        add(house, "main", fake)
        eventually(lambda: state(house) == "connected", within=READY_S, what="it is connected")
        key.rename(aside)
        change = SaveObsConnection(connection="main", author="ana", recording={"post_roll_ms": 0})
        house.client.call(change)  # the configuration is read again
        eventually(lambda: problems(bridge), within=SOON_S, what="what is wrong is said")
        assert (state(house), fake.clients) == ("connected", CLIENTS)
        bridge.stop()
        bridge = house.start("obs-bridge")
        eventually(lambda: problems(bridge), within=SOON_S, what="what is wrong is said")
        assert len(problems(bridge)) == 1
        assert str(key) in problems(bridge)[0]
        assert state(house) != "connected"
        aside.rename(key)
        eventually(lambda: state(house) == "connected", within=SOON_S, what="it is connected")


def test_its_own_disk_is_full(house: House, tmp_path: Path) -> None:
    """The outbox cannot be written: OBS is driven all the same, health says what is wrong, what was recorded is stored
    once when there is room again.
    """
    bridge = started(house)
    with FakeObs(records=tmp_path) as fake:
        add(house, "main", fake)
        eventually(lambda: state(house) == "connected", within=READY_S, what="it is connected")
        process = psutil.Process(bridge.pid)
        process.rlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        act(house, StartRecording())
        eventually(lambda: bridge.logged("outbox_not_writable"), within=SOON_S, what="it is said")
        assert act(house, SetScene(scene="Fight")).confirmed
        assert slowest_answer(house, for_s=1.5) < RESPONSIVE_S
        act(house, StopRecording())
        process.rlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        eventually(lambda: bridge.logged("outbox_writable_again"), within=SOON_S, what="all is well")
        eventually(lambda: recorded(house), equals=[("idle",)], within=SOON_S, what="the recording is stored")
        assert len(bridge.logged("outbox_not_writable")) == 1


def recorded(house: House) -> list[tuple[str]]:
    """How recordings stand in the database."""
    with closing(connect_reader(house.paths.database)) as connection:
        return list(connection.execute("SELECT state FROM obs_recording_sessions").fetchall())


def act(house: House, action: Any) -> Any:
    """Have OBS do something."""
    return house.client.call(ActOnObs(action=action, author="ana"))
