"""The one list of meters: what services count and measure of themselves. cpu-monitor serves each as `restrike_<name>`.

Counters end in `_total`, histograms have bounds; units are seconds, bytes and plain counts, as Prometheus wants them.
Used by the services through `runtime.meters`, by cpu-monitor for /metrics, and for docs/metrics.md.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from msgspec import Struct


class Kind(StrEnum):
    """What a meter is to Prometheus."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Meter(Struct, frozen=True, kw_only=True):
    """A meter. `bounds` are the upper bounds of a histogram's buckets, in its unit, ascending."""

    name: str
    kind: Kind
    help: str
    unit: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()


LATENCY_BOUNDS: Final = (
    *(0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5),
    *(1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0),
)
"""Dense where the aims are (a subscriber within 3 ms, the database within 50 ms), up to what a restart costs."""
COMMIT_BOUNDS: Final = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
REQUEST_BOUNDS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


def _counter(name: str, text: str, *labels: str, unit: str = "") -> Meter:
    return Meter(name=name, kind=Kind.COUNTER, help=text, unit=unit, labels=labels)


def _gauge(name: str, text: str, *labels: str, unit: str = "") -> Meter:
    return Meter(name=name, kind=Kind.GAUGE, help=text, unit=unit, labels=labels)


def _histogram(name: str, text: str, *labels: str, bounds: tuple[float, ...]) -> Meter:
    return Meter(name=name, kind=Kind.HISTOGRAM, help=text, unit="seconds", labels=labels, bounds=bounds)


SERVICE_CPU: Final = _counter(
    "service_cpu_seconds_total", "Processor time that a service used.", "service", unit="seconds"
)
LOG_LINES_DROPPED: Final = _counter(
    "log_lines_dropped_total", "Log lines of a service that could be written nowhere.", "service"
)
LATENCY: Final = _histogram(
    "latency_seconds",
    "Time from an entry's arrival at udp-ingest until it is journaled (hop=published), understood (parsed) and in the "
    "database (stored); and until OBS is asked to do what follows from it by a rule (acted).",
    "hop",
    bounds=LATENCY_BOUNDS,
)
LATENCY_UNUSABLE: Final = _counter(
    "latency_unusable_total",
    "Entries whose latency is not in the histogram: it is negative or ten minutes and more, because a clock was set, "
    "the machine was started anew, or what was missed long ago is caught up.",
    "hop",
)

JOURNAL_COMMIT: Final = _histogram(
    "journal_commit_seconds", "Time that a commit to the journal takes.", bounds=COMMIT_BOUNDS
)
JOURNAL_ENTRIES: Final = _counter("journal_entries_total", "Entries that were written to the journal.")
JOURNAL_FAILURES: Final = _counter("journal_failures_total", "Commits to the journal that failed.")

PSS_EVENTS: Final = _counter(
    "pss_events_total", "Events of a ring by topic: what its scoring system said, and what follows.", "ring", "event"
)
PSS_RESULTS: Final = _counter(
    "pss_results_total", "Messages of a ring by how they were read (recognized, partial, unknown …).", "ring", "kind"
)
PSS_FINDINGS: Final = _counter(
    "pss_findings_total", "What does not add up on a ring, by rule.", "ring", "rule", "severity"
)

DB_COMMIT: Final = _histogram(
    "db_commit_seconds", "Time that a transaction of the stream takes in the database.", bounds=COMMIT_BOUNDS
)
DB_ENTRIES: Final = _counter("db_entries_total", "Entries that were stored in the database.")
DB_MESSAGES: Final = _counter("db_messages_total", "Messages of these entries.")
DB_REFUSED: Final = _counter("db_rows_refused_total", "Entries that the database refused; they are stored raw.")
DB_FAILURES: Final = _counter("db_failures_total", "Transactions that failed; they are repeated.")
DB_WAITING: Final = _gauge("db_waiting_batches", "Batches that wait to be stored.")
DB_BEHIND: Final = _gauge("db_rings_behind", "Rings of which db-writer has to ask for what it missed.")

OBS_REQUESTS: Final = _counter(
    "obs_requests_total",
    "Requests to an OBS by outcome (done, refused, no_answer, failed).",
    "connection",
    "outcome",
)
OBS_REQUEST: Final = _histogram(
    "obs_request_seconds", "Time that an OBS takes to answer.", "connection", bounds=REQUEST_BOUNDS
)
OBS_CONNECTS: Final = _counter("obs_connects_total", "Connections to an OBS that were made.", "connection")
OBS_LOSSES: Final = _counter("obs_losses_total", "Connections to an OBS that were lost.", "connection")
OBS_RECORDINGS: Final = _counter(
    "obs_recordings_total",
    "Changes of recordings by their new state: recording and failed tell how many.",
    "connection",
    "state",
)
OBS_CLIPS: Final = _counter("obs_clips_total", "Clips of video reviews that can be watched.", "connection")
OBS_FIRINGS: Final = _counter("obs_firings_total", "Rules that fired, by outcome.", "outcome")

BUS_FORWARDED: Final = _counter("bus_forwarded_total", "Events that the broker passed on.")
BUS_MALFORMED: Final = _counter("bus_malformed_total", "What reached the broker and was no event.")
BUS_KEYS_REFUSED: Final = _counter("bus_keys_refused_total", "Connections with a key that is not on the list.")
GATEWAY_REQUESTS: Final = _counter(
    "gateway_requests_total", "Commands of other programs by outcome (passed, refused).", "outcome"
)
GATEWAY_WAITING: Final = _gauge("gateway_waiting", "Commands of other programs that are under way.")

SCRAPES: Final = _counter("scrapes_total", "Scrapes by outcome (answered, failed).", "outcome")


def listed(meters: Iterable[Meter]) -> dict[str, Meter]:
    """The meters by name.

    Raises:
        ValueError: two have one name, or a name does not fit its kind.
    """
    found: dict[str, Meter] = {}
    for meter in meters:
        if meter.name in found:
            raise ValueError(f"two meters are named {meter.name}")
        if meter.name.endswith("_total") != (meter.kind is Kind.COUNTER):
            raise ValueError(f"{meter.name}: counters end in _total, and nothing else does")
        if bool(meter.bounds) != (meter.kind is Kind.HISTOGRAM) or list(meter.bounds) != sorted(set(meter.bounds)):
            raise ValueError(f"{meter.name}: histograms have ascending bounds, and nothing else has")
        found[meter.name] = meter
    return found


METERS: Final = listed(
    [
        SERVICE_CPU,
        LOG_LINES_DROPPED,
        LATENCY,
        LATENCY_UNUSABLE,
        JOURNAL_COMMIT,
        JOURNAL_ENTRIES,
        JOURNAL_FAILURES,
        PSS_EVENTS,
        PSS_RESULTS,
        PSS_FINDINGS,
        DB_COMMIT,
        DB_ENTRIES,
        DB_MESSAGES,
        DB_REFUSED,
        DB_FAILURES,
        DB_WAITING,
        DB_BEHIND,
        OBS_REQUESTS,
        OBS_REQUEST,
        OBS_CONNECTS,
        OBS_LOSSES,
        OBS_RECORDINGS,
        OBS_CLIPS,
        OBS_FIRINGS,
        BUS_FORWARDED,
        BUS_MALFORMED,
        BUS_KEYS_REFUSED,
        GATEWAY_REQUESTS,
        GATEWAY_WAITING,
        SCRAPES,
    ]
)
"""Every meter by name; one that is missing here cannot be used."""
