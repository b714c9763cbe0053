"""Meters count and measure rightly, and only what is in the list can be had."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from shared.messages.meters import CounterReading, GaugeReading
from shared.meter_list import (
    DB_COMMIT,
    DB_ENTRIES,
    DB_WAITING,
    GATEWAY_REQUESTS,
    LATENCY,
    METERS,
    PSS_EVENTS,
    Kind,
    Meter,
    listed,
)
from shared.meters import LONGEST_US, Histogram, Latency, Meters


def test_a_histogram_counts_up_to_and_with_its_bounds() -> None:
    """What takes exactly a bound belongs to it, as Prometheus' `le` says; what is longer than all comes last."""
    histogram = Histogram((0.001, 0.01))
    for seconds in (0.0, 0.001, 0.0011, 0.01, 5.0):
        histogram.observe(seconds)
    assert histogram.counts == [2, 2, 1]
    assert histogram.sum == pytest.approx(5.0121)


@pytest.mark.parametrize("seed", range(5))
def test_a_batch_counts_as_its_entries_one_by_one(seed: int) -> None:
    """The short way through a batch gives what each entry alone gives, whatever their order and age."""
    chance = random.Random(seed)
    now_us = 10**12
    ages_us = [chance.choice((-5, 0, 499, 500, 501, 10**6, LONGEST_US - 1, LONGEST_US, 10**11)) for _ in range(50)]
    ages_us += [chance.randrange(0, 2 * LONGEST_US) for _ in range(50)]
    one_by_one, together = Meters("a"), Meters("b")
    alone, batched = one_by_one.latency("stored"), together.latency("stored")
    for age_us in ages_us:
        alone.took(age_us)
    batched.arrived([now_us - age_us for age_us in ages_us], now_us)
    first, second = one_by_one.read(), together.read()
    assert first.counters == second.counters
    assert first.histograms[0].counts == second.histograms[0].counts
    assert first.histograms[0].sum == pytest.approx(second.histograms[0].sum)


@pytest.mark.parametrize("ages_us", [[-1], [LONGEST_US], [-1, 2_000], [LONGEST_US, 2_000, -7_200_000_000]])
def test_what_is_no_latency_is_counted_apart(ages_us: list[int]) -> None:
    """A negative age and one of ten minutes and more touch neither the buckets nor the sum."""
    meters = Meters("db-writer")
    meters.latency("stored").arrived([10**12 - age for age in ages_us], 10**12)
    read = meters.read()
    good = [age for age in ages_us if 0 <= age < LONGEST_US]
    assert sum(read.histograms[0].counts) == len(good)
    assert read.histograms[0].sum == pytest.approx(sum(good) / 1e6)
    labels = (("hop", "stored"),)
    assert read.counters == (CounterReading("latency_unusable_total", labels, len(ages_us) - len(good)),)


def test_nothing_arrived() -> None:
    """An empty batch counts nothing."""
    histogram = Histogram(LATENCY.bounds)
    Latency(histogram, Meters("x").counter(DB_ENTRIES)).arrived([], 5)
    assert sum(histogram.counts) == 0


def test_what_is_counted_elsewhere_is_followed() -> None:
    """It is looked up at each reading. A fixed count is told from 0 on, of many only those that began."""
    seen: dict[tuple[str, ...], float] = {("ring-1", "pss.point"): 0, ("ring-2", "pss.point"): 3}
    waiting = [7]
    meters = Meters("pss-parser")
    meters.follow(DB_WAITING, lambda: waiting[0])
    meters.follow(GATEWAY_REQUESTS, lambda: 0, "refused")
    meters.follow_each(PSS_EVENTS, lambda: seen)
    labels = (("ring", "ring-2"), ("event", "pss.point"))
    refused = CounterReading("gateway_requests_total", (("outcome", "refused"),), 0)
    assert meters.read().counters == (refused, CounterReading("pss_events_total", labels, 3))
    assert meters.read().gauges == (GaugeReading("db_waiting_batches", (), 7),)
    seen["ring-2", "pss.point"], waiting[0] = 4, 0
    assert meters.read().counters[1].value == 4
    assert meters.read().gauges[0].value == 0


def test_the_same_labels_are_the_same_meter() -> None:
    """Whoever asks again goes on counting."""
    meters = Meters("broker")
    meters.counter(GATEWAY_REQUESTS, "passed").value += 1
    meters.counter(GATEWAY_REQUESTS, "passed").value += 1
    assert [reading.value for reading in meters.read().counters] == [2]


STRANGE = Meter(name="strange_total", kind=Kind.COUNTER, help="Not in the list.", unit="")


@pytest.mark.parametrize(
    "ask",
    [
        lambda meters: meters.counter(STRANGE),
        lambda meters: meters.counter(DB_WAITING),
        lambda meters: meters.histogram(DB_ENTRIES),
        lambda meters: meters.counter(GATEWAY_REQUESTS),
        lambda meters: meters.histogram(DB_COMMIT, "one too many"),
        lambda meters: meters.follow(GATEWAY_REQUESTS, int),
        lambda meters: meters.follow_each(STRANGE, dict),
    ],
)
def test_only_what_is_listed_and_as_it_is_listed(ask: Callable[[Meters], Any]) -> None:
    """Another meter, another kind or other labels are refused where they are asked for."""
    with pytest.raises(ValueError, match=r"label|list"):
        ask(Meters("x"))


@pytest.mark.parametrize(
    "meter",
    [
        DB_ENTRIES,
        Meter(name="things", kind=Kind.COUNTER, help="x", unit=""),
        Meter(name="things_total", kind=Kind.GAUGE, help="x", unit=""),
        Meter(name="things_seconds", kind=Kind.HISTOGRAM, help="x", unit="seconds"),
        Meter(name="things_seconds", kind=Kind.HISTOGRAM, help="x", unit="seconds", bounds=(2.0, 1.0)),
        Meter(name="things", kind=Kind.GAUGE, help="x", unit="", bounds=(1.0,)),
    ],
)
def test_a_list_with_a_mistake_is_refused(meter: Meter) -> None:
    """Two of one name, a counter without _total, bounds that no histogram can have."""
    with pytest.raises(ValueError, match=r"named|_total|bounds"):
        listed([*METERS.values(), meter])
