"""Review clips are deleted after some days, unless somebody keeps them; and kept or deleted by command. The row of a
deleted video stays, and says so; obs-bridge.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from services.obs_bridge.files import Done, Files
from shared.clock import unix_ns
from shared.db.sqlite import sqlite3
from shared.errors import DatabaseError, RestrikeError, ValidationError
from shared.messages.obs_commands import DeleteVideo, KeepVideo
from shared.messages.recordings import VideoKind, VideoStored
from shared.rpc import Later
from shared.video.stored import Ask, videos

LOOK_EVERY_S: Final = 3_600.0
"""How often `look` is to be called: a day more or less does not matter, a morning's start of the suite does."""
AT_ONCE: Final = 200
"""Clips deleted by one look; the next one goes on."""
US_PER_DAY: Final = 86_400_000_000
_CLIPS: Final = "v.kind = 'review' AND NOT v.is_kept AND v.deleted_at IS NULL"
_ONE: Final = "v.video_key = :key"


def due(rows: Iterable[VideoStored], *, now_us: int, keep_days: int) -> list[VideoStored]:
    """The clips to delete: of reviews, not kept, whose file is here, and ended more than `keep_days` ago (0: none)."""
    if keep_days <= 0:
        return []
    before_us = now_us - keep_days * US_PER_DAY
    return [
        row
        for row in rows
        if row.kind is VideoKind.REVIEW and not row.is_kept and row.deleted_at_us is None and row.path is not None
        if (at_us := row.ended_at_us or row.started_at_us) is not None and at_us < before_us
    ]


class Retention:
    """Keeps and deletes. `ask` reads restrike.db; `tell` has a fact stored and published; `days` is the setting
    `obs.clip_days`.
    """

    def __init__(
        self,
        files: Files,
        *,
        ask: Ask,
        tell: Callable[[VideoStored], None],
        days: Callable[[], int],
        now_us: Callable[[], int] = lambda: unix_ns() // 1000,
    ) -> None:
        self._files = files
        self._ask = ask
        self._tell = tell
        self._days = days
        self.is_written: Callable[[str], bool] = lambda _video: False
        """Whether OBS still writes the video of that id; to be set by who knows."""
        self._now_us = now_us
        self._told: dict[str, VideoStored] = {}
        self._busy: set[str] = set()

    def look(self) -> None:
        """Delete the clips that are due. Raises what `ask` raises."""
        if self._days() <= 0:
            return
        rows = [self._known(video.said) for video in videos(self._ask, _CLIPS)]
        found = due(rows, now_us=self._now_us(), keep_days=self._days())
        for video in found[:AT_ONCE]:
            if video.video_id not in self._busy:
                self._delete(video, lambda _: None, lambda _: None)

    def keep(self, command: KeepVideo) -> VideoStored:
        """Answer `KeepVideo`. Raises ValidationError: there is no such video, or it is deleted."""
        video = self._there(command.video_id)
        return self._say(replace(video, is_kept=command.is_kept))

    def delete(self, command: DeleteVideo) -> Later:
        """Answer `DeleteVideo` once the file is gone.

        Raises:
            ValidationError: there is no such video, it is kept, written, or not to be reached from here.
        """
        video = self._there(command.video_id)
        if video.is_kept:
            raise ValidationError("video.kept", "This video is kept: give it free with restrike obs reviews unkeep.")
        if video.path is None:
            sentence = "The file is on OBS's machine: delete it there, or say where its folder is here (path map)."
            raise ValidationError("video.elsewhere", sentence, value=video.obs_path)
        if self.is_written(video.video_id) or video.video_id in self._busy:
            raise ValidationError("video.busy", "This video is being recorded or deleted; wait for its end.")
        later = Later()
        self._delete(video, later.answer, later.refuse)
        return later

    def stamp(self, video: VideoStored) -> VideoStored:
        """What somebody else of obs-bridge is about to tell of a video (its checksum, the outcome of its review), with
        what was decided here since: that it is kept, or deleted. Everything that is told of videos has to go through
        this; it never fails.
        """
        known = self._told.get(video.video_id) or self._stored(video.video_id)
        if known is not None:
            video = replace(video, is_kept=known.is_kept, deleted_at_us=known.deleted_at_us)
        self._told[video.video_id] = video
        return video

    def _stored(self, video_id: str) -> VideoStored | None:
        """Its row; None, too, where the database cannot be read: what OBS did has to be told all the same."""
        try:
            rows = videos(self._ask, _ONE, key=video_id)
        except (DatabaseError, sqlite3.Error):
            return None
        return rows[0].said if rows else None

    def _delete(
        self, video: VideoStored, done: Callable[[object], None], failed: Callable[[RestrikeError], None]
    ) -> None:
        path = Path(video.path or "")
        self._busy.add(video.video_id)

        def removed(result: Done[Path]) -> None:
            self._busy.discard(video.video_id)
            now = self._known(video)
            if result.error is not None:
                self._say(replace(now, problem=f"It could not be deleted: {result.error.message}"))
                failed(result.error)
            else:
                done(self._say(replace(now, deleted_at_us=self._now_us(), problem=None)))

        self._files.remove(path, removed)

    def _there(self, video_id: str) -> VideoStored:
        rows = videos(self._ask, _ONE, key=video_id)
        found = self._known(rows[0].said) if rows else self._told.get(video_id)
        if found is None:
            raise ValidationError("video.unknown", "There is no such video. See restrike obs videos.", value=video_id)
        if found.deleted_at_us is not None:
            raise ValidationError("video.deleted", "This video was deleted already.", value=video_id)
        return found

    def _known(self, stored: VideoStored) -> VideoStored:
        """`stored`, or what was told since: db-writer may not have come to it. What it has is forgotten."""
        told = self._told.get(stored.video_id)
        if told is None or told == stored:
            self._told.pop(stored.video_id, None)
            return stored
        return told

    def _say(self, video: VideoStored) -> VideoStored:
        self._told[video.video_id] = video
        self._tell(video)
        return video
