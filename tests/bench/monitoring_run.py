"""What it costs that the suite watches itself: one suite with cpu-monitor and without it, in turns.

All of its processes are counted: what the others do for cpu-monitor (answer it, count for it) is part of the price.
"""

from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Final

from msgspec import Struct

from tests.bench.child import Child
from tests.bench.figures import Figure
from tests.bench.latency import Delays, percentile, suite_delays
from tests.bench.loaded import Idle, LoadedSuite

OURS: Final = "cpu-monitor"
BUSY_PER_S: Final = 1_300
CPU_AIM_PERCENT: Final = 1.0
PERCENTS: Final = (50.0, 99.0)
MIB: Final = 1024 * 1024


class MonitoringPlan(Struct, frozen=True, kw_only=True):
    """How long each part takes (seconds) and how often it is repeated."""

    rounds: int
    idle_s: float
    busy_s: float
    latency_s: float


FULL: Final = MonitoringPlan(rounds=3, idle_s=10, busy_s=5, latency_s=3)
QUICK: Final = MonitoringPlan(rounds=2, idle_s=4, busy_s=3, latency_s=1.5)


class Stretch(Struct, frozen=True):
    """One turn: the suite at rest, at venue load (cores by process), and how long datagrams took."""

    idle: Idle
    busy: dict[str, float]
    delays: Delays

    def cores(self, *, is_busy: bool) -> float:
        """What all processes used, in percent of a core."""
        return 100 * sum((self.busy if is_busy else self.idle.cores).values())


class MonitoringRun:
    """Measures in `folder`, as `plan` says; `add` is given each figure, `say` is told what goes on."""

    def __init__(
        self, folder: Path, plan: MonitoringPlan, *, add: Callable[[Figure], None], say: Callable[[str], None]
    ) -> None:
        self._folder = folder
        self._plan = plan
        self._add = add
        self._say = say

    def measure(self, sender: Child) -> None:
        """In turns, so that what the machine does meanwhile is in both."""
        found = []
        with LoadedSuite(self._folder / "monitored", sender, rings=1) as suite:
            for number in range(1, self._plan.rounds + 1):
                self._say(f"round {number} of {self._plan.rounds}: with {OURS}, then without it")
                having = self._stretch(suite)
                suite.without(OURS)
                lacking = self._stretch(suite)
                suite.up()
                found.append((having, lacking))
        self._tell_cpu(found)
        self._tell_latency(found)

    def _stretch(self, suite: LoadedSuite) -> Stretch:
        plan = self._plan
        idle = suite.rest(plan.idle_s)
        busy = suite.used(BUSY_PER_S, plan.busy_s)
        return Stretch(idle, busy, suite_delays(suite, BUSY_PER_S, plan.latency_s))

    def _tell_cpu(self, found: list[tuple[Stretch, Stretch]]) -> None:
        for is_busy, when in ((False, "idle"), (True, f"at {BUSY_PER_S:,}/s")):
            pairs = [(having.cores(is_busy=is_busy), lacking.cores(is_busy=is_busy)) for having, lacking in found]
            self._pairs(f"CPU of the whole suite, {when}", "% of a core", pairs)
            more = median(having - lacking for having, lacking in pairs)
            self._one(f"what monitoring costs, {when}", more, "% of a core", at_most=CPU_AIM_PERCENT)
            own = [100 * (having.busy if is_busy else having.idle.cores)[OURS] for having, _ in found]
            self._one(f"of that {OURS} itself, {when}", median(own), "% of a core")
            lowest, highest = (limit(having - lacking for having, lacking in pairs) for limit in (min, max))
            self._say(f"what monitoring costs, {when}: {lowest:.2f} to {highest:.2f} % of a core")
        self._one("CPU of other programs meanwhile", median(100 * having.idle.others for having, _ in found), "%")
        self._one(f"{OURS}, memory (PSS)", median(having.idle.pss[OURS] / MIB for having, _ in found), "MiB")

    def _tell_latency(self, found: list[tuple[Stretch, Stretch]]) -> None:
        for percent in PERCENTS:
            for name, pick in _DELAYS.items():
                pairs = [
                    (percentile(pick(having.delays), percent), percentile(pick(lacking.delays), percent))
                    for having, lacking in found
                ]
                self._pairs(f"datagram to {name}, p{percent:g} at {BUSY_PER_S:,}/s, 1 ring", "ms", pairs)

    def _one(self, name: str, value: float, unit: str, *, at_most: float | None = None) -> None:
        self._add(Figure(name=name, value=value, unit=unit, at_most=at_most))

    def _pairs(self, name: str, unit: str, pairs: list[tuple[float, float]]) -> None:
        """Of rounds: the value, and what it is without cpu-monitor."""
        self._add(
            Figure(
                name=name,
                value=median(value for value, _ in pairs),
                unit=unit,
                beside=f"without {OURS}",
                floor=median(floor for _, floor in pairs),
                rounds=tuple(value / floor for value, floor in pairs if floor),
            )
        )


_DELAYS: Final[dict[str, Callable[[Delays], list[float]]]] = {
    "subscriber": lambda delays: delays.to_subscriber,
    "committed": lambda delays: delays.to_database,
}
