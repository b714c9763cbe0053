"""The unit of systemd: understood by it, as hardened as we say, and it starts what the install script puts there."""

import configparser
import contextlib
import ctypes
import os
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.messages.service import MONITOR
from shared.paths import PROGRAM_ROOT
from tests.support.service import House
from tests.support.suite import Suite

UNIT = PROGRAM_ROOT / "deploy/restrike.service"
MOST_EXPOSED = 30
"""Tenths: 3.0."""
FORBIDS_EXECUTABLE_MEMORY = tuple(int(part) for part in platform.release().split(".")[:2]) >= (6, 3)
PR_SET_MDWE, REFUSE_EXEC_GAIN = 65, 1
PR_SET_NO_NEW_PRIVS = 38


def unit() -> configparser.RawConfigParser:
    """The unit file; of keys that stand twice, the last."""
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # the documented way to keep capitals
    parser.read(UNIT)
    return parser


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_it_is_hardened() -> None:
    """`systemd-analyze security` rates it 3.0 or less, and knows every key in it."""
    command = ["systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSED}", str(UNIT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-300:] + done.stderr
    assert "Unknown" not in done.stderr


def test_it_starts_what_is_installed() -> None:
    """Paths of the unit and of the install script are the same; there is no limit to how often it is started."""
    script = (PROGRAM_ROOT / "deploy/install.sh").read_text()
    service = unit()["Service"]
    assert service["ExecStart"] == "/opt/restrike/current/bin/restrike up --unattended"
    assert "prefix=$root/opt/restrike" in script
    assert service["Environment"].startswith("RESTRIKE_HOME=/var/lib/restrike")
    assert "home=$root/var/lib/restrike" in script
    assert (service["Type"], service["NotifyAccess"]) == ("notify", "all")
    assert unit()["Unit"]["StartLimitIntervalSec"] == "0"


def test_signs_of_life(tmp_path: Path) -> None:
    """cpu-monitor gives them twice within the time that systemd asks for; alone in its home it is not ready, yet."""
    with systemd_at(tmp_path / "notify") as systemd, House(tmp_path / "home") as house:
        os.environ.update(NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC="1000000")
        try:
            house.start(MONITOR)
        finally:
            del os.environ["NOTIFY_SOCKET"], os.environ["WATCHDOG_USEC"]
        assert systemd.recv(100) == systemd.recv(100) == b"WATCHDOG=1"


@pytest.mark.skipif(not FORBIDS_EXECUTABLE_MEMORY, reason="this kernel cannot refuse executable memory (Linux 6.3)")
def test_the_suite_runs_without_what_the_unit_takes_away(tmp_path: Path) -> None:
    """No memory that is both written and run, and no new privileges: everything comes up, and systemd hears READY."""

    def harden() -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        libc.prctl(PR_SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0)

    with systemd_at(tmp_path / "notify") as systemd:
        suite = Suite(tmp_path / "home")
        try:
            up = subprocess.run(
                [str(Path(sys.executable).with_name("restrike")), "up", "-d"],
                env=suite.environment | {"NOTIFY_SOCKET": str(tmp_path / "notify")},
                capture_output=True,
                text=True,
                preexec_fn=harden,  # the only way to take rights from a child; it calls nothing else
                check=False,
            )
            assert up.returncode == 0, up.stdout + up.stderr
            assert systemd.recv(100) == b"READY=1\nSTATUS=all services answer"
        finally:
            suite.restrike("down", check=False)
            suite.kill_everything()


@contextlib.contextmanager
def systemd_at(path: Path) -> Iterator[socket.socket]:
    """Somebody who listens like systemd."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(path))
        systemd.settimeout(10)
        yield systemd
