"""Saves a clip for each video review and follows it until it is in its place; obs-bridge.

A clip is kept before OBS is asked for it, so that one whose saving was interrupted is found in OBS after a restart, or
told as missing. Reviews that are asked for in the same moment share one clip: OBS makes one of them, too.
"""

import uuid
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Final, Protocol

import msgspec
import structlog
from msgspec.structs import replace

from services.obs_bridge import kept_state
from services.obs_bridge.acts import record_settings, replay
from services.obs_bridge.acts.facts import ObsFacts
from services.obs_bridge.execution import Outcome
from services.obs_bridge.files import Checksum, Done, Files, Inspected
from services.obs_bridge.ledger import Ledger
from services.obs_bridge.procedure import Ask, Data, Procedure
from services.obs_bridge.reviews import clip as one
from services.obs_bridge.reviews.clip import Clip, Kept, Step
from services.obs_bridge.surroundings import UNSURE, Obs, Surroundings, is_fresh
from shared.automation.happenings import Happened
from shared.automation.match_view import MatchView
from shared.errors import ObsError
from shared.licensing.features import REPLAY_CLIPS
from shared.messages.automation import Happening
from shared.messages.episodes import Challenge
from shared.messages.recordings import NO_RING, ClipReady

KEY: Final = "clips/"
"""Under which keys of the outbox the clips under way are kept."""
LATE_US: Final = 30_000_000
"""A clip that OBS tells so long after it was asked for it is that clip; later ones were saved by hand."""
AFTER_MATCH_US: Final = 300_000_000
"""What is saved by hand so long after the last event of a match still shows it."""
NOT_CONNECTED: Final = "OBS was not connected when this review was asked for, so there is no clip."
PAUSED: Final = "Automation was paused when this review was asked for, so there is no clip."
TOO_LATE: Final = "We heard of this review when it was too late for its clip."
NOT_FOUND: Final = "OBS was asked for this clip and was gone before it told that it saved it; look in its folder."
UNREACHABLE: Final = "The clip is where OBS says; this machine cannot reach it: see restrike obs edit --map."
_encode = msgspec.msgpack.Encoder().encode


class Places(Protocol):
    """Where OBS's files are on this machine."""

    def ours(self, obs_path: str) -> Path | None:
        """The file here; None where it cannot be reached."""


class Clips:
    """The clips of one connection. `ready` is told of each clip that can be watched."""

    def __init__(  # noqa: PLR0913 - what it drives, what it keeps, and its log
        self,
        obs: Obs,
        around: Surroundings,
        ledger: Ledger,
        *,
        files: Files,
        places: Places,
        ready: Callable[[ClipReady], None],
        kept: bytes | None,
        log: structlog.stdlib.BoundLogger,
    ) -> None:
        self._obs = obs
        self._around = around
        self._ledger = ledger
        self._files = files
        self._places = places
        self._ready = ready
        self._log = log.bind(obs=obs.name)
        self._kept = kept_state.read_again(kept, Kept, key=KEY + obs.name, log=log) or Kept()
        self._is_busy = False
        self._is_resumed = False
        self._last: tuple[MatchView, int] = MatchView(ring=NO_RING), 0
        self._folder: str | None = None

    @property
    def rings_under_way(self) -> set[str]:
        """The rings whose past matters after a restart."""
        return {clip.video.ring for clip in self._kept.clips if clip.is_open}

    # What it is told

    def took(self, happened: Happened) -> None:
        """Go on with what happened on a ring that this connection serves."""
        if happened.view.match_id is not None:
            self._last = happened.view, happened.at_us
        review = happened.challenge
        if review is None or happened.connection is not None:
            return
        if happened.what is Happening.REVIEW_REQUESTED:
            self._requested(happened, review)
        elif happened.what in (Happening.REVIEW_DECIDED, Happening.REVIEW_ENDED):
            self._decided(happened.view.match_id, review)

    def link_up(self) -> None:
        """OBS can be asked again: what it was asked for before may be there. And where does it save clips?"""
        self._is_busy = True
        self._obs.run(_last_clip(), self._looked, what="the look for the last clip")

    def event(self, name: str, data: Data) -> None:
        """An event of OBS: a clip that is not waited for comes late, or was saved by hand."""
        if name != "ReplayBufferSaved":
            return
        path, now_us = str(data.get("savedReplayPath", "")), self._around.now_us()
        self._kept.last_saved = path
        if self._is_busy:
            return
        clips = [clip for clip in self._kept.at(Step.ASKED) if now_us - clip.saved_at_us < LATE_US]
        self._saved(clips or [self._by_hand(now_us)], path, None if clips else now_us)

    def turn(self) -> None:
        """Have OBS save what is wanted."""
        if not self._is_resumed:
            self._is_resumed = True
            self._resume()
        clips = self._kept.at(Step.WANTED)
        if not clips or self._is_busy:
            return
        if not self._obs.is_connected:
            self._missing([clip for clip in clips if not is_fresh(self._around, clip.saved_at_us)], NOT_CONNECTED)
            return
        self._is_busy = True
        for clip in clips:
            clip.step = Step.ASKED
        self._keep()
        self._ledger.then(lambda: self._save(clips))

    # Saving

    def _requested(self, happened: Happened, review: Challenge) -> None:
        view, now_us = happened.view, self._around.now_us()
        video_id = f"{view.match_id}.review-{review.number}.{self._obs.name}"
        if view.match_id is None or any(clip.video.video_id == video_id for clip in self._kept.clips):
            return
        clip = one.wanted(video_id, self._obs.name, view, review, at_us=now_us)
        self._kept.add(clip)
        self._keep()
        if not is_fresh(self._around, happened.at_us):
            self._missing([clip], TOO_LATE)
        elif self._around.is_paused:
            self._missing([clip], PAUSED)
        elif (refusal := self._around.refusal(REPLAY_CLIPS, view)) is not None:
            self._missing([clip], refusal)

    def _by_hand(self, now_us: int) -> Clip:
        view, at_us = self._last
        if view.is_over and now_us - at_us > AFTER_MATCH_US:
            view = MatchView(ring=view.ring, venue=view.venue)
        clip = one.wanted(uuid.uuid4().hex, self._obs.name, view, None, at_us=now_us)
        self._kept.add(clip)
        return clip

    def _save(self, clips: list[Clip]) -> None:
        now_us = self._around.now_us()
        for clip in clips:
            clip.saved_at_us = now_us

        def done(outcome: Outcome[tuple[str, str]]) -> None:
            self._is_busy = False
            if outcome.error is None:
                path, self._folder = outcome.value()
                self._saved(clips, path, now_us)
                return
            self._log.error("clip_not_saved", reason=outcome.error.message)
            is_unsure = outcome.error.code in UNSURE
            self._missing(clips, outcome.error.message, step=Step.ASKED if is_unsure else Step.OVER)

        self._obs.run(_save(self._obs.facts), done, what="the saving of the clip")

    def _looked(self, outcome: Outcome[tuple[str | None, str]]) -> None:
        """What OBS names as its last clip may be the one that was asked for before the connection was lost."""
        self._is_busy = False
        path, self._folder = outcome.result if outcome.result is not None else (None, self._folder)
        clips = self._kept.at(Step.ASKED)
        if clips and path and path != self._kept.last_saved:
            self._saved(clips, path, None)
        elif clips:
            self._missing(clips, NOT_FOUND)
        if path != self._kept.last_saved and outcome.error is None:
            self._kept.last_saved = path
            self._keep()

    def _missing(self, clips: list[Clip], problem: str, *, step: Step = Step.OVER) -> None:
        for clip in clips:
            clip.step = step
            clip.video = replace(clip.video, problem=problem, is_whole=False)
            self._tell(clip)

    # Its file

    def _saved(self, clips: list[Clip], obs_path: str, at_us: int | None) -> None:
        """`at_us` None: when OBS was asked is known."""
        self._kept.last_saved = obs_path
        for clip in clips:
            one.saved(clip, obs_path, at_us=at_us if at_us is not None else clip.saved_at_us)
            self._tell(clip)
        source, settings = self._places.ours(obs_path), self._obs.recording
        if source is None:
            for clip in clips:
                clip.step = Step.OVER
                clip.video = replace(clip.video, problem=UNREACHABLE)
                self._watchable(clip)
            return
        folder = settings.root if settings.root is not None else self._folder
        root = self._places.ours(folder) if folder is not None else None
        target = one.target(clips[0], source, root, settings)
        for clip in clips:
            clip.target = str(target)
        self._ledger.then(lambda: self._files.move(source, target, lambda done: self._moved(clips, source, done)))

    def _resume(self) -> None:
        """Go on with the files that the process before this one had no time for."""
        for obs_path, found in groupby(self._kept.at(Step.SAVED), key=lambda clip: clip.video.obs_path):
            clips, source = list(found), self._places.ours(obs_path)
            target = Path(clips[0].target or obs_path)
            if source is None or clips[0].target is None:
                self._inspect(clips, target, None)
            else:
                self._files.move(source, target, _moved_then(self, clips, target))
        for path, found in groupby(self._kept.at(Step.PLACED), key=lambda clip: clip.video.path):
            self._sum(list(found), Path(path or ""))
        wanted = self._kept.at(Step.WANTED)  # OBS was never asked
        self._missing([clip for clip in wanted if not is_fresh(self._around, clip.saved_at_us)], TOO_LATE)

    def _moved(self, clips: list[Clip], source: Path, done: Done[Path]) -> None:
        self._inspect(clips, done.result or source, done.error.message if done.error is not None else None)

    def _inspect(self, clips: list[Clip], path: Path, problem: str | None) -> None:
        self._files.inspect(path, lambda seen: self._inspected(clips, path, problem, seen))

    def _inspected(self, clips: list[Clip], path: Path, problem: str | None, seen: Done[Inspected]) -> None:
        found = seen.result
        if found is None or found.size_bytes == 0:
            why = seen.error.message if seen.error is not None else "OBS wrote nothing into this file."
            self._missing(clips, " ".join(filter(None, (problem, why))))
            return
        for clip in clips:
            clip.step = Step.PLACED
            clip.video = replace(
                clip.video,
                path=str(path),
                size_bytes=found.size_bytes,
                duration_ms=found.duration_ms,
                decisive_ms=one.decisive_ms(clip, found.duration_ms, self._obs.recording),
                problem=problem or found.reason or one.too_short(clip, found.duration_ms, self._obs.recording),
            )
            self._watchable(clip)
        self._sum(clips, path)

    def _sum(self, clips: list[Clip], path: Path) -> None:
        self._files.checksum(path, lambda done: self._summed(clips, done))

    def _summed(self, clips: list[Clip], done: Done[Checksum]) -> None:
        for clip in clips:
            clip.step = Step.OVER
            clip.video = replace(clip.video, sha256=done.result.sha256 if done.result is not None else None)
            self._tell(clip)

    def renamed(self, before: str) -> None:
        """The connection has another name: what was kept goes with it."""
        for clip in self._kept.clips:
            clip.video = replace(clip.video, connection=self._obs.name)
        self._ledger.keep(KEY + before, None)
        self._keep()

    # What is told

    def _decided(self, match_id: str | None, review: Challenge) -> None:
        for clip in self._kept.clips:
            video, outcome = clip.video, one.outcome_of(review)
            if (video.match_id, video.challenge) == (match_id, review.number) and outcome != video.outcome:
                clip.video = replace(video, outcome=outcome)
                if clip.is_told:
                    self._tell(clip)
                self._keep()

    def _watchable(self, clip: Clip) -> None:
        self._tell(clip)
        ready = one.ready(clip)
        self._ledger.then(lambda: self._ready(ready))
        self._around.happened(one.said(clip, at_us=self._around.now_us()))

    def _tell(self, clip: Clip) -> None:
        clip.is_told = True
        self._ledger.tell(clip.video)
        self._keep()

    def _keep(self) -> None:
        self._ledger.keep_latest(KEY + self._obs.name, lambda: _encode(self._kept))


def _moved_then(clips: Clips, found: list[Clip], target: Path) -> Callable[[Done[Path]], None]:
    """After a move that may have been done before: then the file is where it belongs."""
    return lambda done: clips._inspect(found, done.result or target, None)  # noqa: SLF001 - this module's own class


def _save(on: ObsFacts) -> Procedure[tuple[str, str]]:
    """The clip as OBS named it, and the folder that OBS records to: a name may have folders of its own."""
    path = yield from replay.save(on)
    return path, (yield from record_settings.directory())


def _last_clip() -> Procedure[tuple[str | None, str]]:
    """What OBS names as its last clip (None: there is none), and the folder that it records to."""
    folder = yield from record_settings.directory()
    try:
        found = yield Ask("GetLastReplayBufferReplay")
    except ObsError as error:
        if error.code != "obs.refused":
            raise
        return None, folder
    return found.get("savedReplayPath") or None, folder
