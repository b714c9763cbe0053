"""Kill -9 of each process in the middle of a match: nothing is lost, nothing is stored or published twice."""

import json
import os
import random
import signal
import threading
from collections.abc import Iterator

import psutil
import pytest

from services.registry import SERVICES
from shared.clock import unix_ns
from shared.messages.health import Condition, GetHealthReport, Subject
from tests.support.captures import capture
from tests.support.listener import Listener
from tests.support.stored import assert_published_once, assert_sound, assert_stored, bodies
from tests.support.suite import Suite, running
from tests.support.wait import eventually, pause

ROUNDS = int(os.environ.get("RESTRIKE_KILL_ROUNDS", "2"))
SLACK_US = 20_000
"""A datagram may be sent a moment before the socket is bound, and still come too early."""
NAME = "bo3-1-2-ptf-scores-gamjeom"


class Stream(threading.Thread):
    """Sends one match after the other, each message every few milliseconds, until told to stop."""

    def __init__(self, suite: Suite, *, gap_s: float = 0.001) -> None:
        super().__init__(daemon=True)
        self._suite = suite
        self._gap_s = gap_s
        self._end = threading.Event()
        self.sent: list[bytes] = []

    def run(self) -> None:
        """Send."""
        datagrams = [body for _, body in capture(NAME)]
        with self._suite.sender() as sender:
            while not self._end.is_set():
                for body in datagrams:
                    sender.send(body)
                    self.sent.append(body)
                    self._end.wait(self._gap_s)

    def finish(self) -> None:
        """Stop after the running match."""
        self._end.set()
        self.join(30)


class Numbered(Stream):
    """Sends numbered datagrams and remembers when."""

    def __init__(self, suite: Suite) -> None:
        super().__init__(suite)
        self.sent_us: list[int] = []

    def run(self) -> None:
        """Send."""
        with self._suite.sender() as sender:
            while not self._end.is_set():
                self.sent_us.append(unix_ns() // 1000)
                sender.send(b"number;%d;" % (len(self.sent_us) - 1))
                self._end.wait(self._gap_s)


def answers_again(suite: Suite, service: str, killed: int) -> None:
    """The service answers as another process within 2 s."""

    def is_back() -> bool:
        health = suite.health(service, deadline_s=0.5)
        return health.pid != killed

    eventually(is_back, within=2.0, what=f"{service} answering after kill -9")


@pytest.mark.parametrize("service", ["broker", "pss-parser", "db-writer"])
def test_killed_service_loses_nothing(suite: Suite, service: str) -> None:
    """Killed at random moments: every datagram is in the database once, in order; nothing was published twice."""
    chance = random.Random(f"{service} {ROUNDS}")
    stream = Stream(suite)
    with Listener(suite.events_endpoint, "pss.") as listener:
        stream.start()
        for _ in range(ROUNDS):
            pause(chance.uniform(0.1, 0.6))
            answers_again(suite, service, suite.kill(service))
        stream.finish()
        suite.stored(within=30)
        assert_stored(suite, stream.sent)
        assert_published_once(listener.published())
    assert len(stream.sent) > 100


def test_killed_ingest_keeps_what_it_had_and_names_the_hole(suite: Suite) -> None:
    """Kill -9 of udp-ingest: what was committed before and arrived after is there, in order; whatever is missing was
    sent within a hole that is named with its times.
    """
    chance = random.Random(7)
    stream = Numbered(suite)
    stream.start()
    for _ in range(ROUNDS):
        pause(chance.uniform(0.3, 0.8))
        answers_again(suite, "udp-ingest", suite.kill("udp-ingest"))
    pause(0.3)
    stream.finish()
    suite.stored(within=30)
    assert_sound(suite)
    found = [int(body.split(b";")[1]) for body in bodies(suite)]
    assert found == sorted(set(found))
    holes = [json.loads(row[0]) for row in suite.rows("SELECT evidence FROM findings WHERE rule = 'session_broken'")]
    assert len(holes) == ROUNDS
    missing = set(range(len(stream.sent_us))) - set(found)
    unnamed = [
        number
        for number in missing
        if not any(hole["from_us"] <= stream.sent_us[number] <= hole["to_us"] + SLACK_US for hole in holes)
    ]
    assert unnamed == []
    assert missing
    assert suite.rows("SELECT count(*) FROM udp_server_sessions WHERE status = 'broken'") == [(ROUNDS,)]


@pytest.fixture(scope="module")
def supervised(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """A running suite for the two tests of its supervisor; the second one ends it."""
    with running(tmp_path_factory.mktemp("supervised") / "home") as started:
        yield started


def test_killed_supervisor_and_another_up(supervised: Suite) -> None:
    """The whole supervisor killed once: the services go on, and it is told; another `up` leaves exactly one of each."""
    suite = supervised
    stream = Stream(suite, gap_s=0.002)
    stream.start()
    supervisor = int((suite.paths.run / "supervisord.pid").read_text())
    os.kill(supervisor, 9)
    eventually(lambda: "supervisord" in missed(suite), within=3, what="a supervisor that is missed")
    before = len(suite.rows("SELECT 1 FROM raw_datagrams"))
    eventually(lambda: len(suite.rows("SELECT 1 FROM raw_datagrams")) > before, within=5, what="services going on")
    stream.finish()
    suite.stored()
    told = suite.restrike("doctor", "--only", "services", check=False)
    assert "supervisord does not run: services that end are not started again." in " ".join(told.stdout.split())
    suite.up()
    wanted = len(SERVICES) + 1  # and the supervisor
    running_now = eventually(
        lambda: found if len(found := suite.processes()) == wanted else None, within=5, what="one of each"
    )
    assert running_now
    assert_stored(suite, stream.sent)
    assert "supervisord" not in missed(suite)


def missed(suite: Suite) -> set[str]:
    """Whom of the services health calls failed."""
    items = suite.call(GetHealthReport()).items
    return {item.name for item in items if item.subject is Subject.SERVICE and item.condition is Condition.FAILED}


def test_frozen_supervisor(supervised: Suite) -> None:
    """SIGSTOP of supervisord: `up` ends it by its number and starts one of each anew; `down` ends it, too, after
    everything is stored, and leaves nobody who would start the suite again.
    """
    suite = supervised
    suite.up()

    def freeze() -> int:
        supervisor = int((suite.paths.run / "supervisord.pid").read_text())
        os.kill(supervisor, signal.SIGSTOP)
        eventually(lambda: psutil.Process(supervisor).status(), equals=psutil.STATUS_STOPPED, within=2)
        return supervisor

    first, before = freeze(), suite.pid("udp-ingest")
    told = suite.restrike("up", "-d").stderr
    assert f"Killed supervisord (process {first}), which did not answer" in told
    assert first not in {process.pid for process in suite.processes()}
    assert len(suite.processes()) == len(SERVICES) + 1
    assert suite.pid("udp-ingest") != before
    sent = [body for _, body in capture(NAME)]
    with suite.sender() as sender:
        sender.send_all([(0.0, body) for body in sent])
    second = freeze()
    document = json.loads(suite.restrike("down", "--json").stdout)
    assert document == {"was_running": True, "left_for_next_start": None, "killed_supervisor_pid": second}
    assert suite.processes() == []
    assert bodies(suite)[-len(sent) :] == sent


def test_everything_killed_at_once(suite: Suite) -> None:
    """Kill -9 of supervisor and all services together: after the next `up` the journal's rest is stored, once."""
    stream = Stream(suite)
    stream.start()
    pause(0.4)
    suite.kill_everything()
    stream.finish()
    suite.up()
    suite.stored()
    assert_sound(suite)
    found = bodies(suite)
    assert found == stream.sent[: len(found)]
    assert found
