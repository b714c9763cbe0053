"""`restrike replay` with a real udp-ingest: every datagram once, in order, as sent, and marked."""

import json
import os
import pty
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import dpkt
import pytest

from shared.messages.commands import GetRings
from shared.messages.facts import ReplayBegan, ReplayEnded
from shared.messages.wire import Entry, Origin
from tests.support.captures import CAPTURES, NAMES, capture
from tests.support.cli import WITHIN_S, Home, home_in, restrike
from tests.support.wait import eventually

MATCH = CAPTURES / f"{NAMES[0]}.jsonl"
BODIES = [body for _, body in capture(NAMES[0])]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with home_in(tmp_path / "home") as home:
        home.start("udp-ingest")
        yield home


def _datagrams(entries: list[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.fact is None]


@pytest.mark.parametrize("speed", ["max", "400"])
def test_json_lines(home: Home, speed: str) -> None:
    """The journal holds the bytes in their order, all of origin replay, between the facts that say so."""
    report = home.document("replay", MATCH, "--ring", "ring-2", "--speed", speed)
    assert (report["complete"], report["datagrams"], report["heard"]) == (True, len(BODIES), len(BODIES))
    assert (report["bytes"], report["ring"]) == (sum(map(len, BODIES)), "ring-2")
    entries = home.entries("ring-2")
    assert [entry.body for entry in _datagrams(entries)] == BODIES
    assert {entry.origin for entry in _datagrams(entries)} == {Origin.REPLAY}
    facts = [entry.fact for entry in entries]
    (began,) = (number for number, fact in enumerate(facts) if isinstance(fact, ReplayBegan))
    (ended,) = (number for number, fact in enumerate(facts) if isinstance(fact, ReplayEnded))
    assert ended - began == len(BODIES) + 1
    assert _datagrams(home.entries("ring-1")) == []


def test_packet_capture(home: Home, tmp_path: Path) -> None:
    """A pcap of a venue's network, of which one port is the ring's."""
    path = tmp_path / "venue.pcap"
    bodies = [*BODIES, b"\xc4\x8c cut inside \xc4", b"", bytes(range(256)) * 5]
    with path.open("wb") as file:
        writer = dpkt.pcap.Writer(file)
        for number, body in enumerate(bodies):
            writer.writepkt(_frame(body, port=8888), ts=1000 + number * 0.001)
            writer.writepkt(_frame(b"something else", port=53), ts=1000 + number * 0.001)
    refused = home.run("replay", path)
    assert (refused.returncode, "Use --port" in refused.stderr) == (1, True)
    assert home.document("replay", path, "--port", "8888", "--speed", "max")["complete"]
    assert [entry.body for entry in _datagrams(home.entries("ring-1"))] == bodies


def test_max_never_overruns_the_receiver(home: Home, tmp_path: Path) -> None:
    """3,000 datagrams, every tenth as large as they get, faster than any buffer takes them: none is dropped."""
    path = tmp_path / "large.jsonl"
    bodies = [bytes([n % 256]) * (60_000 if n % 10 == 0 else 20) for n in range(3000)]
    path.write_text("".join(json.dumps({"t": 0, "hex": body.hex()}) + "\n" for body in bodies))
    assert home.document("replay", path, "--speed", "max")["heard"] == len(bodies)
    assert [entry.body for entry in _datagrams(home.entries("ring-1"))] == bodies
    assert home.client.call(GetRings()).rings[0].kernel_drops == 0


def test_refused_while_the_ring_hears_its_scoring_system(home: Home) -> None:
    """The service's sentence and 1; nothing was sent. With --force it is, and only that is marked."""
    home.send("ring-1", b"clk;01:00;")
    eventually(lambda: home.client.call(GetRings()).rings[0].packets, within=WITHIN_S, what="a live datagram")
    refused = home.run("replay", MATCH, "--speed", "max")
    assert (refused.returncode, refused.stdout, len(refused.stderr.splitlines())) == (1, "", 1)
    assert "--force" in refused.stderr
    assert [entry.body for entry in _datagrams(home.entries("ring-1"))] == [b"clk;01:00;"]
    assert home.document("replay", MATCH, "--speed", "max", "--force")["complete"]
    origins = [entry.origin for entry in _datagrams(home.entries("ring-1"))]
    assert origins == [Origin.LIVE] + [Origin.REPLAY] * len(BODIES)


def test_rings_that_cannot_take_a_replay(home: Home) -> None:
    assert home.run("udp", "stop", "ring-2").returncode == 0
    for ring, says in (("ring-2", "does not listen"), ("ring-9", "There is no ring ring-9")):
        done = home.run("replay", MATCH, "--ring", ring)
        assert (done.returncode, says in done.stderr) == (1, True), done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_in_order(home: Home, number: signal.Signals) -> None:
    """The ring is told that the replay is over, so that its scoring system is heard as itself again."""
    with home.started("replay", MATCH, "--json") as process:
        eventually(lambda: len(_datagrams(home.entries("ring-1"))) >= 12, within=WITHIN_S, what="the load burst")
        process.send_signal(number)
        out, err = process.communicate(timeout=WITHIN_S)
    report = json.loads(out)
    assert (process.returncode, report["complete"], "broken off" in err) == (1, False, True)
    assert report["datagrams"] == report["heard"] == len(_datagrams(home.entries("ring-1")))
    assert isinstance(home.entries("ring-1")[-1].fact, ReplayEnded)


@pytest.mark.parametrize("how", ["restart", "kill"])
def test_a_ring_that_is_lost_on_the_way_ends_the_replay(home: Home, how: str) -> None:
    """What udp-ingest would take for live traffic is not sent."""
    with home.started("replay", MATCH, "--speed", "2") as process:
        eventually(lambda: len(_datagrams(home.entries("ring-1"))) >= 12, within=WITHIN_S, what="the load burst")
        if how == "kill":
            home.kill("udp-ingest")
        else:
            home.document("udp", "restart", "ring-1")
        _, err = process.communicate(timeout=WITHIN_S)
    assert process.returncode == {"kill": 3, "restart": 1}[how], err
    assert len(err.splitlines()) == 1


def test_to_any_address_needs_no_suite(tmp_path: Path) -> None:
    """A plain receiver hears the match in order; an address that is none is a sentence."""
    home = Home(tmp_path / "home")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(WITHIN_S)
        place = f"localhost:{receiver.getsockname()[1]}"
        report = home.document("replay", MATCH, "--to", place, "--speed", "max")
        assert [receiver.recv(65_536) for _ in BODIES] == BODIES
    assert (report["to"], report["ring"], report["heard"], report["complete"]) == (place, None, None, True)
    wrong = home.run("replay", MATCH, "--to", "no-such-host.invalid:8888", "--speed", "max")
    assert (wrong.returncode, len(wrong.stderr.splitlines())) == (1, 1)


def test_the_recorded_pace(tmp_path: Path) -> None:
    """At speed 4, a recording of two seconds takes half a second, and each datagram comes at its time."""
    home = Home(tmp_path / "home")
    path = tmp_path / "paced.jsonl"
    times = [0.0, 0.4, 0.4, 1.2, 2.0]
    path.write_text("".join(json.dumps({"t": 10 + at, "data": str(at)}) + "\n" for at in times))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        report = home.document("replay", path, "--to", f"127.0.0.1:{receiver.getsockname()[1]}", "--speed", "4")
    assert 0.5 <= report["seconds"] < 1.5


def test_a_progress_bar_only_on_a_terminal(home: Home) -> None:
    """On a terminal something moves; over a pipe there is the result and nothing else."""
    leader, follower = pty.openpty()
    try:
        done = subprocess.run(
            restrike("replay", MATCH, "--speed", "200"),
            env=home.environment | {"TERM": "xterm"},
            stdout=subprocess.PIPE,
            stderr=follower,
            timeout=WITHIN_S,
            check=False,
        )
        assert (done.returncode, b"/378" in os.read(leader, 65_536)) == (0, True)
    finally:
        os.close(leader)
        os.close(follower)
    piped = home.run("replay", MATCH, "--speed", "max", "--force")
    assert (piped.stderr, len(piped.stdout.splitlines())) == ("", 1)
    assert "378 datagrams" in piped.stdout


def _frame(body: bytes, *, port: int) -> bytes:
    udp = dpkt.udp.UDP(sport=40000, dport=port, data=body, ulen=8 + len(body))
    packet = dpkt.ip.IP(src=b"\x0a\x00\x00\x01", dst=b"\x0a\x00\x00\x02", p=dpkt.ip.IP_PROTO_UDP, data=udp)
    packet.len = len(packet)
    return bytes(12) + b"\x08\x00" + bytes(packet)
