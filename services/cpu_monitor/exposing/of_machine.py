"""Metrics of the machine and the processes on it, of cpu-monitor's newest sample."""

from collections import defaultdict
from collections.abc import Callable, Iterable

from services.cpu_monitor.exposing.family import Values, gauge
from services.cpu_monitor.exposing.snapshot import Snapshot
from shared.messages.system import DiskUse, NetworkUse, ProcessUse, SystemSample


def _of(value: Callable[[SystemSample], float | None]) -> Callable[[Snapshot], Values]:
    return lambda seen: [] if seen.sample is None else [((), value(seen.sample))]


def _share(percent: float | None) -> float | None:
    return None if percent is None else percent / 100


def _disks(value: Callable[[DiskUse], float | None]) -> Callable[[Snapshot], Values]:
    return lambda seen: [((disk.mount,), value(disk)) for disk in (seen.sample.disks if seen.sample else ())]


def _networks(value: Callable[[NetworkUse], float | None]) -> Callable[[Snapshot], Values]:
    return lambda seen: [((net.interface,), value(net)) for net in (seen.sample.networks if seen.sample else ())]


def _per_s(count: float, sample: SystemSample) -> float | None:
    return count * 1000 / sample.interval_ms if sample.interval_ms else None


def _rates(value: Callable[[NetworkUse], int]) -> Callable[[Snapshot], Values]:
    def read(seen: Snapshot) -> Values:
        sample = seen.sample
        return [] if sample is None else [((n.interface,), _per_s(value(n), sample)) for n in sample.networks]

    return read


def _processes(value: Callable[[ProcessUse], float | None]) -> Callable[[Snapshot], Values]:
    """Those of one name as one: an ffmpeg for every clip would be a time series for every clip."""

    def read(seen: Snapshot) -> Values:
        found: dict[tuple[str, ...], list[float]] = defaultdict(list)
        for process in seen.sample.processes if seen.sample is not None else ():
            known = value(process)
            if known is not None:
                found[(process.name, process.kind.value)].append(known)
        return [(labels, sum(known)) for labels, known in found.items()]

    return read


def _cores(seen: Snapshot) -> Values:
    percents: Iterable[float] = seen.sample.cpu.core_percents if seen.sample is not None else ()
    return [((str(number),), percent / 100) for number, percent in enumerate(percents)]


def _loads(seen: Snapshot) -> Values:
    if seen.sample is not None:
        cpu = seen.sample.cpu
        yield from ((("1",), cpu.load_1), (("5",), cpu.load_5), (("15",), cpu.load_15))


FAMILIES = (
    gauge("cpu_ratio", "How busy all cores are, 0 to 1.", _of(lambda s: s.cpu.percent / 100)),
    gauge("cpu_core_ratio", "How busy a core is, 0 to 1.", _cores, "core"),
    gauge("cpu_load", "The kernel's load average over so many minutes.", _loads, "minutes"),
    gauge(
        "cpu_temperature_celsius", "The processor's temperature.", _of(lambda s: s.cpu.temperature_c), unit="celsius"
    ),
    gauge(
        "cpu_waiting_ratio",
        "Share of the last ten seconds in which something had to wait for a core.",
        _of(lambda s: _share(s.cpu.waiting_percent)),
    ),
    gauge("memory_total_bytes", "The machine's memory.", _of(lambda s: s.memory.total_bytes), unit="bytes"),
    gauge(
        "memory_available_bytes",
        "Memory that programs can still have without swapping.",
        _of(lambda s: s.memory.available_bytes),
        unit="bytes",
    ),
    gauge(
        "memory_waiting_ratio",
        "Share of the last ten seconds in which something had to wait for memory.",
        _of(lambda s: _share(s.memory.waiting_percent)),
    ),
    gauge("swap_used_bytes", "Swap that is used.", _of(lambda s: s.memory.swap_used_bytes), unit="bytes"),
    gauge(
        "disk_total_bytes",
        "Size of a disk that the suite uses.",
        _disks(lambda d: d.total_bytes),
        "mount",
        unit="bytes",
    ),
    gauge(
        "disk_answering",
        "Whether a disk answers; a share that is away does not, and is told as it was.",
        _disks(lambda d: d.is_answering),
        "mount",
    ),
    gauge("disk_free_bytes", "What is free on it.", _disks(lambda d: d.free_bytes), "mount", unit="bytes"),
    gauge("disk_read_bytes_per_second", "What is read from it.", _disks(lambda d: d.read_bytes_per_s), "mount"),
    gauge("disk_written_bytes_per_second", "What is written to it.", _disks(lambda d: d.written_bytes_per_s), "mount"),
    gauge(
        "disk_busy_ratio", "Share of time in which it works, 0 to 1.", _disks(lambda d: _share(d.busy_percent)), "mount"
    ),
    gauge("network_up", "Whether a network interface is up.", _networks(lambda n: n.is_up), "interface"),
    gauge(
        "network_received_bytes_per_second",
        "What a network interface receives.",
        _networks(lambda n: n.received_bytes_per_s),
        "interface",
    ),
    gauge(
        "network_sent_bytes_per_second",
        "What a network interface sends.",
        _networks(lambda n: n.sent_bytes_per_s),
        "interface",
    ),
    gauge(
        "network_errors_per_second",
        "Packets with errors on a network interface, both ways.",
        _rates(lambda n: n.errors),
        "interface",
    ),
    gauge(
        "network_drops_per_second",
        "Packets that a network interface dropped, both ways.",
        _rates(lambda n: n.drops),
        "interface",
    ),
    gauge(
        "machine_udp_received_per_second",
        "Datagrams of all programs that reached a socket.",
        _of(lambda s: _per_s(s.udp.received, s)),
    ),
    gauge(
        "machine_udp_dropped_per_second",
        "Datagrams of all programs that a full socket dropped.",
        _of(lambda s: _per_s(s.udp.dropped, s)),
    ),
    gauge(
        "clock_synchronised",
        "Whether the machine's clock follows a time server.",
        _of(lambda s: s.clock.is_synchronised),
    ),
    gauge(
        "clock_offset_seconds",
        "By how much the clock is off, as its time service says.",
        _of(lambda s: None if s.clock.offset_ms is None else s.clock.offset_ms / 1000),
        unit="seconds",
    ),
    gauge("processes", "Processes of one name: services, OBS, ffmpeg.", _processes(lambda _: 1), "name", "kind"),
    gauge(
        "process_cpu_ratio",
        "Processor that processes of one name use; 1 is a core.",
        _processes(lambda p: p.cpu_percent / 100),
        "name",
        "kind",
    ),
    gauge(
        "process_resident_memory_bytes",
        "Memory of processes of one name, with what they share.",
        _processes(lambda p: p.rss_bytes),
        "name",
        "kind",
        unit="bytes",
    ),
    gauge(
        "process_proportional_memory_bytes",
        "Memory of processes of one name, shared parts counted by share.",
        _processes(lambda p: p.pss_bytes),
        "name",
        "kind",
        unit="bytes",
    ),
    gauge("process_threads", "Threads of processes of one name.", _processes(lambda p: p.threads), "name", "kind"),
    gauge(
        "process_open_files", "File handles of processes of one name.", _processes(lambda p: p.files), "name", "kind"
    ),
)
