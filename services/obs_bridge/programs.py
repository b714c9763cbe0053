"""Runs the programs of rules, each in a thread of its own, so that the loop never waits for one; obs-bridge.

No shell; nothing on standard input; output is read to its end and its beginning kept for the error. A program that
takes longer than it may is killed with all that it started.
"""

import contextlib
import os
import selectors
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct

from services.obs_bridge.execution import Post
from shared.clock import monotonic_ns, monotonic_s

MOST_AT_ONCE: Final = 8
"""More at once are refused: they share the machine with OBS's encoder."""
MOST_OUTPUT: Final = 2_000
"""Bytes of a program's output that are kept."""
LOOK_S: Final = 0.05
PREFIX: Final = "RESTRIKE_"
"""Variables of ours that a program does not get: they may hold passwords."""
KEPT: Final = "RESTRIKE_HOME"
VALUES: Final = "EVENT_"
"""Placeholders are variables, too: `EVENT_PLAYER1`."""


class Ran(Struct, frozen=True, kw_only=True):
    """How a program ended; error None: with 0. started_ns, ended_ns: monotonic."""

    error: str | None
    started_ns: int
    ended_ns: int


class Programs:
    """`post` has a function called by the loop's thread. `started` and `failed` count since the service began."""

    def __init__(self, post: Post, *, most_at_once: int = MOST_AT_ONCE) -> None:
        self.started = 0
        self.failed = 0
        self._post = post
        self._most = most_at_once
        self._running: set[subprocess.Popen[bytes]] = set()
        self._open = 0
        self._lock = threading.Lock()
        self._is_over = False

    def run(
        self, command: tuple[str, ...], values: Mapping[str, str], *, within_s: float, then: Callable[[Ran], None]
    ) -> None:
        """Run `command`, then have `then` called in the loop's thread, never before this returns."""
        if self._open >= self._most:
            now_ns = monotonic_ns()
            error = f"{self._most} programs of rules are running; one more was not started."
            self._post(lambda: self._tell(Ran(error=error, started_ns=now_ns, ended_ns=now_ns), then))
            return
        self._open += 1
        self.started += 1

        def work() -> None:
            ran = self._ran(command, values, within_s)
            self._post(lambda: self._ended(ran, then))

        threading.Thread(target=work, name=f"program-{Path(command[0]).name}", daemon=True).start()

    def stop(self) -> None:
        """Kill what runs: the service ends."""
        with self._lock:
            self._is_over = True
            for process in self._running:
                _kill(process)

    def _ended(self, ran: Ran, then: Callable[[Ran], None]) -> None:
        self._open -= 1
        self._tell(ran, then)

    def _tell(self, ran: Ran, then: Callable[[Ran], None]) -> None:
        self.failed += ran.error is not None
        then(ran)

    def _ran(self, command: tuple[str, ...], values: Mapping[str, str], within_s: float) -> Ran:
        started_ns = monotonic_ns()
        try:
            error = self._done(command, values, within_s)
        except (OSError, ValueError) as fault:  # ValueError: a NUL in an argument
            error = f"{command[0]} could not be started: {getattr(fault, 'strerror', None) or fault}."
        return Ran(error=error, started_ns=started_ns, ended_ns=monotonic_ns())

    def _done(self, command: tuple[str, ...], values: Mapping[str, str], within_s: float) -> str | None:
        process = self._started(command, values)
        if process is None:
            return "obs-bridge ended before it could be started."
        try:
            said = _output_of(process, until_s=monotonic_s() + within_s)
            if process.poll() is None:
                return f"{command[0]} took longer than {within_s:g} s and was ended."
            return None if process.returncode == 0 else _failure(command[0], process.returncode, said)
        finally:
            with self._lock:
                self._running.discard(process)
            _kill(process)
            process.wait()
            process.stdout.close() if process.stdout else None

    def _started(self, command: tuple[str, ...], values: Mapping[str, str]) -> "subprocess.Popen[bytes] | None":
        with self._lock:
            if self._is_over:
                return None
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=environment(values),
                start_new_session=True,
            )
            self._running.add(process)
            return process


def environment(values: Mapping[str, str]) -> dict[str, str]:
    """What a program finds in its environment: ours without our secrets, and the placeholders."""
    ours = {name: text for name, text in os.environ.items() if name == KEPT or not name.startswith(PREFIX)}
    return ours | {variable(name): text.replace("\0", "") for name, text in values.items()}


def variable(placeholder: str) -> str:
    """The name of a placeholder's variable: matchNumber is EVENT_MATCH_NUMBER."""
    return VALUES + "".join(f"_{letter}" if letter.isupper() else letter for letter in placeholder).upper()


def _output_of(process: "subprocess.Popen[bytes]", *, until_s: float) -> bytes:
    """The beginning of what it says, read until it ended or its time is up. A program that it left behind may hold the
    pipe open.
    """
    assert process.stdout is not None  # noqa: S101 - it is a pipe of `_started`
    said = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while (left_s := until_s - monotonic_s()) > 0:
            is_over = process.poll() is not None
            if not selector.select(0 if is_over else min(left_s, LOOK_S)):
                if is_over:
                    break
                continue
            body = os.read(process.stdout.fileno(), 65_536)
            if not body:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(max(0.0, until_s - monotonic_s()))
                break
            said = (said + body)[:MOST_OUTPUT]
    return said


def _failure(program: str, code: int, said: bytes) -> str:
    text = " ".join(said.decode(errors="replace").split())
    how = f"was ended by signal {-code}" if code < 0 else f"ended with {code}"
    return f"{program} {how}: {text}" if text else f"{program} {how}."


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """Kill its session: what it started and left behind, too."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
