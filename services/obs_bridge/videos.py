"""Files that OBS has closed: told at once, then examined, then given a checksum; obs-bridge.

What is not examined yet is kept, so that a restart goes on with it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace

from services.obs_bridge.files import Checksum, Done, Files, Inspected
from services.obs_bridge.ledger import Ledger
from shared.messages.recordings import VideoStored

KEY: Final = "video/"
"""Under which keys of the outbox the files that are to be examined are kept."""
UNREACHABLE: Final = "It is where OBS says; this machine cannot reach it: see restrike obs edit --map."
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(VideoStored).decode


class Videos:
    """`ours` says where a connection's file is on this machine, None where it cannot be reached."""

    def __init__(
        self, ledger: Ledger, files: Files, *, ours: Callable[[str, str], Path | None], kept: dict[str, bytes]
    ) -> None:
        self._ledger = ledger
        self._files = files
        self._ours = ours
        self._left = [_decode(value) for key, value in kept.items() if key.startswith(KEY)]

    def go_on(self) -> None:
        """Examine what the process before this one had no time for."""
        left, self._left = self._left, []
        for video in left:
            self._examine(video)

    def closed(self, video: VideoStored) -> None:
        """OBS has closed a file."""
        path = self._ours(video.connection, video.obs_path)
        if path is None:
            self._ledger.tell(replace(video, problem=video.problem or UNREACHABLE))
            return
        video = replace(video, path=str(path))
        self._ledger.tell(video)
        self._ledger.keep(KEY + video.video_id, _encode(video))
        self._ledger.then(lambda: self._examine(video))

    def _examine(self, video: VideoStored) -> None:
        self._files.inspect(Path(video.path or ""), lambda done: self._examined(video, done))

    def _examined(self, video: VideoStored, done: Done[Inspected]) -> None:
        seen = done.result
        if seen is None or seen.size_bytes == 0:
            why = done.error.message if done.error is not None else "OBS wrote nothing into this file."
            self._over(replace(video, size_bytes=0 if seen is not None else None, is_whole=False, problem=why))
            return
        duration = seen.duration_ms if seen.duration_ms is not None else video.duration_ms
        video = replace(video, size_bytes=seen.size_bytes, duration_ms=duration)
        self._ledger.tell(video)
        self._files.checksum(seen.path, lambda summed: self._summed(video, summed))

    def _summed(self, video: VideoStored, done: Done[Checksum]) -> None:
        self._over(replace(video, sha256=done.result.sha256 if done.result is not None else None))

    def _over(self, video: VideoStored) -> None:
        self._ledger.tell(video)
        self._ledger.keep(KEY + video.video_id, None)
