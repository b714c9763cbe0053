"""Rules move a real OBS as a match goes on over UDP; paused or too late, they leave it alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.automation import scene_names as names
from tests.support.bout import Bout
from tests.support.obs.probe import Probe
from tests.support.obs.real import RealObs, needs_obs
from tests.support.obs_suite import ObsSuite, obs_suite
from tests.support.wait import eventually, pause

pytestmark = needs_obs
LATE_S = 5.0
"""OBS is not moved by what is older."""
SENT_WITHIN_MS = 200
"""From a datagram to the request that it leads to, on a machine that is busy with other tests."""


@pytest.fixture
def ruled(tmp_path: Path, obs: RealObs) -> Iterator[ObsSuite]:
    """A suite with an OBS whose scenes follow the match."""
    with obs_suite(tmp_path / "home") as suite:
        suite.connect(obs)
        suite.restrike("obs", "collection", "build")
        suite.restrike("obs", "rules", "install", "scenes")
        yield suite


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


def test_scenes_follow_the_match(ruled: ObsSuite, obs: RealObs) -> None:
    """Each stage of a match brings its scene, once and in order; each firing is stored with its latency and result."""
    with obs.probe() as probe, ruled.sender() as sender:
        bout, air = Bout(sender, 101), Watched(probe)
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
        ruled.assert_once()


def test_paused_automation_leaves_obs_alone(ruled: ObsSuite, obs: RealObs) -> None:
    """Paused, a match moves and records nothing; resumed, its next event does, and its rest is recorded."""
    with obs.probe() as probe, ruled.sender() as sender:
        bout, air = Bout(sender, 101), Watched(probe)
        ruled.restrike("obs", "pause")
        bout.begin()
        ruled.stored()
        assert ruled.restrike("obs", "record", "settings").returncode == 0  # a person's command still works
        assert (air.scenes, ruled.firings(), ruled.status().recording) == ([], [], "idle")
        ruled.restrike("obs", "resume")
        bout.ask()
        air.wait_for(names.REVIEW)
        bout.judge(won=0)
        bout.tick()
        ruled.records(101)
        assert probe.ask("GetRecordStatus")["outputActive"]


def test_what_is_too_old_does_not_move_obs(ruled: ObsSuite, obs: RealObs) -> None:
    """obs-bridge stands still for more than 5 s: what happened meanwhile is stored as too old, and OBS is not asked for
    its scene or its clip; what happens next moves it again.
    """
    with obs.probe() as probe, ruled.sender() as sender:
        bout, air = Bout(sender, 101), Watched(probe)
        bout.begin()
        ruled.records(101)
        air.wait_for(names.MATCH)
        with ruled.frozen("obs-bridge"):
            bout.ask()
            pause(LATE_S + 0.3)
        rules = eventually(
            lambda: [f for f in ruled.firings() if f.rule == "scenes: review"], within=5, what="the firing"
        )
        assert [(firing.outcome, firing.actions) for firing in rules] == [("too_old", [])]
        (clip,) = eventually(lambda: ruled.videos("review"), within=5, what="the review's row")
        assert (clip.problem is not None, clip.path) == (True, None)
        assert probe.events("ReplayBufferSaved") == []
        bout.judge(won=0)
        air.wait_for(names.MATCH)
        bout.rest()
        air.wait_for(names.MATCH, names.BREAK)
        bout.win()
