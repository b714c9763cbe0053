"""CPU time and memory of processes, as the kernel counts them."""

import contextlib
from collections.abc import Iterable
from pathlib import Path

import psutil

from shared.clock import NS_PER_S

KIB = 1024


def cpu_ns(pid: int) -> int:
    """User and system time of all threads of a process, in nanoseconds.

    From `schedstat`, because `stat` counts in steps of 10 ms, which is much for an idle process.
    """
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError):  # the thread ended just now
            total += int((task / "schedstat").read_text().split()[0])
    return total


def cpu_of(pids: Iterable[int]) -> dict[int, int]:
    """`cpu_ns` by process."""
    return {pid: cpu_ns(pid) for pid in pids}


def busy_ns() -> int:
    """The time that all cores of the machine spent on anything, in nanoseconds, in steps of 10 ms."""
    times = psutil.cpu_times()
    return int((times.user + times.nice + times.system + times.irq + times.softirq) * NS_PER_S)


def pss_bytes(pid: int) -> int:
    """A process's proportional set size: its own memory, and its share of what it shares with others."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * KIB
    raise AssertionError(f"no Pss for process {pid}")
