"""What the machine was like (`resource_samples` and the tables of its parts), one row for each period; db-writer.

A sample is kept under the microsecond at which its period ended. When the clock was set back, later periods end at
times that were there before: both are kept. Two that end at the very same microsecond are one that was told twice if
they say the same, else the later one is kept a microsecond after.
"""

from collections.abc import Iterator
from typing import Any, Final

from services.db_writer.outboxes.stamp import Stamp
from services.db_writer.timestamps import Timestamps
from shared.db.sqlite import sqlite3
from shared.messages.system import SystemAveraged, SystemSample

_COLUMNS: Final = (
    "cpu_percent",
    "cpu_busiest_core_percent",
    "load_1",
    "frequency_mhz",
    "temperature_c",
    "memory_total_bytes",
    "memory_available_bytes",
    "swap_used_bytes",
    "udp_received",
    "udp_dropped",
    "clock_offset_ms",
)
_STORE: Final = f"""
INSERT INTO resource_samples (period_s, sampled_at, {", ".join(_COLUMNS)})
VALUES ({", ".join("?" * (2 + len(_COLUMNS)))})
ON CONFLICT (period_s, sampled_at) DO NOTHING RETURNING id
"""
_IS_SAME: Final = f"""
SELECT 1 FROM resource_samples WHERE period_s = ? AND sampled_at = ?
    AND {" AND ".join(f"{name} IS ?" for name in _COLUMNS)}
"""
_OF_DISK: Final = ("mount", "total_bytes", "free_bytes", "read_bytes_per_s", "written_bytes_per_s", "busy_percent")
_OF_NETWORK: Final = ("interface", "is_up", "received_bytes_per_s", "sent_bytes_per_s", "errors", "drops")
_OF_PROCESS: Final = (
    "name",
    "pid",
    "cpu_percent",
    "rss_bytes",
    "pss_bytes",
    "threads",
    "files",
    "read_bytes_per_s",
    "written_bytes_per_s",
)
_OF_LOAD: Final = ("cpu_percent", "memory_mib", "fps", "frame_ms", "render_frames_skipped", "output_frames_skipped")
_OF_OUTPUTS: Final = ("stream_frames_dropped", "stream_kbps")


def _insert(table: str, *columns: str) -> str:
    places = ", ".join("?" * (1 + len(columns)))
    return f"INSERT INTO {table} (sample_id, {', '.join(columns)}) VALUES ({places})"  # names of ours


_DISK: Final = _insert("disk_samples", *_OF_DISK)
_NETWORK: Final = _insert("network_samples", *_OF_NETWORK)
_PROCESS: Final = _insert("process_samples", "kind", *_OF_PROCESS)
_STUDIO: Final = _insert("obs_samples", "connection", *_OF_LOAD, *_OF_OUTPUTS)

_text = Timestamps().text


def store_sample(connection: "sqlite3.Connection", fact: SystemAveraged, _stamp: Stamp) -> None:
    """The average of a period, unless it is there already."""
    sample_id = _sample_id(connection, fact)
    if sample_id is not None:
        _store_parts(connection, sample_id, fact.sample)


def _sample_id(connection: "sqlite3.Connection", fact: SystemAveraged) -> int | None:
    """The id of its new row; None: it is the same as one that is there."""
    at_us, values = fact.sample.at_us, _values(fact.sample)
    while True:
        row = (fact.period_s, _text(at_us), *values)
        stored = connection.execute(_STORE, row).fetchone()
        if stored is not None:
            return int(stored[0])
        if connection.execute(_IS_SAME, row).fetchone() is not None:
            return None
        at_us += 1


def _values(sample: SystemSample) -> tuple[Any, ...]:
    return (
        sample.cpu.percent,
        max(sample.cpu.core_percents, default=sample.cpu.percent),
        sample.cpu.load_1,
        sample.cpu.frequency_mhz,
        sample.cpu.temperature_c,
        sample.memory.total_bytes,
        sample.memory.available_bytes,
        sample.memory.swap_used_bytes,
        sample.udp.received,
        sample.udp.dropped,
        sample.clock.offset_ms,
    )


def _store_parts(connection: "sqlite3.Connection", sample_id: int, sample: SystemSample) -> None:
    write = connection.executemany
    write(_DISK, [(sample_id, *_fields(disk, _OF_DISK)) for disk in sample.disks])
    write(_NETWORK, [(sample_id, *_fields(network, _OF_NETWORK)) for network in sample.networks])
    write(_PROCESS, [(sample_id, process.kind.value, *_fields(process, _OF_PROCESS)) for process in sample.processes])
    write(
        _STUDIO,
        [
            (
                sample_id,
                studio.connection,
                *_fields(studio.load, _OF_LOAD),
                *_fields(studio.outputs, _OF_OUTPUTS),
            )
            for studio in sample.obs
        ],
    )


def _fields(of: object, names: tuple[str, ...]) -> Iterator[Any]:
    return (getattr(of, name) for name in names)
