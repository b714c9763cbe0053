"""Which processes are ours to watch: the suite of this home, every OBS and every ffmpeg; cpu-monitor, in a chore.

A process is judged when it is first seen and once more at the next look, as it may just have been about to become
another program; then again with all others now and then.
"""

import os
from collections.abc import Sequence
from pathlib import PurePath
from typing import Final

from msgspec import Struct

from services.cpu_monitor.sampling.kernel_file import read_once
from shared.messages.system import ProcessKind
from shared.paths import PROGRAM_ROOT, Paths

ANEW_EACH: Final = 30
"""Looks after which all are judged anew: a number may have been given to another process between two looks."""
OBS_NAMES: Final = ("obs", "obs-studio")
OBS_PARTS: Final = "obs-browser"
"""How OBS's own helpers for web sources begin."""
FFMPEG_NAMES: Final = ("ffmpeg", "obs-ffmpeg-mux")
"""The second writes the file of every recording of OBS."""
SUPERVISOR: Final = "services.supervisord"
SCRIPT_WITHIN: Final = 3
"""Words in which a script is named: the interpreter, an option, the script."""
MOST_WORDS: Final = 2
"""Of a command that are its name: what follows may be a name of somebody."""
_KERNEL: Final = 2
"""The parent of the kernel's own threads."""


class Found(Struct, frozen=True, kw_only=True):
    """A process to watch; `began` (ticks since the machine started) tells it from a later one of the same number."""

    pid: int
    began: int
    kind: ProcessKind
    name: str
    user: int


class Who(Struct, frozen=True):
    """What tells whose a process is: its kind and name, and whether it must be of this home."""

    kind: ProcessKind
    name: str
    is_of_a_home: bool


class ProcessList:
    """Looks through /proc. Used by one thread at a time."""

    def __init__(self, paths: Paths, *, proc: str = "/proc") -> None:
        self._paths = paths
        self._proc = proc
        self._seen: set[int] = set()
        self._settled: dict[int, Found | None] = {}
        self._looks = 0

    def look(self) -> tuple[Found, ...]:
        """All that are to be watched now."""
        pids = {int(name) for name in os.listdir(self._proc) if name.isdigit()}  # noqa: PTH208  # names only
        if self._looks % ANEW_EACH == 0:
            self._settled.clear()
        self._looks += 1
        found: dict[int, Found | None] = {}
        for pid in pids:
            found[pid] = self._settled[pid] if pid in self._settled else self._judge(pid)
        self._settled = {pid: one for pid, one in found.items() if pid in self._seen or pid in self._settled}
        self._seen = pids
        return tuple(one for one in found.values() if one is not None)

    def _judge(self, pid: int) -> Found | None:
        folder = f"{self._proc}/{pid}"
        stat = read_once(f"{folder}/stat")
        if stat is None:
            return None
        head, _, tail = stat.rpartition(b")")
        fields = tail.split()
        if int(fields[1]) == _KERNEL:
            return None
        arguments = [word.decode(errors="replace") for word in (read_once(f"{folder}/cmdline") or b"").split(b"\0")]
        who = who_is(head.partition(b"(")[2].decode(errors="replace"), arguments)
        if who is None or (who.is_of_a_home and not self._is_ours(pid, who)):
            return None
        try:
            user = os.stat(folder).st_uid  # noqa: PTH116  # its path is text
        except OSError:
            return None
        return Found(pid=pid, began=int(fields[19]), kind=who.kind, name=who.name, user=user)

    def _is_ours(self, pid: int, who: Who) -> bool:
        """By its environment; where that may not be read, by the lock that names it."""
        environment = read_once(f"{self._proc}/{pid}/environ")
        if environment is None:
            return who.kind is ProcessKind.SERVICE and self._locked_by(who.name) == pid
        for entry in environment.split(b"\0"):
            if entry.startswith(b"RESTRIKE_HOME="):
                named = entry.partition(b"=")[2].decode(errors="surrogateescape")
                return bool(named) and os.path.abspath(os.path.expanduser(named)) == str(self._paths.home)  # noqa: PTH100, PTH111  # as Paths does
        return self._paths.home == PROGRAM_ROOT / "var" or self._paths.home.parts[-3:] == (
            ".local",
            "state",
            "restrike",
        )

    def _locked_by(self, service: str) -> int | None:
        text = (read_once(str(self._paths.lock(service))) or b"").strip()
        return int(text) if text.isdigit() else None


def who_is(command: str, arguments: Sequence[str]) -> Who | None:
    """Who a process is by the kernel's name of it and its arguments; None: nobody to watch."""
    program = PurePath(arguments[0]).name if arguments and arguments[0] else command
    for name in (program, command):
        if name in OBS_NAMES or name.startswith(OBS_PARTS):
            return Who(ProcessKind.OBS, name, is_of_a_home=False)
        if name in FFMPEG_NAMES:
            return Who(ProcessKind.FFMPEG, name, is_of_a_home=False)
    return _of_the_suite(arguments)


def _of_the_suite(arguments: Sequence[str]) -> Who | None:
    if "-m" in arguments[:-1]:
        at = arguments.index("-m") + 1
        module, rest = arguments[at], arguments[at + 1 :]
        if module == "services" and rest and rest[0]:
            return Who(ProcessKind.SERVICE, rest[0], is_of_a_home=True)
        if module == SUPERVISOR:
            return Who(ProcessKind.SUPERVISOR, "supervisord", is_of_a_home=True)
        if module.startswith("services."):
            return Who(ProcessKind.COMMAND, module.rpartition(".")[2], is_of_a_home=True)
    for at, word in enumerate(arguments[:SCRIPT_WITHIN]):
        if PurePath(word).name == "restrike":
            said = [one for one in arguments[at + 1 :] if one and not one.startswith("-")][:MOST_WORDS]
            return Who(ProcessKind.COMMAND, " ".join(["restrike", *said]), is_of_a_home=True)
    return None
