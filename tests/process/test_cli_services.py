"""`restrike` with real services: following events, moving rings, matches as they stand, keys that broker accepts."""

import itertools
import json
import queue
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zmq

from shared.config import Curve, load, save
from shared.messages.commands import GetRings
from tests.support.captures import NAMES, capture
from tests.support.cli import WITHIN_S, Home, home_in
from tests.support.wait import eventually, pause

BODIES = [body for _, body in capture(NAMES[0])]
ALL = "0.0.0.0"  # noqa: S104  # what an operator may choose
FIRST_POINT = next(n for n, body in enumerate(BODIES) if body.startswith(b"pt"))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with home_in(tmp_path / "home") as home:
        yield home


class Lines:
    """The lines of a pipe as they come."""

    def __init__(self, pipe: Any) -> None:
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, args=(pipe,), daemon=True).start()

    def _read(self, pipe: Any) -> None:
        for line in pipe:
            self._lines.put(line.rstrip("\n"))

    def next(self) -> str:
        return self._lines.get(timeout=WITHIN_S)

    def until(self, pattern: str) -> str:
        """The next line in which `pattern` is found."""
        while not re.search(pattern, line := self.next()):
            pass
        return line


def _interrupt(process: "subprocess.Popen[str]") -> int:
    process.send_signal(signal.SIGINT)
    return process.wait(WITHIN_S)


def test_tail_waits_for_the_suite_and_outlives_it(home: Home) -> None:
    """Started before the suite: it says so, shows events when they come, who was restarted, and ends with 0."""
    with home.started("events", "tail", "udp") as tail:
        out, err = Lines(tail.stdout), Lines(tail.stderr)
        assert "broker is not running" in err.next()
        home.start("broker", "udp-ingest")
        assert err.next() == "The broker is running."
        line = _poke(home, out, until="udp.ring")
        assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3} ring-1 udp\.ring  127\.0\.0\.1:\d+ .* datagrams, .*", line), line
        home.kill("udp-ingest")
        home.start("udp-ingest")
        _poke(home, out, until="udp-ingest was restarted")
        home.kill("broker")
        assert "broker is not running" in err.next()
        home.start("broker")
        assert err.next() == "The broker is running."
        _poke(home, out)
        assert _interrupt(tail) == 0


def test_tail_says_what_was_lost(home: Home) -> None:
    """What is published while the broker is away is counted by its producer: the gap is told before the next event."""
    home.start("broker", "udp-ingest")
    with home.started("events", "tail", "udp.sender", "--json") as tail:
        out, err = Lines(tail.stdout), Lines(tail.stderr)
        first = json.loads(_poke(home, out, until="udp.sender"))
        home.kill("broker")
        assert "broker is not running" in err.next()
        before = home.client.call(GetRings()).rings[0].packets
        for _ in range(3):
            home.send("ring-1", b"clk;01:00;")
        eventually(lambda: home.client.call(GetRings()).rings[0].packets == before + 3, within=WITHIN_S)
        home.start("broker")
        told = _poke(home, err, until="were lost")
        last, document = first, json.loads(out.next())
        while document["seq"] == last["seq"] + 1:
            last, document = document, json.loads(out.next())
        lost = document["seq"] - last["seq"] - 1
        assert lost >= 3
        assert told == f"{lost} events of udp.sender ring-1 were lost before the next."
        assert document["boot_id"] == first["boot_id"]
        assert _interrupt(tail) == 0


def test_tail_words_and_documents(home: Home) -> None:
    """A line for people with the match's number, though its load was before our time; a document for programs."""
    home.start("broker", "udp-ingest", "pss-parser")
    for body in BODIES[:FIRST_POINT]:
        home.send("ring-1", body)
    _parsed(home, FIRST_POINT)
    with (
        home.started("events", "tail", "pss.point", "--count", "1") as human,
        home.started("events", "tail", "pss.point", "--json", "--count", "1", "--ring", "ring-1") as machine,
    ):
        for process in (human, machine):
            lines = Lines(process.stdout)
            line = _poke(home, lines, body=BODIES[FIRST_POINT])
            if process is human:
                point = r"\d\d:\d\d:\d\d\.\d{3} ring-1 pss\.point  hong head \+3 \(match 7894 R1 01:46 0-3\)"
                assert re.fullmatch(point, line), line
            else:
                document = json.loads(line)
                assert list(document) == ["topic", "key", "ring", "producer", "boot_id", "seq", "sent_at_us", "event"]
                assert (document["topic"], document["ring"], document["producer"]) == (
                    "pss.point",
                    "ring-1",
                    "pss-parser",
                )
                assert document["event"]["data"]["technique"] == "H"
            assert process.wait(WITHIN_S) == 0


def test_tail_from_a_snapshot(home: Home) -> None:
    """A match runs while the tail joins: first its state, then every entry after that once, in order."""
    home.start("broker", "udp-ingest", "pss-parser")
    joined = threading.Event()
    match = threading.Thread(target=_send_while, args=(home, joined))
    match.start()
    with home.started("events", "tail", "pss", "--json", "--ring", "ring-1", "--snapshot") as tail:
        out = Lines(tail.stdout)
        try:
            first = json.loads(out.next())
        finally:
            joined.set()
            match.join()
        assert (first["topic"], first["ring"], first["producer"]) == ("match.state", "ring-1", None)
        last = max(1, first["event"]["entry"])  # entry 1 opens the session
        end = len(home.entries("ring-1"))
        assert end > last
        while last < end:
            event = json.loads(out.next())["event"]
            assert event["entry"] == last + 1
            last = event["entry"]
        assert _interrupt(tail) == 0


def test_tail_of_what_cannot_be(home: Home) -> None:
    home.start("broker")
    assert home.run("events", "tail", "nonsense").returncode == 2
    assert home.run("events", "tail", "--ring", "ring-9").returncode == 1
    silent = home.run("events", "tail", "--snapshot")
    assert (silent.returncode, "pss-parser is not running" in silent.stderr) == (3, True)


def test_rings_stop_start_and_move(home: Home) -> None:
    """One ring at a time; a move that fails leaves file and ring as they were."""
    home.start("udp-ingest")
    assert home.document("udp", "stop", "ring-2")["listening"] is False
    first, second = home.document("udp", "status")["rings"]
    assert (first["listening"], second["listening"]) == (True, False)
    assert home.document("udp", "start", "ring-2")["address"] == "127.0.0.1"
    assert home.document("udp", "restart", "ring-2")["session"] != first["session"]
    before = load(home.paths.config)
    refused = home.run("udp", "bind", "ring-1", "203.0.113.7")
    assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1)
    assert load(home.paths.config) == before
    assert home.document("udp", "status")["rings"][0]["address"] == "127.0.0.1"
    moved = home.document("udp", "bind", "ring-1", ALL)
    assert (moved["status"]["address"], moved["status"]["listening"]) == (ALL, True)
    assert [ring.bind for ring in load(home.paths.config).rings] == [ALL, "127.0.0.1"]
    addresses = [i["address"] for i in home.document("udp", "interfaces")["interfaces"]]
    assert "127.0.0.1" in addresses
    assert addresses[-1] in home.run("udp", "interfaces").stdout
    assert "(not listening)" not in home.run("udp", "status").stdout
    assert home.run("udp", "start", "ring-9").returncode == 1


def test_match_show(home: Home) -> None:
    """Before anything was heard, and after a whole match: what the scoring system said last."""
    home.start("udp-ingest", "pss-parser")
    assert home.run("match", "show", "ring-9").returncode == 1
    for body in BODIES:
        home.send("ring-1", body)
    _parsed(home, len(BODIES))
    states = {state["ring"]: state for state in home.document("match", "show")["states"]}
    assert (states["ring-1"]["match_number"], states["ring-1"]["winner"], states["ring-1"]["decision"]) == (
        "7894",
        2,
        "PTF",
    )
    shown = home.run("match", "show", "ring-1").stdout
    assert "match 7894, Semifinals, W +73kg" in shown
    assert "declared winner: hong Dunja ĐURIĆ 1-2 PTF" in shown


def test_keys_are_what_broker_accepts(home: Home) -> None:
    """A client with the keys that we made hears the bus; one without hears nothing."""
    made = home.document("config", "keys", "--client", "tablet")
    config = load(home.paths.config)
    curve = Curve(secret_key_file=made["server_secret_file"], clients={"tablet": made["client_public_key"]})
    bus = type(config.bus)(events=config.bus.events, commands=config.bus.commands, curve=curve)
    save(home.paths.config, type(config)(rings=config.rings, bus=bus))
    assert home.run("config", "check").returncode == 0
    home.start("broker")
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    try:
        known, stranger = (context.socket(zmq.SUB) for _ in range(2))
        known.set(zmq.CURVE_PUBLICKEY, made["client_public_key"].encode())
        known.set(zmq.CURVE_SECRETKEY, Path(made["client_secret_file"]).read_bytes().strip())
        known.set(zmq.CURVE_SERVERKEY, made["server_public_key"].encode())
        for socket in (known, stranger):
            socket.subscribe(b"service.health/")
            socket.connect(bus.events)
        for _ in range(2):
            assert known.poll(int(WITHIN_S * 1000))
            assert known.recv_multipart()[0] == b"service.health/broker/"
        assert not stranger.poll(0)
    finally:
        context.destroy(linger=0)


def _send_while(home: Home, joined: threading.Event) -> None:
    """A datagram each millisecond or so, until 20 after somebody joined."""
    left = 20
    for body in itertools.cycle(BODIES):
        left -= joined.is_set()
        if not left:
            return
        home.send("ring-1", body)
        pause(0.001)


def _parsed(home: Home, packets: int) -> None:
    """Wait until pss-parser has read that many datagrams of ring-1."""

    def is_done() -> bool:
        ring = home.client.call(GetRings()).rings[0]
        states = {state["ring"]: state for state in home.document("match", "show")["states"]}
        return ring.packets == packets and states["ring-1"]["entry"] == ring.entry

    eventually(is_done, within=WITHIN_S, what="pss-parser at the journal's end")


def _poke(home: Home, lines: Lines, *, until: str = "", body: bytes = b"clk;01:00;") -> str:
    """Send from a new source again and again until a line comes that holds `until`: subscriptions take their time."""
    found: queue.Queue[str] = queue.Queue()
    threading.Thread(target=lambda: found.put(lines.until(until)), daemon=True).start()

    def has_come() -> bool:
        home.send("ring-1", body)
        return not found.empty()

    eventually(has_come, within=WITHIN_S, what=f"a line with {until!r}")
    return found.get()
