"""Logs are set aside and archived under a real supervisord, and nothing of them is lost or doubled."""

import multiprocessing
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.cli.logs.reading import search
from services.cli.logs.records import Record
from services.cli.logs.wanted import Wanted
from services.cpu_monitor.log_keeping.keeper import Keeper, Limits
from services.cpu_monitor.log_keeping.setting_aside import Rotation
from shared.clock import monotonic_s, unix_ns
from shared.log.files import ARCHIVE, archives, set_aside
from shared.paths import PROGRAM_ROOT
from tests.support.wait import ENOUGH_S, eventually, pause

LINES = 6_000
LIMITS = Limits(file_bytes=60_000, keep_days=1, archive_bytes=1 << 30)
CONFIGURATION = """
[supervisord]
nodaemon=true
silent=true
umask=077
logfile={logs}/supervisord.log
logfile_maxbytes=40MB
pidfile={home}/supervisord.pid
[program:numbers]
command={python} -P -m tests.support.numbered_lines numbers {lines}
directory={root}
startsecs=0
redirect_stderr=true
stdout_logfile={logs}/numbers.log
stdout_logfile_maxbytes=40MB
stdout_logfile_backups=2
"""


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A folder of logs."""
    folder = tmp_path / "log"
    folder.mkdir()
    return folder


@pytest.fixture
def supervisord(tmp_path: Path, logs: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A supervisord whose one service writes numbered lines."""
    path = tmp_path / "supervisord.conf"
    path.write_text(
        CONFIGURATION.format(home=tmp_path, logs=logs, python=sys.executable, root=PROGRAM_ROOT, lines=LINES)
    )
    process = _python("services.supervisord", "-c", str(path))
    yield process
    process.send_signal(signal.SIGTERM)
    process.wait(10)


def test_no_line_is_lost_or_doubled_however_often_the_keeper_is_killed(
    logs: Path, supervisord: "subprocess.Popen[bytes]"
) -> None:
    """6,000 numbered lines, files of 60 kB, the keeper killed at any moment: all lines are there once, in order, also
    those that were cut in two when a file was set aside; and no half-made file is left.
    """
    kills = 0
    deadline = monotonic_s() + 20
    while not _has_written(logs, LINES) and monotonic_s() < deadline:
        keeper = multiprocessing.get_context("fork").Process(target=_keep, args=(logs, supervisord.pid))
        keeper.start()
        pause(0.01 + kills % 7 * 0.013)
        keeper.kill()
        keeper.join(ENOUGH_S)
        kills += 1
    assert kills > 5
    _tidy(logs, supervisord.pid)
    assert [record.fields["n"] for record in _lines(logs) if record.fields] == list(range(1, LINES + 1))
    assert len([file for file in archives(logs) if file.source == "numbers"]) > 5
    assert set_aside(logs) == []
    left = {path.name for path in (*logs.iterdir(), *(logs / ARCHIVE).iterdir())}
    assert {name for name in left if not name.endswith((".log", ".zst", ARCHIVE))} == set()


def _lines(logs: Path) -> list[Record]:
    return list(search(logs, Wanted(sources=("numbers",))))


def _has_written(logs: Path, number: int) -> bool:
    try:
        end = (logs / "numbers.log").read_bytes()[-400:]
    except FileNotFoundError:
        return False
    return f'"n":{number},'.encode() in end or (not end and _last(logs) == number)


def _last(logs: Path) -> int:
    found = [record.fields["n"] for record in _lines(logs) if record.fields]
    return int(found[-1]) if found else 0


def _tidy(logs: Path, pid: int) -> None:
    keeper = Keeper(logs, rotation=Rotation(logs), supervisor=lambda: pid)

    def all_archived() -> bool:
        report = keeper.turn(LIMITS, now_us=unix_ns() // 1000, now_s=monotonic_s())
        assert report.error is None
        return not set_aside(logs)

    eventually(all_archived, within=5, what="everything archived")


def _keep(logs: Path, pid: int) -> None:
    """Keep a folder of logs as cpu-monitor does, only all the time."""
    keeper = Keeper(logs, rotation=Rotation(logs), supervisor=lambda: pid)
    while True:
        keeper.turn(LIMITS, now_us=unix_ns() // 1000, now_s=monotonic_s())


def _python(*arguments: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-P", "-m", *arguments],
        cwd=PROGRAM_ROOT,
        env={"PYTHONPATH": str(PROGRAM_ROOT), "PATH": "/usr/bin:/bin"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
