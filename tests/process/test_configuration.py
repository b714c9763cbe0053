"""A changed restrike.json with real services: taken over while rings are heard, refused, and gone back from."""

import ctypes
import json
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.config.history import History
from shared.messages.commands import GetRings, ListMatchStates
from shared.messages.configuration import ConfigurationState, GetConfigurationState, ReloadConfiguration
from shared.messages.facts import SessionClosed, SessionOpened
from tests.support.cli import restrike
from tests.support.service import House, Service, bodies, facts
from tests.support.suite import free_port
from tests.support.wait import ENOUGH_S, eventually, pause

PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2
NOTICED_WITHIN_S = 10


def _as_anybody() -> None:
    """Without root's right to read what it may not."""
    for right in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, right)


class Sending(threading.Thread):
    """A scoring system in the midst of a match: a numbered datagram each millisecond."""

    def __init__(self, house: House, ring: str) -> None:
        super().__init__(daemon=True)
        self.sent: list[bytes] = []
        self._over = threading.Event()
        self._sender = house.sender(ring)

    def run(self) -> None:
        while not self._over.is_set():
            self.sent.append(b"clk;%d;" % len(self.sent))
            self._sender.send(self.sent[-1])
            pause(0.001)

    def end(self) -> list[bytes]:
        """Everything that was sent."""
        self._over.set()
        self.join(ENOUGH_S)
        self._sender.__exit__(None, None, None)
        return self.sent


@pytest.fixture
def services(tmp_path: Path) -> Iterator[tuple[House, list[Service]]]:
    with House(tmp_path / "home", rings=[{}, {}, {}]) as house:
        started = [house.launch(name, preexec=_as_anybody) for name in ("udp-ingest", "pss-parser")]
        yield house, [service.answers() for service in started]


@pytest.fixture
def changed(services: tuple[House, list[Service]]) -> tuple[House, list[Service]]:
    """The file was changed once, and taken over: ring-3 is gone, ring-4 is there."""
    house, started = services
    rings = [ring for ring in house.config["rings"] if ring["name"] != "ring-3"]
    house.config["rings"] = [*rings, {"name": "ring-4", "port": free_port(socket.SOCK_DGRAM)}]
    house.config["journal"] = {"keep_hours": 72}
    house.write_config()
    eventually(lambda: "ring-4" in _listening(house), within=NOTICED_WITHIN_S, what="the new ring")
    return house, started


def _states(services: list[Service]) -> list[ConfigurationState]:
    return [service.call(GetConfigurationState()) for service in services]


def _listening(house: House) -> set[str]:
    return {status.ring for status in house.client.call(GetRings()).rings if status.listening}


def _restrike(house: House, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "RESTRIKE_HOME": str(house.home)}
    return subprocess.run(
        restrike("config", *arguments, "--json"), env=environment, capture_output=True, text=True, check=False
    )


def _document(house: House, *arguments: str) -> Any:
    done = _restrike(house, *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_rings_change_while_another_one_is_heard(services: tuple[House, list[Service]]) -> None:
    """The file is changed: a ring is added, one removed, one moved. The one that did not change loses no datagram."""
    house, started = services
    kept, moved, removed, added = "ring-1", "ring-2", "ring-3", "ring-4"
    session = house.status(kept).session
    before = house.status(moved).port
    match = Sending(house, kept)
    match.start()
    ports = {ring["name"]: ring for ring in house.config["rings"]}
    ports[moved]["port"] = free_port(socket.SOCK_DGRAM)
    new = {"name": added, "port": free_port(socket.SOCK_DGRAM)}
    house.config["rings"] = [new, ports[kept], ports[moved]]
    house.config["journal"] = {"keep_hours": 72}
    house.write_config()
    eventually(lambda: added in _listening(house), within=NOTICED_WITHIN_S, what="the new ring")
    with house.sender(added) as sender, house.sender(moved) as other:
        sender.send(b"new")
        other.send(b"moved")
    eventually(lambda: bodies(house.entries(added)), equals=[b"new"], within=5)
    eventually(lambda: bodies(house.entries(moved)), equals=[b"moved"], within=5)
    sent = match.end()
    eventually(lambda: bodies(house.entries(kept)), equals=sent, within=5, what="every datagram")
    status = house.status(kept)
    assert (status.session, status.kernel_drops) == (session, 0)
    assert house.status(moved).port == house.ports[moved] != before
    assert len(facts(house.entries(moved), SessionOpened)) == 2
    assert [fact.reason for fact in facts(house.entries(removed), SessionClosed)] == ["removed"]
    eventually(lambda: added in {s.ring for s in house.client.call(ListMatchStates()).states}, within=5)
    ingest, parser = eventually(lambda: [s for s in _states(started) if s.changed][1:] and _states(started), within=5)
    assert set(ingest.changed) == {"rings.ring-2.port", "rings.ring-3", "rings.ring-4", "journal.keep_hours"}
    assert (parser.changed, parser.needs_restart) == (ingest.changed, ())


def test_a_bad_file_changes_nothing_and_a_killed_service_comes_back(changed: tuple[House, list[Service]]) -> None:
    """Every service tells the faults and goes on; kill -9, and it goes by what was accepted last. Then back."""
    house, started = changed
    for service in started:
        service.call(ReloadConfiguration())
    good = started[0].call(GetConfigurationState()).version
    rings = house.status("ring-1").session
    house.paths.config.write_text('{"rings": [{"name": "ring-1", "prot": 1}], "log_level": "loud"}')
    refused = _restrike(house, "reload")
    assert refused.returncode == 1
    assert len(json.loads(refused.stdout)["services"]) == len(started)
    first, second, way_back = refused.stderr.splitlines()
    assert first.startswith(f"{house.paths.config}: rings[0].prot is no setting; did you mean port?")
    assert second.startswith(f"{house.paths.config}: log_level: ")
    assert way_back.endswith("restrike config rollback")
    for state in _states(started):
        assert (state.version, state.source) == (good, "accepted")
        assert [fault.partition(" ")[0] for fault in state.faults] == ["rings[0].prot", "log_level:"]
    assert house.status("ring-1").session == rings
    assert len(started[0].logged("configuration_refused")) == 1
    started[0].kill()
    started[0] = house.start("udp-ingest", preexec=_as_anybody)
    (state,) = _states(started[:1])
    assert (state.version, state.source, len(state.faults)) == (good, "accepted", 2)
    assert "ring-4" in _listening(house)
    back = _document(house, "rollback")
    assert Path(back["set_aside"]).read_text().startswith('{"rings": [{"name": "ring-1", "prot"')
    assert [state.faults for state in _states(started)] == [(), ()]
    assert json.loads(house.paths.config.read_text()) == house.config


def test_an_earlier_version_is_in_force_again(changed: tuple[House, list[Service]]) -> None:
    """`rollback` to a version: its rings listen, the history tells it as the newest."""
    house, started = changed
    for service in started:
        service.call(ReloadConfiguration())
    kept = History(house.paths.config_history)
    first, second = eventually(lambda: kept.versions()[1:] and kept.versions(), within=5, what="two versions")
    back = _document(house, "rollback", str(first.number))
    assert {one["service"] for one in back["services"]} == {"udp-ingest", "pss-parser"}
    assert "ring-3" in _listening(house)
    changes = {change["path"] for change in _document(house, "diff", second.checksum, "1")["changes"]}
    assert changes >= {"rings.ring-3", "rings.ring-4", "journal.keep_hours"}
    eventually(lambda: [one.checksum for one in kept.versions()[2:]], equals=[first.checksum], within=5)


def test_a_ring_that_cannot_move_is_told(services: tuple[House, list[Service]]) -> None:
    """Its new port is held by another program: `reload` says so and ends with 1, and the ring is heard where it was."""
    house, _ = services
    house.config = json.loads(house.paths.config.read_text())
    before = house.status("ring-1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        house.config["rings"] = [
            {**ring, "port": holder.getsockname()[1]} if ring["name"] == "ring-1" else ring
            for ring in house.config["rings"]
        ]
        house.write_config()
        told = _restrike(house, "reload")
        assert (told.returncode, f"ring-1: stays at 127.0.0.1:{before.port}: " in told.stderr) == (1, True)
        now = house.status("ring-1")
        assert (now.listening, now.session, now.port) == (True, before.session, before.port)


def test_a_file_that_may_not_be_read(services: tuple[House, list[Service]]) -> None:
    """Its rights were taken away: told, and what was accepted goes on; given back, all is well."""
    house, started = services
    house.paths.config.chmod(0)
    state = started[0].call(ReloadConfiguration())
    assert (state.source, "Permission denied" in state.faults[0]) == ("accepted", True)
    house.paths.config.chmod(0o600)
    assert started[0].call(ReloadConfiguration()).faults == ()
