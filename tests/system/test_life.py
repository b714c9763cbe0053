"""The suite's life as an operator sees it: up, a second up, two homes side by side, down."""

import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.registry import SERVICES
from shared.rpc import is_locked
from tests.support.captures import capture
from tests.support.stored import assert_stored
from tests.support.suite import Suite, running
from tests.support.wait import eventually, lenient
from tests.support.well import ill

DATAGRAMS = capture("break-full-wdr-tie")
BODIES = [body for _, body in DATAGRAMS]


def test_up_is_up(tmp_path: Path) -> None:
    """`up -d` returns 0 when every service answers, is on the bus, and UDP is bound; the first datagram counts."""
    with Suite(tmp_path / "home") as suite:
        status = suite.json("status")
        assert set(status["services"]) == set(SERVICES)
        assert all(health["on_bus"] for health in status["services"].values())
        assert [ring["listening"] for ring in status["rings"]] == [True]
        eventually(lambda: ill(suite), equals=set(), within=10, what="what is not well")
        with suite.sender() as sender:
            sender.send(BODIES[0])
        suite.stored()
        assert_stored(suite, BODIES[:1])


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """A running suite for tests that leave it up."""
    with running(tmp_path_factory.mktemp("lasting") / "home") as started:
        yield started


def test_second_up_changes_nothing(lasting: Suite) -> None:
    """A second `up` on the same home says who is running, exits 0, and every process is the one it was."""
    before = {service: lasting.pid(service) for service in SERVICES}
    said = lasting.restrike("up", "-d").stdout
    assert "runs already" in said
    assert all(str(pid) in said for pid in before.values())
    assert {service: lasting.pid(service) for service in SERVICES} == before
    assert len(lasting.processes()) == len(SERVICES) + 1


def test_two_homes_side_by_side(tmp_path: Path) -> None:
    """Two homes with other ports do not see each other's datagrams, and one goes down without the other."""
    with Suite(tmp_path / "one") as one, Suite(tmp_path / "two") as two:
        with one.sender() as first, two.sender() as second:
            first.send_all([(0.0, body) for body in BODIES[:20]])
            second.send_all([(0.0, body) for body in BODIES[20:]])  # its match is over: nobody waits for more
        one.stored()
        two.stored()
        one.down()
        eventually(lambda: ill(two), equals=set(), within=10, what="what is not well")
        assert_stored(one, BODIES[:20])
        assert_stored(two, BODIES[20:])


def test_home_with_a_long_path(tmp_path: Path) -> None:
    """A home whose socket paths would be too long for the system works all the same."""
    with Suite(tmp_path / ("a-very-long-name-" * 8)) as suite:
        assert suite.paths.sockets != suite.paths.run
        eventually(lambda: ill(suite), equals=set(), within=10, what="what is not well")


def test_down_stores_everything_first(suite: Suite) -> None:
    """`down` right after a burst: within 6 s everything is in the database, no process and no socket is left."""
    burst = BODIES * 30
    with suite.sender() as sender:
        sender.send_all([(0.0, body) for body in burst])
    started = time.monotonic()
    suite.down()
    assert time.monotonic() - started < lenient(6)
    assert_stored(suite, burst)
    assert suite.processes() == []
    assert not any(is_locked(suite.paths.lock(service)) for service in SERVICES)
    assert [path.name for path in suite.paths.sockets.iterdir() if path.is_socket()] == []


@contextlib.contextmanager
def foreground(suite: Suite) -> Iterator["subprocess.Popen[str]"]:
    """`restrike up` in a terminal of its own, up; nothing of it is left afterwards."""
    with subprocess.Popen(
        [str(Path(sys.executable).with_name("restrike")), "up"],
        env=suite.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as terminal:
        try:
            assert "reStrike VTA is up: ring-1 on UDP 127.0.0.1:" in line_of(terminal)
            assert "Ctrl-C" in line_of(terminal)
            yield terminal
        finally:
            terminal.kill()
            terminal.wait()
            suite.kill_everything()


def line_of(terminal: "subprocess.Popen[str]") -> str:
    """The next line of the terminal."""
    assert terminal.stdout is not None
    return terminal.stdout.readline()


def says(terminal: "subprocess.Popen[str]", words: str) -> bool:
    """Whether the terminal says so before it ends; a busy machine is told of, too."""
    return any(words in line for line in iter(lambda: line_of(terminal), ""))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_foreground_ends_in_order(tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C, SIGTERM and SIGHUP end a foreground suite in order: exit 0, everything stored."""
    suite = Suite(tmp_path / "home")
    with foreground(suite) as terminal:
        with suite.sender() as sender:
            sender.send_all([(0.0, body) for body in BODIES])
        terminal.send_signal(number)
        said, _ = terminal.communicate(timeout=lenient(15))
        assert terminal.returncode == 0, said
        assert "Down; everything received is stored." in said
        assert_stored(suite, BODIES)


def test_foreground_whose_terminal_is_gone(tmp_path: Path) -> None:
    """A terminal that was closed can be printed to no more: the suite ends in order all the same."""
    suite = Suite(tmp_path / "home")
    with foreground(suite) as terminal:
        with suite.sender() as sender:
            sender.send_all([(0.0, body) for body in BODIES])
        assert terminal.stdout is not None
        terminal.stdout.close()
        terminal.send_signal(signal.SIGHUP)
        terminal.wait(lenient(15))
        assert suite.processes() == []
        assert_stored(suite, BODIES)


def test_foreground_tells_of_a_restart_and_of_an_end_elsewhere(tmp_path: Path) -> None:
    """The terminal of `up` says when a service was restarted. `restrike down` in another one: the first one says so and
    ends with 0.
    """
    suite = Suite(tmp_path / "home")
    with foreground(suite) as terminal:
        suite.kill("pss-parser")
        assert says(terminal, "pss-parser was restarted")
        suite.down()
        said, _ = terminal.communicate(timeout=lenient(15))
        assert terminal.returncode == 0, said
        assert "ended by another command" in said


def test_any_service_ended_by_hand_comes_back(lasting: Suite) -> None:
    """SIGTERM to a service that nobody asked supervisord to stop: it ends with 0 and is started again."""
    for service in SERVICES:
        pid = lasting.kill(service, signal.SIGTERM)
        back = eventually(lambda service=service: lasting.health(service), within=3, what=f"{service} back")  # type: ignore[misc]  # bound per turn
        eventually(lambda service=service, pid=pid: lasting.health(service).pid != pid, within=3, what=service)  # type: ignore[misc]  # bound per turn
        assert back


def test_bad_configuration_is_said_and_stays_down(tmp_path: Path) -> None:
    """A configuration that cannot be: `up` refuses with a sentence, and starts nothing."""
    suite = Suite(tmp_path / "home")
    suite.paths.config.write_text('{"rings": [{"name": "ring-1", "prot": 8888}]}')
    refused = suite.restrike("up", "-d", check=False)
    assert refused.returncode == 1
    assert "prot" in refused.stderr
    assert suite.processes() == []


def test_port_of_a_ring_taken(tmp_path: Path) -> None:
    """A ring whose port is taken: `up` says so and exits 1, the other ring listens."""
    suite = Suite(tmp_path / "home", rings=2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(suite.address("ring-1"))
        try:
            said = suite.restrike("up", "-d", check=False)
            assert said.returncode == 1
            assert "taken by another program" in said.stderr
            assert {r["ring"]: r["listening"] for r in suite.json("udp", "status")["rings"]} == {
                "ring-1": False,
                "ring-2": True,
            }
            eventually(
                lambda: suite.restrike("health", check=False).returncode,
                equals=1,
                within=10,
                what="a ring that has failed",
            )
        finally:
            suite.restrike("down", check=False)
            suite.kill_everything()


def test_ring_that_is_not_to_start(tmp_path: Path) -> None:
    """A ring with `auto_start: false` does not keep `up` waiting, and is listed as stopped."""
    suite = Suite(tmp_path / "home", rings=2)
    config = json.loads(suite.paths.config.read_text())
    config["rings"][1]["auto_start"] = False
    suite.paths.config.write_text(json.dumps(config))
    with suite:
        assert {r["ring"]: r["listening"] for r in suite.json("udp", "status")["rings"]} == {
            "ring-1": True,
            "ring-2": False,
        }
        eventually(lambda: ill(suite), equals=set(), within=10, what="what is not well")
        assert "NOT" not in suite.restrike("status").stdout


def test_nothing_runs(tmp_path: Path) -> None:
    """Without a running suite every asking command says so in one sentence and exits 3."""
    suite = Suite(tmp_path / "home")
    for command in (["status"], ["udp", "status"], ["match", "show"]):
        done = suite.restrike(*command, check=False)
        assert done.returncode == 3, command
        assert "restrike up" in done.stderr
        assert len(done.stderr.splitlines()) == 1
    assert "No suite was running" in suite.restrike("down").stdout
