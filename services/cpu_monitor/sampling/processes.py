"""The processes that are watched: what each takes, from its own files in /proc; cpu-monitor.

`stat` and `io` are kept open and read each time. What needs the process's memory map (`smaps_rollup`), which a frozen
process may hold, and what costs much is read in a chore, now and then.
"""

import os
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from services.cpu_monitor.sampling.kernel_file import KernelFile, read_once
from services.cpu_monitor.sampling.process_list import Found
from services.cpu_monitor.sampling.rates import rate
from shared.messages.system import ProcessUse

MOST: Final = 64
"""Processes that are watched: a suite has a dozen, and a few OBS with their helpers."""
_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
_STATES: Final = {
    b"R": "running",
    b"S": "sleeping",
    b"D": "disk-sleep",
    b"T": "stopped",
    b"t": "stopped",
    b"Z": "zombie",
    b"I": "idle",
}


class Footprint(Struct, frozen=True):
    """What is read seldom: its memory with shared parts by share, and its open files. None: not ours to read."""

    pss_bytes: int | None
    files: int | None


class Reading(Struct, frozen=True):
    """A process as its files say it now."""

    at_s: float
    state: str
    cpu_ticks: int
    threads: int
    rss_bytes: int
    read_bytes: int | None
    written_bytes: int | None


class _Watched:
    def __init__(self, found: Found, proc: str) -> None:
        self.found = found
        self.footprint = Footprint(None, None)
        self.before: Reading | None = None
        self._stat = KernelFile(f"{proc}/{found.pid}/stat")
        self._io: KernelFile | None = KernelFile(f"{proc}/{found.pid}/io")

    def read(self, now_s: float) -> Reading | None:
        """None: it is gone, or its number is another's now."""
        fields = (self._stat.read() or b"").rpartition(b")")[2].split()
        if len(fields) < 22 or int(fields[19]) != self.found.began:
            return None
        io = self._traffic()
        return Reading(
            at_s=now_s,
            state=_STATES.get(fields[0], "other"),
            cpu_ticks=int(fields[11]) + int(fields[12]),
            threads=int(fields[17]),
            rss_bytes=int(fields[21]) * _PAGE_BYTES,
            read_bytes=io.get(b"read_bytes"),
            written_bytes=io.get(b"write_bytes"),
        )

    def close(self) -> None:
        self._stat.close()
        if self._io is not None:
            self._io.close()

    def _traffic(self) -> dict[bytes, int]:
        text = self._io.read() if self._io is not None else None
        if text is None:  # another user's: that does not change
            self._io = None
            return {}
        return {name: int(value) for name, _, value in (line.partition(b": ") for line in text.splitlines())}


class ProcessMeter:
    """Watches what the list found, until it is gone."""

    def __init__(self, proc: str = "/proc") -> None:
        self._proc = proc
        self._watched: dict[int, _Watched] = {}

    def take(self, found: Iterable[Found], now_s: float) -> None:
        """Watch these, and no others. One that is new is first read now (monotonic seconds)."""
        wanted = {one.pid: one for one in found}
        for pid in [pid for pid, one in self._watched.items() if wanted.get(pid) != one.found]:
            self._forget(pid)
        for pid, one in list(wanted.items())[:MOST]:
            if pid not in self._watched:
                watched = self._watched[pid] = _Watched(one, self._proc)
                watched.before = watched.read(now_s)

    def take_footprints(self, footprints: Mapping[Found, Footprint]) -> None:
        """A chore read what is read seldom."""
        for found, footprint in footprints.items():
            watched = self._watched.get(found.pid)
            if watched is not None and watched.found == found:
                watched.footprint = footprint

    def measure(self, now_s: float) -> tuple[ProcessUse, ...]:
        """What each took since it was read before, by kind and name."""
        uses = []
        for pid, watched in list(self._watched.items()):
            before, watched.before = watched.before, watched.read(now_s)
            if watched.before is None:
                self._forget(pid)
            elif before is not None and now_s > before.at_s:
                uses.append(_use(watched.found, before, watched.before, watched.footprint))
        return tuple(sorted(uses, key=lambda one: (one.kind, one.name, one.pid)))

    def close(self) -> None:
        """Watch nothing."""
        for pid in list(self._watched):
            self._forget(pid)

    def _forget(self, pid: int) -> None:
        self._watched.pop(pid).close()


def footprints(found: Iterable[Found], proc: str = "/proc") -> dict[Found, Footprint]:
    """Read what is read seldom; may wait for a process that is frozen."""
    return {one: Footprint(_pss_bytes(f"{proc}/{one.pid}"), _files(f"{proc}/{one.pid}/fd")) for one in found}


def _use(found: Found, before: Reading, now: Reading, footprint: Footprint) -> ProcessUse:
    elapsed_s = now.at_s - before.at_s
    return ProcessUse(
        name=found.name,
        kind=found.kind,
        pid=found.pid,
        state=now.state,
        cpu_percent=round(100 * max(now.cpu_ticks - before.cpu_ticks, 0) / _TICKS_PER_S / elapsed_s, 1),
        rss_bytes=now.rss_bytes,
        threads=now.threads,
        pss_bytes=footprint.pss_bytes,
        files=footprint.files,
        read_bytes_per_s=rate(before.read_bytes, now.read_bytes, elapsed_s),
        written_bytes_per_s=rate(before.written_bytes, now.written_bytes, elapsed_s),
    )


def _pss_bytes(folder: str) -> int | None:
    for line in (read_once(f"{folder}/smaps_rollup") or b"").split(b"\n"):
        if line.startswith(b"Pss:"):
            return int(line.split()[1]) * 1024
    return None


def _files(folder: str) -> int | None:
    try:
        return len(os.listdir(folder))  # noqa: PTH208  # their number only
    except OSError:
        return None
