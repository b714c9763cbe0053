"""Rings of udp-ingest: which datagram belongs to which, and what happens when one cannot listen."""

import ctypes
import socket
from pathlib import Path

import pytest

from shared.errors import RestrikeError
from shared.messages.commands import GetHealth, GetRings, RestartRing, StartRing, StopRing
from shared.messages.facts import SessionClosed, SessionOpened
from shared.messages.udp import RingStatus
from tests.support.service import House, bodies, facts
from tests.support.suite import free_port
from tests.support.wait import eventually

PR_CAPBSET_DROP, CAP_NET_BIND_SERVICE = 24, 10
UNPRIVILEGED = int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())


def _hears(house: House, ring: str, *expected: bytes) -> None:
    eventually(lambda: bodies(house.entries(ring)), equals=list(expected), within=5, what=ring)


def _listens(house: House, ring: str = "ring-1") -> RingStatus:
    eventually(lambda: house.status(ring).listening, within=6, what=f"{ring} listening")
    return house.status(ring)


def _two_on_one_port(home: Path, **second: object) -> House:
    port = free_port(socket.SOCK_DGRAM)
    return House(home, rings=[{"port": port}, {"port": port, "source": "127.0.0.3", **second}])


def test_rings_on_one_port_by_source(tmp_path: Path) -> None:
    """Two rings by source and one without share a port: each hears its own sender, the third hears the others."""
    port = free_port(socket.SOCK_DGRAM)
    sources: list[dict[str, object]] = [{"source": "127.0.0.2"}, {"source": "127.0.0.3"}, {}]
    rings = [{"port": port, **source} for source in sources]
    with House(tmp_path / "home", rings=rings) as house:
        house.start("udp-ingest")
        for number in range(3):
            for source in ("127.0.0.2", "127.0.0.3", "127.0.0.4"):
                with house.sender(source=source) as sender:
                    sender.send(f"{source} {number}".encode())
        for ring, source in (("ring-1", "127.0.0.2"), ("ring-2", "127.0.0.3"), ("ring-3", "127.0.0.4")):
            _hears(house, ring, *(f"{source} {number}".encode() for number in range(3)))
            assert {sender.address for sender in house.status(ring).senders} == {source}


def test_a_ring_by_source_hears_nobody_else(tmp_path: Path) -> None:
    """Where every ring of a port names its source, a stranger's datagrams are no ring's."""
    with House(tmp_path / "home", rings=[{"source": "127.0.0.2"}]) as house:
        house.start("udp-ingest")
        with house.sender(source="127.0.0.9") as stranger, house.sender(source="127.0.0.2") as own:
            stranger.send(b"strange")
            own.send(b"own")
        _hears(house, "ring-1", b"own")
        assert house.status().packets == 1


def test_who_is_not_on_the_list_is_refused_and_counted(tmp_path: Path) -> None:
    """The allow-list names addresses and networks; others are counted, and not journaled."""
    with House(tmp_path / "home", rings=[{"allow": ["127.0.0.2", "127.0.1.0/24"]}]) as house:
        house.start("udp-ingest")
        for source in ("127.0.0.2", "127.0.0.3", "127.0.1.77", "127.0.0.3"):
            with house.sender(source=source) as sender:
                sender.send(source.encode())
        _hears(house, "ring-1", b"127.0.0.2", b"127.0.1.77")
        status = house.status()
    assert (status.packets, status.refused) == (2, 2)
    assert {sender.address for sender in status.senders} == {"127.0.0.2", "127.0.1.77"}


def test_a_taken_port_and_its_return(tmp_path: Path) -> None:
    """A ring whose port is taken says so, the other hears; when the port is free the ring listens by itself."""
    with House(tmp_path / "home", rings=[{}, {}]) as house:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
            holder.bind(("127.0.0.1", house.ports["ring-1"]))
            house.start("udp-ingest")
            status = house.status("ring-1")
            assert not status.listening
            assert f"127.0.0.1:{house.ports['ring-1']} is taken" in (status.error or "")
            with house.sender("ring-2") as sender:
                sender.send(b"heard")
            _hears(house, "ring-2", b"heard")
            with pytest.raises(RestrikeError, match="is taken by another program") as refusal:
                house.client.call(StartRing(ring="ring-1"))
            assert refusal.value.code == "udp.port_taken"
        assert _listens(house).error is None
        with house.sender("ring-1") as sender:
            sender.send(b"at last")
        _hears(house, "ring-1", b"at last")


def test_an_address_that_is_not_ours(tmp_path: Path) -> None:
    """192.0.2.1 belongs to no machine: the ring says what to do, the other listens."""
    with House(tmp_path / "home", rings=[{"bind": "192.0.2.1"}, {}]) as house:
        house.start("udp-ingest")
        assert house.status("ring-1").error == ("192.0.2.1 is no address of this machine: see restrike udp interfaces.")
        assert house.status("ring-2").listening


@pytest.mark.skipif(UNPRIVILEGED < 2, reason="this kernel lets everybody bind every port")
def test_a_port_for_the_system_only(tmp_path: Path) -> None:
    """Without the right to bind ports below 1024 a ring says so, the other listens."""

    def drop_right() -> None:
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_NET_BIND_SERVICE)

    with House(tmp_path / "home", rings=[{"port": 1}, {}]) as house:
        house.start("udp-ingest", preexec=drop_right)
        assert "choose a port from 1024 up" in (house.status("ring-1").error or "")
        assert house.status("ring-2").listening


def test_one_ring_without_the_other(tmp_path: Path) -> None:
    """Stop, start and restart of a ring again and again: the other loses nothing, the sessions are in the journal."""
    with House(tmp_path / "home", rings=[{}, {}]) as house:
        house.start("udp-ingest")
        expected = []
        with house.sender("ring-2") as sender:
            for turn, command in enumerate([StopRing, StartRing, RestartRing] * 5):
                expected += [f"{turn} {number}".encode() for number in range(40)]
                for body in expected[-40:]:
                    sender.send(body)
                house.client.call(command(ring="ring-1"))
        _hears(house, "ring-2", *expected)
        assert house.status("ring-2").kernel_drops == 0
        first = house.entries("ring-1")
    assert [fact.reason for fact in facts(first, SessionClosed)] == ["asked", "restart"] * 5
    assert len(facts(first, SessionOpened)) == 11
    assert len(facts(house.stored_entries("ring-2"), SessionOpened)) == 1


def test_a_stopped_ring_hears_nothing_though_its_port_is_open(tmp_path: Path) -> None:
    """Rings share a port, one is stopped: its datagrams are nobody's, never the other's; started again, its own."""
    with _two_on_one_port(tmp_path / "home") as house:
        house.start("udp-ingest")
        with house.sender(source="127.0.0.3") as sender, house.sender() as other:
            sender.send(b"one")
            _hears(house, "ring-2", b"one")
            assert not house.client.call(StopRing(ring="ring-2")).listening
            end = max(house.entries("ring-2"))
            sender.send(b"unheard")
            other.send(b"heard")
            _hears(house, "ring-1", b"heard")
            assert max(house.entries("ring-2")) == end
            status = house.client.call(StartRing(ring="ring-2"))
            assert (status.packets, status.refused, status.kernel_drops) == (0, 0, 0)
            sender.send(b"two")
            _hears(house, "ring-2", b"one", b"two")
        _hears(house, "ring-1", b"heard")


def test_a_ring_that_does_not_start_by_itself(tmp_path: Path) -> None:
    """auto_start off: nothing is heard for the ring, though its port is open for another one, until it is started."""
    with _two_on_one_port(tmp_path / "home", auto_start=False) as house:
        house.start("udp-ingest")
        with house.sender(source="127.0.0.3") as sender, house.sender() as other:
            sender.send(b"unheard")
            other.send(b"heard")
            _hears(house, "ring-1", b"heard")
            assert house.entries("ring-2") == {}
            house.client.call(StartRing(ring="ring-2"))
            sender.send(b"own")
            _hears(house, "ring-2", b"own")


def test_a_ring_that_is_new_in_the_configuration(tmp_path: Path) -> None:
    """restrike.json gains a ring on a port that another one listens on: started, it hears its source from then on."""
    with House(tmp_path / "home") as house:
        house.start("udp-ingest")
        with house.sender(source="127.0.0.3") as sender:
            sender.send(b"before")
            _hears(house, "ring-1", b"before")
            house.config["rings"].append({"name": "new", "port": house.ports["ring-1"], "source": "127.0.0.3"})
            house.write_config()
            assert house.client.call(StartRing(ring="new")).listening
            sender.send(b"after")
            _hears(house, "new", b"after")
        _hears(house, "ring-1", b"before")


def test_a_restart_takes_the_new_settings_of_that_ring_only(tmp_path: Path) -> None:
    """A ring got a new port in restrike.json: restarted, it listens there at once; the other is not touched."""
    with House(tmp_path / "home", rings=[{}, {}]) as house:
        house.start("udp-ingest")
        other = house.status("ring-2").session
        house.config["rings"][0]["port"] = free_port(socket.SOCK_DGRAM)
        house.write_config()
        assert house.client.call(RestartRing(ring="ring-1")).port == house.ports["ring-1"]
        assert house.status("ring-2").session == other
        with house.sender("ring-1") as sender:
            sender.send(b"new place")
        _hears(house, "ring-1", b"new place")


def test_a_broken_configuration_stops_no_ring(tmp_path: Path) -> None:
    """restrike.json became unusable: a restart is refused with its fault, and the ring goes on."""
    with House(tmp_path / "home") as house:
        house.start("udp-ingest")
        session = house.status().session
        house.paths.config.write_text("{ half")
        with pytest.raises(RestrikeError, match="Mend the file") as refusal:
            house.client.call(RestartRing(ring="ring-1"))
        assert refusal.value.code == "config.invalid"
        assert house.status().session == session
        house.client.call(StopRing(ring="ring-1"))
        house.write_config()
        assert house.client.call(StartRing(ring="ring-1")).listening


def test_rings_that_do_not_exist(tmp_path: Path) -> None:
    """Each command for an unknown ring is refused with the names of those that there are."""
    with House(tmp_path / "home", rings=[{}, {}]) as house:
        house.start("udp-ingest")
        for command in (StartRing, StopRing, RestartRing):
            with pytest.raises(RestrikeError, match="Configured: ring-1, ring-2") as refusal:
                house.client.call(command(ring="ring-9"))
            assert refusal.value.code == "ring.unknown"


def test_a_ring_that_was_renamed_is_still_in_the_journal(tmp_path: Path) -> None:
    """What it heard under its old name can be had, and is told where it ends; it is listed no more."""
    with House(tmp_path / "home") as house:
        ingest = house.start("udp-ingest")
        with house.sender() as sender:
            sender.send(b"old")
        _hears(house, "ring-1", b"old")
        ingest.stop()
        house.config["rings"][0]["name"] = "court-1"
        house.write_config()
        ingest = house.start("udp-ingest")
        _hears(house, "ring-1", b"old")
        assert set(ingest.call(GetHealth()).positions) == {"ring-1", "court-1"}
        assert [ring.ring for ring in ingest.call(GetRings()).rings] == ["court-1"]
