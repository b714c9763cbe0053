"""Starting and ending the suite's processes: supervisord, and services that outlived theirs.

Used by `restrike up` and `restrike down` only.
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from shared.clock import monotonic_s, wait_s
from shared.errors import NetworkError, RestrikeError
from shared.messages.commands import GetDatabaseStatus, GetRings, StopRing
from shared.paths import Paths
from shared.rpc import Client, is_locked

STOP_ORDER: Final = ("udp-ingest", "pss-parser", "db-writer", "broker")
"""Data runs left to right: who takes it in ends first."""
STORE_WITHIN_S: Final = 4.0
END_WITHIN_S: Final = 12.0
POLL_S: Final = 0.02


class Supervisor:
    """The supervisord of one home, asked over its socket."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths

    def pid(self) -> int | None:
        """Its process id; None when none answers."""
        found = self._ask("getPID")
        return None if found is None else int(found)

    def processes(self) -> list[dict[str, Any]]:
        """What supervisord knows of each process; empty when none answers."""
        return list(self._ask("getAllProcessInfo") or [])

    def shut_down(self) -> None:
        """Ask it to end all processes and itself."""
        self._ask("shutdown")

    def start(self) -> "subprocess.Popen[bytes]":
        """Start it in a session of its own, so that a Ctrl-C at the terminal reaches only `restrike`."""
        environment = os.environ | {
            "RESTRIKE_HOME": str(self._paths.home),
            "RESTRIKE_SOCKETS": str(self._paths.sockets),
            "RESTRIKE_PYTHON": sys.executable,
        }
        command = [sys.executable, "-P", "-m", "services.supervisord", "-c", str(self._paths.supervisord_conf)]
        with (self._paths.logs / "supervisord.out").open("ab") as output:
            return subprocess.Popen(
                command,
                env=environment,
                cwd=self._paths.home,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def _ask(self, method: str) -> Any:
        """What its RPC method answers; None when it does not."""
        # Imported here because they cost every other command 15 ms.
        from http.client import HTTPException  # noqa: PLC0415  # see above
        from xmlrpc.client import Error, ServerProxy  # noqa: PLC0415  # see above

        from supervisor.xmlrpc import SupervisorTransport  # noqa: PLC0415  # see above

        transport = SupervisorTransport(None, None, f"unix://{self._paths.supervisor_socket}")
        with contextlib.suppress(OSError, HTTPException, Error):
            return getattr(ServerProxy("http://127.0.0.1", transport=transport).supervisor, method)()
        return None


@contextlib.contextmanager
def only_one(paths: Paths) -> Iterator[None]:
    """Let one `up` or `down` of a home act at a time.

    Raises:
        NetworkError: another one is at it.
    """
    with paths.lock("suite").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NetworkError("suite.busy", "Another `restrike up` or `down` is at work on this home.") from None
        yield


def holders(paths: Paths) -> dict[str, int]:
    """The running services of this home, in the order in which they are ended: name -> process id."""
    found = {}
    for name in STOP_ORDER:
        if is_locked(paths.lock(name)):
            with contextlib.suppress(ValueError, OSError):
                found[name] = int(paths.lock(name).read_text())
    return found


def end_left_overs(paths: Paths) -> list[str]:
    """End the services that run without a supervisord, in order; say which there were."""
    ended = []
    for name, pid in holders(paths).items():
        _end(pid, within_s=3.0)
        ended.append(name)
    return ended


def stop_suite(paths: Paths, supervisor: Supervisor) -> str | None:
    """End the suite in order: no more datagrams in, everything journaled stored, then all processes.

    Returns a sentence when something was left for the next start, else None.
    """
    left = _store_everything(paths)
    pid = supervisor.pid()
    if pid is not None:
        supervisor.shut_down()
        if not _gone(pid, within_s=END_WITHIN_S):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    end_left_overs(paths)
    return left


def _store_everything(paths: Paths) -> str | None:
    client = Client(paths)
    try:
        rings = [ring.ring for ring in client.call(GetRings()).rings if ring.listening]
        ends = {status.ring: status.entry for status in (client.call(StopRing(ring=ring)) for ring in rings)}
        behind = list(ends)
        deadline = monotonic_s() + STORE_WITHIN_S
        while behind and monotonic_s() < deadline:
            positions = client.call(GetDatabaseStatus()).positions
            behind = [ring for ring in behind if ring not in positions or positions[ring].entry < ends[ring]]
            wait_s(POLL_S)
    except RestrikeError as error:
        return f"{error.message} What is journaled is stored at the next start."
    return f"{', '.join(behind)}: not yet stored in full; the rest is stored at the next start." if behind else None


def _end(pid: int, *, within_s: float) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        if not _gone(pid, within_s=within_s):
            os.kill(pid, signal.SIGKILL)
            _gone(pid, within_s=within_s)


def _gone(pid: int, *, within_s: float) -> bool:
    deadline = monotonic_s() + within_s
    while monotonic_s() < deadline:
        if _has_ended(pid):
            return True
        wait_s(POLL_S)
    return False


def _has_ended(pid: int) -> bool:
    """Whether the process is gone, or only waits for its parent to take note of its end."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"
