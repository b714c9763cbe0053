"""Rules move a real OBS as a match goes on over UDP; paused or too late, they leave it alone."""

from collections.abc import Iterator

import pytest

from shared.automation import scene_names as names
from tests.support.bout import Bout
from tests.support.captures import Sender
from tests.support.obs.display import Display
from tests.support.obs.probe import Probe
from tests.support.obs.real import RealObs, needs_obs, real_obs
from tests.support.obs_suite import FiringRow, ObsSuite, Video, obs_suite
from tests.support.wait import eventually, pause

pytestmark = needs_obs
LATE_S = 5.0
"""OBS is not moved by what is older."""
SENT_WITHIN_MS = 200
"""From a datagram to the request that it leads to, on a machine that is busy with other tests."""


class Ruled:
    """An OBS whose scenes follow the match, its suite, and what the rules did from now on."""

    def __init__(self, suite: ObsSuite, obs: RealObs, sender: Sender) -> None:
        self.suite = suite
        self.obs = obs
        self.sender = sender
        self._before = len(suite.firings())
        if self._before > 0:
            self._play_one()
            self._before = len(suite.firings())

    def firings(self) -> list[FiringRow]:
        """The firings from now on."""
        return self.suite.firings()[self._before :]

    def _play_one(self) -> None:
        """A match to its end: whatever was under way is over, and its winner is on the air."""
        bout = Bout(self.sender, 100)
        bout.begin()
        self.suite.records(100)
        bout.win()
        self.suite.records(None)
        eventually(lambda: "scenes: winner" in [f.rule for f in self.firings()], within=10, what="its last firing")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, screen: Display) -> Iterator[tuple[ObsSuite, RealObs]]:
    """A suite with an OBS whose scenes follow the match."""
    folder = tmp_path_factory.mktemp("ruled")
    with real_obs(folder, display=screen) as obs, obs_suite(folder / "home") as suite:
        suite.connect(obs)
        suite.restrike("obs", "collection", "build")
        suite.restrike("obs", "rules", "install", "scenes")
        yield suite, obs


@pytest.fixture
def ruled(place: tuple[ObsSuite, RealObs]) -> Iterator[Ruled]:
    """The same with nothing under way."""
    suite, obs = place
    with suite.sender() as sender:
        yield Ruled(suite, obs, sender)


class Watched:
    """The program scenes of an OBS from now on."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._before = len(probe.events("CurrentProgramSceneChanged"))

    @property
    def scenes(self) -> list[str]:
        """All that were on the air, in order."""
        events = self._probe.events("CurrentProgramSceneChanged")[self._before :]
        return [event.data["sceneName"] for event in events]

    def wait_for(self, *scenes: str) -> None:
        """Wait until exactly these were on the air."""
        eventually(lambda: self.scenes, equals=list(scenes), within=5, what="the program scenes")


def test_scenes_follow_the_match(ruled: Ruled) -> None:
    """Each stage of a match brings its scene, once and in order; each firing is stored with its latency and result."""
    with ruled.obs.probe() as probe:
        bout, air = Bout(ruled.sender, 101), Watched(probe)
        shown: list[str] = []
        for step, scene in (
            (bout.load, names.MATCH),
            (bout.ready, None),
            (bout.start, None),
            (bout.ask, names.REVIEW),
            (lambda: bout.judge(won=1), names.MATCH),
            (bout.rest, names.BREAK),
            (bout.go_on, names.MATCH),
            (bout.win, names.WINNER),
        ):
            step()
            shown += [scene] if scene is not None else []
            air.wait_for(*shown)
        wanted = ["match", "fight", "review", "fight", "break", "fight", "winner"]
        eventually(lambda: [f.rule for f in ruled.firings()], equals=[f"scenes: {rule}" for rule in wanted], within=5)
        fired = ruled.firings()
        assert {firing.outcome for firing in fired} == {"done"}
        sent = [firing.latency_ms for firing in fired if firing.latency_ms is not None]
        confirmed = [action["confirmed_ms"] for firing in fired for action in firing.actions]
        print(f"datagram to request, ms: {sent}; to the scene as OBS reports it: {confirmed}")
        assert len(sent) == len(fired)
        assert max(sent) < SENT_WITHIN_MS
        assert air.scenes == shown
        ruled.suite.assert_once()


def reviews(suite: ObsSuite, bout: Bout) -> list[Video]:
    """The rows of a match's reviews."""
    return [video for video in suite.videos("review") if video.match == str(bout.number)]


def test_paused_automation_leaves_obs_alone(ruled: Ruled) -> None:
    """Paused, a match moves and records nothing; resumed, its next event does, and its rest is recorded."""
    with ruled.obs.probe() as probe:
        bout, air = Bout(ruled.sender, 102), Watched(probe)
        ruled.suite.restrike("obs", "pause")
        bout.begin()
        ruled.suite.stored()
        assert ruled.suite.restrike("obs", "record", "settings").returncode == 0  # a person's command still works
        assert (air.scenes, ruled.firings(), ruled.suite.status().recording) == ([], [], "idle")
        ruled.suite.restrike("obs", "resume")
        bout.ask()
        air.wait_for(names.REVIEW)
        bout.judge(won=0)
        bout.tick()
        ruled.suite.records(102)
        assert probe.ask("GetRecordStatus")["outputActive"]
        bout.win()
        eventually(lambda: air.scenes[-1], equals=names.WINNER, within=5, what="the scene of the winner")


def test_what_is_too_old_does_not_move_obs(ruled: Ruled) -> None:
    """obs-bridge stands still for more than 5 s: what happened meanwhile is stored as too old, and OBS is not asked for
    its scene or its clip; what happens next moves it again.
    """
    with ruled.obs.probe() as probe:
        bout, air = Bout(ruled.sender, 103), Watched(probe)
        bout.begin()
        ruled.suite.records(103)
        air.wait_for(names.MATCH)
        with ruled.suite.frozen("obs-bridge"):
            bout.ask()
            pause(LATE_S + 0.3)
        rules = eventually(
            lambda: [f for f in ruled.firings() if f.rule == "scenes: review"], within=5, what="the firing"
        )
        assert [(firing.outcome, firing.actions) for firing in rules] == [("too_old", [])]
        (clip,) = eventually(lambda: reviews(ruled.suite, bout), within=5, what="the review's row")
        assert (clip.problem is not None, clip.path) == (True, None)
        assert probe.events("ReplayBufferSaved") == []
        bout.judge(won=0)
        air.wait_for(names.MATCH)
        bout.rest()
        air.wait_for(names.MATCH, names.BREAK)
        bout.win()
        air.wait_for(names.MATCH, names.BREAK, names.WINNER)
