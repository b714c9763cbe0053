"""How long it takes from a datagram to a subscriber in another process, and to the database.

The sender stamps each datagram with the monotonic clock, which all processes share; a datagram is one entry of the
journal, and entries are numbered without gaps, so each event is matched to its datagram by its entry number.
"""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from msgspec import Struct

from shared.clock import monotonic_s
from shared.messages.pss import ClockTicked
from shared.messages.topics import DB_COMMITTED, READING_TOPICS
from tests.bench.bare import Burst, Published
from tests.bench.child import Child
from tests.bench.collector import Arrivals, Ready
from tests.bench.content import content_of
from tests.bench.loaded import LoadedSuite
from tests.support.suite import free_port

CLOCK = READING_TOPICS[ClockTicked]
WARM_UP_PER_S = 200
WARM_UP = 40
WARM_UP_WITHIN_S = 10.0
NS_PER_US = 1000


class Delays(Struct, frozen=True, kw_only=True):
    """One stretch: milliseconds from the datagram to the subscriber and, of a suite, to the database."""

    to_subscriber: list[float]
    to_database: list[float]


def percentile(values: list[float], percent: float) -> float:
    """The smallest value that at least `percent` of `values` do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * int(percent * 10) // 1000) - 1)]


class BarePath:
    """A publisher and a proxy, between them and the collector nothing of the suite."""

    def __init__(self, folder: Path) -> None:
        self._endpoint = f"tcp://127.0.0.1:{free_port()}"
        self._in = f"ipc://{folder}/bare.in"
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._stack.enter_context(Child("tests.bench.bare", self._in, self._endpoint))
        self._publisher = self._stack.enter_context(Child("tests.bench.bare", self._in))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def delays(self, rate: float, seconds: float) -> Delays:
        """Publish at `rate` for `seconds`."""
        warm_up = Burst(rate=WARM_UP_PER_S, count=WARM_UP)
        with _collector(self._endpoint, CLOCK.prefix) as collector:
            _warm_up(collector, lambda: self._publisher.ask(warm_up, Published))
            count = int(rate * seconds)
            stamps = self._publisher.ask(Burst(rate=rate, count=count), Published).stamps
            collector.close_input()
            arrivals = collector.read(Arrivals).arrivals[-count:]
        assert [arrival.entry for arrival in arrivals] == list(range(1, count + 1)), "the bare path lost events"
        delays = [arrival.arrived_ns - at for arrival, at in zip(arrivals, stamps, strict=True)]
        return Delays(to_subscriber=[delay / 1e6 for delay in delays], to_database=[])


def suite_delays(loaded: LoadedSuite, rate: float, seconds: float) -> Delays:
    """Send to the suite's one ring at `rate` for `seconds`, with a subscriber to the clock and to commits."""
    suite = loaded.suite
    with _collector(suite.events_endpoint, CLOCK.prefix, DB_COMMITTED.prefix) as collector:
        _warm_up(collector, lambda: loaded.order(WARM_UP_PER_S, WARM_UP))
        suite.stored()
        before = loaded.ends()
        (first,) = (ring.entry + 1 for ring in before.values())
        sent = loaded.order(rate, int(rate * seconds))
        suite.stored()
        collector.close_input()
        arrivals = collector.read(Arrivals).arrivals
    assert loaded.lost(before, sent.count) == 0, "the suite lost datagrams"
    clocks = [arrival for arrival in arrivals if arrival.topic == CLOCK.name and arrival.entry >= first]
    bodies = content_of(0, rings=1)
    expected = [first + n for n in range(sent.count) if bodies[n % len(bodies)].startswith(b"clk;")]
    assert [arrival.entry for arrival in clocks] == expected, "the subscriber did not get each clock event once"
    commits = iter([a for a in arrivals if a.topic == DB_COMMITTED.name and a.entry >= first])
    commit, to_database = next(commits), []
    for entry, stamp in enumerate(sent.stamps, first):
        while commit.entry < entry:
            commit = next(commits)
        to_database.append((commit.committed_at_us * NS_PER_US - stamp - sent.unix_offset_ns) / 1e6)
    to_subscriber = [(arrival.arrived_ns - sent.stamps[arrival.entry - first]) / 1e6 for arrival in clocks]
    return Delays(to_subscriber=to_subscriber, to_database=to_database)


def _collector(endpoint: str, *prefixes: bytes) -> Child:
    return Child("tests.bench.collector", endpoint, *(prefix.decode() for prefix in prefixes))


def _warm_up(collector: Child, send: Callable[[], object]) -> None:
    """Send until the collector has heard something under each prefix: its subscriptions have arrived everywhere."""
    deadline = monotonic_s() + WARM_UP_WITHIN_S
    while not collector.has_answer(within_s=0.05):
        assert monotonic_s() < deadline, f"the subscriber heard nothing for {WARM_UP_WITHIN_S:g} s"
        send()
    collector.read(Ready)
