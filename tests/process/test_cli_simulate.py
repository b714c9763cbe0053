"""`restrike simulate`: what it says it sent is what arrives, live, on plain sockets and on real rings."""

import json
import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.cli.captures import read_capture
from services.cli.simulator.venue import Wish, play_ring
from shared.messages.commands import GetRings
from shared.messages.rules import Dialect
from shared.messages.wire import Origin
from shared.rules import DEFAULT_RULES, shipped
from tests.support.cli import WITHIN_S, Home, home_in
from tests.support.wait import eventually


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with home_in(tmp_path / "home") as home:
        yield home


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        one.bind(("127.0.0.1", 0))
        one.settimeout(WITHIN_S)
        yield one


def _place(receiver: socket.socket) -> str:
    return f"127.0.0.1:{receiver.getsockname()[1]}"


def _bodies(path: Path) -> list[bytes]:
    return [datagram.body for datagram in read_capture(path).datagrams]


def _live(home: Home, ring: str) -> list[bytes]:
    """What the ring's journal has of scoring systems."""
    return [entry.body for entry in home.entries(ring) if entry.fact is None and entry.origin is Origin.LIVE]


def _files(folder: Path, *, trouble: tuple[str, ...] = ()) -> tuple[str, ...]:
    return ("--truth", str(folder / "truth.json"), "--sent", str(folder / "sent.jsonl"), "--speed", "max", *trouble)


def _truth(folder: Path) -> Any:
    return json.loads((folder / "truth.json").read_text())


def test_to_an_address_as_played(home: Home, receiver: socket.socket, tmp_path: Path) -> None:
    """Without a suite: the socket hears the bytes that the seed plays, in order, and the files hold them."""
    report = home.document(
        "simulate", "--to", _place(receiver), "--seed", "5", "--matches", "2", "--dialect", "a", *_files(tmp_path)
    )
    wish = Wish(seed=5, rule_set=shipped()[DEFAULT_RULES], dialect=Dialect.A, matches=2)
    expected = [datagram.body for datagram in play_ring("ring-1", wish).datagrams]
    assert [receiver.recv(65_536) for _ in expected] == expected
    assert _bodies(tmp_path / "sent.jsonl") == expected
    (ring,) = report["rings"]
    assert (report["complete"], report["seed"], ring["matches"], ring["datagrams"]) == (True, 5, 2, len(expected))
    assert ring["bytes"] == sum(map(len, expected))
    (played,) = _truth(tmp_path)["rings"]
    assert [match["match_number"] for match in played["matches"]] == ["101", "102"]


def test_a_seed_gives_the_same_in_another_process(home: Home, receiver: socket.socket, tmp_path: Path) -> None:
    """Trouble included; and a seed that was drawn is told."""
    trouble = ("--loss", "0.02", "--duplicates", "0.02", "--reordering", "0.02", "--garbage", "0.02", "--delay-ms", "5")
    made = []
    for name in ("one", "two"):
        (folder := tmp_path / name).mkdir()
        home.document("simulate", "--to", _place(receiver), "--seed", "9", *_files(folder, trouble=trouble))
        made.append((_truth(folder), (folder / "sent.jsonl").read_bytes()))
    assert made[0] == made[1]
    assert {incident["kind"] for incident in made[0][0]["rings"][0]["incidents"]} >= {"lost", "garbage"}
    drawn = home.run("simulate", "--to", _place(receiver), "--speed", "max")
    assert re.fullmatch(r"Seed \d+\.\n", drawn.stderr)
    assert "Seed" not in drawn.stdout


def test_rings_hear_it_as_their_scoring_systems(home: Home, tmp_path: Path) -> None:
    """Two rings at once, as fast as they take it: the journals hold what was sent, live, from one sender each."""
    home.start("udp-ingest")
    report = home.document("simulate", "--rings", "2", "--matches", "5", "--seed", "3", *_files(tmp_path))
    assert report["complete"]
    for ring in report["rings"]:
        sent = _bodies(Path(ring["sent_file"]))
        assert _live(home, ring["ring"]) == sent
        assert ring["heard"] == ring["datagrams"] == len(sent) > 1000
    assert report["rings"][0]["sent_file"] != report["rings"][1]["sent_file"]
    for status in home.client.call(GetRings()).rings:
        assert (len(status.senders), status.kernel_drops) == (1, 0)


def test_nobody_simulates_into_a_running_match(home: Home, tmp_path: Path) -> None:
    """Refused while the ring hears a sender, one sentence and 1, nothing sent; --force goes on."""
    home.start("udp-ingest")
    home.send("ring-1", b"clk;01:00;")
    eventually(lambda: home.client.call(GetRings()).rings[0].packets, within=WITHIN_S, what="a live datagram")
    refused = home.run("simulate", "--speed", "max", "--seed", "1")
    assert (refused.returncode, refused.stdout, "--force" in refused.stderr) == (1, "", True)
    assert _live(home, "ring-1") == [b"clk;01:00;"]
    assert home.document("simulate", "--force", "--seed", "1", *_files(tmp_path))["complete"]
    assert _live(home, "ring-1")[1:] == _bodies(tmp_path / "sent.jsonl")


def test_rings_that_cannot_hear_it(home: Home) -> None:
    """Stopped, unknown, more than there are: a sentence that says what to do."""
    home.start("udp-ingest")
    assert home.run("udp", "stop", "ring-2").returncode == 0
    for words, says in (
        (("--ring", "ring-2"), "restrike udp start ring-2"),
        (("--ring", "ring-9"), "There is no ring ring-9"),
        (("--rings", "3"), "only 2 rings"),
        (("--scenario", "golden-round"), "no golden round"),
        (("--rules", "wt-1999"), "There is no rule set wt-1999"),
        (("--to", "no-such-host.invalid:8888"), "no-such-host.invalid"),
    ):
        done = home.run("simulate", "--speed", "max", *words)
        assert (done.returncode, says in done.stderr, done.stdout) == (1, True, ""), done.stderr
    for usage in (("--ring", "ring-1", "--rings", "2"), ("--to", "127.0.0.1:9", "--rings", "2"), ("--to", "x")):
        assert home.run("simulate", *usage).returncode == 2
    assert home.run("simulate", "--to", "127.0.0.1:9", "--ring", "ring-1", "--speed", "max").returncode == 2


def test_it_plays_by_the_rings_rules(home: Home) -> None:
    """Those of restrike.json, unless others are asked for, of which it warns; rings that differ need the choice."""
    home.start("udp-ingest")
    quick = ("simulate", "--speed", "max", "--seed", "1", "--json", "--force")
    assert home.run("pss", "set", "ring-2", "--rules", "wt-2018").returncode == 0
    own = home.run(*quick, "--ring", "ring-2")
    assert (json.loads(own.stdout)["rule_set"], own.stderr) == ("wt-2018", "")
    other = home.run(*quick, "--ring", "ring-2", "--rules", "wt-2022")
    assert json.loads(other.stdout)["rule_set"] == "wt-2022"
    assert "Played by wt-2022, but judged: ring-2 by wt-2018." in other.stderr
    both = home.run("simulate", "--speed", "max", "--rings", "2")
    assert (both.returncode, "ring-1 by wt-2022, ring-2 by wt-2018" in both.stderr) == (1, True)


def test_broken_off_in_order(home: Home, receiver: socket.socket, tmp_path: Path) -> None:
    """Ctrl-C: what was sent until then is written down, and a match that was not finished is no truth."""
    words = ("--to", _place(receiver), "--matches", "2", "--seed", "2", *_files(tmp_path), "--speed", "100", "--json")
    with home.started("simulate", *words) as process:
        heard = [receiver.recv(65_536)]
        while not heard[-1].startswith(b"rnd;2") and not heard[-1].startswith(b"wmh"):
            heard.append(receiver.recv(65_536))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=WITHIN_S)
    report = json.loads(out)
    assert (process.returncode, report["complete"], "broken off" in err) == (1, False, True)
    sent = _bodies(tmp_path / "sent.jsonl")
    assert len(sent) == report["rings"][0]["datagrams"]
    heard += [receiver.recv(65_536) for _ in range(len(sent) - len(heard))]
    assert heard == sent
    truth = _truth(tmp_path)
    assert (truth["complete"], len(truth["rings"][0]["matches"]) < 2) == (False, True)


def test_a_suite_that_is_gone_for_a_while(home: Home, tmp_path: Path) -> None:
    """A paced simulation goes on as a scoring system would while udp-ingest is killed and comes back."""
    home.start("udp-ingest")
    words = ("simulate", "--seed", "4", "--truth", tmp_path / "truth.json", "--speed", "200", "--json")
    with home.started(*words) as process:
        eventually(lambda: len(_live(home, "ring-1")) > 20, within=WITHIN_S, what="some of the match")
        home.kill("udp-ingest")
        home.start("udp-ingest")
        out, err = process.communicate(timeout=WITHIN_S)
    assert process.returncode == 0, err
    assert json.loads(out)["complete"]
    assert _truth(tmp_path)["complete"]


def test_it_answers_queries(home: Home, receiver: socket.socket) -> None:
    """While it waits for the first start: its last packet of the kind, from another port than was asked."""
    with home.started("simulate", "--to", _place(receiver), "--answers", "0", "--speed", "20") as process:
        heard = receiver.recv(65_536)
        while not heard.startswith(b"rdy"):
            heard = receiver.recv(65_536)
            if heard.startswith(b"at1"):
                athletes = heard
        assert process.stderr is not None
        lines = [process.stderr.readline(), process.stderr.readline()]
        (port,) = re.findall(r"ring-1 answers queries on 127\.0\.0\.1:(\d+)\.", "".join(lines))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.settimeout(WITHIN_S)
            asker.sendto(b"athletes", ("127.0.0.1", int(port)))
            answer, source = asker.recvfrom(65_536)
        assert (answer, source[1] != int(port)) == (athletes, True)
