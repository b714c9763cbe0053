"""What `restrike monitor history` can be asked for: which columns of which table, and how they are put together.

A mean is of all of one name together (several ffmpeg are one line), over the samples in which it is known.
"""

from enum import StrEnum
from typing import Final

from msgspec import Struct


class Metric(StrEnum):
    """What the history is of."""

    CPU = "cpu"
    MEMORY = "memory"
    DISK = "disk"
    NETWORK = "network"
    UDP = "udp"
    PROCESS = "process"
    OBS = "obs"


class Column(Struct, frozen=True):
    """A column: its key in the document, its heading (None: no table has room for it), and its SQL."""

    key: str
    heading: str | None
    sql: str


class Question(Struct, frozen=True, kw_only=True):
    """What is asked of samples `s`; `parts` is the table of their parts `p`, whose `name` tells them apart."""

    columns: tuple[Column, ...]
    parts: str | None = None
    name: str | None = None


def _mean(name: str) -> str:
    return f"sum({name}) / count(DISTINCT CASE WHEN {name} IS NOT NULL THEN s.id END)"


ALL: Final = Question(
    columns=(
        Column("cpu_percent", "cpu %", "avg(s.cpu_percent)"),
        Column("cpu_busiest_core_percent", "busiest core %", "max(s.cpu_busiest_core_percent)"),
        Column("load_1", "load", "avg(s.load_1)"),
        Column("memory_available_bytes", "memory left", "min(s.memory_available_bytes)"),
        Column(
            "disk_free_bytes", "disk left", "min((SELECT min(free_bytes) FROM disk_samples WHERE sample_id = s.id))"
        ),
        Column("udp_received", "UDP read", "sum(s.udp_received)"),
        Column("udp_dropped", "UDP dropped", "sum(s.udp_dropped)"),
    )
)
QUESTIONS: Final[dict[Metric, Question]] = {
    Metric.CPU: Question(
        columns=(
            Column("cpu_percent", "cpu %", "avg(s.cpu_percent)"),
            Column("cpu_most_percent", "most %", "max(s.cpu_percent)"),
            Column("cpu_busiest_core_percent", "busiest core %", "max(s.cpu_busiest_core_percent)"),
            Column("load_1", "load", "avg(s.load_1)"),
            Column("frequency_mhz", "MHz", "avg(s.frequency_mhz)"),
            Column("temperature_c", "°C", "max(s.temperature_c)"),
        )
    ),
    Metric.MEMORY: Question(
        columns=(
            Column("memory_total_bytes", "memory", "max(s.memory_total_bytes)"),
            Column("memory_available_bytes", "left", "min(s.memory_available_bytes)"),
            Column("swap_used_bytes", "swap used", "max(s.swap_used_bytes)"),
        )
    ),
    Metric.UDP: Question(
        columns=(
            Column("udp_received", "datagrams read", "sum(s.udp_received)"),
            Column("udp_dropped", "dropped", "sum(s.udp_dropped)"),
        )
    ),
    Metric.DISK: Question(
        parts="disk_samples",
        name="mount",
        columns=(
            Column("total_bytes", "of", "max(p.total_bytes)"),
            Column("free_bytes", "left", "min(p.free_bytes)"),
            Column("read_bytes_per_s", "reads", "avg(p.read_bytes_per_s)"),
            Column("written_bytes_per_s", "writes", "avg(p.written_bytes_per_s)"),
            Column("busy_percent", "most busy %", "max(p.busy_percent)"),
        ),
    ),
    Metric.NETWORK: Question(
        parts="network_samples",
        name="interface",
        columns=(
            Column("is_up", "up", "min(p.is_up)"),
            Column("received_bytes_per_s", "in", "avg(p.received_bytes_per_s)"),
            Column("sent_bytes_per_s", "out", "avg(p.sent_bytes_per_s)"),
            Column("errors", "errors", "sum(p.errors)"),
            Column("drops", "drops", "sum(p.drops)"),
        ),
    ),
    Metric.PROCESS: Question(
        parts="process_samples",
        name="name",
        columns=(
            Column("cpu_percent", "cpu %", _mean("p.cpu_percent")),
            Column("cpu_most_percent", "most %", "max(p.cpu_percent)"),
            Column("rss_bytes", "memory", f"CAST({_mean('p.rss_bytes')} AS INTEGER)"),
            Column("pss_bytes", "by share", f"CAST({_mean('p.pss_bytes')} AS INTEGER)"),
            Column("threads", None, "max(p.threads)"),
            Column("files", "files", "max(p.files)"),
            Column("read_bytes_per_s", "reads", _mean("p.read_bytes_per_s")),
            Column("written_bytes_per_s", "writes", _mean("p.written_bytes_per_s")),
        ),
    ),
    Metric.OBS: Question(
        parts="obs_samples",
        name="connection",
        columns=(
            Column("cpu_percent", "cpu %", "avg(p.cpu_percent)"),
            Column("memory_mib", "MiB", "avg(p.memory_mib)"),
            Column("fps", "fps", "min(p.fps)"),
            Column("frame_ms", "frame ms", "max(p.frame_ms)"),
            Column("render_frames_skipped", "not rendered", "sum(p.render_frames_skipped)"),
            Column("output_frames_skipped", "not encoded", "sum(p.output_frames_skipped)"),
            Column("stream_frames_dropped", "lost", "sum(p.stream_frames_dropped)"),
            Column("stream_kbps", "kbit/s", "avg(p.stream_kbps)"),
        ),
    ),
}
