"""Saves a clip for each video review and follows it until it is in its place; obs-bridge.

A review is kept before OBS is asked for its clip, so that one whose saving was interrupted is told as missing, or found
in OBS after a restart. Reviews that are asked for while OBS is being asked share one clip: OBS makes one of them, too.
"""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

import msgspec
import structlog
from msgspec import Struct
from msgspec.structs import replace

from services.obs_bridge import names
from services.obs_bridge.acts import replay
from services.obs_bridge.execution import Outcome
from services.obs_bridge.files import Done, Files, Inspected
from services.obs_bridge.ledger import Ledger
from services.obs_bridge.procedure import Data
from services.obs_bridge.recording.recorder import NO_RING
from services.obs_bridge.surroundings import Obs, Surroundings
from shared.automation.happenings import SIDES, Happened
from shared.automation.match_view import MatchView
from shared.automation.placeholders import clock_text, match_values
from shared.messages.automation import Happening
from shared.messages.episodes import Challenge
from shared.messages.recordings import ClipReady, VideoKind, VideoStored

KEY: Final = "clips/"
"""Under which keys of the outbox the clips under way are kept."""
MOST_KEPT: Final = 50
"""Clips whose outcome may still come: more than the reviews of any match."""
_encode = msgspec.msgpack.Encoder().encode


class Asked(Struct, frozen=True, kw_only=True):
    """A clip that was asked for: of a review, or (`challenge` None) by hand. Unix microseconds."""

    video_id: str
    view: MatchView
    asked_at_us: int
    challenge: Challenge | None = None


class Kept(Struct, kw_only=True):
    """What is kept: clips that OBS was asked for, and those whose review is not over."""

    asked: list[Asked] = []
    clips: list[VideoStored] = []


class Places(Protocol):
    """Where OBS's files are on this machine."""

    def ours(self, obs_path: str) -> Path | None:
        """The file here; None where it cannot be reached."""


class Clips:
    """The clips of one connection. `ready` is told of each clip that can be watched; `stored` of each file, to have it
    examined further.
    """

    def __init__(
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
        self._kept = msgspec.msgpack.decode(kept, type=Kept) if kept is not None else Kept()
        self._waiting: list[Asked] = []
        self._is_busy = False
        self._view = MatchView(ring=NO_RING)
        self._left_over, self._kept.asked = self._kept.asked, []
        self._last_saved: str | None = None

    @property
    def rings_under_way(self) -> set[str]:
        """The rings whose past matters after a restart."""
        return {clip.ring for clip in self._kept.clips if clip.outcome is None} | {a.view.ring for a in self._left_over}

    # What it is told

    def took(self, happened: Happened) -> None:
        """Go on with what happened on a ring that this connection serves."""
        if happened.view.match_id is not None:
            self._view = happened.view
        review = happened.challenge
        if review is None:
            return
        if happened.what is Happening.REVIEW_REQUESTED:
            self._requested(happened, review)
        elif happened.what in (Happening.REVIEW_DECIDED, Happening.REVIEW_ENDED):
            self._decided(happened.view.match_id, review)

    def link_up(self) -> None:
        """OBS can be asked again: what it was asked for before a restart may be there."""
        self._is_busy = False
        self._waiting = [*self._waiting, *self._kept.asked]
        for asked in self._left_over:
            self._missing(asked, "The suite ended while OBS saved this clip; look for it in OBS's folder.")
        self._left_over = []

    def event(self, name: str, data: Data) -> None:
        """An event of OBS: a clip that nobody here asked for was saved by hand."""
        if name == "ReplayBufferSaved" and not self._is_busy:
            asked = Asked(video_id=uuid.uuid4().hex, view=self._view, asked_at_us=self._around.now_us())
            self._saved([asked], str(data.get("savedReplayPath", "")))

    def turn(self) -> None:
        """Have OBS save what was asked for."""
        if not self._waiting or self._is_busy or self._around.is_paused:
            return
        asked, self._waiting = self._waiting, []
        if not self._obs.is_connected:
            for one in asked:
                self._missing(one, "OBS was not connected when this review was asked for, so that there is no clip.")
            return
        self._is_busy = True
        self._kept.asked = asked
        self._keep()
        self._ledger.then(lambda: self._save(asked))

    # Saving

    def _requested(self, happened: Happened, review: Challenge) -> None:
        is_known = any(c.match_id == happened.view.match_id and c.challenge == review.number for c in self._kept.clips)
        if is_known or happened.view.match_id is None:
            return
        video_id = f"{happened.view.match_id}.review-{review.number}.{self._obs.name}"
        if video_id in {asked.video_id for asked in (*self._waiting, *self._kept.asked)}:
            return
        asked = Asked(video_id=video_id, view=happened.view, asked_at_us=self._around.now_us(), challenge=review)
        if self._around.now_us() - happened.at_us > self._around.act_within_us:
            self._missing(asked, "We heard of this review when it was too late for its clip.")
        elif not self._around.is_paused:
            self._waiting.append(asked)

    def _save(self, asked: list[Asked]) -> None:
        def saved(outcome: Outcome[str]) -> None:
            self._is_busy = False
            self._kept.asked = []
            if outcome.error is None:
                self._saved(asked, outcome.value())
            else:
                self._log.error("clip_not_saved", reason=outcome.error.message)
                for one in asked:
                    self._missing(one, outcome.error.message)

        self._obs.run(replay.save(self._obs.facts), saved, what="the saving of the clip")

    def _saved(self, asked: list[Asked], obs_path: str) -> None:
        for one in asked:
            self._store(self._video(one, obs_path))
        source = self._places.ours(obs_path)
        if source is None:
            problem = "The clip is where OBS says; this machine cannot reach it (a path map is missing)."
            for one in asked:
                self._done(one, replace(self._video(one, obs_path), problem=problem))
            return
        self._files.move(
            source, self._target(source, asked[0]), lambda done: self._moved(asked, obs_path, source, done)
        )

    def _moved(self, asked: list[Asked], obs_path: str, source: Path, done: Done[Path]) -> None:
        path = done.result or source
        problem = done.error.message if done.error is not None else None
        self._files.inspect(path, lambda seen: self._inspected(asked, obs_path, path, problem, seen))

    def _inspected(
        self, asked: list[Asked], obs_path: str, path: Path, problem: str | None, seen: Done[Inspected]
    ) -> None:
        found = seen.result
        for one in asked:
            video = replace(self._video(one, obs_path), path=str(path), problem=problem)
            if found is None:
                why = seen.error.message if seen.error is not None else "It cannot be read."
                self._done(one, replace(video, problem=problem or why))
                continue
            duration, offset = found.duration_ms, self._decisive_ms(one, found.duration_ms)
            self._done(one, replace(video, size_bytes=found.size_bytes, duration_ms=duration, decisive_ms=offset))
        self._files.checksum(path, lambda summed: self._summed(asked, summed.result.sha256 if summed.result else None))

    def _done(self, asked: Asked, video: VideoStored) -> None:
        """The clip can be watched."""
        video = replace(video, outcome=self._outcome(video))
        self._store(video)
        ready = ClipReady(
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
            saved_at_us=asked.asked_at_us,
        )
        self._ledger.then(lambda: self._ready(ready))
        label = f"clip of review {video.challenge}" if video.challenge is not None else "clip saved"
        said = Happened(
            what=Happening.CLIP_READY,
            ring=video.ring,
            session=video.video_id,
            entry=0,
            index=0,
            at_us=self._around.now_us(),
            view=asked.view,
            label=label,
            athlete=video.athlete,
            challenge=asked.challenge,
            connection=self._obs.name,
        )
        self._around.happened(said)

    def _summed(self, asked: list[Asked], sha256: str | None) -> None:
        for one in asked:
            clip = next((clip for clip in self._kept.clips if clip.video_id == one.video_id), None)
            if clip is not None and sha256 is not None:
                self._store(replace(clip, sha256=sha256))

    def _missing(self, asked: Asked, problem: str) -> None:
        self._store(replace(self._video(asked, ""), problem=problem, is_whole=False))

    # The clip

    def _video(self, asked: Asked, obs_path: str) -> VideoStored:
        view, review = asked.view, asked.challenge
        return VideoStored(
            video_id=asked.video_id,
            kind=VideoKind.REVIEW if review is not None else VideoKind.MANUAL,
            connection=self._obs.name,
            ring=view.ring,
            match_id=view.match_id,
            obs_path=obs_path,
            ended_at_us=asked.asked_at_us,
            challenge=review.number if review is not None else None,
            athlete=review.athlete if review is not None else None,
            round=review.round if review is not None else view.round,
            clock_ms=review.clock_ms if review is not None else view.clock_ms,
            outcome=_outcome_of(review) if review is not None else None,
        )

    def _decisive_ms(self, asked: Asked, duration_ms: int | None) -> int | None:
        """The moment that is argued about: some time before the review was asked for. A clip ends when it is saved."""
        if duration_ms is None or asked.challenge is None:
            return None
        since_ms = (asked.asked_at_us - asked.challenge.requested_at_us) // 1000
        settings = self._obs.recording
        at_ms = duration_ms - since_ms - settings.review_lead_ms + settings.picture_delay_ms
        return min(max(at_ms, 0), duration_ms)

    def _target(self, source: Path, asked: Asked) -> Path:
        settings, view, review = self._obs.recording, asked.view, asked.challenge
        values = names.folder_values(match_values(view, asked.asked_at_us)) | {
            "round": str(view.round or ""),
            "clock": clock_text(review.clock_ms if review is not None else view.clock_ms, divider="-"),
            "number": str(review.number) if review is not None else "",
            "side": SIDES[review.athlete] if review is not None else "",
            "outcome": "",
        }
        name = names.file_name(settings.clip_folder, settings.clip_name, values)
        root = self._places.ours(settings.root) if settings.root is not None else None
        return (root or source.parent) / f"{name}{source.suffix}"

    def _decided(self, match_id: str | None, review: Challenge) -> None:
        for clip in self._kept.clips:
            if (clip.match_id, clip.challenge) == (match_id, review.number) and _outcome_of(review) != clip.outcome:
                self._store(replace(clip, outcome=_outcome_of(review)))
                return

    def _outcome(self, video: VideoStored) -> str | None:
        known = next((clip for clip in self._kept.clips if clip.video_id == video.video_id), None)
        return known.outcome if known is not None and known.outcome is not None else video.outcome

    def _store(self, video: VideoStored) -> None:
        others = [clip for clip in self._kept.clips if clip.video_id != video.video_id]
        self._kept.clips = [*others, video][-MOST_KEPT:]
        self._keep()
        self._ledger.tell(video)

    def _keep(self) -> None:
        self._ledger.keep(KEY + self._obs.name, _encode(self._kept))


def _outcome_of(review: Challenge) -> str | None:
    """How a review ended, None while it goes on."""
    return review.status.value if review.decided_at_us is not None or not review.is_open else None
