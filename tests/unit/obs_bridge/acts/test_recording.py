"""Recording against OBS's tricks, played by hand: what is asked, what is made of each answer."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from services.obs_bridge.acts import recording
from services.obs_bridge.acts.recording import Begun, Ended
from services.obs_bridge.procedure import Confirmed, Procedure
from shared.errors import ObsError
from shared.messages.obs_actions import AddChapter, PauseRecording, ResumeRecording, SplitRecording, StopRecording
from tests.support.obs.play import play
from tests.unit.obs_bridge.acts.facts import (
    GONE,
    NEW,
    OLD,
    UNCONFIRMED,
    local,
    proof,
    record_status,
    refused,
    requests,
    went,
)


def test_a_start_is_over_when_obs_names_the_file() -> None:
    """STARTING is not enough."""
    played = play(recording.start(OLD), [proof("STARTING"), went("STARTED", outputPath="/v/a.mkv")])
    assert played.result == Begun(path="/v/a.mkv")
    assert requests(played.steps) == ["StartRecord", "RecordStateChanged"]


def test_a_swallowed_start_is_asked_once_more() -> None:
    """No sign and no recording: the second request does it, with the whole time."""
    played = play(
        recording.start(OLD), [UNCONFIRMED, record_status(active=False), proof("STARTED", outputPath="/v/a.mkv")]
    )
    assert played.result == Begun(path="/v/a.mkv")
    first, _, second = played.steps
    assert isinstance(first, Confirmed)
    assert isinstance(second, Confirmed)
    assert first.within_s < 1 < second.within_s == OLD.confirm_s


def test_a_start_that_never_comes_says_what_is_known() -> None:
    """The error names the time and the folder; OBS is asked twice, not for ever."""
    on = replace(OLD, confirm_s=3)
    silent = [UNCONFIRMED, record_status(active=False)]
    played = play(recording.start(on), [*silent, *silent, {"recordDirectory": "/v"}])
    assert played.error is not None
    assert played.error.code == "obs.not_confirmed"
    assert played.error.value == "/v"
    assert "3 s ago" in played.error.message
    assert requests(played.steps).count("StartRecord") == 2


def test_a_recording_whose_event_was_lost_is_one() -> None:
    """The state counts where the event did not come."""
    played = play(recording.start(OLD), [UNCONFIRMED, record_status(active=True, ms=700)])
    assert played.result == Begun(path=None, record_ms=700)


def test_obs_that_gives_up_is_no_recording() -> None:
    """STARTING, STOPPED: an error that says where to look."""
    played = play(recording.start(OLD), [proof("STARTING"), went("STOPPED")])
    assert played.error is not None
    assert played.error.code == "obs.start_failed"


def test_start_while_obs_stops_waits_for_the_end() -> None:
    """500, STOPPED, a moment, and then it is asked again."""
    answers = [refused(500), record_status(active=True), went("STOPPED"), None, proof("STARTED", outputPath="/v/b.mkv")]
    played = play(recording.start(OLD), answers)
    assert played.result == Begun(path="/v/b.mkv")
    assert requests(played.steps)[-2:] == ["pause", "StartRecord"]


def test_a_slow_end_is_not_taken_for_a_recording() -> None:
    """500, no STOPPED in its usual time, and the time code stands still: it is waited for on."""
    stands = record_status(active=True, ms=100)
    answers = [
        refused(500),
        stands,
        UNCONFIRMED,
        stands,
        went("STOPPED"),
        None,
        proof("STARTED", outputPath="/v/b.mkv"),
    ]
    assert play(recording.start(OLD), answers).result == Begun(path="/v/b.mkv")


def test_what_runs_already_is_said() -> None:
    """500 and the time code goes on, or stands because of a pause."""
    answers = [refused(500), record_status(active=True, ms=100), UNCONFIRMED, record_status(active=True, ms=2600)]
    assert play(recording.start(OLD), answers).result == Begun(path=None, was_running=True, record_ms=2600)
    paused = [refused(500), record_status(active=True, ms=100, paused=True)]
    assert play(recording.start(OLD), paused).result == Begun(path=None, was_running=True, record_ms=100)


def test_a_lost_connection_ends_it() -> None:
    """Nothing is asked after it."""
    played = play(recording.start(OLD), [GONE])
    assert played.error is GONE
    assert len(played.steps) == 1


def test_a_missing_folder_of_this_machine_is_found_before_obs_is_asked(tmp_path: Path) -> None:
    """OBS would accept and open a window."""
    procedure = recording.start(local(OLD))
    next(procedure)
    with pytest.raises(ObsError) as raised:
        look_until_asked(procedure, {"recordDirectory": str(tmp_path / "none")})
    assert raised.value.code == "obs.folder_missing"


def look_until_asked(procedure: Procedure[Begun], answer: Any) -> None:
    """Answer, and let it look at the disk until it asks OBS to record."""
    while "StartRecord" not in requests([procedure.send(answer)]):
        answer = None


def test_a_stop_tells_the_file_that_obs_closed() -> None:
    """The path of STOPPED counts."""
    played = play(recording.stop(OLD), [proof("STOPPED", outputPath="/v/a.mkv"), None])
    assert played.result == Ended(path="/v/a.mkv")


def test_a_stop_right_after_a_start_waits_for_the_start() -> None:
    """501 and the recording goes on: it is stopped once it runs."""
    answers = [
        refused(501),
        record_status(active=False),
        went("STARTED"),
        proof("STOPPED", outputPath="/v/a.mkv"),
        None,
    ]
    played = play(recording.stop(OLD), answers)
    assert played.result == Ended(path="/v/a.mkv")
    assert requests(played.steps).count("StopRecord") == 2


def test_a_stop_of_nothing_is_no_error() -> None:
    """It says that there was nothing."""
    answers = [refused(501), record_status(active=False), UNCONFIRMED]
    assert play(recording.stop(OLD), answers).result == Ended(path=None, was_running=False)
    done = play(recording.stop_recording(StopRecording(), OLD), answers).result
    assert done is not None
    assert "nothing to end" in done.message


def test_an_end_that_does_not_come_says_so() -> None:
    """Unless the state says that it came."""
    assert play(recording.stop(OLD), [UNCONFIRMED, record_status(active=False)]).result == Ended(path=None)
    error = play(recording.stop(OLD), [UNCONFIRMED, record_status(active=True)]).error
    assert error is not None
    assert "has not closed the file" in error.message


def test_pause_and_resume_need_a_recording() -> None:
    """OBS answers OK to a pause of nothing."""
    nothing = [record_status(active=False)]
    for procedure in (
        recording.pause_recording(PauseRecording(), OLD),
        recording.resume_recording(ResumeRecording(), OLD),
        recording.add_chapter(AddChapter(title="Round 1"), NEW),
        recording.split_recording(SplitRecording(), NEW),
    ):
        error = play(procedure, nothing).error
        assert error is not None
        assert error.code == "obs.not_recording"


def test_a_pause_that_obs_cannot_do_says_why() -> None:
    """It accepts and goes on."""
    runs = record_status(active=True, ms=1)
    error = play(recording.pause_recording(PauseRecording(), OLD), [runs, UNCONFIRMED, runs]).error
    assert error is not None
    assert "goes on recording" in error.message


def test_a_chapter_is_set_where_obs_can_and_honest_where_not() -> None:
    """An old OBS, and a format without chapters, leave it to the suite's list."""
    runs, action = record_status(active=True, ms=1500), AddChapter(title="Round 1")
    old = play(recording.add_chapter(action, OLD), [runs]).result
    other_format = play(recording.add_chapter(action, NEW), [runs, refused(702)]).result
    new = play(recording.add_chapter(action, NEW), [runs, {}]).result
    assert old is not None
    assert other_format is not None
    assert new is not None
    assert [done.confirmed for done in (old, other_format, new)] == [False, False, True]
    assert "suite's own list" in old.message
    assert "1.5 s" in new.message


def test_a_split_has_a_substitute_only_where_obs_would_do_it() -> None:
    """New: a request with its event. Old: the hotkey, in mode Advanced with splitting on; else an error."""
    runs, action = record_status(active=True), SplitRecording()
    new = play(recording.split_recording(action, NEW), [runs, proof("", newOutputPath="/v/2.mkv")])
    assert new.result is not None
    assert new.result.details == {"path": "/v/2.mkv"}
    advanced = [runs, {"parameterValue": "Advanced"}, {"parameterValue": "true"}, {}]
    old = play(recording.split_recording(action, OLD), advanced)
    assert old.result is not None
    assert not old.result.confirmed
    assert requests(old.steps)[-1] == "TriggerHotkeyByName"
    error = play(recording.split_recording(action, OLD), [runs, {"parameterValue": "Simple"}]).error
    assert error is not None
    assert error.code == "obs.not_supported"
