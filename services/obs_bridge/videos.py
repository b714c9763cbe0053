"""Files that OBS has closed: told at once, then examined, then given a checksum; obs-bridge.

What is not examined yet is kept, so that a restart goes on with it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
import structlog
from msgspec.structs import replace

from services.obs_bridge import kept_state
from services.obs_bridge.execution import After
from services.obs_bridge.files import Checksum, Done, Files, Inspected
from services.obs_bridge.ledger import Ledger
from shared.messages.recordings import VideoStored

KEY: Final = "video/"
"""Under which keys of the outbox the files that are to be examined are kept."""
NO_NAME: Final = "OBS did not say which file it is; look in its folder."
SETTLES_S: Final = 1.0
"""When OBS is killed, its child that writes the file ends it by itself within two seconds."""
MOST_LOOKS: Final = 30
LATE_MS: Final = 150
"""A length that is measured is as uncertain as this."""
UNREACHABLE: Final = (
    "This machine does not find it where OBS says: it was moved or deleted, or OBS runs elsewhere and there is no path"
    " map for this folder (restrike obs edit --map)."
)
UNPLAYABLE: Final = "OBS wrote no picture into it: it ended at once, or before its encoder's next key frame."
NOT_CLOSED: Final = "OBS did not bring it to its end, as on a full disk: it plays up to there."
_encode = msgspec.msgpack.Encoder().encode


class Videos:
    """`ours` says where a connection's file is on this machine, None where it cannot be reached. `after` is a timer of
    the loop. `begins` is told of a measured file how much later it begins than was told: connection, video, ms.
    """

    def __init__(  # noqa: PLR0913 - what it drives, what it keeps, and whom it tells
        self,
        ledger: Ledger,
        files: Files,
        *,
        ours: Callable[[str, str], Path | None],
        kept: dict[str, bytes],
        after: After | None = None,
        begins: Callable[[str, str, int], None] = lambda *_: None,
        log: structlog.stdlib.BoundLogger | None = None,
    ) -> None:
        self._ledger = ledger
        self._files = files
        self._ours = ours
        self._after = after
        self._begins = begins
        log = log or structlog.stdlib.get_logger()
        left = {key: value for key, value in kept.items() if key.startswith(KEY)}
        found = [kept_state.read_again(value, VideoStored, key=key, log=log) for key, value in left.items()]
        self._left = [video for video in found if video is not None]

    def go_on(self) -> None:
        """Examine what the process before this one had no time for."""
        left, self._left = self._left, []
        for video in left:
            self._examine(video)

    def closed(self, video: VideoStored) -> None:
        """OBS has closed a file."""
        path = self._ours(video.connection, video.obs_path) if video.obs_path else None
        if path is None:
            why = UNREACHABLE if video.obs_path else NO_NAME
            self._ledger.tell(replace(video, problem=_joined(video.problem, why)))
            return
        video = replace(video, path=str(path))
        self._ledger.tell(video)
        self._ledger.keep(KEY + video.video_id, _encode(video))
        self._ledger.then(lambda: self._examine(video))

    def _examine(self, video: VideoStored) -> None:
        path = Path(video.path or "")
        if video.is_whole or self._after is None:
            self._files.inspect(path, lambda done: self._examined(video, done))
        else:
            self._files.inspect(path, lambda done: self._look_again(video, done, looks=1))

    def _look_again(self, video: VideoStored, before: Done[Inspected], *, looks: int) -> None:
        """A file that OBS did not close may still grow."""

        def looked(now: Done[Inspected]) -> None:
            if now.result is None or _size(now) == _size(before) or looks == MOST_LOOKS:
                self._examined(video, now)
            else:
                self._look_again(video, now, looks=looks + 1)

        if self._after is not None:
            self._after(SETTLES_S, lambda: self._files.inspect(Path(video.path or ""), looked))

    def _examined(self, video: VideoStored, done: Done[Inspected]) -> None:
        seen = done.result
        if seen is None or seen.size_bytes == 0:
            why = done.error.message if done.error is not None else "OBS wrote nothing into this file."
            said = _joined(video.problem, why)
            self._over(replace(video, size_bytes=0 if seen is not None else None, is_whole=False, problem=said))
            return
        if not seen.is_playable:
            video = replace(video, duration_ms=None, is_whole=False, problem=_joined(video.problem, UNPLAYABLE))
        elif video.is_whole and not seen.is_closed:
            video = replace(video, is_whole=False, problem=_joined(video.problem, NOT_CLOSED))
        duration = seen.duration_ms if seen.duration_ms is not None else video.duration_ms
        ended_us = video.ended_at_us
        if ended_us is None and video.started_at_us is not None and duration is not None:
            ended_us = video.started_at_us + duration * 1000  # the last that is known to be in it
        late_ms = _late_ms(video, seen.duration_ms)
        if late_ms is not None:
            self._begins(video.connection, video.video_id, late_ms)
            video = _begun(video, late_ms)
        video = replace(video, size_bytes=seen.size_bytes, duration_ms=duration, ended_at_us=ended_us)
        self._ledger.tell(video)
        self._files.checksum(seen.path, lambda summed: self._summed(video, summed))

    def _summed(self, video: VideoStored, done: Done[Checksum]) -> None:
        self._over(replace(video, sha256=done.result.sha256 if done.result is not None else None))

    def _over(self, video: VideoStored) -> None:
        self._ledger.tell(video)
        self._ledger.keep(KEY + video.video_id, None)


def _late_ms(video: VideoStored, measured_ms: int | None) -> int | None:
    """How much later than was told a file begins whose end is known. Where OBS's encoder ran already (for the replay
    buffer or a stream), a recording begins with its next key frame, seconds after OBS said that it records.
    """
    began_us, least_us = video.started_at_us, video.placed_from_us
    if began_us is None or least_us is None or video.duration_ms is None or measured_ms is None or not video.is_whole:
        return None
    # Its encoder may add some pictures at the end; none is from before OBS said that it records.
    return max(video.duration_ms - measured_ms, (least_us - began_us) // 1000)


def _begun(video: VideoStored, late_ms: int) -> VideoStored:
    if video.started_at_us is None or abs(late_ms) <= LATE_MS:
        return video
    return replace(
        video,
        started_at_us=video.started_at_us + late_ms * 1000,
        placed_from_us=video.started_at_us,
        in_ms=max(0, video.in_ms - late_ms) if video.in_ms else video.in_ms,
        out_ms=max(0, video.out_ms - late_ms) if video.out_ms else video.out_ms,
    )


def _joined(*sentences: str | None) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


def _size(done: Done[Inspected]) -> int | None:
    return done.result.size_bytes if done.result is not None else None
