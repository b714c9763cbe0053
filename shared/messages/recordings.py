"""Recordings of matches and clips of reviews: how they go on, their files, and where in them everything is.

Times are Unix microseconds. `path` is the file as our machine names it, None where only OBS knows it; `obs_path` is
what OBS reported, "" where it never named a file. `match_id` is the match's own key.
"""

from enum import StrEnum
from typing import Final

from msgspec import Struct

NO_RING: Final = "none"
"""The ring of what was recorded by hand, on no match; no ring has this name."""


class RecordingState(StrEnum):
    """How the recording of a match stands on a connection."""

    IDLE = "idle"
    PREPARING = "preparing"
    RECORDING = "recording"
    STOPPING = "stopping"
    FAILED = "failed"


class RecordingChanged(Struct, frozen=True, kw_only=True, tag_field="type", tag="recording_changed"):
    """`obs.recording/<connection>/`: a match's recording went on to another state; `reason` says why, and for `failed`
    what to do. `video_id` is that of the file (`obs.video`); a match that is recorded again, because OBS was gone
    meanwhile, has a next `part`. `by_hand`: somebody had started it in OBS; it is not ended by us.
    """

    video_id: str
    connection: str
    ring: str
    match_id: str | None
    before: RecordingState
    state: RecordingState
    at_us: int
    reason: str | None = None
    part: int = 1
    by_hand: bool = False
    obs_path: str | None = None
    started_at_us: int | None = None


class VideoKind(StrEnum):
    """What a file shows: a match, a video review, or what somebody recorded or saved by hand."""

    MATCH = "match"
    REVIEW = "review"
    MANUAL = "manual"


class VideoStored(Struct, frozen=True, kw_only=True, tag_field="type", tag="video_stored"):
    """`obs.video/<ring>/`: a file of OBS; said again, whole, whenever more is known of it (its end, its size and
    checksum, the outcome of its review, that it is kept or deleted).

    The first picture is from `started_at_us`; `placed_from_us` is when it was thought to be before: events that
    were placed from then (`obs.video_events`) go with it. `is_whole` is False when OBS ended before it closed
    the file. The match is from `in_ms` to `out_ms` of the file. A clip that could not be saved has no file: `path`
    None, `obs_path` "", `is_whole` False. Of a review: its number in the match, who asked, when (round, clock), its
    outcome, and the decisive moment at `decisive_ms`. `problem` says what is not as it should be.
    """

    video_id: str
    kind: VideoKind
    connection: str
    ring: str
    match_id: str | None
    obs_path: str
    path: str | None = None
    part: int = 1
    started_at_us: int | None = None
    ended_at_us: int | None = None
    duration_ms: int | None = None
    size_bytes: int | None = None
    sha256: str | None = None
    is_whole: bool = True
    in_ms: int | None = None
    out_ms: int | None = None
    challenge: int | None = None
    athlete: int | None = None
    round: int | None = None
    clock_ms: int | None = None
    decisive_ms: int | None = None
    outcome: str | None = None
    is_kept: bool = False
    deleted_at_us: int | None = None
    problem: str | None = None
    placed_from_us: int | None = None


class VideoEvent(Struct, frozen=True, kw_only=True):
    """Where something that happened is in a file: `offset_ms` from its first picture. `session`, `entry` and `index`
    are its place in the ring's journal; `kind` and `label` say what it was ("point", "hong +3").
    """

    kind: str
    label: str
    offset_ms: int
    at_us: int
    session: str
    entry: int
    index: int
    match_id: str | None = None
    athlete: int | None = None
    round: int | None = None
    clock_ms: int | None = None
    score: tuple[int, int] | None = None


class VideoEventsPlaced(Struct, frozen=True, kw_only=True, tag_field="type", tag="video_events_placed"):
    """`obs.video_events/<ring>/`: what happened is at these places of a recording."""

    video_id: str
    connection: str
    ring: str
    events: list[VideoEvent]


class ClipReady(Struct, frozen=True, kw_only=True):
    """`review.clip_ready/<ring>/`: the clip of a video review can be watched. The decisive moment is at `decisive_ms`,
    the clip `duration_ms` long; both are None where the file cannot be read from here.
    """

    video_id: str
    connection: str
    ring: str
    match_id: str | None
    challenge: int | None
    athlete: int | None
    round: int | None
    clock_ms: int | None
    obs_path: str
    path: str | None
    duration_ms: int | None
    decisive_ms: int | None
    saved_at_us: int
