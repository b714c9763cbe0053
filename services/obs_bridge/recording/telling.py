"""What is told of a recording, made of what is known of it; obs-bridge. No I/O."""

import uuid

from services.obs_bridge.recording.plans import Plan
from services.obs_bridge.recording.take import Take
from services.obs_bridge.recording.timeline import length_ms, offset_ms
from shared.automation.happenings import Happened
from shared.automation.match_view import MatchView
from shared.messages.automation import Happening
from shared.messages.obs import RecordingSettings
from shared.messages.recordings import VideoEvent, VideoKind, VideoStored


def video_of(take: Take, plan: Plan | None, settings: RecordingSettings, *, ended_at_us: int | None) -> VideoStored:
    """Its file, as it is by our times."""
    began_us = take.started_at_us

    def at(moment_us: int | None, roll_ms: int) -> int | None:
        if began_us is None or moment_us is None:
            return None
        delay_ms = settings.picture_delay_ms + roll_ms
        found = offset_ms(moment_us, started_at_us=began_us, pauses=take.pauses, delay_ms=delay_ms)
        if ended_at_us is None:
            return found
        return min(found, length_ms(ended_at_us, started_at_us=began_us, pauses=take.pauses))

    return VideoStored(
        video_id=take.video_id,
        kind=VideoKind.MATCH if take.match_id is not None else VideoKind.MANUAL,
        connection="",
        ring=take.ring,
        match_id=take.match_id,
        obs_path=take.obs_path or "",
        part=take.part,
        started_at_us=began_us,
        ended_at_us=ended_at_us,
        duration_ms=at(ended_at_us, -settings.picture_delay_ms),
        in_ms=at(plan.first_clock_at_us, -settings.pre_roll_ms) if plan is not None else None,
        out_ms=at(plan.ended_at_us, settings.post_roll_ms) if plan is not None else None,
    )


def chapter_of(take: Take, title: str, *, at_us: int) -> VideoEvent:
    """A chapter mark at this moment of a recording that has begun."""
    return VideoEvent(
        kind="chapter",
        label=title,
        offset_ms=offset_ms(at_us, started_at_us=take.started_at_us or at_us, pauses=take.pauses),
        at_us=at_us,
        session=uuid.uuid4().hex[:16],
        entry=0,
        index=0,
        match_id=take.match_id,
    )


def said_of(what: Happening, take: Take, plan: Plan | None, *, at_us: int) -> Happened:
    """What rules hear of it."""
    return Happened(
        what=what,
        ring=take.ring,
        session=take.video_id,
        entry=0,
        index=0,
        at_us=at_us,
        view=plan.view if plan is not None else MatchView(ring=take.ring),
        label=what.value.replace("_", " "),
    )


def bare(reason: str | None) -> str:
    """A reason without its numbers: how much is left changes all the time."""
    return "".join(character for character in reason or "" if not character.isdigit())
