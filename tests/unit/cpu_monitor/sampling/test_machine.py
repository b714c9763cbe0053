"""Processor, memory and UDP from what kernels said, and from kernels that say little."""

from pathlib import Path
from typing import Any

import pytest

from services.cpu_monitor.sampling.datagrams import DatagramMeter
from services.cpu_monitor.sampling.memory import MemoryMeter
from services.cpu_monitor.sampling.processor import ProcessorMeter
from services.cpu_monitor.sampling.sensors import Sensed, hottest_c

STAT = """\
cpu  {user} 0 {system} {idle} {waiting} 0 50 10 0 0
cpu0 {user} 0 0 {idle0} 0 0 0 0 0 0
cpu1 0 0 {system} {idle1} {waiting} 0 50 10 0 0
intr 1234 5 6
ctxt 99
"""
MEMINFO = """\
MemTotal:       24684092 kB
MemFree:        23069076 kB
MemAvailable:   24171736 kB
Buffers:           10000 kB
SwapTotal:       2097152 kB
SwapFree:        1048576 kB
"""
SNMP = """\
Ip: Forwarding DefaultTTL
Ip: 1 64
Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti MemErrors
Udp: {read} 2175998 {dropped} 115260748 1 0 2 0 0
UdpLite: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti MemErrors
UdpLite: 7 7 7 7 7 7 0 0 0
"""


def _proc(folder: Path, **files: str) -> str:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return str(folder)


def _stat(**ticks: Any) -> str:
    ticks = {"user": 0, "system": 0, "idle": 0, "idle0": 0, "idle1": 0, "waiting": 0} | ticks
    return STAT.format(**ticks)


def test_percentages_are_of_the_time_between(tmp_path: Path) -> None:
    """One core was busy for 30 of 100 ticks, the other for 10; waiting for a disk is no work."""
    pressure = "some avg10=1.32 avg60=3.02 avg300=5.63 total=9075778810\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0"
    meter = ProcessorMeter(_proc(tmp_path, stat=_stat(), pressure__cpu=pressure))
    assert meter.measure(Sensed()).percent == 0.0  # nothing to compare with
    _proc(tmp_path, stat=_stat(user=30, system=10, idle=110, idle0=70, idle1=40, waiting=50))
    use = meter.measure(Sensed(frequency_mhz=3400.0, temperature_c=61.0))
    assert (use.percent, use.core_percents) == (20.0, (30.0, 10.0))
    assert (use.frequency_mhz, use.temperature_c, use.waiting_percent) == (3400.0, 61.0, 1.32)
    meter.close()


def test_a_core_that_is_switched_off_and_idle_time_that_goes_back(tmp_path: Path) -> None:
    """What is left is measured; a percentage is never below nothing."""
    meter = ProcessorMeter(_proc(tmp_path, stat=_stat(user=5, idle0=10, idle1=10, idle=20)))
    meter.measure(Sensed())
    _proc(tmp_path, stat="cpu  9 0 0 10 0 0 0 0 0 0\ncpu0 9 0 0 11 0 0 0 0 0 0\nintr 1\n")
    use = meter.measure(Sensed())
    assert len(use.core_percents) == 1
    assert 0.0 <= use.percent <= 100.0


def test_a_container_that_hides_everything(tmp_path: Path) -> None:
    """No file is there: what is not told is None, no core is claimed, and nothing fails."""
    processor = ProcessorMeter(str(tmp_path)).measure(Sensed())
    assert (processor.percent, processor.core_percents, processor.waiting_percent) == (0.0, (), None)
    memory = MemoryMeter(str(tmp_path)).measure(1.0)
    assert (memory.total_bytes, memory.waiting_percent) == (0, None)
    assert DatagramMeter(str(tmp_path)).measure().received == 0


def test_memory_and_swapping(tmp_path: Path) -> None:
    """In bytes; pages in and out each second of the time that really went by."""
    vmstat = "pgpgin 5\npswpin {}\npswpout {}\n"
    proc = _proc(tmp_path, meminfo=MEMINFO, vmstat=vmstat.format(100, 100), pressure__memory="some avg10=12.50 x")
    meter = MemoryMeter(proc)
    assert meter.measure(1.0).swapped_bytes_per_s == 0.0
    _proc(tmp_path, vmstat=vmstat.format(110, 130))
    use = meter.measure(4.0)
    assert (use.total_bytes, use.available_bytes) == (24684092 * 1024, 24171736 * 1024)
    assert (use.swap_total_bytes, use.swap_used_bytes) == (2 << 30, 1 << 30)
    assert (use.swapped_bytes_per_s, use.waiting_percent) == (40 * 4096 / 4, 12.5)
    meter.close()


def test_dropped_datagrams_are_counted_once(tmp_path: Path) -> None:
    """A full socket counts under both names; a counter that began anew counts nothing."""
    meter = DatagramMeter(_proc(tmp_path, net__snmp=SNMP.format(read=1000, dropped=5)))
    first = meter.measure()
    _proc(tmp_path, net__snmp=SNMP.format(read=1100, dropped=8))
    second = meter.measure()
    _proc(tmp_path, net__snmp=SNMP.format(read=3, dropped=0))
    third = meter.measure()
    assert [(use.received, use.dropped) for use in (first, second, third)] == [(0, 0), (100, 3), (0, 0)]
    meter.close()


@pytest.mark.parametrize(
    ("chips", "hottest"),
    [
        ({"hwmon0": ("coretemp", 45_000, 71_000), "hwmon1": ("nvme", 99_000)}, 71.0),
        ({"hwmon0": ("acpitz", 45_000)}, None),
        ({"hwmon0": ("k10temp", 255_000, 40_500)}, 40.5),
        ({}, None),
    ],
)
def test_the_hottest_sensor_of_the_processor(tmp_path: Path, chips: dict[str, Any], hottest: float | None) -> None:
    """Of the processor alone; what no processor survives is no temperature."""
    for chip, (name, *values) in chips.items():
        (tmp_path / "class/hwmon" / chip).mkdir(parents=True)
        (tmp_path / "class/hwmon" / chip / "name").write_text(f"{name}\n")
        for number, value in enumerate(values, 1):
            (tmp_path / "class/hwmon" / chip / f"temp{number}_input").write_text(f"{value}\n")
    assert hottest_c(tmp_path) == hottest


def test_a_zone_is_asked_where_there_is_no_sensor(tmp_path: Path) -> None:
    """As on small boards."""
    zone = tmp_path / "class/thermal/thermal_zone0"
    zone.mkdir(parents=True)
    (zone / "type").write_text("cpu-thermal\n")
    (zone / "temp").write_text("52100\n")
    assert hottest_c(tmp_path) == 52.1
