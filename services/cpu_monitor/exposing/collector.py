"""Turns a snapshot into the metrics of prometheus-client; cpu-monitor, in a thread of its own."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from services.cpu_monitor.exposing.catalogue import FAMILIES, PREFIX
from services.cpu_monitor.exposing.family import Family, values
from services.cpu_monitor.exposing.snapshot import Snapshot
from shared.messages.meters import CounterReading, GaugeReading, HistogramReading
from shared.meter_list import METERS, Kind, Meter


class SnapshotCollector(Collector):
    """Gives the metrics of one snapshot. A meter that this version does not know, of a service that is newer or older,
    is left out.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        """Every metric of which something is known."""
        for family in FAMILIES.values():
            yield from _plain(family, values(family, self._snapshot))
        yield from self._meters()

    def _meters(self) -> Iterator[Metric]:
        plain: dict[str, list[tuple[tuple[str, ...], float]]] = defaultdict(list)
        histograms: dict[str, list[HistogramReading]] = defaultdict(list)
        for read in self._snapshot.meters:
            readings: list[CounterReading | GaugeReading] = [*read.counters, *read.gauges]
            for reading in readings:
                if _fits(reading):
                    plain[reading.name].append((_values(reading), reading.value))
            for histogram in read.histograms:
                if _fits(histogram) and len(histogram.counts) == len(METERS[histogram.name].bounds) + 1:
                    histograms[histogram.name].append(histogram)
        for name, meter in METERS.items():
            if meter.kind is Kind.HISTOGRAM:
                yield from _histogram(meter, histograms.get(name, ()))
            else:
                yield from _plain(meter, plain.get(name, ()))


def _fits(reading: CounterReading | GaugeReading | HistogramReading) -> bool:
    meter = METERS.get(reading.name)
    return meter is not None and tuple(name for name, _ in reading.labels) == meter.labels


def _values(reading: CounterReading | GaugeReading | HistogramReading) -> tuple[str, ...]:
    return tuple(value for _, value in reading.labels)


def _plain(what: Family | Meter, found: Iterable[tuple[tuple[str, ...], float]]) -> Iterator[Metric]:
    kind = CounterMetricFamily if what.kind is Kind.COUNTER else GaugeMetricFamily
    metric = kind(PREFIX + what.name, what.help, labels=what.labels)
    for labels, value in found:
        metric.add_metric(labels, value)
    if metric.samples:
        yield metric


def _histogram(meter: Meter, found: Iterable[HistogramReading]) -> Iterator[Metric]:
    metric = HistogramMetricFamily(PREFIX + meter.name, meter.help, labels=meter.labels)
    bounds = [*map(str, meter.bounds), "+Inf"]
    for reading in found:
        buckets = list(zip(bounds, accumulate(reading.counts), strict=True))
        metric.add_metric(_values(reading), buckets, reading.sum)
    if metric.samples:
        yield metric
