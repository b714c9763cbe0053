"""`restrike doctor` and `restrike udp capture` on a running suite, and on the same home once it is down."""

import json
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.cli.captures import read_capture
from services.registry import SERVICES
from tests.support.captures import capture
from tests.support.suite import Suite, running

NAME = "bo3-1-2-ptf-scores-gamjeom"


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """One suite for all tests of this file."""
    with running(tmp_path_factory.mktemp("doctor") / "home", metrics={"endpoint": None}) as started:
        started.home.chmod(0o700)
        started.paths.config.chmod(0o600)
        yield started


def _begun(suite: Suite, *arguments: str) -> "subprocess.Popen[str]":
    program = str(Path(sys.executable).with_name("restrike"))
    pipe = subprocess.PIPE
    return subprocess.Popen([program, *arguments], env=suite.environment, stdout=pipe, stderr=pipe, text=True)


def _ended(process: "subprocess.Popen[str]", *, within: float = 30) -> Any:
    """The document of a command that ends well."""
    text, said = process.communicate(timeout=within)
    assert process.returncode == 0, text + said
    return json.loads(text)


def test_a_capture_is_what_was_sent(suite: Suite, tmp_path: Path) -> None:
    """A match, JSON lines, packets: byte by byte, and after a replay again. Ctrl-C ends a capture in order."""
    stray, sent = b"clk;01:00;", [body for _, body in capture(NAME)]
    options = {"m.jsonl": ("--match",), "c.jsonl": (), "c.pcap": ("--format", "pcap")}
    begun = {
        file: _begun(suite, "udp", "capture", "ring-1", "--json", "--out", str(tmp_path / file), *more)
        for file, more in options.items()
    }
    for one in begun.values():
        assert one.stderr is not None
        assert one.stderr.readline() == "Capturing ring-1; Ctrl-C ends it.\n"
    with suite.sender() as sender:
        sender.send_all([(0.0, body) for body in (stray, *sent, b"\xff\x00\xfe")])
        port = sender.source[1]
    suite.stored()
    for one in begun.values():
        one.send_signal(signal.SIGINT)
    counts = {file: _ended(one)["datagrams"] for file, one in begun.items()}
    whole = [stray, *sent, b"\xff\x00\xfe"]
    expected = {"m.jsonl": whole[1:], "c.jsonl": whole, "c.pcap": whole}
    assert counts == {file: len(bodies) for file, bodies in expected.items()}
    for file, bodies in expected.items():
        assert [one.body for one in read_capture(tmp_path / file).datagrams] == bodies
    assert f'"from":"127.0.0.1:{port}"' in (tmp_path / "c.jsonl").read_text().splitlines()[0]
    suite.restrike("replay", str(tmp_path / "c.pcap"), "--speed", "max", "--force")
    again = suite.restrike("udp", "capture", "ring-1", "--last", "1h", "--out", str(tmp_path / "again.jsonl"))
    assert again.stdout == ""
    assert [one.body for one in read_capture(tmp_path / "again.jsonl").datagrams] == whole * 2


def test_a_look_inside_and_a_bundle(suite: Suite, tmp_path: Path) -> None:
    """What db-writer holds, where pss-parser spends its time; meanwhile a bundle of a suite that is well."""
    svg, file = tmp_path / "p.svg", tmp_path / "up.zip"
    memory = _begun(suite, "doctor", "memory", "db-writer", "--seconds", "1", "--json")
    profile = _begun(suite, "doctor", "profile", "pss-parser", "--seconds", "1", "--out", str(svg), "--json")
    assert suite.json("doctor", "--bundle", "--out", str(file))["notes"] == []
    with zipfile.ZipFile(file) as archive:
        assert {"rings.json", "health.json", "logs/udp-ingest.log"} <= set(archive.namelist())
        assert archive.read("datagrams/ring-1.jsonl")
        checks = json.loads(archive.read("doctor.json"))
    found = {(one["check"], one["subject"]): one["result"] for one in checks}
    assert {found["services", name] for name in SERVICES} <= {"ok", "warning"}
    assert {found["ports", what] for what in ("events", "commands", "ring-1")} == {"ok"}
    of_ours = ("permissions", "sockets", "databases")
    assert {result for (check, _), result in found.items() if check in of_ours} == {"ok"}
    held = _ended(memory)
    assert held["traced_bytes"] > 0
    assert any(".py:" in place["place"] for place in held["largest"])
    text, said = profile.communicate(timeout=30)
    if profile.returncode and ("CAP_SYS_PTRACE" in said or "sudo" in said):
        pytest.skip(f"py-spy may not look into processes here: {said.strip()}")
    assert profile.returncode == 0, text + said
    assert json.loads(text)["pid"] == suite.pid("pss-parser")
    assert "<svg" in svg.read_text()


def test_a_home_whose_suite_is_down(suite: Suite) -> None:
    """What was received can still be had; the checks see that nobody runs, and nothing fails."""
    suite.down()
    past = suite.restrike("udp", "capture", "ring-1", "--last", "1h")
    assert '"data":"pre;FightLoaded;"' in past.stdout
    document = suite.json("doctor", "--only", "services", "--only", "ports", "--only", "permissions", "--only", "disk")
    found = {(one["check"], one["subject"]): one["result"] for one in document["checks"]}
    assert found["services", None] == "skipped"
    assert found["ports", "ring-1"] == "ok"
    assert document["summary"]["failed"] == 0
