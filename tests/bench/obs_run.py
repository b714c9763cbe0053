"""What OBS costs and how fast it is made to act: one suite with a fake OBS, one with a real one, and one without.

The fake stamps what reaches it, so that the suite's own part is seen alone; the real one says when it has done it.
"""

import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from msgspec import Struct

from shared.messages.obs import LinkState
from shared.messages.obs_commands import GetObsStatus
from tests.bench.acting import Asked, BareAct, Mat, add_rules, connect, suite_asked
from tests.bench.bouts import Script, moments, reviews, starts
from tests.bench.child import Child
from tests.bench.figures import Figure
from tests.bench.latency import percentile, suite_delays
from tests.bench.loaded import LoadedSuite
from tests.bench.reported import Fits, anyway, reported, started
from tests.bench.trial import Trial, highest
from tests.support.obs.fake import FakeObs
from tests.support.obs.real import RealObs, real_obs
from tests.support.wait import eventually

OURS = "obs-bridge"
MIB = 1024 * 1024
BUSY_PER_S = 1_300
"""16 rings at the busiest that was recorded."""
REQUEST_AIM_MS = 20.0
EVERY_S = 0.05
"""From one datagram that moves the fake to the next."""
CUT_S, FADE_S, START_S, REVIEW_S = 0.3, 0.8, 1.2, 2.5
"""The same for the real one, which needs so long for each."""
SUITE_GUESS = 25_000.0
PERCENTS = (50.0, 99.0)


class ObsPlan(Struct, frozen=True, kw_only=True):
    """How long each part takes (seconds) and how often it is repeated; `moments`, `cuts` and `fades` in threes, because
    three scenes follow each other.
    """

    idle_s: float
    steady_s: float
    rounds: int
    moments: int
    cuts: int
    fades: int
    starts: int
    reviews: int
    latency_s: float
    search_steps: int
    search_s: float


FULL = ObsPlan(
    idle_s=10,
    steady_s=3,
    rounds=3,
    moments=198,
    cuts=39,
    fades=18,
    starts=8,
    reviews=8,
    latency_s=4,
    search_steps=5,
    search_s=2,
)
QUICK = ObsPlan(
    idle_s=2,
    steady_s=1,
    rounds=1,
    moments=60,
    cuts=9,
    fades=3,
    starts=2,
    reviews=2,
    latency_s=1.5,
    search_steps=0,
    search_s=1,
)


class ObsRun:
    """Measures in `folder`, as `plan` says; `add` is given each figure, `say` is told what goes on. `skipped` says what
    could not be measured here.
    """

    def __init__(
        self, folder: Path, plan: ObsPlan, *, add: Callable[[Figure], None], say: Callable[[str], None]
    ) -> None:
        self.skipped = ""
        self._folder = folder
        self._plan = plan
        self._add = add
        self._say = say
        self._matches = 0

    def measure(self, sender: Child) -> None:
        """The suite with obs-bridge and without it; with a fake OBS; with a real one, where there is one."""
        with LoadedSuite(self._folder / "beside", sender, rings=1) as suite:
            self._beside(suite)
        with Child("tests.bench.player") as player:
            mat = Mat(player, sender)
            with self._fake() as fake, LoadedSuite(self._folder / "faked", sender, rings=16) as suite:
                self._cost(suite, "no OBS")
                connect(suite, fake.port, fake.password)
                add_rules(suite)
                eventually(lambda: fake.clients == 2, within=10, what="the suite connects")
                self._cost(suite, "one OBS connected")
                self._requests(suite, fake, mat)
            if shutil.which("obs") is None or shutil.which("Xvfb") is None:
                self.skipped = "what OBS reports is skipped: OBS is not installed"
                return
            with ExitStack() as stack:
                obs = stack.enter_context(real_obs(self._folder / "real", fps=30, replay_s=20))
                suite = stack.enter_context(LoadedSuite(self._folder / "reported", sender, rings=16))
                self._reported(suite, obs, mat)

    def _fake(self) -> FakeObs:
        records = self._folder / "fake-records"
        records.mkdir()
        return FakeObs(records=records)

    # The parts

    def _beside(self, suite: LoadedSuite) -> None:
        """What the others pay for obs-bridge: the same suite with it and without it, in turns."""
        plan, found = self._plan, []
        self._say(f"beside obs-bridge: {plan.rounds} rounds with it and without it")
        for _ in range(plan.rounds):
            suite.rest(plan.idle_s / 3)
            having = suite_delays(suite, BUSY_PER_S, plan.latency_s), suite.offer(BUSY_PER_S, plan.steady_s)
            suite.without(OURS)
            suite.rest(plan.idle_s / 3)
            lacking = suite_delays(suite, BUSY_PER_S, plan.latency_s), suite.offer(BUSY_PER_S, plan.steady_s)
            suite.up()
            found.append((having, lacking))
        for percent in PERCENTS:
            pairs = [
                (percentile(h[0].to_subscriber, percent), percentile(n[0].to_subscriber, percent)) for h, n in found
            ]
            self._pairs(f"datagram to subscriber, p{percent:g} at {BUSY_PER_S:,}/s, 1 ring", "ms", pairs)
            pairs = [(percentile(h[0].to_database, percent), percentile(n[0].to_database, percent)) for h, n in found]
            self._pairs(f"datagram to committed, p{percent:g} at {BUSY_PER_S:,}/s, 1 ring", "ms", pairs)
        pairs = [(_others_us(having), _others_us(lacking)) for (_, having), (_, lacking) in found]
        self._pairs(f"CPU per datagram of all others, 1 ring, at {BUSY_PER_S:,}/s", "µs", pairs)
        if plan.search_steps:
            self._rates(suite)

    def _rates(self, suite: LoadedSuite) -> None:
        having = self._rate(suite, "with obs-bridge")
        suite.without(OURS)
        lacking = self._rate(suite, "without obs-bridge")
        suite.up()
        self._pairs("lossless rate, 1 ring, stored while it arrives", "/s", [(having, lacking)])

    def _rate(self, suite: LoadedSuite, named: str) -> float:
        plan = self._plan
        self._say(f"highest lossless rate: {named}")
        progress = lambda line: self._say(f"  {line}")  # noqa: E731  # as short as its use
        guess, steps, seconds = SUITE_GUESS, plan.search_steps, plan.search_s
        return highest(suite, lambda t: t.is_prompt, guess=guess, steps=steps, seconds=seconds, progress=progress).rate

    def _cost(self, suite: LoadedSuite, having: str) -> None:
        """What obs-bridge uses at rest and at venue load."""
        self._say(f"{having}: {self._plan.idle_s:g} s at rest, then {BUSY_PER_S:,}/s")
        idle = suite.rest(self._plan.idle_s)
        self._one(f"{OURS} at rest, {having}", 100 * idle.cores[OURS], "% of a core")
        self._one(f"{OURS}, memory (PSS), {having}", idle.pss[OURS] / MIB, "MiB")
        trial = suite.offer(BUSY_PER_S, self._plan.steady_s)
        own_us = trial.cpu_us_by_process[OURS]
        self._one(f"{OURS} at {BUSY_PER_S:,}/s, 16 rings, {having}", own_us * BUSY_PER_S / 10_000, "% of a core")
        self._one(f"CPU per datagram, 16 rings, at {BUSY_PER_S:,}/s, {OURS}, {having}", own_us, "µs")

    def _requests(self, suite: LoadedSuite, fake: FakeObs, mat: Mat) -> None:
        plan = self._plan
        self._say(f"datagram to request: {plan.rounds} rounds of {plan.moments}, bare and suite")
        found: list[tuple[list[float], Asked]] = []
        with BareAct(fake) as bare:
            for _ in range(plan.rounds):
                script = self._script(moments, plan.moments, every_s=EVERY_S)
                asked = bare.asked(mat, script, rate=BUSY_PER_S)
                found.append((asked, suite_asked(suite, fake, mat, script, rate=BUSY_PER_S)))
        for percent in PERCENTS:
            pairs = [(percentile(asked.first, percent), percentile(beside, percent)) for beside, asked in found]
            name = f"datagram to OBS request, p{percent:g} at {BUSY_PER_S:,}/s"
            self._pairs(name, "ms", pairs, beside="UDP to OBS, bare")
        first, scene, stored = ([one for _, asked in found for one in pick(asked)] for pick in _ASKED)
        aimed = f"datagram to OBS request, p99 at {BUSY_PER_S:,}/s, all rounds"
        self._add(Figure(name=aimed, value=percentile(first, 99), unit="ms", at_most=REQUEST_AIM_MS))
        self._one(f"datagram to OBS request, longest of {len(first)}", max(first), "ms")
        self._spread("datagram to the request for the scene (OBS is asked first what it shows)", scene)
        self._spread("what obs_rule_firings says of the request", stored)
        ahead = [at - said for said, at in zip(stored, first, strict=True)]
        self._spread("arrived at OBS after what is said", ahead)

    def _reported(self, suite: LoadedSuite, obs: RealObs, mat: Mat) -> None:
        plan = self._plan
        connect(suite, obs.port, obs.password)
        add_rules(suite)
        with obs.probe() as probe:
            eventually(lambda: _is_connected(suite), within=10, what="the suite connects")

            def part(name: str, script: Script, event: str, fits: Fits = anyway) -> None:
                self._say(f"{name}: {len(script.timed)} times")
                found = reported(suite, probe, mat, script, event=event, fits=fits, rate=BUSY_PER_S)
                self._spread(name, found)
                self._one(f"{name}, longest of {len(found)}", max(found), "ms")

            for transition, count, every_s in (("Cut", plan.cuts, CUT_S), ("Fade", plan.fades, FADE_S)):
                probe.ask("SetCurrentSceneTransition", transitionName=transition)
                script = self._script(moments, count, every_s=every_s)
                part(f"datagram to scene changed ({transition.lower()})", script, "CurrentProgramSceneChanged")
            script = self._script(starts, plan.starts, apart_s=START_S)
            part('"ready" to recording started', script, "RecordStateChanged", started)
            script = self._script(reviews, plan.reviews, apart_s=REVIEW_S)
            part("challenge to replay saved", script, "ReplayBufferSaved")

    # The figures

    def _script(self, make: Callable[..., Script], count: int, **how: float) -> Script:
        number, self._matches = self._matches + 1, self._matches + count
        return make(number, count, **how)

    def _one(self, name: str, value: float, unit: str) -> None:
        self._add(Figure(name=name, value=value, unit=unit))

    def _spread(self, name: str, values: list[float]) -> None:
        for percent in PERCENTS:
            self._one(f"{name}, p{percent:g}", percentile(values, percent), "ms")

    def _pairs(
        self, name: str, unit: str, pairs: list[tuple[float, float]], *, beside: str = "without obs-bridge"
    ) -> None:
        """Of rounds: the value, and what it is beside."""
        self._add(
            Figure(
                name=name,
                value=median(value for value, _ in pairs),
                unit=unit,
                beside=beside,
                floor=median(floor for _, floor in pairs),
                rounds=tuple(value / floor for value, floor in pairs if floor),
            )
        )


def _is_connected(suite: LoadedSuite) -> bool:
    return any(one.state is LinkState.CONNECTED for one in suite.suite.call(GetObsStatus()).connections)


def _others_us(trial: Trial) -> float:
    """CPU time for each datagram of all processes but ours."""
    return sum(own_us for name, own_us in trial.cpu_us_by_process.items() if name != OURS)


_ASKED: tuple[Callable[[Asked], list[float]], ...] = (
    lambda asked: asked.first,
    lambda asked: asked.scene,
    lambda asked: asked.stored,
)
