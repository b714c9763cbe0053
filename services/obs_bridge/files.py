"""What obs-bridge does with the files that OBS wrote: in threads of low priority, so that neither a slow disk nor a
share that hangs ever holds up the loop, or what is on other disks. Answers are given in the loop's thread, and are
never exceptions.

Clips go before checksums: one is in its place while the checksum of a match is still being made. A copy and a checksum
read at most `READ_BYTES_PER_S`: waiting until nothing records would, with matches back to back, mean waiting until the
evening.
"""

import contextlib
import hashlib
import os
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Final, Generic, TypeVar

from msgspec import Struct

from services.obs_bridge import moving
from services.obs_bridge.crew import Crew, Job, Rank, Steps
from services.obs_bridge.execution import Post
from services.obs_bridge.mounts import mount_of
from shared.clock import monotonic_s
from shared.errors import IoError, RestrikeError
from shared.video import probing

READ_BYTES_PER_S: Final = 50_000_000
"""A tenth of what a plain SSD and a third of what a disk reads, beside the 1 to 6 MB/s that OBS writes. 4 GB then take
80 s, less than a match, so that checksums keep up."""
CHUNK_BYTES: Final = 1 << 20
SLOW_S: Final = 30.0
"""One step of a job (a file renamed, 1 MiB read) takes so long only where a disk or share does not answer."""

R = TypeVar("R")


class Done(Struct, Generic[R], frozen=True, kw_only=True):
    """What came of a job: its `result`, or the `error` with what to do."""

    result: R | None = None
    error: RestrikeError | None = None


class Inspected(Struct, frozen=True, kw_only=True):
    """A file; `duration_ms` is None where it cannot be told, `reason` says why. Of one that is not `is_closed`, as OBS
    broke off, it is where its last picture ends. Not `is_playable`: no picture in it can be read.
    """

    path: Path
    size_bytes: int
    duration_ms: int | None
    reason: str | None
    is_closed: bool = True
    is_playable: bool = True


class Checksum(Struct, frozen=True, kw_only=True):
    """SHA-256 of a file in hexadecimal; None where it was not made, `reason` says why."""

    path: Path
    sha256: str | None
    reason: str | None


class Files:
    """Does things with files: one after the other on each disk or share, and on all of them at once. `post` hands a
    callback to the loop (`Runtime.post`).

    `checksum_up_to_bytes` is asked for each checksum; a larger file gets none (`checksums_left_out` counts). `slow`
    counts the jobs that a disk or share held up.
    """

    def __init__(self, post: Post, *, checksum_up_to_bytes: Callable[[], int | None] = lambda: None) -> None:
        self._post = post
        self._checksum_up_to_bytes = checksum_up_to_bytes
        self._crew = Crew()
        self.checksums_left_out = 0
        self.slow = 0

    def inspect(self, path: Path, then: Callable[[Done[Inspected]], None]) -> None:
        """Its size and length (ffprobe)."""
        self._do(Rank.QUICK, f"The look at {path}", (path,), self._inspecting(path), then)

    def checksum(self, path: Path, then: Callable[[Done[Checksum]], None]) -> None:
        """Its SHA-256: slow, and after everything else."""
        self._do(Rank.CHECKSUM, f"The checksum of {path}", (path,), self._summing(path), then)

    def move(self, source: Path, target: Path, then: Callable[[Done[Path]], None]) -> None:
        """Give it another place; the result is the name that it got, as nothing is ever overwritten. Folders are made.
        On another disk it is copied, and the source removed once the copy is on it.
        """
        steps = moving.move(source, target, pace=self._pace)
        self._do(Rank.QUICK, f"The move of {source} to {target}", (source, target), steps, then)

    def remove(self, path: Path, then: Callable[[Done[Path]], None]) -> None:
        """Delete it; one that is gone already is done, too, but not where its folder is not there: a share that is not
        mounted has it still.
        """
        self._do(Rank.QUICK, f"The removal of {path}", (path,), _removing(path), then)

    @property
    def waiting(self) -> int:
        """Jobs that have not begun."""
        return self._crew.waiting

    def look(self) -> list[str]:
        """A sentence about each job that a disk or share holds up, once; to be asked every few seconds."""
        found = self._crew.newly_slow(SLOW_S)
        self.slow += len(found)
        return [
            f"{job.what} has taken over {SLOW_S:g} s: {' or '.join(mounts)} does not answer;"
            f" {waiting} more wait for it."
            for job, mounts, waiting in found
        ]

    def stop(self) -> None:
        """End the threads: what moves or is deleted at once is done, copies and checksums are broken off."""
        self._crew.stop()

    def _do(
        self,
        rank: Rank,
        what: str,
        touches: tuple[Path, ...],
        steps: Generator[R | None, None, None],
        then: Callable[[Done[R]], None],
    ) -> None:
        found: list[R] = []

        def tell(error: RestrikeError | None) -> None:
            done = Done(result=found[-1] if found and error is None else None, error=error)
            self._post(lambda: then(done))

        def kept() -> Steps:
            with contextlib.closing(steps):
                for result in steps:
                    if result is not None:
                        found.append(result)
                    yield

        key = tuple(dict.fromkeys(mount_of(path) for path in touches))
        self._crew.add(key, rank, Job(what, kept(), tell))

    # In their threads

    def _pace(self, begun_s: float, done_bytes: int) -> None:
        """Wait until `done_bytes` since `begun_s` are no more than may be read."""
        ahead_s = begun_s + done_bytes / READ_BYTES_PER_S - monotonic_s()
        if ahead_s > 0:
            self._crew.stopping.wait(ahead_s)

    def _inspecting(self, path: Path) -> Generator[Inspected | None, None, None]:
        size = path.stat().st_size
        duration, reason, code = None, None, ""
        try:
            duration = probing.duration_ms(path, is_over=self._crew.stopping.is_set)
        except IoError as error:
            reason, code = error.message, error.code
        is_closed = code != probing.NO_LENGTH
        if not is_closed:
            try:
                duration = probing.last_picture_ms(path, is_over=self._crew.stopping.is_set)
            except IoError as error:
                code = error.code
        yield Inspected(
            path=path,
            size_bytes=size,
            duration_ms=duration,
            reason=reason,
            is_closed=is_closed,
            is_playable=code not in probing.NOT_PLAYABLE,
        )

    def _summing(self, path: Path) -> Generator[Checksum | None, None, None]:
        limit = self._checksum_up_to_bytes()
        if limit is not None and path.stat().st_size > limit:
            self.checksums_left_out += 1
            reason = f"The file is larger than {limit >> 20} MiB, up to which checksums are made."
            yield Checksum(path=path, sha256=None, reason=reason)
            return
        begun_s, done, digest = monotonic_s(), 0, hashlib.sha256()
        with path.open("rb", buffering=0) as file:
            while chunk := file.read(CHUNK_BYTES):
                digest.update(chunk)  # other threads run meanwhile
                # What is read once must not push out of memory what is read often.
                os.posix_fadvise(file.fileno(), done, len(chunk), os.POSIX_FADV_DONTNEED)
                done += len(chunk)
                self._pace(begun_s, done)
                yield None
        yield Checksum(path=path, sha256=digest.hexdigest(), reason=None)


def _removing(path: Path) -> Generator[Path | None, None, None]:
    try:
        path.unlink()
    except FileNotFoundError:
        if not path.parent.is_dir():
            sentence = "Its folder is not there: mount its share again, or see where it went."
            raise IoError("files.no_folder", sentence, value=path.parent) from None
    yield path
