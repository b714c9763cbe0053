"""Matches that do not begin and end as they should, in front of a real OBS: what is recorded under which name."""

from pathlib import Path

from tests.support.bout import Bout
from tests.support.obs.probe import Probe
from tests.support.obs.real import RealObs, needs_obs
from tests.support.obs.video import needs_ffmpeg
from tests.support.obs_suite import ObsSuite, assert_true, obs_suite
from tests.support.wait import eventually

pytestmark = [needs_obs, needs_ffmpeg]
ROLLS_MS = 800


def starts(probe: Probe) -> int:
    """How often OBS began to record."""
    return sum(e.data["outputState"].endswith("STARTED") for e in probe.events("RecordStateChanged"))


def rolls(probe: Probe) -> None:
    """Wait until there are pictures in the recording."""
    eventually(lambda: probe.ask("GetRecordStatus")["outputDuration"] > ROLLS_MS, within=8, what="pictures")


def follows(suite: ObsSuite, video: int = 0) -> list[str]:
    """What happened in a recording, in the order of its places."""
    key = suite.videos("match")[video].key
    return [
        kind
        for (kind,) in suite.rows(
            "SELECT e.kind FROM recorded_video_events e JOIN recorded_videos v ON v.id = e.video_id "
            "WHERE v.video_key = ? ORDER BY e.offset_ms, e.id",
            key,
        )
    ]


def test_another_match_ends_the_recording_and_the_same_does_not(tmp_path: Path, obs: RealObs) -> None:
    """A match that is loaded again while it is recorded stays one file; the load of another one ends it at once, though
    it was never decided; the other one is recorded under its own name.
    """
    with obs_suite(tmp_path / "home") as suite, obs.probe() as probe, suite.sender() as sender:
        suite.connect(obs)
        first, second = Bout(sender, 101), Bout(sender, 102)
        first.begin()
        suite.records(101)
        first.point()
        first.load()
        first.ready()
        first.point()
        suite.stored()
        rolls(probe)
        assert suite.status().recording == "recording"
        assert starts(probe) == 1
        second.load()
        probe.recording("STOPPED")
        second.ready()
        suite.records(102)
        second.start()
        second.point()
        rolls(probe)
        second.win()
        one, two = suite.settled(matches=2)
        assert [(video.match, video.part) for video in (one, two)] == [("101", 1), ("102", 1)]
        assert starts(probe) == 2
        for video in (one, two):
            assert_true(video)
            assert f"ring-1 {video.match} " in Path(video.path or "").name
        assert follows(suite, 0).count("point") == 2
        assert follows(suite, 1).count("point") == 1
        suite.assert_once()


def test_a_recording_by_hand_is_left_to_the_hand(tmp_path: Path, obs: RealObs) -> None:
    """OBS records already when a match begins: the match is found in that recording, which the suite neither restarts
    nor ends; the next match has a recording of its own.
    """
    with obs_suite(tmp_path / "home") as suite, obs.probe() as probe, suite.sender() as sender:
        suite.connect(obs, post_roll_s=0)
        probe.ask("StartRecord")
        probe.recording("STARTED")
        first, second = Bout(sender, 101), Bout(sender, 102)
        first.begin()
        suite.records(101)
        first.point()
        first.win()
        suite.stored()
        eventually(lambda: suite.rows("SELECT 1 FROM recorded_video_events WHERE kind = 'match_decided'"), within=5)
        assert probe.ask("GetRecordStatus")["outputActive"]
        rolls(probe)
        probe.ask("StopRecord")
        (by_hand,) = suite.settled(matches=1)
        assert_true(by_hand)
        assert (by_hand.match, follows(suite).count("point")) == ("101", 1)
        second.begin()
        suite.records(102)
        rolls(probe)
        second.win()
        assert [video.match for video in suite.settled(matches=2)] == ["101", "102"]
        hands = suite.rows("SELECT by_hand FROM obs_recording_sessions ORDER BY id")
        assert hands == [(1,), (0,)]
        assert starts(probe) == 2


def test_obs_that_is_killed_gives_two_parts(tmp_path: Path, obs: RealObs) -> None:
    """OBS is killed while it records, and started again: the match goes on in a second file; both play, and the rows
    say which is not whole.
    """
    with obs_suite(tmp_path / "home") as suite, suite.sender() as sender:
        suite.connect(obs)
        bout = Bout(sender, 101)
        bout.begin()
        suite.records(101)
        bout.point()
        with obs.probe() as probe:
            rolls(probe)
        obs.kill()
        obs.start()
        suite.connected()
        bout.tick()
        suite.records(101)
        bout.point()
        with obs.probe() as probe:
            rolls(probe)
        bout.win()
        eventually(lambda: [v.part for v in suite.videos("match")], equals=[1, 2], within=10)
        one, two = suite.settled(matches=2)
        assert (one.match, one.is_whole, two.match, two.is_whole) == ("101", False, "101", True)
        assert one.problem
        assert_true(two)
        assert one.path != two.path
        suite.assert_once()
