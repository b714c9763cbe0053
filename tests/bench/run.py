"""One run: the suite and the floors beside it, measured in turns."""

from collections.abc import Callable
from pathlib import Path
from statistics import median

from msgspec import Struct

from tests.bench.child import Child
from tests.bench.figures import Figure
from tests.bench.floor import Floor
from tests.bench.latency import BarePath, Delays, percentile, suite_delays
from tests.bench.loaded import LoadedSuite
from tests.bench.monitoring_run import FULL as MONITORING_FULL
from tests.bench.monitoring_run import QUICK as MONITORING_QUICK
from tests.bench.monitoring_run import MonitoringPlan, MonitoringRun
from tests.bench.obs_run import BUSY_PER_S, ObsPlan, ObsRun
from tests.bench.obs_run import FULL as OBS_FULL
from tests.bench.obs_run import QUICK as OBS_QUICK
from tests.bench.reducing import cost
from tests.bench.trial import Found, Trial, highest

MIB = 1024 * 1024
LATENCY_RATES = (100, BUSY_PER_S)
FLOOR_GUESS = 120_000.0
SUITE_GUESS = 25_000.0
RATE_AIM, CPU_AIM, IDLE_AIM_PERCENT, MEMORY_AIM_MIB = 0.5, 4.0, 2.0, 150.0
REDUCING_AIM_US, REDUCING_TURNS = 15.0, 5
LATENCY_AIMS = ((50.0, 2.0), (99.0, 3.0))


class Plan(Struct, frozen=True, kw_only=True):
    """How long each part takes (seconds) and how often it is repeated."""

    reducing_rounds: int
    idle_s: float
    floor_steps: int
    floor_s: float
    suite_steps: int
    suite_s: float
    journal_steps: int
    journal_s: float
    latency_rounds: int
    latency_s: float
    steady_s: float
    rings: tuple[int, ...]
    obs: ObsPlan
    monitoring: MonitoringPlan


FULL = Plan(
    reducing_rounds=50,
    idle_s=10,
    floor_steps=5,
    floor_s=2,
    suite_steps=6,
    suite_s=2.5,
    journal_steps=4,
    journal_s=1.5,
    latency_rounds=3,
    latency_s=4,
    steady_s=3,
    rings=(1, 16),
    obs=OBS_FULL,
    monitoring=MONITORING_FULL,
)
QUICK = Plan(
    reducing_rounds=10,
    idle_s=2,
    floor_steps=4,
    floor_s=0.7,
    suite_steps=4,
    suite_s=1,
    journal_steps=0,
    journal_s=1,
    latency_rounds=1,
    latency_s=1.5,
    steady_s=1,
    rings=(1,),
    obs=OBS_QUICK,
    monitoring=MONITORING_QUICK,
)


class Run:
    """Measures in `folder`, as `plan` says. `figures` grow; `say` is told what goes on."""

    def __init__(self, folder: Path, plan: Plan, say: Callable[[str], None]) -> None:
        self.figures: list[Figure] = []
        self.searches: dict[str, Found] = {}
        self.skipped = ""
        self._folder = folder
        self._plan = plan
        self._say = say

    def measure(self) -> None:
        """A parser alone; one suite after the other, its rest, its latency, its load, the floors'; monitoring; OBS."""
        self._reducing()
        with Child("tests.bench.sender") as sender:
            self._suites(sender)
        self.measure_monitoring()
        self.measure_obs()

    def measure_monitoring(self) -> None:
        """What it costs that the suite watches itself."""
        with Child("tests.bench.sender") as sender:
            MonitoringRun(self._folder, self._plan.monitoring, add=self._add, say=self._say).measure(sender)

    def measure_obs(self) -> None:
        """What OBS costs and how fast it is made to act."""
        with Child("tests.bench.sender") as sender:
            obs = ObsRun(self._folder, self._plan.obs, add=self._add, say=self._say)
            obs.measure(sender)
        self.skipped = obs.skipped

    def _suites(self, sender: Child) -> None:
        for rings in self._plan.rings:
            with LoadedSuite(self._folder / f"suite-{rings}", sender, rings=rings) as suite:
                if rings == 1:
                    self._idle(suite)
                    self._latency(suite)
                else:
                    suite.rest(self._plan.idle_s / 3)
                self._load(suite, sender, rings)

    # The parts

    def _reducing(self) -> None:
        self._say("decode and reduce: one parser in one process")
        found = [cost(self._plan.reducing_rounds) for _ in range(REDUCING_TURNS)]
        self._add(
            Figure(
                name="decode and reduce one datagram",
                value=median(one.parsed for one in found),
                unit="µs",
                beside="bytes.split",
                floor=median(one.split for one in found),
                rounds=tuple(one.parsed / one.split for one in found),
            )
        )
        self._add(
            Figure(
                name="decode and reduce, median turn",
                value=median(one.parsed for one in found),
                unit="µs",
                at_most=REDUCING_AIM_US,
            )
        )

    def _idle(self, suite: LoadedSuite) -> None:
        self._say(f"idle: {self._plan.idle_s:g} s")
        idle = suite.rest(self._plan.idle_s)
        cores = 100 * sum(idle.cores.values())
        memory = sum(idle.pss.values()) / MIB
        self._add(Figure(name="idle CPU", value=cores, unit="% of a core", at_most=IDLE_AIM_PERCENT))
        self._add(Figure(name="CPU of other programs meanwhile", value=100 * idle.others, unit="% of a core"))
        for name, share in idle.cores.items():
            self._add(Figure(name=f"idle CPU, {name}", value=100 * share, unit="% of a core"))
        self._add(Figure(name="idle memory (PSS)", value=memory, unit="MiB", at_most=MEMORY_AIM_MIB))
        for name, size in idle.pss.items():
            self._add(Figure(name=f"idle memory, {name}", value=size / MIB, unit="MiB"))

    def _latency(self, suite: LoadedSuite) -> None:
        seconds = self._plan.latency_s
        with BarePath(self._folder) as bare:
            for rate in LATENCY_RATES:
                self._say(f"latency at {rate:,}/s: {self._plan.latency_rounds} rounds of {seconds:g} s, bare and suite")
                rounds = [
                    (bare.delays(rate, seconds), suite_delays(suite, rate, seconds))
                    for _ in range(self._plan.latency_rounds)
                ]
                self._add_latency(rate, rounds)

    def _add_latency(self, rate: int, rounds: list[tuple[Delays, Delays]]) -> None:
        for percent, aim in LATENCY_AIMS:
            pairs = [(percentile(b.to_subscriber, percent), percentile(s.to_subscriber, percent)) for b, s in rounds]
            self._add(
                Figure(
                    name=f"datagram to subscriber, p{percent:g} at {rate:,}/s",
                    value=median(suite for _, suite in pairs),
                    unit="ms",
                    beside="bare path",
                    floor=median(bare for bare, _ in pairs),
                    rounds=tuple(suite / bare for bare, suite in pairs),
                    at_most=aim,
                )
            )
        for percent, _ in LATENCY_AIMS:
            values = [percentile(suite.to_database, percent) for _, suite in rounds]
            name = f"datagram to committed, p{percent:g} at {rate:,}/s"
            self._add(Figure(name=name, value=median(values), unit="ms"))

    def _load(self, suite: LoadedSuite, sender: Child, rings: int) -> None:
        plan, named = self._plan, f"{rings} ring{'s' if rings > 1 else ''}"
        with (
            Floor(self._folder, sender, synchronous="NORMAL") as normal,
            Floor(self._folder, sender, synchronous="FULL") as full,
        ):
            floor = self._search(f"floor, NORMAL (before {named})", normal, _is_prompt, FLOOR_GUESS, plan.floor_steps)
            durable = self._search(f"floor, FULL (before {named})", full, _is_prompt, FLOOR_GUESS, plan.floor_steps)
            prompt = self._search(f"suite, {named}, stored", suite, _is_prompt, SUITE_GUESS, plan.suite_steps)
            self._add_rate(f"lossless rate, {named}, stored while it arrives", prompt, floor, durable)
            if plan.journal_steps:
                guess = 1.5 * (prompt.rate or SUITE_GUESS)
                found = self._search(f"suite, {named}, journal", suite, _is_lossless, guess, plan.journal_steps)
                best = found if found.rate > prompt.rate else prompt
                self._add_rate(f"lossless rate, {named}, into the journal", best, floor, durable)
            steady = suite.offer(BUSY_PER_S, plan.steady_s)
            self._say(f"at {BUSY_PER_S:,}/s: {steady.cpu_us:.1f} µs CPU each, lost {steady.lost}")
            for trial in (prompt.best, steady):
                if trial is not None:
                    beside = [rig.offer(trial.rate, min(plan.steady_s, plan.floor_s)) for rig in (normal, full)]
                    self._add_cpu(trial, named, normal=beside[0], full=beside[1])

    def _search(
        self, name: str, rig: LoadedSuite | Floor, good: Callable[[Trial], bool], guess: float, steps: int
    ) -> Found:
        if isinstance(rig, Floor):
            seconds = self._plan.floor_s
        else:
            seconds = self._plan.suite_s if good is _is_prompt else self._plan.journal_s
        self._say(f"highest lossless rate: {name}")
        found = highest(
            rig, good, guess=guess, steps=steps, seconds=seconds, progress=lambda line: self._say(f"  {line}")
        )
        self.searches[name] = found
        return found

    # The figures

    def _add(self, figure: Figure) -> None:
        self.figures.append(figure)

    def _add_rate(self, name: str, found: Found, normal: Found, full: Found) -> None:
        for beside, floor, aim in (("floor, NORMAL", normal, RATE_AIM), ("floor, FULL", full, None)):
            self._add(
                Figure(
                    name=name,
                    value=found.rate,
                    unit="/s",
                    beside=beside,
                    floor=floor.rate,
                    is_open=found.too_much is None or floor.too_much is None,
                    at_least=aim,
                )
            )

    def _add_cpu(self, trial: Trial, rings: str, *, normal: Trial, full: Trial) -> None:
        name, cpu_us = f"CPU per datagram, {rings}, at {round(trial.rate, -2):,.0f}/s", trial.cpu_us
        floor_us = normal.cpu_us
        self._add(Figure(name=name, value=cpu_us, unit="µs", beside="floor, NORMAL", floor=floor_us, at_most=CPU_AIM))
        self._add(Figure(name=name, value=cpu_us, unit="µs", beside="floor, FULL", floor=full.cpu_us))
        for process, own_us in trial.cpu_us_by_process.items():
            self._add(Figure(name=f"{name}, {process}", value=own_us, unit="µs"))


def _is_prompt(trial: Trial) -> bool:
    return trial.is_prompt


def _is_lossless(trial: Trial) -> bool:
    return trial.is_lossless
