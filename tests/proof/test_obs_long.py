"""Long runs with a real OBS, run by `make proof`: ten matches in a row, where their events are in the picture, and what
rules cost.
"""

import statistics
from pathlib import Path

import pytest

from tests.support.bout import Bout
from tests.support.obs.display import Display
from tests.support.obs.real import RealObs, needs_obs, real_obs
from tests.support.obs.video import needs_ffmpeg
from tests.support.obs_flashes import Flashes, errors_ms
from tests.support.obs_matches import assert_recorded, name_files, simulate
from tests.support.obs_suite import ObsSuite, obs_suite
from tests.support.wait import pause

pytestmark = [needs_obs, needs_ffmpeg, pytest.mark.timeout(1800)]
MATCHES = 10
AIM_MS = 250
SENT_MS = 20
RECORDINGS = 5
FLASHES = 6
SEEN_FROM_S = 9.0
"""A recording that begins while the replay buffer runs begins with the encoder's next key frame, 250 frames apart."""


def tell_firings(suite: ObsSuite) -> list[float]:
    """Print what the rules' actions took; the times from the datagram to the request, in order."""
    fired = [firing for firing in suite.firings() if firing.latency_ms is not None]
    sent = sorted(firing.latency_ms for firing in fired if firing.latency_ms is not None)
    confirmed = sorted(a["confirmed_ms"] for f in fired for a in f.actions if a["confirmed_ms"] is not None)
    for name, times in (("request", sent), ("scene as OBS reports it", confirmed)):
        p99 = times[int(len(times) * 0.99)]
        print(f"datagram to {name}: {len(times)} times, p50 {statistics.median(times):.1f} ms, p99 {p99:.1f} ms")
    return sent


@pytest.mark.parametrize(("scenario", "seed"), [("mixed", 6), ("challenges", 4)])
def test_ten_matches_in_a_row(tmp_path: Path, obs: RealObs, scenario: str, seed: int) -> None:
    """Ten matches are ten playable files with the right names and rows, each review has its clip, and rules move the
    scene with each of them.
    """
    with obs_suite(tmp_path / "home") as suite:
        suite.connect(obs)
        suite.restrike("obs", "collection", "build")
        suite.restrike("obs", "rules", "install", "scenes")
        name_files(suite, "main")
        options = ("--seed", str(seed), "--scenario", scenario, "--matches", str(MATCHES))
        truths = simulate(suite, *options, speed=20, within=900)["ring-1"]
        reviews = sum(len(truth["challenges"]) for truth in truths)
        suite.settled(matches=MATCHES, reviews=reviews)
        result = assert_recorded(suite, "ring-1", truths)
        print(f"{scenario}: {len(result.lengths_s)} files of {sum(result.lengths_s):.0f} s, {result.clips} clips")
        sent = tell_firings(suite)
        assert result.clips == reviews > 0
        assert statistics.median(sent) < SENT_MS
        suite.assert_once()


@pytest.mark.parametrize(("fps", "quality"), [(10, "Stream"), (10, "Small"), (30, "Stream"), (30, "Small")])
def test_events_of_many_recordings(tmp_path: Path, screen: Display, fps: int, quality: str) -> None:
    """In recordings one after the other each point is within 250 ms of its picture, though the replay buffer runs on
    from one match to the next.
    """
    with (
        real_obs(tmp_path, display=screen, fps=fps, quality=quality) as obs,
        obs_suite(tmp_path / "home") as suite,
        obs.probe() as probe,
        suite.sender() as sender,
    ):
        suite.connect(obs)
        for number in range(101, 101 + RECORDINGS):
            bout = Bout(sender, number)
            flashes = Flashes(probe, bout)
            bout.begin()
            suite.records(number)
            pause(SEEN_FROM_S)
            flashes.send(FLASHES)
            bout.win()
            suite.records(None)
        errors = [errors_ms(suite, video) for video in suite.settled(matches=RECORDINGS)]
        flat = [error for recording in errors for error in recording]
        print(f"{fps} fps {quality}: {min(flat):.0f} to {max(flat):.0f} ms, mean {statistics.mean(flat):.0f}: {errors}")
        assert max(map(abs, flat)) < AIM_MS
