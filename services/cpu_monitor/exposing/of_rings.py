"""Metrics of the rings, their sockets and the journal; cpu-monitor."""

from collections.abc import Callable

from services.cpu_monitor.exposing.family import Values, counter, gauge
from services.cpu_monitor.exposing.snapshot import Snapshot
from shared.messages.match import Stage
from shared.messages.udp import RingStatus


def _of(value: Callable[[RingStatus], float]) -> Callable[[Snapshot], Values]:
    return lambda seen: [((ring.name,), value(ring.status)) for ring in seen.rings if ring.status is not None]


def _stages(seen: Snapshot) -> Values:
    for ring in seen.rings:
        if ring.stage is not None:
            yield from (((ring.name, stage.value), ring.stage is stage) for stage in Stage)


FAMILIES = (
    gauge("ring_listening", "Whether a ring's socket is bound.", _of(lambda ring: ring.listening), "ring"),
    counter(
        "ring_datagrams_total",
        "Datagrams of a ring since its session opened.",
        _of(lambda ring: ring.packets),
        "ring",
    ),
    counter("ring_bytes_total", "Bytes of these datagrams.", _of(lambda ring: ring.bytes), "ring", unit="bytes"),
    counter(
        "ring_kernel_drops_total",
        "Datagrams that reached the machine and were dropped, because the receive buffer was full.",
        _of(lambda ring: ring.kernel_drops),
        "ring",
    ),
    counter("ring_refused_total", "Datagrams of senders that may not send.", _of(lambda ring: ring.refused), "ring"),
    counter("ring_cut_total", "Datagrams longer than max_packet_bytes.", _of(lambda ring: ring.cut), "ring"),
    counter(
        "ring_lost_total",
        "Entries that fell out of memory before they could be journaled.",
        _of(lambda ring: ring.lost),
        "ring",
    ),
    gauge("ring_entry", "The last entry of a ring's journal.", _of(lambda ring: ring.entry), "ring"),
    gauge("ring_senders", "Sources that a ring hears.", _of(lambda ring: len(ring.senders)), "ring"),
    gauge(
        "ring_receive_buffer_bytes",
        "What the kernel keeps for a ring's socket.",
        _of(lambda ring: ring.receive_buffer_bytes),
        "ring",
        unit="bytes",
    ),
    gauge(
        "ring_silence_seconds",
        "Time since a ring's last datagram.",
        lambda seen: [((ring.name,), ring.silent_s) for ring in seen.rings],
        "ring",
        unit="seconds",
    ),
    gauge("ring_stage", "How far a ring's match is: 1 for the stage that it is in.", _stages, "ring", "stage"),
    gauge(
        "journal_unwritten_bytes",
        "What waits in memory because the journal cannot be written.",
        lambda seen: [((), max((r.status.unjournaled_bytes for r in seen.rings if r.status is not None), default=0))],
        unit="bytes",
    ),
    gauge("journal_writable", "Whether the journal can be written.", lambda seen: [((), seen.is_journal_writable)]),
    gauge("database_writable", "Whether the database can be written.", lambda seen: [((), seen.is_database_writable)]),
)
