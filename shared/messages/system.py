"""The machine and the processes on it, as cpu-monitor measures them.

Rates are per second over the sample's own interval; a value that the machine does not tell is None.
"""

from enum import StrEnum

from msgspec import Struct

from shared.messages.obs import ObsLoad, Outputs
from shared.messages.requests import Command
from shared.messages.service import MONITOR


class CpuUse(Struct, frozen=True, kw_only=True):
    """The processor: percent of all cores, and of each; `load_*` are the kernel's averages over 1, 5 and 15 minutes;
    `waiting_percent` is the share of the last 10 s in which something had to wait for a core.
    """

    percent: float
    core_percents: tuple[float, ...]
    load_1: float
    load_5: float
    load_15: float
    frequency_mhz: float | None = None
    temperature_c: float | None = None
    waiting_percent: float | None = None


class MemoryUse(Struct, frozen=True, kw_only=True):
    """Memory and swap; `available_bytes` is what programs can still have without swapping. `waiting_percent` is the
    share of the last 10 s in which something had to wait for memory.
    """

    total_bytes: int
    available_bytes: int
    swap_total_bytes: int
    swap_used_bytes: int
    swapped_bytes_per_s: float
    waiting_percent: float | None = None


class DiskUse(Struct, frozen=True, kw_only=True):
    """A mounted disk that the suite uses, and what for: `data`, `log`, `backups`, `recordings`. One that is not
    `is_answering` (a share that is away) is as it was when it last did. `device` is what the kernel calls it.
    """

    mount: str
    purposes: tuple[str, ...]
    total_bytes: int
    free_bytes: int
    device: str | None = None
    read_bytes_per_s: float | None = None
    written_bytes_per_s: float | None = None
    busy_percent: float | None = None
    is_answering: bool = True


class NetworkUse(Struct, frozen=True, kw_only=True):
    """A network interface; `errors` and `drops` are those of the interval, both ways."""

    interface: str
    is_up: bool
    received_bytes_per_s: float
    sent_bytes_per_s: float
    received_packets_per_s: float
    sent_packets_per_s: float
    errors: int
    drops: int
    speed_mbps: int | None = None


class UdpUse(Struct, frozen=True, kw_only=True):
    """The machine's UDP in the interval: datagrams that were read, and those that were dropped: their socket was full,
    or they were damaged.
    """

    received: int
    dropped: int


class ProcessKind(StrEnum):
    """What a process is to us."""

    SERVICE = "service"
    SUPERVISOR = "supervisor"
    COMMAND = "command"
    OBS = "obs"
    FFMPEG = "ffmpeg"


class ProcessUse(Struct, frozen=True, kw_only=True):
    """A process: `cpu_percent` is that of one core; `pss_bytes` is its memory with shared parts counted by share.
    `state` is the kernel's word (running, sleeping, disk-sleep, stopped, zombie).
    """

    name: str
    kind: ProcessKind
    pid: int
    state: str
    cpu_percent: float
    rss_bytes: int
    threads: int
    pss_bytes: int | None = None
    files: int | None = None
    read_bytes_per_s: float | None = None
    written_bytes_per_s: float | None = None


class ObsUse(Struct, frozen=True, kw_only=True):
    """What an OBS says of itself; `pid` is its process, where it runs on this machine and that is known for sure."""

    connection: str
    load: ObsLoad
    outputs: Outputs
    pid: int | None = None


class ClockState(Struct, frozen=True, kw_only=True):
    """This machine's clock: whether it follows a time server, and what must be added to it, as the server that is set,
    chrony or the kernel (500 ms at most) says; both None where nobody says. `stepped_ms` is by how much it was set in
    the interval (from 5 ms on).
    """

    is_synchronised: bool | None = None
    offset_ms: float | None = None
    stepped_ms: float = 0.0


class SystemSample(Struct, frozen=True, kw_only=True):
    """`system.sample/cpu-monitor/`: everything of one interval, which ended at `at_us` (Unix)."""

    at_us: int
    interval_ms: int
    cpu: CpuUse
    memory: MemoryUse
    udp: UdpUse
    clock: ClockState
    disks: tuple[DiskUse, ...]
    networks: tuple[NetworkUse, ...]
    processes: tuple[ProcessUse, ...]
    obs: tuple[ObsUse, ...] = ()


class SystemAveraged(Struct, frozen=True, kw_only=True, tag="system_averaged", tag_field="type"):
    """`system.averaged/cpu-monitor/`: the samples of `period_s` seconds as one; counts are sums, the rest are averages,
    of free space and memory the least. An OBS's frames are those of the period. With an interval that is longer than
    the period it is that one sample.
    """

    period_s: int
    sample: SystemSample


class GetSystem(Command[SystemSample], frozen=True, kw_only=True):
    """The newest sample. Refused while nothing was measured, or measuring is off."""

    name = "get_system"
    service = MONITOR
    reply = SystemSample
