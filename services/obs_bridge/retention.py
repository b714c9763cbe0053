"""Review clips are deleted after some days, unless somebody keeps them; and kept or deleted by command. The row of a
deleted video stays, and says so; obs-bridge.

Reviews that are asked for in the same moment share one clip, which is several rows with one file: it goes with the last
of them that is due.
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
_CLIPS: Final = """
v.kind = 'review' AND NOT v.is_kept AND v.deleted_at IS NULL AND v.path NOT IN (
    SELECT o.path FROM recorded_videos o
    WHERE o.deleted_at IS NULL AND o.path IS NOT NULL AND (o.is_kept OR o.kind <> 'review')
)
"""
_ONE: Final = "v.video_key = :key"
_OF_FILE: Final = "v.path = :path AND v.deleted_at IS NULL"


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
        """Delete the clips that are due; while the database cannot be read, the next look does."""
        if self._days() <= 0:
            return
        try:
            rows = [self._known(video.said) for video in videos(self._ask, _CLIPS)]
        except (DatabaseError, sqlite3.Error):
            return
        found = {row.video_id: row for row in due(rows, now_us=self._now_us(), keep_days=self._days())}
        here = (row for row in (*rows, *self._told.values()) if row.deleted_at_us is None)
        held = {row.path for row in here if row.video_id not in found}
        files: dict[str | None, list[VideoStored]] = {}
        for row in found.values():
            if row.path not in held and row.video_id not in self._busy:
                files.setdefault(row.path, []).append(row)
        for together in list(files.values())[:AT_ONCE]:
            self._delete(together, lambda _: None, lambda _: None)

    def keep(self, command: KeepVideo) -> VideoStored:
        """Answer `KeepVideo`. Raises ValidationError: there is no such video, or it is (being) deleted."""
        video = self._there(command.video_id)
        if video.video_id in self._busy:
            raise ValidationError("video.busy", "This video is being deleted.", value=video.video_id)
        return self._say(replace(video, is_kept=command.is_kept))

    def delete(self, command: DeleteVideo) -> Later:
        """Answer `DeleteVideo` once the file is gone; other videos that are the same file are deleted with it.

        Raises:
            ValidationError: there is no such video, it (or one that is the same file) is kept or written, or it is not
                to be reached from here.
        """
        video = self._there(command.video_id)
        if video.is_kept:
            raise ValidationError("video.kept", "This video is kept: give it free with restrike obs reviews unkeep.")
        if video.path is None:
            sentence = "The file is on OBS's machine: delete it there, or say where its folder is here (path map)."
            raise ValidationError("video.elsewhere", sentence, value=video.obs_path)
        together = [video, *self._sharing(video)]
        for one in together:
            if self.is_written(one.video_id) or one.video_id in self._busy:
                raise ValidationError("video.busy", "This video is being recorded or deleted; wait for its end.")
            if one.is_kept:
                sentence = "This file is the clip of another review, too, which is kept: give that one free first."
                raise ValidationError("video.kept", sentence, value=one.video_id)
        later = Later()
        self._delete(together, later.answer, later.refuse)
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

    def _sharing(self, video: VideoStored) -> list[VideoStored]:
        """The other videos that are the same file, and not deleted."""
        rows = {row.said.video_id: self._known(row.said) for row in videos(self._ask, _OF_FILE, path=video.path)}
        found = self._told | rows
        return [
            one
            for one in found.values()
            if one.path == video.path and one.deleted_at_us is None and one.video_id != video.video_id
        ]

    def _delete(
        self, together: list[VideoStored], done: Callable[[object], None], failed: Callable[[RestrikeError], None]
    ) -> None:
        """Delete the file that all of `together` are; `done` is told of the first."""
        ids = {video.video_id for video in together}
        self._busy |= ids

        def removed(result: Done[Path]) -> None:
            self._busy -= ids
            now = [self._known(video) for video in together]
            if result.error is not None:
                problem = f"It could not be deleted: {result.error.message}"
                for video in now:
                    if video.problem != problem:  # it is tried again each hour
                        self._say(replace(video, problem=problem))
                failed(result.error)
            else:
                said = [self._say(replace(video, deleted_at_us=self._now_us(), problem=None)) for video in now]
                done(said[0])

        self._files.remove(Path(together[0].path or ""), removed)

    def _there(self, video_id: str) -> VideoStored:
        rows = videos(self._ask, _ONE, key=video_id)
        found = self._known(rows[0].said) if rows else self._told.get(video_id)
        if found is None:
            raise ValidationError(
                "video.unknown", "There is no such video. See restrike obs videos list.", value=video_id
            )
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
