"""Memory and swap, from /proc/meminfo, /proc/vmstat and /proc/pressure/memory; cpu-monitor."""

import os
import re
from typing import Final

from services.cpu_monitor.sampling.kernel_file import KernelFile
from services.cpu_monitor.sampling.processor import Pressure
from services.cpu_monitor.sampling.rates import rate
from shared.messages.system import MemoryUse

_LINES: Final = re.compile(rb"^(MemTotal|MemFree|MemAvailable|SwapTotal|SwapFree): +(\d+)", re.MULTILINE)
_SWAPPED: Final = re.compile(rb"^pswp(?:in|out) (\d+)", re.MULTILINE)
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


class MemoryMeter:
    """Swapping counts since the measurement before."""

    def __init__(self, proc: str = "/proc") -> None:
        self._info = KernelFile(f"{proc}/meminfo")
        self._events = KernelFile(f"{proc}/vmstat")
        self._pressure = Pressure(f"{proc}/pressure/memory")
        self._swapped: int | None = None

    def measure(self, elapsed_s: float) -> MemoryUse:
        """How much there is."""
        said = {name: int(kib) * 1024 for name, kib in _LINES.findall(self._info.read() or b"")}
        swap = said.get(b"SwapTotal", 0)
        return MemoryUse(
            total_bytes=said.get(b"MemTotal", 0),
            available_bytes=said.get(b"MemAvailable", said.get(b"MemFree", 0)),
            swap_total_bytes=swap,
            swap_used_bytes=swap - said.get(b"SwapFree", swap),
            swapped_bytes_per_s=self._swapping(elapsed_s) if swap else 0.0,
            waiting_percent=self._pressure.measure(),
        )

    def close(self) -> None:
        """Let its files go."""
        for file in (self._info, self._events, self._pressure):
            file.close()

    def _swapping(self, elapsed_s: float) -> float:
        before = self._swapped
        self._swapped = sum(map(int, _SWAPPED.findall(self._events.read() or b""))) * _PAGE_BYTES
        return rate(before, self._swapped, elapsed_s) or 0.0
