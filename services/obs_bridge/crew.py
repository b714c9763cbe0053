"""Threads of low priority for what is done with files: one for each place at a time, so that a place which does not
answer holds up nothing else; obs-bridge.

A thread ends with the last job of its place. Jobs of a lower rank go first, even in the midst of one of a higher.
"""

import contextlib
import os
import threading
from collections import deque
from collections.abc import Callable, Generator
from enum import IntEnum
from typing import Final

from msgspec import Struct

from shared.clock import monotonic_s
from shared.errors import IoError, RestrikeError

MOST_THREADS: Final = 16
"""More places than any venue has, and what moves from one to another has its own. Further ones wait."""
NICE: Final = 19
"""Of these threads alone; the kernel's I/O schedulers go by it, too."""
ENDS_WITHIN_S: Final = 3.0
NAME: Final = "files"
"""What the threads are called, with their place."""

Steps = Generator[None, None, None]
Key = tuple[str, ...]
"""Of a place: what its jobs touch."""


class Rank(IntEnum):
    """Which job of a place goes first."""

    QUICK = 0
    COPYING = 1
    CHECKSUM = 2


class Job(Struct, eq=False):
    """Something to be done in `steps`; `told` (with the error, if there was one) is called once, by any thread."""

    what: str
    steps: Steps
    told: Callable[[RestrikeError | None], None]
    is_slow: bool = False

    def end(self) -> None:
        """Break it off: the service ends."""
        self.steps.close()
        self.told(_ending())


class Crew:
    """Does jobs; those of one place one after the other."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._places: dict[Key, _Place] = {}

    def add(self, key: Key, rank: Rank, job: Job) -> None:
        """Have `job` done."""
        with self._lock:
            is_over = self.stopping.is_set()
            if not is_over:
                self._places.setdefault(key, _Place(key, self.stopping)).jobs[rank].append(job)
                self._begin()
        if is_over:
            job.end()

    @property
    def waiting(self) -> int:
        """Jobs that have not begun."""
        with self._lock:
            return sum(place.waiting for place in self._places.values())

    def newly_slow(self, over_s: float) -> list[tuple[Job, Key, int]]:
        """The jobs of which one step takes longer than `over_s`, each once, with their place and what waits there."""
        found = []
        with self._lock:
            for key, place in self._places.items():
                doing = place.doing
                if doing is not None and not doing[0].is_slow and monotonic_s() - doing[1] > over_s:
                    doing[0].is_slow = True
                    found.append((doing[0], key, place.waiting))
        return found

    def stop(self) -> None:
        """End: quick jobs of places that answer are done, everything else is broken off."""
        with self._lock:
            self.stopping.set()
            idle = [self._places.pop(key) for key, place in list(self._places.items()) if place.thread is None]
            threads = [place.thread for place in self._places.values() if place.thread is not None]
        for place in idle:
            place.end()
        until_s = monotonic_s() + ENDS_WITHIN_S
        for thread in threads:
            thread.join(max(0.0, until_s - monotonic_s()))  # one that hangs in a dead share ends with the process

    def _begin(self) -> None:
        """Start the threads that are missing; under the lock."""
        free = MOST_THREADS - sum(place.thread is not None for place in self._places.values())
        for place in [place for place in self._places.values() if place.thread is None][:free]:
            name = f"{NAME} {' '.join(place.key)}"
            place.thread = threading.Thread(target=self._work, args=(place,), name=name, daemon=True)
            place.thread.start()

    def _work(self, place: "_Place") -> None:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
        while True:
            while place.do_next(before=len(Rank)):
                pass
            with self._lock:
                if place.waiting and not self.stopping.is_set():
                    continue
                del self._places[place.key]
                if not self.stopping.is_set():
                    self._begin()
            place.end()
            return


class _Place:
    """The jobs of one place. `doing` is the job whose step is being taken, and since when."""

    def __init__(self, key: Key, stopping: threading.Event) -> None:
        self.key = key
        self.jobs: dict[Rank, deque[Job]] = {rank: deque() for rank in Rank}
        self.thread: threading.Thread | None = None
        self.doing: tuple[Job, float] | None = None
        self._stopping = stopping

    @property
    def waiting(self) -> int:
        """Jobs that have not begun."""
        return sum(len(jobs) for jobs in self.jobs.values())

    def end(self) -> None:
        """Break off what is left."""
        for jobs in self.jobs.values():
            while jobs:
                jobs.popleft().end()

    def do_next(self, *, before: int) -> bool:
        """Do the job that goes first, of a rank below `before`; whether there was one. At the end only quick ones."""
        for rank, jobs in self.jobs.items():
            if jobs and rank < before and (rank is Rank.QUICK or not self._stopping.is_set()):
                self._do(jobs.popleft(), rank)
                return True
        return False

    def _do(self, job: Job, rank: Rank) -> None:
        taken = 0
        try:
            while self._step(job):
                taken += 1
                if rank is Rank.QUICK and taken > 1:  # it turned out to be a long one
                    self.jobs[Rank.COPYING].append(job)
                    return
                if rank is not Rank.QUICK and self._stopping.is_set():
                    raise _ending()
                while self.do_next(before=rank):
                    pass
        except RestrikeError as error:
            job.steps.close()
            job.told(error)
        except (OSError, ValueError) as error:
            job.told(_failed(error))
        else:
            job.told(None)

    def _step(self, job: Job) -> bool:
        """Take one; whether there was one more."""
        self.doing = job, monotonic_s()
        try:
            next(job.steps)
        except StopIteration:
            return False
        finally:
            self.doing = None
        return True


def _ending() -> IoError:
    return IoError("files.ending", "obs-bridge ends before this was done.")


def _failed(error: OSError | ValueError) -> IoError:
    if isinstance(error, ValueError):
        return IoError("files.failed", f"This cannot be the name of a file: {error}.")
    return IoError("files.failed", f"{error.strerror or error}: {error.filename}", value=error.filename)
