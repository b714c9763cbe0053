"""Samples of a machine that never was, for tests."""

import msgspec

from shared.messages.obs import ObsLoad, Outputs
from shared.messages.system import (
    ClockState,
    CpuUse,
    DiskUse,
    MemoryUse,
    NetworkUse,
    ObsUse,
    ProcessKind,
    ProcessUse,
    SystemAveraged,
    SystemSample,
    UdpUse,
)

GIB = 1 << 30
AT_US = 1_790_000_000_123_456

SAMPLE = SystemSample(
    at_us=AT_US,
    interval_ms=1000,
    cpu=CpuUse(
        percent=42.5,
        core_percents=(80.0, 5.0),
        load_1=1.25,
        load_5=1.0,
        load_15=0.5,
        frequency_mhz=3400.0,
        temperature_c=61.0,
        waiting_percent=2.5,
    ),
    memory=MemoryUse(
        total_bytes=16 * GIB,
        available_bytes=9 * GIB,
        swap_total_bytes=2 * GIB,
        swap_used_bytes=GIB,
        swapped_bytes_per_s=4096.0,
        waiting_percent=0.1,
    ),
    udp=UdpUse(received=1300, dropped=2),
    clock=ClockState(is_synchronised=True, offset_ms=-0.042),
    disks=(
        DiskUse(
            mount="/",
            purposes=("data", "log"),
            total_bytes=500 * GIB,
            free_bytes=120 * GIB,
            device="nvme0n1p2",
            read_bytes_per_s=1000.0,
            written_bytes_per_s=2_500_000.0,
            busy_percent=3.5,
        ),
        DiskUse(mount="/mnt/nas", purposes=("recordings",), total_bytes=GIB, free_bytes=GIB // 2, is_answering=False),
    ),
    networks=(
        NetworkUse(
            interface="eth0",
            is_up=True,
            received_bytes_per_s=65_000.0,
            sent_bytes_per_s=750_000.0,
            received_packets_per_s=1300.0,
            sent_packets_per_s=600.0,
            errors=0,
            drops=1,
            speed_mbps=1000,
        ),
    ),
    processes=(
        ProcessUse(
            name="udp-ingest",
            kind=ProcessKind.SERVICE,
            pid=101,
            state="sleeping",
            cpu_percent=3.0,
            rss_bytes=40 << 20,
            threads=5,
            pss_bytes=21 << 20,
            files=25,
            read_bytes_per_s=0.0,
            written_bytes_per_s=1024.0,
        ),
        ProcessUse(
            name="obs", kind=ProcessKind.OBS, pid=202, state="running", cpu_percent=180.0, rss_bytes=GIB, threads=60
        ),
    ),
    obs=(
        ObsUse(
            connection="main",
            load=ObsLoad(cpu_percent=45.0, memory_mib=1020.0, fps=50.0, frame_ms=3.5, render_frames_skipped=4),
            outputs=Outputs(is_streaming=True, stream_kbps=6000, stream_frames_dropped=3),
            pid=202,
        ),
    ),
)


def averaged(*, period_s: int = 10, at_us: int = AT_US, **changed: object) -> SystemAveraged:
    """An average of the sample above, with what is `changed` in it."""
    return SystemAveraged(period_s=period_s, sample=msgspec.structs.replace(SAMPLE, at_us=at_us, **changed))
