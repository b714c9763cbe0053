"""The processor: how busy it is, from /proc/stat, /proc/loadavg and /proc/pressure/cpu; cpu-monitor."""

import os
import re
from typing import Final

from services.cpu_monitor.sampling.kernel_file import KernelFile
from services.cpu_monitor.sampling.sensors import Sensed
from shared.messages.system import CpuUse

_WAITED: Final = re.compile(rb"some avg10=(\d+\.?\d*)")
Times = dict[bytes, tuple[int, int]]
"""Of all cores (`cpu`) and of each (`cpu0` …): time in all, and idle time."""


class ProcessorMeter:
    """Percentages are of the time since the measurement before."""

    def __init__(self, proc: str = "/proc") -> None:
        self._stat = KernelFile(f"{proc}/stat")
        self._pressure = Pressure(f"{proc}/pressure/cpu")
        self._times: Times = {}

    def measure(self, sensed: Sensed) -> CpuUse:
        """How it is; no cores where the kernel tells nothing of them."""
        before, self._times = self._times, times_of(self._stat.read() or b"")
        percents = {name: _percent(before.get(name), now) for name, now in self._times.items()}
        total = percents.pop(b"cpu", 0.0)
        load = _load()
        return CpuUse(
            percent=total,
            core_percents=tuple(percents.values()),
            load_1=load[0],
            load_5=load[1],
            load_15=load[2],
            frequency_mhz=sensed.frequency_mhz,
            temperature_c=sensed.temperature_c,
            waiting_percent=self._pressure.measure(),
        )

    def close(self) -> None:
        """Let its files go."""
        self._stat.close()
        self._pressure.close()


class Pressure:
    """The share of the last 10 s in which something had to wait, as the kernel tells it (PSI)."""

    def __init__(self, path: str) -> None:
        self._file = KernelFile(path)

    def measure(self) -> float | None:
        """In percent; None: this kernel does not tell."""
        found = _WAITED.search(self._file.read() or b"")
        return float(found[1]) if found else None

    def close(self) -> None:
        """Let its file go."""
        self._file.close()


def times_of(stat: bytes) -> Times:
    """What /proc/stat says of the cores. Guests' time is part of the user's; waiting for a disk is idle."""
    found: Times = {}
    for line in stat.split(b"\n"):
        if not line.startswith(b"cpu"):
            break  # the cores stand first
        name, *fields = line.split()
        ticks = [int(field) for field in fields[:8]]
        found[name] = sum(ticks), sum(ticks[3:5])
    return found


def _percent(before: tuple[int, int] | None, now: tuple[int, int]) -> float:
    if before is None:
        return 0.0
    total, idle = now[0] - before[0], now[1] - before[1]
    if total <= 0:
        return 0.0
    return round(min(max(100.0 * (total - idle) / total, 0.0), 100.0), 1)  # idle time may seem to go back


def _load() -> tuple[float, float, float]:
    try:
        one, five, fifteen = os.getloadavg()
    except OSError:
        return 0.0, 0.0, 0.0
    return round(one, 2), round(five, 2), round(fifteen, 2)
