"""The terminal of a foreground `restrike up`: says what happens to the suite, and ends it in order."""

import contextlib
import shutil
import signal
import subprocess
import sys
from typing import Final

import typer

from services.cli import output
from services.cli.health_changes import Changes
from services.cli.health_report import changed_line, current, line_width
from services.cli.supervision import POLL_S, Supervisor, holders, only_in_memory_bytes, only_one, stop_suite
from services.registry import SERVICES
from shared.clock import monotonic_s, unix_ns, wait_s
from shared.paths import Paths
from shared.rpc import Client

WATCH_S: Final = 0.5
HEALTH_EVERY_S: Final = 1.0
GONE_WITHIN_S: Final = 3.0


def stay(paths: Paths, supervisor: Supervisor, process: "subprocess.Popen[bytes]") -> None:
    """Keep the terminal until Ctrl-C, SIGTERM or SIGHUP, and say when something is not what it was."""
    asked: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: asked.append(number))
    _say(f"Ctrl-C ends it. In another terminal: {own_name()} events tail")
    watch = _Watch(paths)
    while not asked:
        if process.poll() is not None:
            raise typer.Exit(_supervisor_is_gone(paths))
        watch.look()
        wait_s(WATCH_S)
    _say("Ending in order …")
    in_memory = only_in_memory_bytes(paths)
    with only_one(paths):
        notes = stop_suite(paths, supervisor).notes
    process.wait()
    if in_memory:
        lost = output.size(in_memory)
        notes = [f"{lost} were only in memory, because the journal could not be written, and are lost.", *notes]
    for note in notes or ["Down; everything received is stored."]:
        _say(note)


def _supervisor_is_gone(paths: Paths) -> int:
    """Say whether somebody ended the suite or supervisord died; the exit code."""
    deadline = monotonic_s() + GONE_WITHIN_S
    while holders(paths) and monotonic_s() < deadline:
        wait_s(POLL_S)
    if not holders(paths):
        _say("The suite was ended by another command.")
        return 0
    output.note("supervisord ended. The services go on without it; start it again with: restrike up")
    return 1


class _Watch:
    """What the terminal of `up` says: services that were restarted, and what became ill or well."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._pids = holders(paths)
        self._client = Client(paths)
        self._changes = Changes()
        self._ask_at = monotonic_s() + HEALTH_EVERY_S

    def look(self) -> None:
        """Say what is new."""
        now = holders(self._paths)
        for name in SERVICES:
            if name in now and self._pids.get(name) not in (None, now[name]):
                _say(f"{name} was restarted (now process {now[name]}).")
        self._pids |= now
        if monotonic_s() >= self._ask_at:
            for item, before in self._changes.take(current(self._client)):
                _say(changed_line(item, before, width=line_width()))
            self._ask_at = monotonic_s() + HEALTH_EVERY_S


def _say(text: str) -> None:
    """Print a line with the time, if there is still a terminal: a suite ends in order though its terminal is gone."""
    with contextlib.suppress(OSError):
        output.line(f"{output.local_time(unix_ns() // 1000)[:8]} {text}")


def own_name() -> str:
    """How this program was called, so that what is printed can be typed."""
    return "restrike" if shutil.which("restrike") else sys.argv[0]
