"""The essential words of what cpu-monitor says of machine and services, for a line that a person reads."""

from collections.abc import Callable
from typing import Any, Final

from services.cli.output import size
from shared.messages import health, incidents, system


def _sample(sample: system.SystemSample) -> str:
    words = [f"cpu {sample.cpu.percent:.0f} %"]
    if sample.processes:
        busiest = max(sample.processes, key=lambda process: process.cpu_percent)
        words.append(f"busiest {busiest.name} {busiest.cpu_percent:.0f} %")
    words.append(f"{size(sample.memory.available_bytes)} memory left")
    words += [f"{size(disk.free_bytes)} left on {disk.mount}" for disk in sample.disks]
    if sample.udp.dropped:
        words.append(f"{sample.udp.dropped} datagrams dropped")
    return ", ".join(words)


def _health(report: health.HealthReport) -> str:
    ill = [f"{item.subject} {item.name} {item.condition}" for item in report.items if item.condition != "ok"]
    return f"{report.condition}: {', '.join(ill)}" if ill else f"all {len(report.items)} are ok"


SYSTEM_WORDS: Final[dict[type, Callable[[Any], str]]] = {
    system.SystemSample: _sample,
    health.HealthReport: _health,
    incidents.ServiceIncident: lambda data: f"{data.kind}: {data.detail}" if data.detail else str(data.kind),
    incidents.ServiceKilled: lambda data: f"silent for {data.silent_s:.0f} s, ended by {data.by} (process {data.pid})",
    system.SystemAveraged: lambda data: f"{data.period_s} s: {_sample(data.sample)}",
}
