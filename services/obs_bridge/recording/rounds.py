"""A mark in the recording for each round, where OBS can set one; obs-bridge."""

from typing import Any

from services.obs_bridge.acts import recording
from services.obs_bridge.acts.facts import ObsFacts
from services.obs_bridge.procedure import Procedure
from shared.automation.happenings import Happened
from shared.messages.obs import RecordingSettings
from shared.messages.obs_actions import AddChapter, SplitRecording


def mark_of(started: Happened, settings: RecordingSettings, on: ObsFacts) -> Procedure[Any] | None:
    """What marks a round that started: another file, a chapter, or None."""
    if settings.split_rounds and on.knows("SplitRecordFile") and started.view.round != 1:
        return recording.split_recording(SplitRecording(), on)
    if settings.chapters and on.knows("CreateRecordChapter"):
        return recording.add_chapter(AddChapter(title=started.label), on)
    return None
