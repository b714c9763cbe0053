"""Where in the recording of a second match an event is, with an OBS whose key frames are close together; those of one
that nobody configured are in tests/system/test_obs_key_frames.py. Run by `make proof`.
"""

from pathlib import Path

from tests.support.bout import Bout
from tests.support.obs.real import RealObs, needs_obs
from tests.support.obs.video import needs_ffmpeg
from tests.support.obs_flashes import Flashes, errors_ms
from tests.support.obs_suite import obs_suite
from tests.support.wait import pause

pytestmark = [needs_obs, needs_ffmpeg]
AIM_MS = 250
KEY_FRAMES_S = 2.2
"""Between two key frames of this OBS, and a little."""


def test_events_of_a_second_match_are_where_they_are_stored(tmp_path: Path, obs: RealObs) -> None:
    """The replay buffer runs on from one match to the next, and OBS lets a recording that begins meanwhile wait for the
    encoder's next key frame: the points of the second match are within 250 ms of their pictures, too.
    """
    with obs_suite(tmp_path / "home") as suite, obs.probe() as probe, suite.sender() as sender:
        suite.connect(obs)
        for number in (101, 102):
            bout = Bout(sender, number)
            flashes = Flashes(probe, bout)
            bout.begin()
            suite.records(number)
            pause(KEY_FRAMES_S)
            flashes.send(3)
            bout.win()
            suite.records(None)
        errors = [errors_ms(suite, video) for video in suite.settled(matches=2)]
        print(f"stored later than seen, ms: {errors}")
        assert max(abs(error) for recording in errors for error in recording) < AIM_MS
