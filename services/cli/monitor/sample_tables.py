"""A sample of the machine as lines and tables of up to 100 columns; for `restrike monitor`."""

from collections.abc import Iterator
from typing import Final

from services.cli import output
from shared.messages.system import ClockState, CpuUse, DiskUse, MemoryUse, NetworkUse, ObsUse, ProcessUse, SystemSample

NAME_WIDTH: Final = 24
CORES_IN_A_LINE: Final = 12
INDENT: Final = "           "


def text_of(sample: SystemSample) -> str:
    """The whole of it."""
    seconds = f"{sample.interval_ms / 1000:.1f}".removesuffix(".0")
    parts = [f"{output.local_time(sample.at_us)[:8]}, of {seconds} s", "\n".join(_machine(sample))]
    if sample.disks:
        parts.append(output.table(_DISKS, [_disk(one) for one in sample.disks]))
    if sample.networks:
        parts.append(output.table(_NETWORKS, [_network(one) for one in sample.networks]))
    if sample.processes:
        parts.append(output.table(_PROCESSES, [_process(one) for one in sample.processes]))
    if sample.obs:
        parts.append(output.table(_STUDIOS, [_studio(one) for one in sample.obs]))
    return "\n\n".join(parts)


def per_s(count: float | None) -> str | None:
    """Bytes each second, for people."""
    return None if count is None else f"{output.size(round(count))}/s"


def size(count: int | None) -> str | None:
    """Bytes, for people; None stays."""
    return None if count is None else output.size(count)


def _machine(sample: SystemSample) -> Iterator[str]:
    yield from _cpu(sample.cpu)
    yield f"memory     {_memory(sample.memory)}"
    udp = sample.udp
    yield f"UDP        {udp.received} datagrams read, {udp.dropped} dropped"
    yield f"clock      {_clock(sample.clock)}"


def _cpu(cpu: CpuUse) -> Iterator[str]:
    said = [f"{cpu.percent:.1f} %", f"load {cpu.load_1:.2f} {cpu.load_5:.2f} {cpu.load_15:.2f}"]
    if cpu.frequency_mhz is not None:
        said.append(f"{cpu.frequency_mhz:.0f} MHz")
    if cpu.temperature_c is not None:
        said.append(f"{cpu.temperature_c:.0f} °C")
    if cpu.waiting_percent is not None:
        said.append(f"waited {cpu.waiting_percent:.1f} % of 10 s")
    yield f"processor  {', '.join(said)}"
    cores = [f"{percent:5.1f}" for percent in cpu.core_percents]
    for first in range(0, len(cores), CORES_IN_A_LINE):
        title = "cores      " if first == 0 else INDENT
        yield f"{title}{' '.join(cores[first : first + CORES_IN_A_LINE])}"


def _memory(memory: MemoryUse) -> str:
    said = [f"{output.size(memory.available_bytes)} of {output.size(memory.total_bytes)} can be had"]
    if memory.swap_total_bytes:
        used, total = output.size(memory.swap_used_bytes), output.size(memory.swap_total_bytes)
        said.append(f"swap {used} of {total}, {per_s(memory.swapped_bytes_per_s)}")
    else:
        said.append("no swap")
    if memory.waiting_percent is not None:
        said.append(f"waited {memory.waiting_percent:.1f} % of 10 s")
    return ", ".join(said)


def _clock(clock: ClockState) -> str:
    said = {None: "not known whether it follows a time server", False: "follows no time server"}.get(
        clock.is_synchronised, "follows a time server"
    )
    if clock.offset_ms is not None:
        said += f", {clock.offset_ms:+.3f} ms to correct"
    return said + (f", was set by {clock.stepped_ms:+.0f} ms" if clock.stepped_ms else "")


_DISKS: Final = ("disk", "for", "free", "of", "reads", "writes", "busy %")
_NETWORKS: Final = ("network", "up", "in", "out", "packets in/s", "out/s", "errors", "drops", "Mbit/s")
_PROCESSES: Final = ("process", "pid", "state", "cpu %", "memory", "by share", "threads", "files", "reads", "writes")
_STUDIOS: Final = ("OBS", "pid", "cpu %", "memory", "fps", "frame ms", "not rendered", "not encoded", "lost", "kbit/s")


def _disk(disk: DiskUse) -> tuple[object, ...]:
    free = output.size(disk.free_bytes) if disk.is_answering else "no answer"
    total = output.size(disk.total_bytes)
    return (disk.mount, " ".join(disk.purposes), free, total, *_traffic(disk), disk.busy_percent)


def _network(network: NetworkUse) -> tuple[object, ...]:
    return (
        network.interface,
        "up" if network.is_up else "down",
        per_s(network.received_bytes_per_s),
        per_s(network.sent_bytes_per_s),
        f"{network.received_packets_per_s:.0f}",
        f"{network.sent_packets_per_s:.0f}",
        network.errors,
        network.drops,
        network.speed_mbps,
    )


def _process(process: ProcessUse) -> tuple[object, ...]:
    use = (process.cpu_percent, output.size(process.rss_bytes), size(process.pss_bytes))
    counts = (process.threads, process.files)
    return (process.name[:NAME_WIDTH], process.pid, process.state, *use, *counts, *_traffic(process))


def _studio(studio: ObsUse) -> tuple[object, ...]:
    load, outputs = studio.load, studio.outputs
    return (
        studio.connection,
        studio.pid,
        f"{load.cpu_percent:.1f}",
        f"{load.memory_mib:.0f} MiB",
        f"{load.fps:.1f}",
        f"{load.frame_ms:.1f}",
        load.render_frames_skipped,
        load.output_frames_skipped,
        outputs.stream_frames_dropped,
        outputs.stream_kbps if outputs.is_streaming else None,
    )


def _traffic(use: DiskUse | ProcessUse) -> tuple[str | None, str | None]:
    return per_s(use.read_bytes_per_s), per_s(use.written_bytes_per_s)
