"""Kill -9 of each process while real OBS records: no recording, clip or firing is lost or stored twice, and OBS does
nothing twice.
"""

import os
import random
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.bout import Bout
from tests.support.obs.probe import Probe
from tests.support.obs.real import RealObs, needs_obs
from tests.support.obs.video import needs_ffmpeg
from tests.support.obs_matches import simulate
from tests.support.obs_suite import ObsSuite, assert_true, obs_suite
from tests.support.wait import eventually, pause

pytestmark = [needs_obs, needs_ffmpeg]
ROUNDS = int(os.environ.get("RESTRIKE_KILL_ROUNDS", "2"))
MATCHES = max(1, ROUNDS * 2 // 5)
"""So many last for all kills."""


class Match(threading.Thread):
    """Simulated matches in the background; `truths` once it is joined."""

    def __init__(self, suite: ObsSuite, *options: str, speed: int) -> None:
        super().__init__(daemon=True)
        self._play: Callable[[], list[dict[str, Any]]] = lambda: simulate(suite, *options, speed=speed)["ring-1"]
        self.truths: list[dict[str, Any]] = []

    def run(self) -> None:
        """Play."""
        self.truths = self._play()


def answers_again(suite: ObsSuite, service: str, killed: int) -> None:
    """The service answers as another process."""
    eventually(lambda: suite.health(service, deadline_s=0.5).pid != killed, within=4, what=f"{service} after kill -9")


def test_kills_lose_nothing_of_obs(tmp_path: Path, obs: RealObs) -> None:
    """obs-bridge and db-writer in turns, killed at random moments of matches: each match is one whole file,
    each review has one row, each rule fired once for
    what it waits for, and OBS was asked for none of it twice.
    """
    chance = random.Random(ROUNDS)
    with obs_suite(tmp_path / "home") as suite, obs.probe() as probe:
        suite.connect(obs)
        suite.restrike("obs", "collection", "build")
        suite.restrike("obs", "rules", "install", "scenes")
        shown = len(probe.events("CurrentProgramSceneChanged"))
        played = Match(suite, "--seed", "4", "--matches", str(MATCHES), "--scenario", "challenges", speed=40)
        played.start()
        kills = 0
        while played.is_alive() and kills < ROUNDS:
            pause(chance.uniform(0.3, 3.0))
            service = ("obs-bridge", "db-writer")[kills % 2]
            answers_again(suite, service, suite.kill(service))
            kills += 1
        played.join(300)
        assert kills == ROUNDS, "the matches were over too soon"
        reviews = sum(len(truth["challenges"]) for truth in played.truths)
        videos = suite.settled(matches=MATCHES, reviews=reviews)
        assert [video.match for video in videos] == [truth["match_number"] for truth in played.truths]
        for video in videos:
            assert_true(video)
        suite.assert_once()
        assert_clips(suite, reviews)
        assert_fired(suite, probe, played.truths, shown)
        starts = [e for e in probe.events("RecordStateChanged") if e.data["outputState"].endswith("STARTED")]
        assert len(starts) == len(videos)


def assert_clips(suite: ObsSuite, reviews: int) -> None:
    """Each review has one clip, which plays or says why there is none; and no file is without a row."""
    clips = suite.videos("review")
    print(f"{reviews} reviews, of which without a clip: {[clip.problem for clip in clips if clip.problem]}")
    assert len({(clip.match, clip.challenge) for clip in clips}) == reviews
    for clip in clips:
        assert clip.outcome is not None
        if clip.problem is None:
            assert_true(clip)


def assert_fired(suite: ObsSuite, probe: Probe, truths: list[dict[str, Any]], shown: int) -> None:
    """Each load, review and decision fired its rule once; OBS changed its scene at most once for each firing."""
    wanted = {
        "scenes: match": len(truths),
        "scenes: winner": len(truths),
        "scenes: review": sum(len(truth["challenges"]) for truth in truths),
    }

    def counted() -> dict[str, int]:
        counts = Counter(firing.rule for firing in suite.firings())
        return {rule: counts[rule] for rule in wanted}

    # A scene that another one replaced at once is never confirmed, and its firing is told when OBS has had its time.
    eventually(counted, equals=wanted, within=15, what="every firing")
    fired = suite.firings()
    print(f"firings: {Counter(firing.outcome for firing in fired)}")
    changes = len(probe.events("CurrentProgramSceneChanged")) - shown
    assert changes <= sum(firing.outcome != "too_old" for firing in fired)


def test_review_asked_while_obs_bridge_is_down_has_its_clip(tmp_path: Path, obs: RealObs) -> None:
    """A review is asked for just after kill -9 of obs-bridge, and then nothing more is sent: the next process hears of
    it by itself, and OBS still has what it is about.
    """
    with obs_suite(tmp_path / "home") as suite, obs.probe() as probe, suite.sender() as sender:
        suite.connect(obs)
        bout = Bout(sender, 101)
        bout.begin()
        suite.records(101)
        eventually(lambda: probe.ask("GetReplayBufferStatus")["outputActive"], within=5, what="the replay buffer")
        suite.kill("obs-bridge")
        bout.ask()
        eventually(lambda: suite.videos("review"), within=5, what="the clip")
        suite.settled(reviews=1)
        (clip,) = suite.videos("review")
        assert_true(clip)
        bout.judge(won=1)
        bout.win()
        suite.settled(matches=1, reviews=1)
        assert [clip.outcome for clip in suite.videos("review")] == ["won"]
        suite.assert_once()


def test_killed_sources_leave_the_recording_alone(tmp_path: Path, obs: RealObs) -> None:
    """Where the match comes from is killed while it is recorded, one after the other: the recording goes on, has what
    happened before and after in it, and ends with the match.
    """
    with obs_suite(tmp_path / "home") as suite, obs.probe() as probe, suite.sender() as sender:
        suite.connect(obs)
        bout = Bout(sender, 101)
        bout.begin()
        suite.records(101)
        for service in ("broker", "pss-parser", "udp-ingest"):
            bout.point()
            suite.stored()
            answers_again(suite, service, suite.kill(service))
            suite.records(101)
        bout.tick()
        bout.point()
        bout.win()
        (video,) = suite.settled(matches=1)
        assert_true(video)
        points = suite.rows("SELECT count(*) FROM recorded_video_events WHERE kind = 'point'")
        assert points == [(4,)]
        assert len(probe.events("RecordStateChanged")) == 4  # starting, started, stopping, stopped
        suite.assert_once()
