"""The values that only need one look at the picture, and the words of health beside them; cpu-monitor. No I/O."""

import math
from typing import Final

from services.cpu_monitor.picture import Picture
from shared.alerts.metrics import CONDITIONS, DATABASE, HEALTH, JOURNAL
from shared.messages.health import HealthReport, Subject
from shared.messages.incidents import IncidentKind
from shared.messages.system import SystemSample

Values = dict[str, dict[str, float]]
"""Metric -> subject -> value."""
UNKNOWN: Final = math.nan
"""The value of a subject that is there, of which nobody can tell it now."""
Words = dict[tuple[str, str], dict[str, str]]
"""(Metric, subject) -> what stands for `{reason}` and `{remedy}` in a rule's message."""


def of_processes(sample: SystemSample) -> Values:
    """Disks and processes of a sample."""
    disks, processes = sample.disks, sample.processes
    return {
        "disk.free_percent": {one.mount: 100.0 * one.free_bytes / max(1, one.total_bytes) for one in disks},
        "disk.free_bytes": {one.mount: float(one.free_bytes) for one in disks},
        "disk.busy_percent": {one.mount: _known(one.busy_percent) for one in disks},
        "process.rss_bytes": {one.name: float(one.rss_bytes) for one in processes},
        "process.cpu_percent": {one.name: one.cpu_percent for one in processes},
        "process.files": {one.name: _known(one.files) for one in processes},
    }


def of_health(report: HealthReport | None) -> Values:
    """How health judges each thing."""
    if report is None:
        return {}
    values: Values = {f"{HEALTH}{subject}": {} for subject in Subject}
    for item in report.items:
        values[f"{HEALTH}{item.subject}"][item.name] = CONDITIONS[item.condition]
    return values


def words_of(picture: Picture) -> Words:
    """What is known of why something is wrong."""
    words: Words = {}
    if picture.health is not None:
        for item in picture.health.items:
            said = {"reason": item.reason, "remedy": item.remedy}
            words[f"{HEALTH}{item.subject}", item.name] = {name: text for name, text in said.items() if text}
    if picture.database_error is not None:
        words["db.not_writable", DATABASE] = {"reason": picture.database_error}
    if picture.journal_error is not None:
        words["journal.not_writable", JOURNAL] = {"reason": picture.journal_error}
    for one in picture.incidents:
        if one.kind is IncidentKind.STAYS_DOWN and one.detail:
            words["service.stays_down", one.service] = {"reason": one.detail}
    for name, status in picture.obs.items():
        if status.reason:
            words["obs.not_connected", name] = {"reason": status.reason}
        if status.problem:
            words["obs.not_recording", name] = {"reason": status.problem}
    return words


def _known(value: float | None) -> float:
    return UNKNOWN if value is None else float(value)
