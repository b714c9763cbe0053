"""Starting and ending the suite's processes: supervisord, and services that outlived theirs.

Used by `restrike up` and `restrike down` only.
"""

import contextlib
import fcntl
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct

from services.registry import SERVICES
from shared.clock import monotonic_s, wait_s
from shared.errors import IoError, NetworkError, RestrikeError
from shared.messages.commands import GetDatabaseStatus, GetRings, StopRing
from shared.messages.service import Position
from shared.messages.udp import RingStatus
from shared.paths import Paths
from shared.rpc import Client, is_locked
from shared.stand_in import stand_in
from shared.supervised import answers, is_stopped, process_of, state_of

GROUP: Final = "restrike"
FIRST, LAST = "udp-ingest", "broker"
STOP_ORDER: Final = (FIRST, *(name for name in SERVICES if name not in (FIRST, LAST)), LAST)
"""Data runs left to right: who takes it in ends first, who passes events on ends last."""
BUSY_WITHIN_S: Final = 15.0
"""An `up` or `down` takes less; another one waits for it."""
STORE_WITHIN_S: Final = 4.0
END_WITHIN_S: Final = 12.0
KILLED_WITHIN_S: Final = 5.0
PATIENCE_S: Final = 8.0
"""A supervisord that does not answer is ended; on a busy machine it may be late, so it has this besides."""
POLL_S: Final = 0.02
"""How often something that is waited for is looked at."""


class Standing(Struct, frozen=True, kw_only=True):
    """The supervisord of a home: its process, and whether it answers. One that does not starts nothing again."""

    pid: int
    answers: bool


class Ended(Struct, frozen=True, kw_only=True):
    """How a suite ended: a sentence when something was left for the next start, and the supervisord that did not answer
    and was killed.
    """

    left: str | None
    killed: int | None = None

    @property
    def notes(self) -> list[str]:
        """What a person must know of it."""
        killed = f"Killed supervisord (process {self.killed}), which did not answer; each service was ended by itself."
        return [note for note in (killed if self.killed is not None else None, self.left) if note]


class Supervisor:
    """The supervisord of one home, asked over its socket."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths

    def pid(self) -> int | None:
        """Its process id; None when none answers."""
        process = process_of(self._paths)
        if process is not None and is_stopped(process):
            return None  # nobody needs to wait for it
        found = self.ask("getPID")
        return None if found is None else int(found)

    def standing(self) -> Standing | None:
        """Whether there is one, and answers, given time for it; None: there is none."""
        answering = self.pid()
        if answering is not None:
            return Standing(pid=answering, answers=True)
        pid = process_of(self._paths)
        if pid is None:
            return None
        if not is_stopped(pid) and answers(self._paths, within_s=PATIENCE_S):
            return Standing(pid=pid, answers=True)
        return Standing(pid=pid, answers=False) if process_of(self._paths) == pid else None

    def processes(self) -> list[dict[str, Any]]:
        """What supervisord knows of each process; empty when none answers."""
        return list(self.ask("getAllProcessInfo") or [])

    def shut_down(self) -> None:
        """Ask it to end all processes and itself."""
        self.ask("shutdown")

    def start_ended(self) -> list[str]:
        """Start the processes that ended and stayed down (bad configuration); say which."""
        ended = [str(p["name"]) for p in self.processes() if p["statename"] in {"EXITED", "FATAL", "STOPPED"}]
        return [name for name in ended if self.ask("startProcess", f"{GROUP}:{name}")]

    def start(self) -> "subprocess.Popen[bytes]":
        """Start it in a session of its own, so that a Ctrl-C at the terminal reaches only `restrike`."""
        environment = os.environ | {
            "RESTRIKE_HOME": str(self._paths.home),
            "RESTRIKE_SOCKETS": str(self._paths.sockets),
            "RESTRIKE_PYTHON": shlex.quote(sys.executable),  # it stands in commands
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

    def ask(self, method: str, *arguments: str) -> Any:
        """What its RPC method answers; None when it does not."""
        # Imported here because it costs every other command 15 ms.
        from shared.supervisor import ask_supervisor  # noqa: PLC0415  # see above

        return ask_supervisor(self._paths, method, *arguments)


@contextlib.contextmanager
def only_one(paths: Paths) -> Iterator[None]:
    """Let one `up` or `down` of a home act at a time.

    Raises:
        NetworkError: another one is at it.
    """
    deadline = monotonic_s() + BUSY_WITHIN_S
    with paths.lock("suite").open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if monotonic_s() > deadline:
                    sentence = "Another `restrike up` or `down` is at work on this home: try again in a few seconds."
                    raise NetworkError("suite.busy", sentence) from None
                wait_s(POLL_S)
            else:
                break
        yield


def holders(paths: Paths) -> dict[str, int]:
    """The running services of this home, in the order in which they are ended: name -> process id.

    A command that works on the database in db-writer's place is no service.
    """
    found = {}
    for name in STOP_ORDER:
        if is_locked(paths.lock(name)):
            with contextlib.suppress(ValueError, OSError):
                found[name] = int(paths.lock(name).read_text())
    return found


def end_stand_in(paths: Paths, *, force: bool) -> str | None:
    """End the command that works on the database in db-writer's place, if there is one; what it did.

    Raises:
        NetworkError: there is one, and no force.
    """
    found = stand_in(paths)
    if found is None:
        return None
    if not force:
        raise NetworkError(
            "database.in_use",
            f"A restrike command ({found.doing}, process {found.pid}) works on the database: wait for its end, or break"
            " it off with --force.",
        )
    _end(found.pid, within_s=END_WITHIN_S)
    return found.doing


def end_left_overs(paths: Paths) -> list[str]:
    """End the services that run without a supervisord, in order; say which there were."""
    ended = []
    for name, pid in holders(paths).items():
        _end(pid, within_s=3.0)
        ended.append(name)
    return ended


def end_frozen(pid: int) -> None:
    """End a supervisord that does not answer, by SIGKILL: nothing else ends one that is frozen.

    Raises:
        IoError: it is still there.
    """
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    if not _gone(pid, within_s=KILLED_WITHIN_S):
        raise IoError(
            "suite.supervisor_stuck",
            f"supervisord (process {pid}) does not answer, and SIGKILL has not ended it: it hangs in the kernel, "
            "mostly for a disk or a network share. Nothing else was ended: see dmesg, then try again.",
        )


def only_in_memory_bytes(paths: Paths) -> int:
    """What udp-ingest could not write to its journal; 0 when it does not say."""
    try:
        return max((ring.unjournaled_bytes for ring in Client(paths).call(GetRings()).rings), default=0)
    except RestrikeError:
        return 0


def stop_suite(paths: Paths, supervisor: Supervisor) -> Ended:
    """End the suite in order: no more datagrams in, everything journaled stored, then all processes.

    A supervisord that does not answer is killed first, and then the services are ended one by one: when it went on, it
    would start them again.

    Raises:
        IoError: that one cannot be killed, and nothing was ended.
    """
    standing = supervisor.standing()
    killed = standing.pid if standing is not None and not standing.answers else None
    if killed is not None:
        end_frozen(killed)
    left = _store_everything(paths)
    if standing is not None and standing.answers:
        supervisor.shut_down()
        if not _gone(standing.pid, within_s=END_WITHIN_S):
            with contextlib.suppress(ProcessLookupError):
                os.kill(standing.pid, signal.SIGKILL)
    end_left_overs(paths)
    return Ended(left=left, killed=killed)


def _store_everything(paths: Paths) -> str | None:
    client = Client(paths)
    try:
        rings = [ring.ring for ring in client.call(GetRings()).rings if ring.listening]
        ends = {status.ring: status for status in (client.call(StopRing(ring=ring)) for ring in rings)}
        behind = list(ends)
        deadline = monotonic_s() + STORE_WITHIN_S
        while behind and monotonic_s() < deadline:
            positions = client.call(GetDatabaseStatus()).positions
            behind = [ring for ring in behind if not _has_reached(positions.get(ring), ends[ring])]
            wait_s(POLL_S)
    except RestrikeError as error:
        return f"{error.message} What is journaled is stored at the next start."
    return f"{', '.join(behind)}: not yet stored in full; the rest is stored at the next start." if behind else None


def _has_reached(stored: Position | None, end: RingStatus) -> bool:
    return stored is not None and stored.journal_id == end.journal_id and stored.entry >= end.entry


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
    return state_of(pid) in (None, "Z")
