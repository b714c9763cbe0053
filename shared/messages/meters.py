"""Counts, values and durations that a service keeps of itself, for /metrics and for alerts.

What each meter is, its labels and its bounds: `shared/meter_list.py`, shown in docs/metrics.md.
"""

from msgspec import Struct


class CounterReading(Struct, frozen=True, array_like=True, gc=False):
    """A count that only grows while the process lives. `labels` pairs names with values."""

    name: str
    labels: tuple[tuple[str, str], ...]
    value: float


class GaugeReading(Struct, frozen=True, array_like=True, gc=False):
    """A value as it is now."""

    name: str
    labels: tuple[tuple[str, str], ...]
    value: float


class HistogramReading(Struct, frozen=True, array_like=True, gc=False):
    """How often something took at most each of the meter's bounds (not summed up; the last is what took longer), and
    the sum of all.
    """

    name: str
    labels: tuple[tuple[str, str], ...]
    counts: tuple[int, ...]
    sum: float


class MetersRead(Struct, frozen=True, kw_only=True):
    """`service.meters/<service>/`, every 5 s (`metrics.every_s` of restrike.json) while somebody listens."""

    service: str
    counters: tuple[CounterReading, ...] = ()
    gauges: tuple[GaugeReading, ...] = ()
    histograms: tuple[HistogramReading, ...] = ()
