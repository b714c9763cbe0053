"""Where events are in a recording of an OBS with its usual key frames, while its replay buffer runs: the recording's
first picture may come seconds after OBS says that it records.
"""

from pathlib import Path

from tests.support.bout import Bout
from tests.support.obs.display import Display
from tests.support.obs.real import needs_obs, real_obs
from tests.support.obs.video import needs_ffmpeg
from tests.support.obs_flashes import Flashes, errors_ms
from tests.support.obs_suite import obs_suite
from tests.support.wait import pause

pytestmark = [needs_obs, needs_ffmpeg]
AIM_MS = 250
FPS = 30
KEY_FRAMES_S = 250 / FPS
"""Between two key frames of an OBS that nobody configured."""


def test_events_are_within_a_quarter_second(tmp_path: Path, screen: Display) -> None:
    """Of two matches, the buffer going on from the first to the second: each point is within 250 ms of its picture, and
    the file begins when it is stored to begin.
    """
    usual = {"SimpleOutput": {"x264Settings": ""}}
    with (
        real_obs(tmp_path, display=screen, fps=FPS, profile=usual) as obs,
        obs_suite(tmp_path / "home") as suite,
        obs.probe() as probe,
        suite.sender() as sender,
    ):
        suite.connect(obs)
        for number in (101, 102):
            bout = Bout(sender, number)
            flashes = Flashes(probe, bout)
            bout.begin()
            suite.records(number)
            pause(KEY_FRAMES_S + 0.5)  # what is before it is not in the file
            flashes.send(3)
            bout.win()
            suite.records(None)
        errors = [errors_ms(suite, video) for video in suite.settled(matches=2)]
        print(f"stored later than seen, ms: {errors}")
        assert max(abs(error) for recording in errors for error in recording) < AIM_MS
        suite.assert_once()
