"""The essential words of what is said of machine, services and licence, for a line that a person reads."""

from collections.abc import Callable
from typing import Any, Final

from services.cli.output import size
from shared.messages import health, incidents, system
from shared.messages.license import LicenseChanged, LicenseStatus


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


def _license(status: LicenseStatus) -> str:
    return " ".join([f"{_spaced(status.state)}: {status.sentence}", *status.warnings])


def _license_changed(data: LicenseChanged) -> str:
    before = "" if data.state_before in (None, data.state) else f"{_spaced(data.state_before or '')} -> "
    by = "" if data.author is None else f" by {data.author}"
    return f"{data.act}{by}, {before}{_spaced(data.state)}: {data.sentence}"


def _spaced(word: str) -> str:
    return word.replace("_", " ")


SYSTEM_WORDS: Final[dict[type, Callable[[Any], str]]] = {
    system.SystemSample: _sample,
    health.HealthReport: _health,
    incidents.ServiceIncident: lambda data: f"{data.kind}: {data.detail}" if data.detail else str(data.kind),
    incidents.ServiceKilled: lambda data: f"silent for {data.silent_s:.0f} s, ended by {data.by} (process {data.pid})",
    LicenseStatus: _license,
    LicenseChanged: _license_changed,
    system.SystemAveraged: lambda data: f"{data.period_s} s: {_sample(data.sample)}",
}
