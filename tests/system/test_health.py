"""Health of a real suite: a ring that falls silent, a service that is frozen, and the screen that shows both."""

import contextlib
import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.clock import monotonic_s, unix_ns
from shared.messages.commands import GetRings
from shared.messages.health import Condition, GetHealthReport, HealthItem, Subject
from tests.support.captures import capture
from tests.support.suite import Suite, running
from tests.support.wait import eventually, lenient

FROZEN = "obs-bridge"
LOAD = [body for _, body in capture("bo3-1-2-ptf-scores-gamjeom")[:12]]
LEAVES_SCREEN = b"\x1b[?1049l"
SHOWS_CURSOR = b"\x1b[?25h"


class Screen:
    """`restrike status` on a terminal of 100 by 30."""

    def __init__(self, suite: Suite) -> None:
        self.master, self.slave = os.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        self.before: list[Any] = termios.tcgetattr(self.slave)
        command = [str(Path(sys.executable).with_name("restrike")), "status"]
        environment = {**suite.environment, "TERM": "xterm-256color"}
        self.process = subprocess.Popen(
            command, env=environment, stdin=self.slave, stdout=self.slave, stderr=self.slave, start_new_session=True
        )
        self.written = b""

    def shows(self, *words: str, within: float = 10) -> None:
        """Wait until it drew each of these."""
        deadline = monotonic_s() + within
        while not all(word.encode() in self.written for word in words):
            left_s = deadline - monotonic_s()
            assert left_s > 0, f"{words} are not all in {self.written[-3000:]!r}"
            self.read(left_s)

    def read(self, wait_s: float) -> None:
        """Take what it draws."""
        if select.select([self.master], [], [], wait_s)[0]:
            self.written += os.read(self.master, 65_536)

    def press(self, key: bytes) -> int:
        """Press a key that ends it; its exit code."""
        os.write(self.master, key)
        deadline = monotonic_s() + 10
        while self.process.poll() is None:
            assert monotonic_s() < deadline, "it did not end"
            self.read(0.05)
        self.read(0)
        return self.process.returncode

    def close(self) -> None:
        """Leave nothing open."""
        self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """One suite in which a match runs."""
    with running(tmp_path_factory.mktemp("health") / "home") as started:
        yield started


@pytest.fixture(scope="module")
def screen(suite: Suite) -> Iterator[Screen]:
    """The live screen, from before anything is wrong until all is well again."""
    shown = Screen(suite)
    with contextlib.closing(shown):
        yield shown


def _item(suite: Suite, subject: Subject, name: str) -> HealthItem:
    items: tuple[HealthItem, ...] = suite.call(GetHealthReport()).items
    return next(item for item in items if (item.subject, item.name) == (subject, name))


def _is(suite: Suite, subject: Subject, name: str, condition: Condition, *, after_us: int = 0) -> HealthItem:
    def look() -> HealthItem | None:
        item = _item(suite, subject, name)
        return item if item.condition is condition and item.since_us > after_us else None

    found = eventually(look, within=10, what=f"{name} {condition}")
    assert isinstance(found, HealthItem)
    return found


def _last_us(suite: Suite, *, after_us: int) -> int:
    """When the ring's last datagram came; 0: none since then."""
    last_us: int = suite.call(GetRings()).rings[0].last_packet_us
    return last_us if last_us >= after_us else 0


def test_silence_and_a_frozen_service_are_seen(suite: Suite, screen: Screen) -> None:
    """A scoring system stops in mid-round, and a service is frozen: both have failed within 3 s (and a beat), by the
    report's own times. The screen shows both with what to do, and that they are over.
    """
    with suite.sender() as sender:
        for body in (*LOAD, b"clk;02:00;start;", b"clk;01:59;"):
            sender.send(body)
        _is(suite, Subject.SERVICE, FROZEN, Condition.OK)
        sender.send(b"clk;01:58;")
        screen.shows("FIGHT", "ring-1", "7894")
        sent_us = unix_ns() // 1000
        sender.send(b"clk;01:57;")
        last_us = eventually(lambda: _last_us(suite, after_us=sent_us), within=5, what="the last datagram")
        frozen_us = unix_ns() // 1000
        suite.kill(FROZEN, signal.SIGSTOP)
        try:
            silent = _is(suite, Subject.RING, "ring-1", Condition.FAILED, after_us=last_us)
            assert silent.since_us - last_us <= lenient(3) * 1_000_000
            frozen = _is(suite, Subject.SERVICE, FROZEN, Condition.FAILED, after_us=frozen_us)
            assert frozen.since_us - frozen_us <= lenient(4.5) * 1_000_000
            screen.shows("SILENT", "has been silent for", f"{FROZEN} has not been heard", "FAILED")
        finally:
            suite.kill(FROZEN, signal.SIGCONT)
        sender.send(b"clk;01:56;")
        for subject, name in ((Subject.RING, "ring-1"), (Subject.SERVICE, FROZEN)):
            eventually(lambda one=(subject, name): _item(suite, *one).condition is not Condition.FAILED, within=5)  # type: ignore[misc]  # bound at once


def test_the_screen_ends_on_q(screen: Screen) -> None:
    """With 0; the terminal is as it was: its other screen is left, the cursor shows, keys are shown again."""
    assert screen.press(b"q") == 0
    assert screen.written.rfind(LEAVES_SCREEN) > screen.written.rfind(b"\x1b[?1049h") >= 0
    assert SHOWS_CURSOR in screen.written
    assert b"Traceback" not in screen.written
    assert termios.tcgetattr(screen.slave) == screen.before


def test_health_without_its_judge(suite: Suite) -> None:
    """cpu-monitor is frozen: every service is asked, and that nobody watches is said."""
    suite.kill("cpu-monitor", signal.SIGSTOP)
    try:
        done = suite.restrike("health", check=False)
    finally:
        suite.kill("cpu-monitor", signal.SIGCONT)
    assert done.returncode == 1
    assert "cpu-monitor does not answer" in done.stdout
    assert "service cpu-monitor" in done.stdout
    assert "Nobody watches the suite" in done.stdout
