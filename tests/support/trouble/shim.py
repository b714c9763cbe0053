"""Orders for shim.c: a wall clock that is set or runs fast, a slow disk, a folder that refuses, a loop that hangs.

The library is preloaded into a suite's processes by their environment. Its orders stand in a file that they all map, so
that a fault comes and goes while they run.
"""

import contextlib
import errno
import mmap
import os
import shutil
import signal
import struct
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Self

import pytest

NS_PER_S: Final = 1_000_000_000
NUMBERS: Final = ("version", "anchor_ns", "shown_ns", "rate", "sync_us", "write_us", "refusal", "hanging")
PATH_BYTES: Final = 512
PATHS: Final = ("slow", "refused")
SIZE: Final = 8 * len(NUMBERS) + PATH_BYTES * len(PATHS)


class Shim:
    """One preloaded library with its orders, in `folder`. Give `environment` to the processes."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("gcc") is None:
            pytest.skip("gcc is not installed")
        folder.mkdir(parents=True, exist_ok=True)
        library, self._path = folder / "shim.so", folder / "orders"
        source = Path(__file__).with_name("shim.c")
        flags = ("-shared", "-fPIC", "-O2", "-Wall", "-Werror")
        subprocess.run(["gcc", *flags, "-o", library, source, "-ldl"], check=True)
        self._path.write_bytes(bytes(SIZE))
        with self._path.open("r+b") as file:
            self._orders = mmap.mmap(file.fileno(), SIZE)
        self.environment = {"LD_PRELOAD": str(library), "RESTRIKE_TROUBLE": str(self._path)}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._orders.close()

    # The clock

    def shown_ns(self) -> int:
        """What the clock of the processes shows now (Unix ns)."""
        rate = self._get("rate")
        now = time.time_ns()
        return self._get("shown_ns") + (now - self._get("anchor_ns")) * rate if rate else now

    def set_clock(self, shown_ns: int, *, rate: int = 1) -> None:
        """Have the wall clock show `shown_ns` now, and run `rate` times as fast from here; the monotonic one stays."""
        version = self._get("version")
        self._put("version", version + 1)
        self._put("anchor_ns", time.time_ns())
        self._put("shown_ns", shown_ns)
        self._put("rate", rate)
        self._put("version", version + 2)

    @contextlib.contextmanager
    def stepped(self, seconds: float) -> Iterator[None]:
        """The wall clock is set by so many seconds, and back again afterwards."""
        self.set_clock(self.shown_ns() + round(seconds * NS_PER_S))
        try:
            yield
        finally:
            self.set_clock(self.shown_ns() - round(seconds * NS_PER_S))

    # The disk

    @contextlib.contextmanager
    def slow(self, folder: Path, *, sync_ms: float = 0, write_ms: float = 0) -> Iterator[None]:
        """Each sync and write of a file in `folder` takes so much longer."""
        self._put_path("slow", folder)
        self._put("sync_us", round(sync_ms * 1000))
        self._put("write_us", round(write_ms * 1000))
        try:
            yield
        finally:
            self._put("sync_us", 0)
            self._put("write_us", 0)

    @contextlib.contextmanager
    def refused(self, folder: Path, *, number: int = errno.EACCES) -> Iterator[None]:
        """Files in `folder` cannot be written, nor opened for it."""
        self._put_path("refused", folder)
        self._put("refusal", number)
        try:
            yield
        finally:
            self._put("refusal", 0)

    # The loop

    @contextlib.contextmanager
    def stuck(self, pid: int) -> Iterator[None]:
        """The main thread of a process hangs where it is, while its other threads run."""
        self._put("hanging", 1)
        try:
            os.kill(pid, signal.SIGUSR2)
            yield
        finally:
            self._put("hanging", 0)

    def _get(self, name: str) -> int:
        (number,) = struct.unpack_from("=q", self._orders, 8 * NUMBERS.index(name))
        return int(number)

    def _put(self, name: str, number: int) -> None:
        struct.pack_into("=q", self._orders, 8 * NUMBERS.index(name), number)

    def _put_path(self, name: str, path: Path) -> None:
        text = os.fsencode(path.resolve())
        assert len(text) < PATH_BYTES, f"{path} is too long"
        at = 8 * len(NUMBERS) + PATH_BYTES * PATHS.index(name)
        self._orders[at : at + PATH_BYTES] = text.ljust(PATH_BYTES, b"\0")
