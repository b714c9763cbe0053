"""What costs too much to be read each second, or may be slow to answer: clock frequency and temperature of the
processor; cpu-monitor, in a chore.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psutil
from msgspec import Struct

from services.cpu_monitor.sampling.kernel_file import read_once

CPU_SENSORS: Final = ("coretemp", "k10temp", "k8temp", "zenpower", "cpu_thermal", "cpu-thermal", "soc_thermal")
"""How the kernel's drivers for sensors in processors call themselves (Intel, AMD, small boards)."""
CPU_ZONES: Final = ("x86_pkg_temp", "cpu-thermal", "cpu_thermal", "soc-thermal", "soc_thermal")
PLAUSIBLE_C: Final = (-40.0, 150.0)
"""What a sensor says outside of it is not a temperature."""


class Sensed(Struct, frozen=True, kw_only=True):
    """None: this machine does not tell, as most virtual ones."""

    frequency_mhz: float | None = None
    temperature_c: float | None = None


def sense(sys: Path = Path("/sys")) -> Sensed:
    """The mean frequency of the cores, and the hottest sensor of the processor."""
    return Sensed(frequency_mhz=_frequency_mhz(), temperature_c=hottest_c(sys))


def hottest_c(sys: Path) -> float | None:
    """The hottest of the processor's sensors; the thermal zones are asked where it has none."""
    found = list(_temperatures(sys / "class/hwmon", "name", "temp*_input", CPU_SENSORS))
    found = found or list(_temperatures(sys / "class/thermal", "type", "temp", CPU_ZONES))
    low, high = PLAUSIBLE_C
    return max((celsius for celsius in found if low < celsius < high), default=None)


def _temperatures(folder: Path, name: str, values: str, known: tuple[str, ...]) -> Iterator[float]:
    for chip in sorted(folder.glob("*")):
        said = read_once(os.fspath(chip / name))
        if said is None or said.decode(errors="replace").strip() not in known:
            continue
        for path in chip.glob(values):
            text = (read_once(os.fspath(path)) or b"").strip()
            if text.removeprefix(b"-").isdigit():
                yield int(text) / 1000


def _frequency_mhz() -> float | None:
    try:
        found = psutil.cpu_freq()
    except (OSError, NotImplementedError, ValueError):  # what it meets in containers
        return None
    return round(found.current, 1) if found and found.current else None
