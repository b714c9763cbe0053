"""supervisord as those see it that need no more of it: did it start this process, is it there, does it answer?

Used by cpu-monitor, broker and the command line. Costs a tenth of a question by XML-RPC (shared/supervisor.py).
"""

import contextlib
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from shared.paths import Paths

ANSWERS_WITHIN_S: Final = 2.0
PID_FILE: Final = "supervisord.pid"
ANEW: Final = (
    "Start the suite anew, best between two matches: restrike up -d, or sudo systemctl restart restrike where systemd "
    "started it."
)
"""What to do while there is none: all services are started anew with it, within some seconds."""
GONE: Final = "supervisord does not run: services that end are not started again."
_MODULE: Final = b"services.supervisord"
_BODY: Final = b"<methodCall><methodName>supervisor.getState</methodName></methodCall>"
_QUESTION: Final = b"POST /RPC2 HTTP/1.0\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%b" % (
    len(_BODY),
    _BODY,
)
_ANSWER: Final = b"HTTP/"
_HOME: Final = "RESTRIKE_HOME="


def is_supervised(paths: Paths, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether supervisord of this home started this process: it says so to its children. A service that was started
    otherwise (by hand, by a test) has nobody who would start it again, and nobody is missing.
    """
    url = environment.get("SUPERVISOR_SERVER_URL", "")
    return bool(url) and Path(url.removeprefix("unix://")).resolve() == paths.supervisor_socket.resolve()


def answers(paths: Paths, *, within_s: float = ANSWERS_WITHIN_S) -> bool:
    """Whether supervisord's loop turns. Blocks for up to `within_s`."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asker:
        asker.settimeout(within_s)
        try:
            asker.connect(str(paths.supervisor_socket))
            asker.sendall(_QUESTION)
            return asker.recv(len(_ANSWER)) == _ANSWER
        except OSError:
            return False


def process_of(paths: Paths) -> int | None:
    """The process of this home's supervisord, whether or not it answers; None: there is none. One that was killed
    leaves its number behind, which may be anybody's now.
    """
    pid = number_of(paths)
    if pid is None:
        return None
    with contextlib.suppress(OSError):
        proc = Path(f"/proc/{pid}")
        is_one = _MODULE in (proc / "cmdline").read_bytes().split(b"\0")
        words = os.fsdecode((proc / "environ").read_bytes()).split("\0")
        homes = [Path(word.removeprefix(_HOME)) for word in words if word.startswith(_HOME)]
        if is_one and any(home.samefile(paths.home) for home in homes):
            return pid
    return None


def number_of(paths: Paths) -> int | None:
    """The number that this home's supervisord wrote down when it began, whatever became of it; None: there is none, or
    it ended in order.
    """
    with contextlib.suppress(OSError, ValueError):
        return int((paths.run / PID_FILE).read_text(encoding="ascii"))
    return None


def is_stopped(pid: int) -> bool:
    """Whether a process is stopped (SIGSTOP, a debugger), so that it cannot answer whatever time it is given."""
    return state_of(pid) in ("T", "t")


def state_of(pid: int) -> str | None:
    """The letter that Linux has for how a process is; None: there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return stat.rpartition(")")[2].split()[0]


def fault_of(paths: Paths) -> str | None:
    """What is wrong with this home's supervisord, in a sentence; None: nothing. One that ended in order, and services
    that were started without one, have left no number: nobody is missing. Blocks as `answers`.
    """
    pid = process_of(paths)
    if pid is not None:
        is_well = not is_stopped(pid) and answers(paths)
        told = f"supervisord (process {pid}) does not answer: services that end are not started again."
        return None if is_well else told
    if not (paths.run / PID_FILE).exists() or answers(paths):
        return None
    return GONE
