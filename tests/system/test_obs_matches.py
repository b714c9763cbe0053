"""Simulated matches over UDP, recorded by real OBS: files, rows and clips beside what was played."""

from pathlib import Path

from tests.support.obs.real import RealObs, needs_obs
from tests.support.obs.video import needs_ffmpeg
from tests.support.obs_matches import assert_recorded, name_files, simulate
from tests.support.obs_suite import obs_suite

pytestmark = [needs_obs, needs_ffmpeg]


def test_each_match_is_one_file_and_each_review_a_clip(tmp_path: Path, obs: RealObs) -> None:
    """Four matches in a row, two of them abandoned and ended only by the next load, one with a review, are four
    playable files with the right names and rows; the review has its clip.
    """
    with obs_suite(tmp_path / "home") as suite:
        suite.connect(obs)
        name_files(suite, "main")
        truths = simulate(suite, "--seed", "8", "--matches", "4", speed=60)["ring-1"]
        suite.settled(matches=4, reviews=1)
        assert assert_recorded(suite, "ring-1", truths).clips == 1
        suite.assert_once()


def test_two_obs_record_a_ring_each(tmp_path: Path, two_obs: tuple[RealObs, RealObs]) -> None:
    """Ring 1 on one OBS and ring 2 on another are recorded at once, each under its own name in its own folder, with its
    own clips; rules move only the one that is for scenes.
    """
    left, right = two_obs
    with obs_suite(tmp_path / "home", rings=2) as suite, left.probe() as still, right.probe() as moved:
        suite.connect(left, "left", rings="ring-1")
        suite.connect(right, "right", rings="ring-2")
        suite.restrike("obs", "edit", "left", "--roles", "recording,replay")
        suite.restrike("obs", "collection", "build", "--on", "right")
        suite.restrike("obs", "rules", "install", "scenes")
        name_files(suite, "left", "right")
        truths = simulate(suite, "--rings", "2", "--seed", "5", "--scenario", "challenges", speed=60)
        suite.settled(matches=2, reviews=sum(len(ring[0]["challenges"]) for ring in truths.values()))
        for ring, name, obs in (("ring-1", "left", left), ("ring-2", "right", right)):
            assert_recorded(suite, ring, truths[ring], connection=name)
            ours = [Path(video.path or "") for video in suite.videos() if video.ring == ring]
            assert all(path.is_relative_to(obs.records) for path in ours), ours
        assert still.events("CurrentProgramSceneChanged") == []
        fired = [firing for firing in suite.firings() if firing.ring == "ring-2"]
        assert {action["connection"] for firing in fired for action in firing.actions} == {"right"}
        assert (fired[0].rule, fired[0].outcome) == ("scenes: match", "done")
        assert moved.events("CurrentProgramSceneChanged")
        suite.assert_once()
