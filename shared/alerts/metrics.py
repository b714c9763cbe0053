"""The one list of values that rules for alerts can watch; cpu-monitor gives them, `restrike alerts metrics` shows them.

A value belongs to a subject: a mount, a ring, a connection to OBS, a service, or the machine.
"""

from typing import Final

from msgspec import Struct

from shared.messages.health import Condition, Subject

MACHINE: Final = "machine"
"""The subject of what there is only once."""
DATABASE: Final = "database"
JOURNAL: Final = "journal"
GROWN_S: Final = 60.0
"""How long growth is told, by alerts and by health: long enough to be read, and for three to be one story."""
FRAMES_S: Final = 10.0
"""Frames are judged over so long: one that is skipped at a change of scene is nobody's trouble."""
RESTARTS_S: Final = 300.0
FAULTS_S: Final = 300.0
BUSY_PERCENT: Final = 85.0
"""Of the processor: from here on, and when something waits for a core for `WAITING_PERCENT` of the time, what OBS skips
is its fault.
"""
WAITING_PERCENT: Final = 40.0
CONDITIONS: Final = {Condition.OK: 0.0, Condition.UNKNOWN: 1.0, Condition.DEGRADED: 2.0, Condition.FAILED: 3.0}
HEALTH: Final = "health."


class Metric(Struct, frozen=True):
    """A value: `unit` as it is written behind a number, `per` what its subjects are; it is never below `least` or above
    `most`, where there is such a number.
    """

    name: str
    unit: str
    per: str
    meaning: str
    least: float | None = 0.0
    most: float | None = None


def _health(subject: Subject) -> Metric:
    return Metric(
        f"{HEALTH}{subject}",
        "",
        subject.value,
        f"How health judges the {subject}: 0 ok, 1 unknown, 2 degraded, 3 failed.",
    )


def _share(name: str, per: str, meaning: str) -> Metric:
    return Metric(name, "%", per, meaning, most=100.0)


def _flag(name: str, per: str, meaning: str) -> Metric:
    return Metric(name, "", per, f"1 while {meaning}", most=1.0)


_ALL: Final = (
    _share("disk.free_percent", "mount", "Free space of a disk that the suite uses."),
    Metric("disk.free_bytes", "B", "mount", "Free space of a disk that the suite uses."),
    _share("disk.busy_percent", "mount", "Share of the time in which the disk worked."),
    _share("cpu.percent", MACHINE, "Use of all cores."),
    _share("cpu.waiting_percent", MACHINE, "Share of the last 10 s in which something waited for a core."),
    Metric("cpu.temperature_c", "°C", MACHINE, "Temperature of the processor, where the machine tells it.", least=None),
    _share("memory.available_percent", MACHINE, "Memory that programs can still have without swapping."),
    _share("memory.waiting_percent", MACHINE, "Share of the last 10 s in which something waited for memory."),
    _share("memory.swap_used_percent", MACHINE, "Use of the swap space."),
    Metric("memory.swapped_bytes_per_s", "B/s", MACHINE, "What is moved between memory and swap space."),
    Metric("udp.dropped", "", MACHINE, "Datagrams that full sockets of this machine dropped in the last minute."),
    Metric("network.errors", "", "interface", "Errors and drops of a network interface in the last minute."),
    Metric("clock.offset_ms", "ms", MACHINE, "By how much the clock is off, either way, as its time server says."),
    Metric("clock.stepped_ms", "ms", MACHINE, "The largest jump of the clock in the last minute, either way."),
    Metric("process.rss_bytes", "B", "process", "Memory that a process holds."),
    Metric("process.cpu_percent", "%", "process", "Use of one core by a process."),
    Metric("process.files", "", "process", "Files and sockets that a process has open."),
    Metric(
        "ring.kernel_drops",
        "",
        "ring",
        "Datagrams of a ring that were dropped in the last minute: its buffer was full.",
    ),
    Metric("ring.lost", "", "ring", "Journal entries of a ring that were lost in the last minute: the disk was full."),
    Metric("ring.unjournaled_bytes", "B", "ring", "Datagrams that wait in memory for the journal."),
    _share("obs.cpu_percent", "OBS", "Use of the processor of OBS's machine by OBS."),
    _share("obs.render_skipped_percent", "OBS", "Frames of the last 10 s that OBS did not draw."),
    _share("obs.output_skipped_percent", "OBS", "Frames of the last 10 s that OBS did not encode."),
    _share("obs.stream_dropped_percent", "OBS", "Frames of the last 10 s that the stream dropped."),
    _share("obs.starved_percent", "OBS", "Frames of the last 10 s that OBS skipped while this machine was busy."),
    _flag("obs.not_connected", "OBS", "a match runs that this OBS ought to serve, and it is away."),
    _flag("obs.not_recording", "OBS", "a match runs that this OBS ought to record, and it does not."),
    _flag("obs.frames_dropped", "OBS", "obs-bridge tells that OBS drops frames (obs.dropped_percent)."),
    _flag("obs.disk_low", "OBS", "the disk that this OBS records to is nearly full."),
    _flag("obs.replay_off", "OBS", "a match runs and the replay buffer does not."),
    Metric("service.silent_s", "s", "service", "Since when nothing was heard of a service; 0 below two seconds."),
    Metric("service.restarts", "", "service", "How often a service came back in the last five minutes."),
    _flag("service.stays_down", "service", "a service has ended and is not started again by itself."),
    Metric("service.faults", "", "service", "What failed inside a service in the last five minutes."),
    Metric("service.events_lost", "", "service", "Events on the bus that a service missed in the last minute."),
    Metric("service.queue_depth", "", "service", "What waits inside a service."),
    Metric("service.loop_lag_ms", "ms", "service", "By how much a service is late."),
    Metric("db.behind_entries", "", "ring", "Journal entries of a ring that are not in the database yet."),
    Metric("db.behind_s", "s", "ring", "How long the oldest of them has waited."),
    _flag("db.not_writable", DATABASE, "the database cannot be written."),
    _flag("journal.not_writable", JOURNAL, "the journal cannot be written."),
    Metric("backup.age_hours", "h", DATABASE, "How old the newest backup is, or the database without one."),
    *(_health(subject) for subject in Subject),
)


def listed(metrics: tuple[Metric, ...]) -> dict[str, Metric]:
    """Metrics by name.

    Raises:
        ValueError: two share a name.
    """
    by_name = {metric.name: metric for metric in metrics}
    if len(by_name) != len(metrics):
        raise ValueError("a metric is listed twice")
    return by_name


METRICS: Final = listed(_ALL)


def written(value: float, unit: str) -> str:
    """A value for people: `1.9 GiB`, `97 %`, `12`."""
    if unit.startswith("B"):
        size, rest = abs(value), unit[1:]
        for name in ("B", "KiB", "MiB", "GiB"):
            if size < 1024 or name == "GiB":
                return f"{value:.0f} B{rest}" if name == "B" else f"{value:.1f} {name}{rest}"
            size, value = size / 1024, value / 1024
    number = f"{value:.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.1f}"
    return f"{number} {unit}".rstrip()
