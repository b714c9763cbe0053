"""Samples of some seconds as one; cpu-monitor. Counts are summed, rates averaged over the whole period; of free space
and available memory it is the least.

What was there for a part of the period (a process, a disk) counts in rates with that part, and in levels (memory,
threads) by what it was then.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from shared.messages.system import (
    ClockState,
    CpuUse,
    DiskUse,
    MemoryUse,
    NetworkUse,
    ObsUse,
    ProcessUse,
    SystemAveraged,
    SystemSample,
    UdpUse,
)

T = TypeVar("T")
Weighted = Sequence[tuple[T, int]]
"""Each with the milliseconds that it stands for."""


class Averager:
    """Collects samples until they make `period_s` seconds, as near as their interval allows."""

    def __init__(self, period_s: int) -> None:
        self._period_s = period_s
        self._samples: list[SystemSample] = []

    def add(self, sample: SystemSample) -> SystemAveraged | None:
        """The period that ends with this sample; None: it goes on."""
        self._samples.append(sample)
        if sum(one.interval_ms for one in self._samples) < self._period_s * 1000 - sample.interval_ms // 2:
            return None
        samples, self._samples = self._samples, []
        return SystemAveraged(period_s=self._period_s, sample=average(samples))


def average(samples: Sequence[SystemSample]) -> SystemSample:
    """Samples, in their order, as one that ends with the last."""
    weighted = [(one, max(one.interval_ms, 1)) for one in samples]
    last = samples[-1]
    return SystemSample(
        at_us=last.at_us,
        interval_ms=sum(one.interval_ms for one in samples),
        cpu=_cpu([(one.cpu, ms) for one, ms in weighted]),
        memory=_memory([(one.memory, ms) for one, ms in weighted]),
        udp=UdpUse(received=sum(one.udp.received for one in samples), dropped=sum(one.udp.dropped for one in samples)),
        clock=_clock([one.clock for one in samples]),
        disks=_each(weighted, lambda one: one.disks, lambda disk: disk.mount, _disk),
        networks=_each(weighted, lambda one: one.networks, lambda network: network.interface, _network),
        processes=_each(weighted, lambda one: one.processes, lambda process: process.pid, _process),
        obs=_each(weighted, lambda one: one.obs, lambda obs: obs.connection, _obs),
    )


def _each(
    samples: Weighted[SystemSample],
    parts: Callable[[SystemSample], Iterable[T]],
    key: Callable[[T], Any],
    make: Callable[[Weighted[T], int], T],
) -> tuple[T, ...]:
    """The parts of each key as one, in the order in which they were first seen."""
    found: dict[Any, list[tuple[T, int]]] = {}
    for sample, ms in samples:
        for part in parts(sample):
            found.setdefault(key(part), []).append((part, ms))
    total_ms = sum(ms for _, ms in samples)
    return tuple(make(some, total_ms) for some in found.values())


def _cpu(found: Weighted[CpuUse]) -> CpuUse:
    cores = max(len(use.core_percents) for use, _ in found)
    of_core = [[(use.core_percents[n], ms) for use, ms in found if n < len(use.core_percents)] for n in range(cores)]
    return CpuUse(
        core_percents=tuple(_mean(percents) for percents in of_core),
        **_means(found, "percent", "load_1", "load_5", "load_15"),
        **_known_means(found, "frequency_mhz", "temperature_c", "waiting_percent"),
    )


def _memory(found: Weighted[MemoryUse]) -> MemoryUse:
    return msgspec.structs.replace(
        found[-1][0],
        available_bytes=min(use.available_bytes for use, _ in found),
        swap_used_bytes=max(use.swap_used_bytes for use, _ in found),
        **_means(found, "swapped_bytes_per_s"),
        **_known_means(found, "waiting_percent"),
    )


def _clock(found: Sequence[ClockState]) -> ClockState:
    return msgspec.structs.replace(found[-1], stepped_ms=round(sum(state.stepped_ms for state in found), 3))


def _disk(found: Weighted[DiskUse], total_ms: int) -> DiskUse:
    return msgspec.structs.replace(
        found[-1][0],
        free_bytes=min(use.free_bytes for use, _ in found),
        is_answering=all(use.is_answering for use, _ in found),
        **_known_rates(found, total_ms, "read_bytes_per_s", "written_bytes_per_s", "busy_percent"),
    )


def _network(found: Weighted[NetworkUse], total_ms: int) -> NetworkUse:
    names = ("received_bytes_per_s", "sent_bytes_per_s", "received_packets_per_s", "sent_packets_per_s")
    return msgspec.structs.replace(
        found[-1][0],
        is_up=all(use.is_up for use, _ in found),
        errors=sum(use.errors for use, _ in found),
        drops=sum(use.drops for use, _ in found),
        **_known_rates(found, total_ms, *names),
    )


def _process(found: Weighted[ProcessUse], total_ms: int) -> ProcessUse:
    levels = _known_means(found, "rss_bytes", "threads", "pss_bytes", "files")
    return msgspec.structs.replace(
        found[-1][0],
        **{name: None if level is None else round(level) for name, level in levels.items()},
        **_known_rates(found, total_ms, "cpu_percent", "read_bytes_per_s", "written_bytes_per_s"),
    )


def _obs(found: Weighted[ObsUse], _total_ms: int) -> ObsUse:
    """Its frames are those of each interval here (FrameCounts)."""
    loads = [(use.load, ms) for use, ms in found]
    outputs = [(use.outputs, ms) for use, ms in found]
    frames = ("render_frames", "render_frames_skipped", "output_frames", "output_frames_skipped")
    load = msgspec.structs.replace(
        loads[-1][0],
        disk_free_bytes=min(one.disk_free_bytes for one, _ in loads),
        **_means(loads, "cpu_percent", "memory_mib", "fps", "frame_ms"),
        **_sums(loads, *frames),
    )
    output = msgspec.structs.replace(
        outputs[-1][0],
        stream_kbps=round(_mean([(one.stream_kbps, ms) for one, ms in outputs])),
        **_means(outputs, "stream_congestion"),
        **_sums(outputs, "stream_frames", "stream_frames_dropped"),
    )
    return msgspec.structs.replace(found[-1][0], load=load, outputs=output)


def _mean(values: Iterable[tuple[float, int]]) -> float:
    listed = list(values)
    return round(sum(value * ms for value, ms in listed) / sum(ms for _, ms in listed), 3)


def _means(found: Weighted[Any], *names: str) -> dict[str, Any]:
    return {name: _mean([(getattr(use, name), ms) for use, ms in found]) for name in names}


def _known_means(found: Weighted[Any], *names: str) -> dict[str, Any]:
    """Over the time in which it was known; None: it never was."""
    told = {name: [(getattr(use, name), ms) for use, ms in found if getattr(use, name) is not None] for name in names}
    return {name: _mean(values) if values else None for name, values in told.items()}


def _known_rates(found: Weighted[Any], total_ms: int, *names: str) -> dict[str, Any]:
    """Over the whole period, though it was there for a part of it; None: it was never known."""
    told = {name: [(getattr(use, name), ms) for use, ms in found if getattr(use, name) is not None] for name in names}
    return {
        name: round(sum(value * ms for value, ms in values) / total_ms, 3) if values else None
        for name, values in told.items()
    }


def _sums(found: Weighted[Any], *names: str) -> dict[str, Any]:
    return {name: sum(getattr(use, name) for use, _ in found) for name in names}
