"""The lab itself: a real OBS that is started, recorded with, killed, frozen and gone without a trace."""

import shutil
import signal
import socket
from pathlib import Path

import psutil
import pytest
from websockets.exceptions import WebSocketException

from tests.support.obs.config import SCENES
from tests.support.obs.display import Display
from tests.support.obs.probe import Probe, RefusedError
from tests.support.obs.real import RealObs, needs_obs, real_obs
from tests.support.obs.video import BLUE, RED, first_frame_s, needs_ffmpeg, paint, playable_s
from tests.support.wait import eventually

pytestmark = needs_obs


def descendants() -> set[str]:
    """The programs that this test run has started and that live."""
    return {child.name() for child in psutil.Process().children(recursive=True)}


def test_obs_answers_with_its_scenes_and_its_sources(obs: RealObs) -> None:
    """A lab OBS has the scenes, a colour, a text and an audio input, and tells of a new program scene by an event."""
    with obs.probe() as probe:
        listed = probe.ask("GetSceneList")
        assert {scene["sceneName"] for scene in listed["scenes"]} == set(SCENES)
        kinds = {found["unversionedInputKind"] for found in probe.ask("GetInputList")["inputs"]}
        assert kinds == {"color_source", "text_ft2_source", "ffmpeg_source"}
        probe.ask("SetInputMute", inputName="Sound", inputMuted=True)
        assert probe.ask("GetInputMute", inputName="Sound")["inputMuted"]
        probe.ask("SetCurrentProgramScene", sceneName="Fight")
        probe.wait_for("CurrentProgramSceneChanged", lambda data: data["sceneName"] == "Fight")


@needs_ffmpeg
def test_a_recording_plays_and_shows_when_its_colour_changed(obs: RealObs) -> None:
    """The recorded file can be decoded to its end, and what was painted is in it where it was painted."""
    with obs.probe() as probe:
        probe.ask("StartRecord")
        started = probe.recording("STARTED").at_s
        eventually(lambda: probe.ask("GetRecordStatus")["outputDuration"] >= 700, within=5, what="0.7 s recorded")
        painted = paint(probe, RED)
        eventually(lambda: probe.ask("GetRecordStatus")["outputDuration"] >= 1500, within=5, what="1.5 s recorded")
        probe.ask("StopRecord")
        path = Path(probe.recording("STOPPED").data["outputPath"])
    assert obs.files() == [path]
    assert 1.0 < playable_s(path) < 5
    assert abs(first_frame_s(path, RED) - (painted - started)) < 0.6
    with pytest.raises(AssertionError, match="no frame"):
        first_frame_s(path, BLUE)


@needs_ffmpeg
def test_the_replay_buffer_saves_what_happened_before(obs: RealObs) -> None:
    """The lab's profile has a replay buffer, and its file plays."""
    with obs.probe() as probe:
        probe.ask("StartReplayBuffer")
        probe.wait_for("ReplayBufferStateChanged", lambda data: data["outputActive"])
        eventually(lambda: probe.ask("GetStats")["outputTotalFrames"] >= 10, within=5, what="a second in the buffer")
        probe.ask("SaveReplayBuffer")
        saved = Path(probe.wait_for("ReplayBufferSaved").data["savedReplayPath"])
    assert playable_s(saved) > 0.5


def test_options_are_what_obs_finds(tmp_path: Path, screen: Display) -> None:
    """Size, rate, format, replay buffer, scenes and any parameter of the profile can be chosen."""
    profile = {"Output": {"FilenameFormatting": "%CCYY-match"}}
    with (
        real_obs(
            tmp_path, display=screen, fps=5, record_format="mp4", replay_s=0, scenes=False, profile=profile
        ) as obs,
        obs.probe() as probe,
    ):
        assert probe.ask("GetVideoSettings")["fpsNumerator"] == 5
        assert [scene["sceneName"] for scene in probe.ask("GetSceneList")["scenes"]] == ["Scene"]
        with pytest.raises(RefusedError) as refused:
            probe.ask("GetReplayBufferStatus")
        assert refused.value.code == 604
        probe.ask("StartRecord")
        assert probe.recording("STARTED").data["outputPath"].endswith("-match.mp4")


def test_a_wrong_password_and_an_absent_websocket_keep_the_probe_out(tmp_path: Path, screen: Display) -> None:
    """Authentication is on, and can be off; without a websocket nobody listens."""
    with real_obs(tmp_path, display=screen) as obs, pytest.raises(WebSocketException):
        Probe(obs.port, "wrong")
    with real_obs(tmp_path, display=screen, password="") as obs:
        Probe(obs.port).close()
    with real_obs(tmp_path, display=screen, websocket=False) as obs, pytest.raises(OSError, match="refused"):
        obs.probe()
    assert not obs.is_running()


def test_a_killed_obs_can_be_started_again_at_its_port(obs: RealObs) -> None:
    """SIGKILL ends it and its connections; the next start answers at the same port."""
    with obs.probe() as probe:
        assert obs.kill() == -signal.SIGKILL
        eventually(lambda: probe.closed, within=5, what="the connection ended")
        with pytest.raises(AssertionError, match="closed the connection"):
            probe.ask("GetVersion")
    obs.start()
    with obs.probe() as probe:
        assert probe.ask("GetVersion")["rpcVersion"] == 1


@needs_ffmpeg
def test_what_a_killed_obs_recorded_plays_and_a_power_cut_leaves_a_torso(tmp_path: Path, screen: Display) -> None:
    """kill() leaves the writer of the file to finish it; cut_power() ends both, and an mp4 without its end is lost."""
    with real_obs(tmp_path, display=screen, record_format="mp4") as obs:
        killed = recorded_for_a_second(obs)
        obs.kill()
        eventually(lambda: playable_s(killed) > 0.5, within=10, what="the writer finished the file")
        obs.start()
        cut = recorded_for_a_second(obs)
        obs.cut_power()
        with pytest.raises(AssertionError, match="cannot read"):
            playable_s(cut)


def recorded_for_a_second(obs: RealObs) -> Path:
    """The file of a recording that goes on."""
    with obs.probe() as probe:
        probe.ask("StartRecord")
        eventually(lambda: probe.ask("GetRecordStatus")["outputDuration"] >= 1000, within=5, what="1 s recorded")
        return Path(probe.recording("STARTED").data["outputPath"])


def test_a_frozen_obs_accepts_and_says_nothing_until_it_is_thawed(obs: RealObs) -> None:
    """SIGSTOP: requests stay without an answer, and SIGCONT lets the answer come."""
    with obs.probe() as probe:
        obs.freeze()
        with pytest.raises(AssertionError, match="did not answer"):
            probe.ask("GetVersion", within=0.3)
        with socket.create_connection(("127.0.0.1", obs.port), timeout=1):
            pass
        obs.thaw()
        assert probe.ask("GetVersion")["rpcVersion"] == 1


def test_two_obs_are_apart(two_obs: tuple[RealObs, RealObs]) -> None:
    """Two at once have their own ports, homes and scenes."""
    one, two = two_obs
    with one.probe() as first, two.probe() as second:
        first.ask("SetCurrentProgramScene", sceneName="Winner")
        first.wait_for("CurrentProgramSceneChanged")
        assert second.ask("GetCurrentProgramScene")["currentProgramSceneName"] == "Break"
    assert (one.port, one.home) != (two.port, two.home)


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
def test_obs_listens_on_loopback_only(obs: RealObs) -> None:
    """Nobody outside of this machine can reach an OBS of a test."""
    listening = [c for c in psutil.Process(obs.pid).net_connections("tcp") if c.status == psutil.CONN_LISTEN]
    assert [c.laddr for c in listening] == [("127.0.0.1", obs.port)]


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    """However an OBS was left (recording, frozen, killed): no process, no X socket."""
    before = descendants()
    display = Display()
    with display, real_obs(tmp_path, display=display) as recording, real_obs(tmp_path) as frozen:
        assert display.socket.exists()
        with recording.probe() as probe:
            probe.ask("StartRecord")
            probe.recording("STARTED")
        frozen.freeze()
        assert {"obs", "Xvfb"} <= descendants()
    assert descendants() <= before
    assert not display.socket.exists()
    assert recording.stop() == frozen.stop() == -signal.SIGKILL
