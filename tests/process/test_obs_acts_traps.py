"""Where a real OBS misleads: a buffer that is not enabled, no source, a folder that is gone, a pause, mode Advanced."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from services.obs_bridge.acts import profiles, record_settings, replay
from shared.errors import ObsError
from shared.messages import obs_actions as a
from tests.support.obs.acting import Acting
from tests.support.obs.display import Display
from tests.support.obs.real import needs_obs
from tests.support.wait import eventually

pytestmark = needs_obs


def test_a_replay_buffer_that_is_not_enabled_is_enabled(tmp_path: Path, screen: Display) -> None:
    """It waits while OBS records, and works afterwards without a restart; the profile is the one from before. Its
    sample rate is another than that of a new profile, for which OBS would open a window.
    """
    profile = {"Audio": {"SampleRate": "44100"}}
    with Acting(tmp_path, screen, replay_s=0, profile=profile) as lab:
        assert not {one["check"]: one for one in lab.ask(a.Readiness())}["replay buffer"]["ok"]
        lab.do(a.StartRecording())
        assert lab.refuses(a.StartReplayBuffer()).code == "obs.replay_disabled"
        lab.do(a.StopRecording())
        lab.do(a.StartReplayBuffer())
        assert lab.state("GetReplayBufferStatus")["outputActive"]
        assert lab.state("GetProfileList") == {"currentProfileName": "lab", "profiles": ["lab"]}
        rate = lab.state("GetProfileParameter", parameterCategory="Audio", parameterName="SampleRate")
        assert rate["parameterValue"] == "44100"
        lab.do(a.StopReplayBuffer())


def test_obs_is_brought_back_from_the_passing_profile(tmp_path: Path, screen: Display) -> None:
    """The connection was lost in the midst of loading a profile again: whoever comes next finds the way back by OBS's
    own names, but not while OBS records in it.
    """
    with Acting(tmp_path, screen, replay_s=0) as lab:
        left = profiles.PASSING + "lab"
        lab.state("CreateProfile", profileName=left)
        eventually(lambda: lab.state("GetProfileList")["currentProfileName"] == left, within=10)
        lab.do(a.SetRecordDirectory(path=str(lab.obs.records)))
        lab.do(a.StartRecording())
        with pytest.raises(ObsError, match="back to lab"):
            lab.run(profiles.put_back(lab.on))
        lab.do(a.StopRecording())
        assert lab.run(profiles.put_back(lab.on)) == "lab"
        alone = {"currentProfileName": "lab", "profiles": ["lab"]}
        eventually(lambda: lab.state("GetProfileList"), equals=alone, within=5, what="the passing one is removed")
        assert lab.run(profiles.put_back(lab.on)) is None


def test_an_empty_collection_and_a_folder_that_is_gone(tmp_path: Path, screen: Display) -> None:
    """Without a source the buffer is refused before OBS opens a window. On another machine the folder cannot be seen:
    the start ends in time with what is known, and OBS answers on.
    """
    with Acting(tmp_path, screen, scenes=False) as lab:
        assert not lab.run(replay.has_pictures())
        assert lab.refuses(a.StartReplayBuffer()).code == "obs.no_sources"
        assert not lab.state("GetReplayBufferStatus")["outputActive"]
        lab.do(a.BuildScenes())
        lab.do(a.StartReplayBuffer())
        lab.do(a.StopReplayBuffer())
        lab.obs.records.rename(tmp_path / "gone")
        assert lab.refuses(a.StartRecording()).code == "obs.folder_missing"
        lab.on = replace(lab.on, is_local=False, confirm_s=1.0)
        error = lab.refuses(a.StartRecording())
        assert (error.code, error.value) == ("obs.not_confirmed", str(lab.obs.records))
        assert not lab.state("GetRecordStatus")["outputActive"]


def test_pause_and_resume(tmp_path: Path, screen: Display) -> None:
    """Both are confirmed, and OBS can end the recording afterwards, which it cannot when it goes on 0 ms later."""
    with Acting(tmp_path, screen, quality="HQ", fps=30, replay_s=0) as lab:
        started = lab.do(a.StartRecording())
        lab.do(a.PauseRecording())
        assert lab.state("GetRecordStatus")["outputPaused"]
        assert "already" in lab.do(a.PauseRecording()).message
        assert lab.do(a.StartRecording()).details["was_running"]
        lab.do(a.ResumeRecording())
        assert not lab.state("GetRecordStatus")["outputPaused"]
        assert "not paused" in lab.do(a.ResumeRecording()).message
        assert lab.do(a.StopRecording()).details["path"] == started.details["path"]


def test_a_recording_that_shares_the_streams_encoder_cannot_be_paused(tmp_path: Path, screen: Display) -> None:
    """OBS accepts it and goes on: that is said."""
    with Acting(tmp_path, screen, quality="Stream") as lab:
        lab.do(a.StartRecording())
        assert "goes on recording" in lab.refuses(a.PauseRecording()).message
        lab.do(a.StopRecording())


def test_mode_advanced_has_its_own_folder_and_format(tmp_path: Path, screen: Display) -> None:
    """Both are set where this mode reads them."""
    with Acting(tmp_path, screen, advanced=True) as lab:
        folder = tmp_path / "advanced"
        folder.mkdir()
        lab.do(a.SetRecordDirectory(path=str(folder)))
        lab.run(record_settings.set_format("mp4"))
        settings = lab.ask(a.RecordSettings())
        assert (settings["mode"], settings["format"]) == ("Advanced", "mp4")
        lab.do(a.StartRecording())
        path = Path(lab.do(a.StopRecording()).details["path"])
        assert (path.parent, path.suffix) == (folder, ".mp4")
        assert path.exists()
