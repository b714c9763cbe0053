"""Averages: what is summed, averaged, and the least; intervals of any length."""

import msgspec
import pytest

from services.cpu_monitor.sampling.averages import Averager, average
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
    SystemSample,
    UdpUse,
)
from tests.support.samples import SAMPLE


def _sample(**changed: object) -> SystemSample:
    return msgspec.structs.replace(SAMPLE, **changed)


@pytest.mark.parametrize(("interval_ms", "samples"), [(1000, 10), (1003, 10), (200, 50), (3000, 3), (60_000, 1)])
def test_a_period_is_as_near_as_the_interval_allows(interval_ms: int, samples: int) -> None:
    """Ten seconds, give or take half an interval; a longer interval is a period of its own."""
    averager = Averager(10)
    found = [averager.add(_sample(interval_ms=interval_ms, at_us=n)) for n in range(2 * samples)]
    assert [n for n, one in enumerate(found) if one is not None] == [samples - 1, 2 * samples - 1]
    last = found[-1]
    assert last is not None
    assert (last.period_s, last.sample.interval_ms, last.sample.at_us) == (10, samples * interval_ms, 2 * samples - 1)


def test_a_longer_sample_counts_for_more() -> None:
    """Of nine seconds at 10 % and one at 100 % the average is 19 %; what is not known does not count."""
    slow = CpuUse(percent=10.0, core_percents=(10.0, 10.0), load_1=1.0, load_5=0.0, load_15=0.0, temperature_c=50.0)
    fast = msgspec.structs.replace(slow, percent=100.0, core_percents=(100.0,), load_1=2.0, temperature_c=None)
    found = average([_sample(cpu=slow, interval_ms=9000), _sample(cpu=fast, interval_ms=1000)]).cpu
    assert (found.percent, found.core_percents, found.load_1) == (19.0, (19.0, 10.0), 1.1)
    assert (found.temperature_c, found.frequency_mhz) == (50.0, None)


def test_counts_are_sums_and_room_is_the_least() -> None:
    """Datagrams, errors, drops, steps of the clock; of memory and disks what was left at worst."""
    samples = [
        _sample(
            udp=UdpUse(received=10, dropped=n),
            clock=ClockState(is_synchronised=n == 2, stepped_ms=1000.0),
            memory=MemoryUse(
                total_bytes=100, available_bytes=50 - n, swap_total_bytes=9, swap_used_bytes=n, swapped_bytes_per_s=n
            ),
            disks=(DiskUse(mount="/", purposes=("data",), total_bytes=9, free_bytes=5 - n, is_answering=n != 1),),
            networks=(
                NetworkUse(
                    interface="eth0",
                    is_up=n != 1,
                    received_bytes_per_s=30.0 * n,
                    sent_bytes_per_s=0.0,
                    received_packets_per_s=0.0,
                    sent_packets_per_s=0.0,
                    errors=1,
                    drops=n,
                ),
            ),
        )
        for n in range(3)
    ]
    found = average(samples)
    assert (found.udp.received, found.udp.dropped, found.clock.stepped_ms) == (30, 3, 3000.0)
    assert (found.clock.is_synchronised, found.memory.available_bytes, found.memory.swap_used_bytes) == (True, 48, 2)
    assert (found.memory.swapped_bytes_per_s, found.disks[0].free_bytes, found.disks[0].is_answering) == (1.0, 3, False)
    (network,) = found.networks
    assert (network.received_bytes_per_s, network.errors, network.drops, network.is_up) == (30.0, 3, 3, False)


def test_a_process_of_a_part_of_the_period() -> None:
    """Its processor time counts with the whole of it, its memory as it was while it ran; minutes add up the same."""
    burst = ProcessUse(
        name="ffmpeg",
        kind=ProcessKind.FFMPEG,
        pid=7,
        state="running",
        cpu_percent=100.0,
        rss_bytes=1000,
        threads=3,
        written_bytes_per_s=50.0,
    )
    later = msgspec.structs.replace(burst, rss_bytes=3001, state="sleeping", files=9)
    found = average([_sample(processes=(burst,)), _sample(processes=(later,)), *[_sample(processes=())] * 8])
    (process,) = found.processes
    assert (process.cpu_percent, process.written_bytes_per_s, process.read_bytes_per_s) == (20.0, 10.0, None)
    assert (process.rss_bytes, process.threads, process.files, process.state) == (2000, 3, 9, "sleeping")
    minute = average([found, *[_sample(processes=(), interval_ms=10_000)] * 5])
    assert minute.processes[0].cpu_percent == pytest.approx(20 / 6, abs=0.001)


def test_what_obs_says() -> None:
    """Frames of the intervals are summed, the rest averaged."""

    def studio(skipped: int, fps: float, kbps: int) -> ObsUse:
        load = ObsLoad(fps=fps, render_frames_skipped=skipped, disk_free_bytes=100 - skipped)
        outputs = Outputs(is_streaming=True, stream_kbps=kbps, stream_frames_dropped=1)
        return ObsUse(connection="main", load=load, outputs=outputs, pid=5)

    (found,) = average([_sample(obs=(studio(1, 50.0, 6000),)), _sample(obs=(studio(2, 40.0, 5001),))]).obs
    assert (found.load.fps, found.load.render_frames_skipped, found.load.disk_free_bytes) == (45.0, 3, 98)
    assert (found.outputs.stream_kbps, found.outputs.stream_frames_dropped, found.pid) == (5500, 2, 5)
