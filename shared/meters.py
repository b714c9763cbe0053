"""Meters of one service: a count costs an addition, a duration a search among a few bounds. What is counted somewhere
already is not counted again, but followed: looked up when the meters are read. Used by services (`runtime.meters`).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from shared.messages.meters import CounterReading, GaugeReading, HistogramReading, MetersRead
from shared.meter_list import LATENCY, LATENCY_UNUSABLE, METERS, Kind, Meter

LONGEST_US: Final = 600_000_000
"""What took ten minutes or more was no latency: a clock was set, or what was missed long ago is caught up."""

FEW: Final = 16
"""From so many entries on, sorting them costs less than to look for the bucket of each."""

Labels = tuple[tuple[str, str], ...]


class Counter:
    """A count that only grows: `counter.value += 1`."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value: float = 0


class Histogram:
    """How long something took, in seconds: how often up to each bound, and how long in all."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, seconds: float) -> None:
        """Count one that took so long."""
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.sum += seconds


class Latency:
    """How long after their arrival entries reach a place of their way: a histogram in microseconds, and a count of what
    was no latency.
    """

    __slots__ = ("_bounds_us", "_histogram", "_unusable")

    def __init__(self, histogram: Histogram, unusable: Counter) -> None:
        self._histogram = histogram
        self._unusable = unusable
        self._bounds_us = [round(bound * 1_000_000) for bound in histogram.bounds]

    def arrived(self, arrivals_us: Sequence[int], now_us: int) -> None:
        """Count entries that arrived at `arrivals_us` and are here at `now_us`, both of one clock; the monotonic one
        cannot be set.
        """
        if len(arrivals_us) < FEW:
            for arrival_us in arrivals_us:
                self.took(now_us - arrival_us)
            return
        ordered = sorted(arrivals_us)
        usable = ordered[bisect_right(ordered, now_us - LONGEST_US) : bisect_right(ordered, now_us)]
        self._unusable.value += len(ordered) - len(usable)
        histogram, left = self._histogram, len(usable)
        histogram.sum += (now_us * left - sum(usable)) / 1_000_000
        for place, bound_us in enumerate(self._bounds_us):
            if not left:
                return
            older = bisect_left(usable, now_us - bound_us, 0, left)
            histogram.counts[place] += left - older
            left = older
        histogram.counts[-1] += left

    def took(self, passed_us: int) -> None:
        """Count one entry, after so many microseconds."""
        if 0 <= passed_us < LONGEST_US:
            self._histogram.counts[bisect_left(self._bounds_us, passed_us)] += 1
            self._histogram.sum += passed_us / 1_000_000
        else:
            self._unusable.value += 1


class Meters:
    """All meters of a service. Ask for each once, and keep it; only meters of `shared/meter_list.py` can be had."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._counters: dict[tuple[str, Labels], Counter] = {}
        self._histograms: dict[tuple[str, Labels], Histogram] = {}
        self._followed: list[tuple[Meter, Callable[[], Mapping[tuple[str, ...], float]], bool]] = []

    def counter(self, meter: Meter, *values: str) -> Counter:
        """The counter of a meter with these values of its labels."""
        return self._counters.setdefault((meter.name, _labels(meter, Kind.COUNTER, values)), Counter())

    def histogram(self, meter: Meter, *values: str) -> Histogram:
        """The histogram of a meter with these values of its labels."""
        return self._histograms.setdefault(
            (meter.name, _labels(meter, Kind.HISTOGRAM, values)), Histogram(meter.bounds)
        )

    def latency(self, hop: str) -> Latency:
        """The latency at a place of the way."""
        return Latency(self.histogram(LATENCY, hop), self.counter(LATENCY_UNUSABLE, hop))

    def follow(self, meter: Meter, read: Callable[[], float], *values: str) -> None:
        """Have the counter or gauge with these values of its labels be what `read` gives, whenever meters are read."""
        _labels(meter, meter.kind, values)
        self._followed.append((meter, lambda: {values: read()}, False))

    def follow_each(self, meter: Meter, read: Callable[[], Mapping[tuple[str, ...], float]]) -> None:
        """Like `follow`, for every value of its labels: `read` gives a value for each tuple of them. Those that are 0
        are not told: there may be hundreds.
        """
        _check(meter)
        self._followed.append((meter, read, True))

    def read(self) -> MetersRead:
        """All meters as they stand."""
        counters = [CounterReading(name, labels, counter.value) for (name, labels), counter in self._counters.items()]
        gauges: list[GaugeReading] = []
        for meter, labels, value in self._follow():
            if meter.kind is Kind.GAUGE:
                gauges.append(GaugeReading(meter.name, labels, value))
            else:
                counters.append(CounterReading(meter.name, labels, value))
        histograms = [
            HistogramReading(name, labels, tuple(histogram.counts), histogram.sum)
            for (name, labels), histogram in self._histograms.items()
        ]
        return MetersRead(
            service=self._service, counters=tuple(counters), gauges=tuple(gauges), histograms=tuple(histograms)
        )

    def _follow(self) -> Iterator[tuple[Meter, Labels, float]]:
        for meter, read, skips_zeros in self._followed:
            for values, value in read().items():
                if value or not skips_zeros:
                    yield meter, tuple(zip(meter.labels, values, strict=True)), value


def _labels(meter: Meter, kind: Kind, values: tuple[str, ...]) -> Labels:
    _check(meter)
    if meter.kind is not kind or len(values) != len(meter.labels):
        raise ValueError(f"{meter.name} is a {meter.kind} with the labels {meter.labels}")
    return tuple(zip(meter.labels, values, strict=True))


def _check(meter: Meter) -> None:
    if METERS.get(meter.name) is not meter:
        raise ValueError(f"{meter.name} is not in the list of meters")
