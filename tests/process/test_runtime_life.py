"""A service's life: it starts in any order, ends in order at any time, and is alone in its home."""

import random
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.messages.commands import GetHealth, ReplayEntries
from shared.messages.facts import SessionBroken, SessionClosed, SessionOpened
from shared.messages.service import Life
from shared.messages.topics import SERVICE_HEALTH
from shared.rpc import is_locked
from tests.support.service import House, Service, facts, next_of
from tests.support.wait import eventually, lenient, pause

BIT_OF_SIGTERM = 1 << (signal.SIGTERM - 1)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path / "home") as made:
        yield made


def _listens_to_signals(service: Service) -> None:
    """Wait until the process got so far that SIGTERM is its own business and not the kernel's."""

    def caught() -> bool:
        lines = Path(f"/proc/{service.pid}/status").read_text().splitlines()
        (mask,) = (line.split()[1] for line in lines if line.startswith("SigCgt:"))
        return bool(int(mask, 16) & BIT_OF_SIGTERM)

    eventually(caught, within=5, what="SIGTERM caught")


@pytest.mark.parametrize("name", ["broker", "udp-ingest"])
def test_sigterm_at_any_time_while_it_starts(house: House, name: str) -> None:
    """Six starts, each asked to end at another moment: exit 0 within 2 s, nothing on stderr but log lines; a session
    that was opened was closed, and no socket is left.
    """
    moments = random.Random(7)
    for _ in range(6):
        service = house.launch(name)
        _listens_to_signals(service)
        pause(moments.uniform(0, 0.35))
        assert service.stop() == 0
        assert [line for line in service.output().splitlines() if not line.startswith("{")] == []
    assert house.start(name).stop() == 0
    assert [path.name for path in house.paths.sockets.iterdir() if path.is_socket()] == []
    if name == "udp-ingest":
        entries = house.stored_entries()
        assert len(facts(entries, SessionOpened)) == len(facts(entries, SessionClosed))
        assert facts(entries, SessionBroken) == []


def test_sigterm_while_it_waits_for_another_service(house: House) -> None:
    """pss-parser asks a frozen udp-ingest for the journal: asked to end, it does not wait for the answer."""
    ingest = house.start("udp-ingest")
    with ingest.frozen():
        parser = house.launch("pss-parser")
        eventually(lambda: parser.logged("started"), within=5, what="parser started")
        pause(0.1)
        assert parser.stop() == 0


def test_sigterm_while_a_handler_works(house: House) -> None:
    """The handler under way is finished and answered for, then the service ends."""
    tiny = house.tiny(sleep_every=0.5)
    eventually(lambda: tiny.logged("sleeping"), within=5, what="a handler at work")
    assert tiny.stop() == 0
    assert len(tiny.logged("slept")) == len(tiny.logged("sleeping"))
    assert tiny.logged("stopped")


def test_health_each_second_from_its_start(house: House) -> None:
    """Its life is starting without a broker, then on-bus and running; its health is on the bus each second."""
    tiny = house.tiny()
    assert tiny.call(GetHealth()).life is Life.STARTING
    subscriber = house.subscriber(SERVICE_HEALTH.frame("tiny"))
    house.start("broker")
    told = [next_of(subscriber, lambda _: True).envelope for _ in range(3)]
    assert [envelope.event.life for envelope in told[1:]] == [Life.RUNNING, Life.RUNNING]
    assert 0.5 <= (told[2].sent_at_us - told[1].sent_at_us) / 1e6 < lenient(1.5)
    assert told[2].event.uptime_s > told[1].event.uptime_s
    assert {(envelope.boot_id, envelope.event.pid) for envelope in told} == {(told[0].boot_id, tiny.pid)}
    assert (told[2].event.lost, told[2].event.faults) == (0, 0)
    tiny.signal(signal.SIGTERM)
    assert next_of(subscriber, lambda d: d.envelope.event.life is Life.STOPPED).envelope.event.pid == tiny.pid


def test_a_second_instance_leaves_the_first_alone(house: House) -> None:
    """A service is alone in its home: the second one ends with a sentence, the first one answers all the while."""
    first = house.start("udp-ingest")
    boot_id = first.call(GetHealth()).boot_id
    second = house.launch("udp-ingest")
    assert second.ends(within=8) == 1
    (line,) = second.output().splitlines()
    assert line == f"udp-ingest: another process holds {house.paths.lock('udp-ingest')}"
    assert first.call(GetHealth()).boot_id == boot_id
    assert house.paths.lock("udp-ingest").read_text() == str(first.pid)
    assert house.client.call(ReplayEntries(ring="ring-1", after=0)).end == 2


def test_a_successor_waits_for_the_one_that_is_ending(house: House) -> None:
    """Started while its predecessor still lives: it takes over as soon as that one is gone, killed or ended in order,
    and keeps its sockets: the one before takes away only its own.
    """
    before = house.start("broker")
    for number in (signal.SIGKILL, signal.SIGTERM):
        after = house.launch("broker")
        _listens_to_signals(after)
        before.signal(number)
        assert after.answers().call(GetHealth()).pid == after.pid
        before = after
    sockets = {path.name for path in house.paths.sockets.iterdir() if path.is_socket()}
    assert sockets == {"broker.cmd", "broker.pub", "broker.sub"}


def test_after_a_kill_nothing_is_in_the_way(house: House) -> None:
    """A kill -9 leaves sockets and a lock file behind; the next start binds and answers, again and again."""
    for _ in range(3):
        broker = house.start("broker")
        assert is_locked(house.paths.lock("broker"))
        broker.kill()
        assert not is_locked(house.paths.lock("broker"))


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ("{ half", "JSON is malformed"),
        ('{"rings": [{"name": "Ring One"}]}', "rings[0].name"),
        ('{"ringz": []}', "ringz"),
        ('{"rings": [{"name": "a"}, {"name": "b"}]}', "Rings a and b share port 8888"),
        ("\xff", "restrike.json"),
    ],
)
def test_a_bad_configuration(house: House, config: str, told: str) -> None:
    """Exit 2, so that it stays down, with one sentence on stderr that names the file and the fault."""
    house.paths.config.write_text(config, encoding="latin-1")
    service = house.launch("udp-ingest")
    assert service.ends(within=5) == 2
    (line,) = service.output().splitlines()
    assert line.startswith(f"udp-ingest: {house.paths.config}: ")
    assert told in line


def test_an_unknown_service(house: House) -> None:
    """Exit 2 with the names that there are."""
    wrong = house.launch("coffee-maker")
    assert wrong.ends(within=5) == 2
    assert wrong.output().startswith("usage: python -P -m services broker|udp-ingest")


def test_nothing_in_the_home_is_anybody_elses(house: House) -> None:
    """Folders and sockets are 0700, files 0600, whatever the caller's umask."""
    for name in ("broker", "udp-ingest"):
        house.start(name)
    with house.sender() as sender:
        sender.send(b"x")
    paths = [path for folder in (house.home, house.paths.sockets) for path in (folder, *folder.rglob("*"))]
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in paths if path != house.paths.config}
    assert {"udp-ingest.cmd", "udp-ingest.wire", "broker.pub", "journal.db"} <= {path.name for path in modes}
    assert {str(path): oct(mode) for path, mode in modes.items() if mode & 0o077} == {}
    assert {oct(mode) for path, mode in modes.items() if path.is_dir()} == {"0o700"}


def test_a_long_home_has_short_sockets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home whose path is too long for sockets: services meet in a folder for them alone, readable by nobody else."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with House(tmp_path / ("long" * 30) / "home") as house:
        house.start("broker")
        tiny = house.tiny()
        eventually(lambda: tiny.call(GetHealth()).on_bus, equals=True, within=5)
        assert house.paths.sockets.parent == tmp_path
        assert stat.S_IMODE(house.paths.sockets.stat().st_mode) == 0o700
        assert {path.name for path in house.paths.run.iterdir()} == {"broker.lock", "tiny.lock"}
