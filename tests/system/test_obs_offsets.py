"""Where in a recording an event is: the picture changes its colour at the moment when a datagram is sent, and the place
that is stored is compared with that of the first picture of this colour.
"""

from pathlib import Path

from tests.support.bout import Bout
from tests.support.obs.display import Display
from tests.support.obs.real import needs_obs, real_obs
from tests.support.obs.video import needs_ffmpeg
from tests.support.obs_flashes import Flashes, errors_ms
from tests.support.obs_suite import assert_true, obs_suite
from tests.support.wait import eventually, pause

pytestmark = [needs_obs, needs_ffmpeg]
AIM_MS = 250


def test_events_are_where_they_are_stored(tmp_path: Path, screen: Display) -> None:
    """In one recording that is paused for a while, and during which obs-bridge is killed and started again: each point
    is within 250 ms of its picture.
    """
    with (
        real_obs(tmp_path, display=screen, quality="Small") as obs,
        obs_suite(tmp_path / "home") as suite,
        obs.probe() as probe,
        suite.sender() as sender,
    ):
        suite.connect(obs)
        bout = Bout(sender, 101)
        flashes = Flashes(probe, bout)
        bout.begin()
        suite.records(101)
        flashes.send(3)
        suite.restrike("obs", "record", "pause")
        pause(1.0)  # what the file leaves out
        suite.restrike("obs", "record", "resume")
        flashes.send(3)
        killed = suite.kill("obs-bridge")
        flashes.send(2)  # nobody hears these as they happen
        eventually(lambda: suite.health("obs-bridge").pid != killed, within=5, what="obs-bridge again")
        flashes.send(2)
        bout.win()
        (video,) = suite.settled(matches=1)
        assert_true(video)
        errors = errors_ms(suite, video)
        print(f"stored later than seen, ms: {errors}")
        assert len(errors) == 10
        assert max(map(abs, errors)) < AIM_MS
        suite.assert_once()
