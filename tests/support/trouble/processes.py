"""Processes that are stopped, hang, are ended by the kernel, or get no time."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import psutil
import pytest

from tests.support.wait import eventually

MEMORY_GROUPS: Final = (Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup"))
MIB: Final = 1 << 20
URGENT: Final = -10
BURN: Final = "while True: pass"
HOLD: Final = "import sys; held = bytearray(int(sys.argv[1])); held[::4096] = b'1' * len(held[::4096]); input()"


@contextlib.contextmanager
def frozen(pid: int) -> Iterator[None]:
    """Stopped by SIGSTOP; goes on afterwards, if it is still there."""
    os.kill(pid, signal.SIGSTOP)
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        eventually(lambda: process.status() in (psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE), within=5, what="stopped")
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


@contextlib.contextmanager
def burning(count: int, *, nice: int = URGENT) -> Iterator[None]:
    """So many processes that want all of the processor, and get it before others where we may say so."""
    with _children([[sys.executable, "-I", "-c", BURN]] * count) as burners:
        for burner in burners:
            with contextlib.suppress(PermissionError):
                os.setpriority(os.PRIO_PROCESS, burner.pid, nice)
        yield


@contextlib.contextmanager
def taken(size_bytes: int) -> Iterator[None]:
    """Another program has so much of the machine's memory, really written to."""
    with _children([[sys.executable, "-I", "-c", HOLD, str(size_bytes)]]) as (holder,):
        process = psutil.Process(holder.pid)
        eventually(lambda: process.memory_info().rss >= size_bytes, within=60, what="memory taken")
        yield


@contextlib.contextmanager
def out_of_memory(pid: int, *, limit_bytes: int = MIB) -> Iterator[None]:
    """The kernel gives a process no more memory than this from now on, and ends it when it wants more; needs a memory
    controller that we may use. What is started in its place has all memory again.
    """
    group, limit = _memory_group(f"restrike-{os.getpid()}-{pid}")
    try:
        (group / limit).write_text(str(limit_bytes))
        (group / "cgroup.procs").write_text(str(pid))
        yield
    finally:
        eventually(lambda: _emptied(group), within=5, what="an empty memory group")


def _memory_group(name: str) -> tuple[Path, str]:
    for root in MEMORY_GROUPS:
        group = root / name
        with contextlib.suppress(OSError):
            group.mkdir()
            for limit in ("memory.limit_in_bytes", "memory.max"):
                if (group / limit).exists():
                    return group, limit
            group.rmdir()
    pytest.skip("this machine does not let us limit the memory of a process")


def _emptied(group: Path) -> bool:
    for pid in (group / "cgroup.procs").read_text().split():
        with contextlib.suppress(OSError):
            (group.parent / "cgroup.procs").write_text(pid)
    group.rmdir()
    return True


@contextlib.contextmanager
def _children(commands: Sequence[Sequence[str]]) -> "Iterator[list[subprocess.Popen[bytes]]]":
    children = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) for command in commands]
    try:
        yield children
    finally:
        for child in children:
            child.kill()
        for child in children:
            with child:
                child.wait(5)
