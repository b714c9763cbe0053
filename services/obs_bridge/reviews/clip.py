"""One clip, from the moment it is wanted until it has its checksum; obs-bridge."""

from enum import StrEnum
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from services.obs_bridge import names
from shared.automation.happenings import SIDES, Happened
from shared.automation.match_view import MatchView
from shared.automation.placeholders import clock_text, match_values
from shared.messages.automation import Happening
from shared.messages.episodes import Challenge, ChallengeStatus
from shared.messages.obs import RecordingSettings
from shared.messages.recordings import NO_RING, ClipReady, VideoKind, VideoStored

MOST_KEPT: Final = 50
"""Clips whose outcome may still come: more than the reviews of any match."""


class Step(StrEnum):
    """How far a clip is. `asked`: OBS may have saved it; `saved`: it did, and its file is to be moved to its place;
    `placed`: it only lacks its checksum.
    """

    WANTED = "wanted"
    ASKED = "asked"
    SAVED = "saved"
    PLACED = "placed"
    OVER = "over"


class Clip(Struct, kw_only=True):
    """A clip of a review, or (`challenge` None) one that was saved by hand. `video` is what is known of its file;
    `is_told`: that was stored. `saved_at_us` is when OBS was asked, where its last picture is (Unix microseconds);
    `target` where its file is to be on this machine.
    """

    video: VideoStored
    view: MatchView
    saved_at_us: int
    challenge: Challenge | None = None
    step: Step = Step.WANTED
    is_told: bool = False
    target: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether something of it, or of its review, is still to come."""
        is_decided = self.video.kind is not VideoKind.REVIEW or self.video.outcome is not None
        return self.step is not Step.OVER or not is_decided


class Kept(Struct, kw_only=True):
    """What one connection's clips keep; `last_saved` is what OBS named as its last clip."""

    clips: list[Clip] = []
    last_saved: str | None = None

    def add(self, clip: Clip) -> None:
        """Keep another one, and forget the oldest that is over."""
        self.clips.append(clip)
        over = [one for one in self.clips if one.step is Step.OVER]
        if len(self.clips) > MOST_KEPT and over:
            self.clips.remove(over[0])

    def at(self, step: Step) -> list[Clip]:
        """The clips that are so far."""
        return [clip for clip in self.clips if clip.step is step]


def wanted(video_id: str, connection: str, view: MatchView, review: Challenge | None, *, at_us: int) -> Clip:
    """A clip that is to be saved now."""
    video = VideoStored(
        video_id=video_id,
        kind=VideoKind.REVIEW if review is not None else VideoKind.MANUAL,
        connection=connection,
        ring=view.ring,
        match_id=view.match_id,
        obs_path="",
        ended_at_us=at_us,
        challenge=review.number if review is not None else None,
        athlete=review.athlete if review is not None else None,
        round=review.round if review is not None else view.round,
        clock_ms=review.clock_ms if review is not None else view.clock_ms,
        outcome=outcome_of(review) if review is not None else None,
    )
    return Clip(video=video, view=view, saved_at_us=at_us, challenge=review)


def outcome_of(review: Challenge) -> str | None:
    """How a review went, None while that is not known."""
    return None if review.status is ChallengeStatus.REQUESTED else review.status.value


BY_HAND_FOLDER: Final = "{tournament}/{day}/replays"
BY_HAND_NAME: Final = "{ring} {matchNumber} {time}"
"""Where clips are that no review asked for."""


def decisive_ms(clip: Clip, duration_ms: int | None, settings: RecordingSettings) -> int | None:
    """The moment that is argued about: some time before the review was asked for. A clip ends where it was saved, and
    OBS does not say where it begins, so it is counted from its end.
    """
    at_ms = _decisive_ms(clip, duration_ms, settings)
    return None if at_ms is None or duration_ms is None else min(max(at_ms, 0), duration_ms)


def too_short(clip: Clip, duration_ms: int | None, settings: RecordingSettings) -> str | None:
    """What is wrong with a clip that does not reach back to that moment."""
    at_ms = _decisive_ms(clip, duration_ms, settings)
    if at_ms is None or duration_ms is None or at_ms >= 0:
        return None
    return (
        f"It has {duration_ms / 1000:.1f} s and begins {-at_ms / 1000:.1f} s after the moment that is argued about:"
        " OBS's replay buffer was just started, or keeps too little (its Maximum Replay Time)."
    )


def _decisive_ms(clip: Clip, duration_ms: int | None, settings: RecordingSettings) -> int | None:
    """May be before the clip."""
    if duration_ms is None or clip.challenge is None:
        return None
    since_ms = (clip.saved_at_us - clip.challenge.requested_at_us) // 1000
    return duration_ms - since_ms - settings.review_lead_ms + settings.picture_delay_ms


def target(clip: Clip, source: Path, root: Path | None, settings: RecordingSettings) -> Path:
    """Where its file belongs, below `root` or else beside OBS's other files."""
    view, review = clip.view, clip.challenge
    values = names.folder_values(match_values(view, clip.saved_at_us)) | {
        "round": str(clip.video.round or ""),
        "clock": clock_text(clip.video.clock_ms, divider="-"),
        "number": str(review.number) if review is not None else "",
        "side": SIDES[review.athlete] if review is not None else "",
        "outcome": "",
    }
    if review is None:
        values["ring"] = "" if view.ring == NO_RING else view.ring
        name = names.file_name(BY_HAND_FOLDER, BY_HAND_NAME, values)
    else:
        name = names.file_name(settings.clip_folder, settings.clip_name, values)
    return (root or source.parent) / f"{name}{source.suffix}"


def ready(clip: Clip) -> ClipReady:
    """What is published once it can be watched."""
    video = clip.video
    return ClipReady(
        video_id=video.video_id,
        connection=video.connection,
        ring=video.ring,
        match_id=video.match_id,
        challenge=video.challenge,
        athlete=video.athlete,
        round=video.round,
        clock_ms=video.clock_ms,
        obs_path=video.obs_path,
        path=video.path,
        duration_ms=video.duration_ms,
        decisive_ms=video.decisive_ms,
        saved_at_us=clip.saved_at_us,
    )


def said(clip: Clip, *, at_us: int) -> Happened:
    """What rules hear of it."""
    video = clip.video
    return Happened(
        what=Happening.CLIP_READY,
        ring=video.ring,
        session=video.video_id,
        entry=0,
        index=0,
        at_us=at_us,
        view=clip.view,
        label=f"clip of review {video.challenge}" if video.challenge is not None else "clip saved",
        athlete=video.athlete,
        challenge=clip.challenge,
        connection=video.connection,
    )


def saved(clip: Clip, obs_path: str, *, at_us: int) -> None:
    """OBS wrote it."""
    clip.step, clip.saved_at_us = Step.SAVED, at_us
    clip.video = replace(clip.video, obs_path=obs_path, ended_at_us=at_us, is_whole=True, problem=None)
