"""What obs-bridge does with the files that OBS wrote: all of it in one thread of low priority, so that neither a slow
disk nor a share that hangs ever holds up the loop. Answers are given in the loop's thread, and are never exceptions.

Jobs of a lower lane go first, even in the midst of one of a higher: a clip is in its place while the checksum of a
match is still being made. A copy and a checksum read at most `READ_BYTES_PER_S`: waiting until nothing records would,
with matches back to back, mean waiting until the evening.
"""

import contextlib
import hashlib
import os
import threading
from collections import deque
from collections.abc import Callable, Generator
from enum import IntEnum
from pathlib import Path
from typing import Final, Generic, TypeVar

from msgspec import Struct

from services.obs_bridge import moving
from shared.clock import monotonic_s
from shared.errors import IoError, RestrikeError
from shared.video import probing

READ_BYTES_PER_S: Final = 50_000_000
"""A tenth of what a plain SSD and a third of what a disk reads, beside the 1 to 6 MB/s that OBS writes. 4 GB then take
80 s, less than a match, so that checksums keep up."""
CHUNK_BYTES: Final = 1 << 20
NICE: Final = 19
"""Of this thread alone; the kernel's I/O schedulers go by it, too."""
ENDS_WITHIN_S: Final = 3.0
ENDING: Final = "obs-bridge ends before this was done."

R = TypeVar("R")
Post = Callable[[Callable[[], None]], None]
Steps = Generator[None, None, None]


class Done(Struct, Generic[R], frozen=True, kw_only=True):
    """What came of a job: its `result`, or the `error` with what to do."""

    result: R | None = None
    error: RestrikeError | None = None


class Inspected(Struct, frozen=True, kw_only=True):
    """A file; `duration_ms` is None where it cannot be told, `reason` says why. Of one that is not `is_closed`, as OBS
    broke off, it is where its last picture ends.
    """

    path: Path
    size_bytes: int
    duration_ms: int | None
    reason: str | None
    is_closed: bool = True


class Checksum(Struct, frozen=True, kw_only=True):
    """SHA-256 of a file in hexadecimal; None where it was not made, `reason` says why."""

    path: Path
    sha256: str | None
    reason: str | None


class Lane(IntEnum):
    """Which job goes first."""

    QUICK = 0
    COPYING = 1
    CHECKSUM = 2


class _Job(Struct, frozen=True):
    steps: Steps
    told: Callable[[RestrikeError | None], None]


class Files:
    """Does things with files, one after the other. `post` hands a callback to the loop (`Runtime.post`).

    `checksum_up_to_bytes` is asked for each checksum; a larger file gets none (`checksums_left_out` counts).
    `waiting` are the jobs that have not begun.
    """

    def __init__(self, post: Post, *, checksum_up_to_bytes: Callable[[], int | None] = lambda: None) -> None:
        self._post = post
        self._checksum_up_to_bytes = checksum_up_to_bytes
        self._lanes: dict[Lane, deque[_Job]] = {lane: deque() for lane in Lane}
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.checksums_left_out = 0

    def inspect(self, path: Path, then: Callable[[Done[Inspected]], None]) -> None:
        """Its size and length (ffprobe)."""
        self._do(Lane.QUICK, self._inspecting(path), then)

    def checksum(self, path: Path, then: Callable[[Done[Checksum]], None]) -> None:
        """Its SHA-256: slow, and after everything else."""
        self._do(Lane.CHECKSUM, self._summing(path), then)

    def move(self, source: Path, target: Path, then: Callable[[Done[Path]], None]) -> None:
        """Give it another place; the result is the name that it got, as nothing is ever overwritten. Folders are made.
        On another disk it is copied, and the source removed once the copy is on it.
        """
        self._do(Lane.QUICK, moving.move(source, target, pace=self._pace), then)

    def remove(self, path: Path, then: Callable[[Done[Path]], None]) -> None:
        """Delete it; one that is gone already is done, too."""
        self._do(Lane.QUICK, _removing(path), then)

    def free_bytes(self, folder: Path, then: Callable[[Done[int]], None]) -> None:
        """What its disk has left; a folder that is not there yet is on the disk of the one above it."""
        self._do(Lane.QUICK, _free(folder), then)

    @property
    def waiting(self) -> int:
        """Jobs that have not begun."""
        return sum(len(lane) for lane in self._lanes.values())

    def stop(self) -> None:
        """End the thread: what moves or is deleted at once is done, copies and checksums are broken off."""
        with self._changed:
            self._stopping.set()
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(ENDS_WITHIN_S)  # one that hangs in a dead share ends with the process

    # The thread

    def _do(self, lane: Lane, steps: Generator[R | None, None, None], then: Callable[[Done[R]], None]) -> None:
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

        with self._changed:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="files", daemon=True)
                self._thread.start()
            self._lanes[lane].append(_Job(kept(), tell))
            self._changed.notify()

    def _work(self) -> None:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._stopping.is_set() or self.waiting)
            if not self._do_next(before=len(Lane)):
                break
        for jobs in self._lanes.values():
            for job in jobs:
                job.steps.close()
                job.told(IoError("files.ending", ENDING))

    def _do_next(self, *, before: int) -> bool:
        """Do the job that goes first, of a lane below `before`; whether there was one. At the end only quick ones."""
        for lane, jobs in self._lanes.items():
            if jobs and lane < before and (lane is Lane.QUICK or not self._stopping.is_set()):
                self._do_job(jobs.popleft(), lane)
                return True
        return False

    def _do_job(self, job: _Job, lane: Lane) -> None:
        try:
            for number, _ in enumerate(job.steps):
                if lane is Lane.QUICK and number > 0:  # it turned out to be a copy
                    self._lanes[Lane.COPYING].append(job)
                    return
                if lane is not Lane.QUICK and self._stopping.is_set():
                    raise IoError("files.ending", ENDING)
                while self._do_next(before=lane):
                    pass
        except RestrikeError as error:
            job.steps.close()
            job.told(error)
        except (OSError, ValueError) as error:
            job.told(_failed(error))
        else:
            job.told(None)

    def _pace(self, begun_s: float, done_bytes: int) -> None:
        """Wait until `done_bytes` since `begun_s` are no more than may be read."""
        ahead_s = begun_s + done_bytes / READ_BYTES_PER_S - monotonic_s()
        if ahead_s > 0:
            self._stopping.wait(ahead_s)

    def _inspecting(self, path: Path) -> Generator[Inspected | None, None, None]:
        size = path.stat().st_size
        duration, reason, is_closed = None, None, True
        try:
            duration = probing.duration_ms(path, is_over=self._stopping.is_set)
        except IoError as error:
            reason, is_closed = error.message, error.code != probing.NO_LENGTH
        if not is_closed:
            with contextlib.suppress(IoError):
                duration = probing.last_picture_ms(path, is_over=self._stopping.is_set)
        yield Inspected(path=path, size_bytes=size, duration_ms=duration, reason=reason, is_closed=is_closed)

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
    path.unlink(missing_ok=True)
    yield path


def _free(folder: Path) -> Generator[int | None, None, None]:
    there = next((one for one in (folder, *folder.parents) if one.exists()), folder)
    found = os.statvfs(there)
    yield found.f_bavail * found.f_frsize


def _failed(error: OSError | ValueError) -> IoError:
    if isinstance(error, ValueError):
        return IoError("files.failed", f"This cannot be the name of a file: {error}.")
    return IoError("files.failed", f"{error.strerror or error}: {error.filename}", value=error.filename)
