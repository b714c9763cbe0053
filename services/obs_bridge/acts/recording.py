"""Recording: start, stop, pause, go on, split, chapter; each is over once OBS has proved it; obs-bridge."""

from typing import Final

from msgspec import Struct

from services.obs_bridge.acts import folders, record_settings
from services.obs_bridge.acts.facts import NOT_PAUSED, NOT_RUNNING, PAUSED, RUNNING, Done, ObsFacts
from services.obs_bridge.acts.outputs import FIRST_SIGN_S, changed, is_unconfirmed, state_of, went
from services.obs_bridge.procedure import Ask, Confirmed, Data, Event, Pause, Procedure, Proof
from shared.errors import ObsError
from shared.messages.obs_actions import (
    AddChapter,
    PauseRecording,
    ResumeRecording,
    SplitRecording,
    StartRecording,
    StopRecording,
)

EVENT: Final = "RecordStateChanged"
STOPPING_S: Final = 2.5
"""A recording that ends does so in 0.6 to 2 s."""
AFTER_STOPPED_S: Final = 0.05
"""OBS swallows a start in the moment after STOPPED."""
STARTS_S: Final = 0.7
"""A recording that was asked for a moment ago is one by now."""
PAUSE_S: Final = 3.0
AFTER_PAUSED_S: Final = 0.3
"""A recording that goes on in the moment after it was paused cannot be ended any more (seen on 29.0.2)."""
SPLIT_HOTKEY: Final = "OBSBasic.SplitFile"


class Begun(Struct, frozen=True, kw_only=True):
    """OBS records, for `record_ms` so far. `path` is the file as OBS named it, None where it did not say.
    `was_running`: it did before it was asked.
    """

    path: str | None
    was_running: bool = False
    record_ms: int = 0


class Ended(Struct, frozen=True, kw_only=True):
    """OBS records no more. `path` is the closed file as OBS named it, None where it did not say. Not `was_running`: it
    did not record.
    """

    path: str | None
    was_running: bool = True


class Progress(Struct, frozen=True, kw_only=True):
    """How far a recording is, by OBS's own time code."""

    is_recording: bool
    is_paused: bool
    record_ms: int


def progress() -> Procedure[Progress]:
    """How far the recording is."""
    status = yield Ask("GetRecordStatus")
    return Progress(
        is_recording=status["outputActive"],
        is_paused=status["outputPaused"],
        record_ms=int(status["outputDuration"]),
    )


def start(on: ObsFacts) -> Procedure[Begun]:
    """Record. Asked while a recording ends, it waits for that end. Raises, beside a procedure's own errors,
    `obs.folder_missing`, `obs.folder_not_writable`, `obs.start_failed` (OBS began and gave up) and
    `obs.not_confirmed` (with what is known).
    """
    directory = ""
    if on.is_local or on.path_map:
        directory = yield from record_settings.directory()
        yield from folders.must_be_there(on, directory)
    for within_s in (FIRST_SIGN_S, on.confirm_s):
        begun = yield from _begin(on, within_s=min(within_s, on.confirm_s))
        if begun is not None:
            return begun
    directory = directory or (yield from record_settings.directory())
    raise ObsError(
        "obs.not_confirmed",
        f"OBS accepted it {on.confirm_s:g} s ago and neither records nor says why: look at its screen, a window may be "
        "open. Is the folder there, and has its disk room?",
        value=directory,
    )


def _begin(on: ObsFacts, *, within_s: float) -> Procedure[Begun | None]:
    """Ask once; None when nothing came of it and it may be asked again."""
    try:
        proof: Proof = yield changed("StartRecord", EVENT, "STARTING", "STARTED", within_s=within_s)
        told = proof.event
        if state_of(told) != "STARTED":
            told = yield Event(event=EVENT, matches=went("STARTED", "STOPPED"), within_s=on.confirm_s)
    except ObsError as error:
        if error.status == RUNNING:
            return (yield from _runs_already(on))
        if not is_unconfirmed(error):
            raise
        now = yield from progress()
        return Begun(path=None, record_ms=now.record_ms) if now.is_recording else None
    if state_of(told) == "STARTED":
        return Begun(path=told.get("outputPath"))
    raise ObsError(
        "obs.start_failed",
        "OBS began to record and gave up: look at its screen, and at its log. Mostly the disk is full, the folder "
        "cannot be written to, or the encoder is not available.",
    )


def _runs_already(on: ObsFacts) -> Procedure[Begun | None]:
    """OBS has a recording: it goes on, or it ends just now; then it is waited for, and the answer is None."""
    before = yield from progress()
    if before.is_paused:
        return Begun(path=None, was_running=True, record_ms=before.record_ms)
    if before.is_recording:
        try:
            yield Event(event=EVENT, matches=went("STOPPED"), within_s=STOPPING_S)
        except ObsError as error:
            if not is_unconfirmed(error):
                raise
            now = yield from progress()
            if now.record_ms - before.record_ms > STOPPING_S * 500:
                return Begun(path=None, was_running=True, record_ms=now.record_ms)
            if now.is_recording:
                yield from _long_end(on)
    yield Pause(AFTER_STOPPED_S)
    return None


def _long_end(on: ObsFacts) -> Procedure[None]:
    try:
        yield Event(event=EVENT, matches=went("STOPPED"), within_s=on.confirm_s)
    except ObsError as error:
        if is_unconfirmed(error):
            raise _still_open(on) from None
        raise


def stop(on: ObsFacts) -> Procedure[Ended]:
    """End the recording; over when OBS has closed the file. Asked in the moment after a start, it waits for that."""
    answer: Data = {}
    try:
        proof: Proof = yield changed("StopRecord", EVENT, "STOPPED", within_s=on.confirm_s)
    except ObsError as error:
        if error.status == NOT_RUNNING:
            if not (yield from _starts()):
                return Ended(path=None, was_running=False)
            proof = yield changed("StopRecord", EVENT, "STOPPED", within_s=on.confirm_s)
        elif is_unconfirmed(error):
            return (yield from _unheard_end(on))
        else:
            raise
    answer, told = proof.answer, proof.event
    yield Pause(AFTER_STOPPED_S)
    return Ended(path=told.get("outputPath") or answer.get("outputPath"))


def _starts() -> Procedure[bool]:
    """Whether a recording that was not running a moment ago is one now: a stop is refused right after a start."""
    now = yield from progress()
    if now.is_recording:
        return True
    try:
        yield Event(event=EVENT, matches=went("STARTED"), within_s=STARTS_S)
    except ObsError as error:
        if not is_unconfirmed(error):
            raise
        return False
    return True


def _unheard_end(on: ObsFacts) -> Procedure[Ended]:
    now = yield from progress()
    if not now.is_recording:
        return Ended(path=None)
    raise _still_open(on)


def _still_open(on: ObsFacts) -> ObsError:
    return ObsError(
        "obs.not_confirmed",
        f"OBS was told {on.confirm_s:g} s ago to end the recording and has not closed the file: its disk may be slow "
        "or full, or a window may be open at its screen.",
    )


def start_recording(_: StartRecording, on: ObsFacts) -> Procedure[Done]:
    """Record, unless it does."""
    begun = yield from start(on)
    details = {"path": begun.path, "was_running": begun.was_running, "record_ms": begun.record_ms}
    if begun.was_running:
        return Done(message=f"OBS records already, for {begun.record_ms / 1000:.0f} s.", details=details)
    return Done(message=f"OBS records to {begun.path or 'a file that it did not name'}.", details=details)


def stop_recording(_: StopRecording, on: ObsFacts) -> Procedure[Done]:
    """End the recording, if there is one."""
    ended = yield from stop(on)
    details = {"path": ended.path, "was_running": ended.was_running}
    if not ended.was_running:
        return Done(message="OBS does not record: there was nothing to end.", details=details)
    return Done(message=f"OBS recorded {ended.path or 'a file that it did not name'}.", details=details)


def pause_recording(_: PauseRecording, on: ObsFacts) -> Procedure[Done]:
    """Pause, unless it is."""
    now = yield from _must_record()
    if now.is_paused:
        return Done(message="The recording is paused already.")
    try:
        yield changed("PauseRecord", EVENT, "PAUSED", within_s=min(PAUSE_S, on.confirm_s))
    except ObsError as error:
        if error.status == PAUSED:
            return Done(message="The recording is paused already.")
        if not is_unconfirmed(error) or (yield from progress()).is_paused:
            raise
        raise ObsError(
            "obs.not_confirmed",
            "OBS accepted the pause and goes on recording: it cannot pause a recording that has the stream's quality "
            "(Settings, Output, Recording Quality).",
        ) from None
    yield Pause(AFTER_PAUSED_S)
    return Done(message=f"The recording is paused after {now.record_ms / 1000:.0f} s.")


def resume_recording(_: ResumeRecording, on: ObsFacts) -> Procedure[Done]:
    """Go on, unless it does."""
    now = yield from _must_record()
    if not now.is_paused:
        return Done(message="The recording goes on: it was not paused.")
    try:
        yield changed("ResumeRecord", EVENT, "RESUMED", within_s=min(PAUSE_S, on.confirm_s))
    except ObsError as error:
        if error.status != NOT_PAUSED:
            raise
    return Done(message="The recording goes on.")


def split_recording(_: SplitRecording, on: ObsFacts) -> Procedure[Done]:
    """Go on in a new file. Before OBS 30.2 there is only a hotkey for it, which tells nothing."""
    yield from _must_record()
    if not on.knows("SplitRecordFile"):
        return (yield from _split_by_hotkey(on))
    ask = Ask("SplitRecordFile")
    try:
        proof: Proof = yield Confirmed(ask=ask, event="RecordFileChanged", within_s=on.confirm_s)
    except ObsError as error:
        if error.code == "obs.refused":
            raise on.cannot("split this recording", _how_to_split()) from None
        raise
    path = proof.event.get("newOutputPath")
    return Done(message=f"OBS goes on in {path}.", details={"path": path})


def _split_by_hotkey(on: ObsFacts) -> Procedure[Done]:
    mode = yield from record_settings.mode()
    splits = mode == record_settings.ADVANCED and (yield from record_settings.flag(mode, "RecSplitFile"))
    if not splits:
        raise on.cannot("split this recording", _how_to_split())
    yield Ask("TriggerHotkeyByName", {"hotkeyName": SPLIT_HOTKEY})
    return Done(
        message=f"OBS {on.obs_version} was told to go on in a new file at its next key frame; it does not say "
        "whether it did.",
        confirmed=False,
    )


def _how_to_split() -> str:
    return (
        "switch it on in its settings: Output, mode Advanced, Recording, Automatic File Splitting, Only split manually"
    )


def add_chapter(action: AddChapter, on: ObsFacts) -> Procedure[Done]:
    """Mark this moment in the file, where this OBS and the format of the file can."""
    now = yield from _must_record()
    details = {"record_ms": now.record_ms}
    kept = "the suite's own list of the recording has the mark"
    if not on.knows("CreateRecordChapter"):
        why = f"OBS {on.obs_version} sets no chapter marks (30.2 does, in Hybrid MP4)"
        return Done(message=f"{why}; {kept}.", confirmed=False, details=details)
    try:
        yield Ask("CreateRecordChapter", {"chapterName": action.title})
    except ObsError as error:
        if error.code != "obs.refused":
            raise
        why = "OBS set no chapter mark: only the format Hybrid MP4 holds them"
        return Done(message=f"{why}; {kept}.", confirmed=False, details=details)
    return Done(message=f"OBS marked chapter {action.title!r} at {now.record_ms / 1000:.1f} s.", details=details)


def _must_record() -> Procedure[Progress]:
    now = yield from progress()
    if not now.is_recording:
        raise ObsError("obs.not_recording", "OBS does not record: start a recording first.")
    return now
