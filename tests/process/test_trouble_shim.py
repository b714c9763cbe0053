"""The preloaded library of tests/support/trouble makes the faults that it is told to, in a running process, and only
while it is told to.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.clock import monotonic_s, unix_ns
from tests.support.trouble.shim import NS_PER_S, Shim

HOUR_S = 3600
SLOW_MS = 60.0
PROBE = """
import json, os, sqlite3, sys, time
for _ in sys.stdin:
    began = time.monotonic()
    try:
        fd = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)
        os.write(fd, b"x")
        os.fsync(fd)
        os.close(fd)
        error = None
    except OSError as refusal:
        error = refusal.strerror
    (days,) = sqlite3.connect(":memory:").execute("SELECT julianday('now')").fetchone()
    database_s = (days - 2440587.5) * 86400
    found = {"shown_s": time.time_ns() / 1e9, "database_s": database_s, "took_s": time.monotonic() - began}
    print(json.dumps(found | {"monotonic_s": time.monotonic(), "error": error}), flush=True)
"""


class Probe:
    """A process that tells what it sees of clock and disk."""

    def __init__(self, shim: Shim, file: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", PROBE, str(file)],
            env={**os.environ, **shim.environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def look(self) -> dict[str, Any]:
        """What it sees now."""
        assert self._process.stdin is not None, "it was made a pipe"
        assert self._process.stdout is not None, "it was made a pipe"
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found

    def end(self) -> None:
        """See it off."""
        with self._process:
            self._process.kill()


@pytest.fixture
def shim(tmp_path: Path) -> Iterator[Shim]:
    with Shim(tmp_path / "shim") as made:
        yield made


@pytest.fixture
def probe(shim: Shim, tmp_path: Path) -> Iterator[Probe]:
    (tmp_path / "disk").mkdir()
    made = Probe(shim, tmp_path / "disk" / "file")
    yield made
    made.end()


def test_the_clock_is_set_and_set_back(shim: Shim, probe: Probe) -> None:
    """By Python and by SQLite, while the monotonic clock goes on."""
    with shim.stepped(HOUR_S):
        found = probe.look()
        assert found["shown_s"] - unix_ns() / NS_PER_S == pytest.approx(HOUR_S, abs=5)
        assert found["database_s"] - found["shown_s"] == pytest.approx(0, abs=5)
        assert found["monotonic_s"] == pytest.approx(monotonic_s(), abs=5)
    assert probe.look()["shown_s"] == pytest.approx(unix_ns() / NS_PER_S, abs=5)


def test_the_clock_runs_fast(shim: Shim, probe: Probe) -> None:
    """So many times as fast from where it is."""
    shim.set_clock(shim.shown_ns(), rate=1000)
    before, began = probe.look()["shown_s"], time.monotonic_ns()
    after, ended = probe.look()["shown_s"], time.monotonic_ns()
    assert 0 < after - before <= 1000 * (ended - began + NS_PER_S / 10) / NS_PER_S


def test_a_folder_is_slow_and_refuses(shim: Shim, probe: Probe, tmp_path: Path) -> None:
    """Files in it, as long as it is told, and no others."""
    assert probe.look()["error"] is None
    with shim.slow(tmp_path / "disk", sync_ms=SLOW_MS):
        assert probe.look()["took_s"] >= SLOW_MS / 1000
    with shim.slow(tmp_path / "elsewhere", sync_ms=60_000):
        assert probe.look()["took_s"] < 60
    with shim.refused(tmp_path / "disk"):
        assert probe.look()["error"] == "Permission denied"
    assert probe.look()["error"] is None
