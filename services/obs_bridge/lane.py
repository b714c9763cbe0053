"""One client of OBS and the thread that waits for it: jobs come by a queue, results are posted; obs-bridge."""

import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Protocol

from services.obs_bridge import faults
from services.obs_bridge.client import Cord, RequestClient
from services.obs_bridge.execution import Post, Reply
from services.obs_bridge.procedure import Data
from shared.clock import monotonic_ns
from shared.errors import ObsError


class Job:
    """One request on its way. `told` is called by the loop's thread, once; `went_out`: it may have reached OBS;
    `is_called_off`: nobody waits for it any more, so it is not sent if it was not yet.
    """

    def __init__(self, request: str, data: Data | None, *, within_s: float, told: Callable[[Reply], None]) -> None:
        self.request = request
        self.data = data
        self.within_s = within_s
        self.told = told
        self.went_out = False
        self.is_called_off = False


class Connect(Protocol):
    """Makes a lane's client, in the lane's thread. Raises ObsError."""

    def __call__(self, cord: Cord) -> RequestClient:
        """Connect on `cord`."""


class Ended(Protocol):
    """Is called when a lane has ended, in the loop's thread."""

    def __call__(self, lane: "Lane", why: ObsError, tell_last: Callable[[], None]) -> None:
        """Take note of the end first, then call `tell_last`: it tells the job that failed with it, if there was one."""


class Lane:
    """Does one job after the other on its own client. `opened` and `ended` are called by the loop's thread, `ended`
    once, whatever happens; a lane whose client failed or timed out ends.
    """

    def __init__(
        self,
        name: str,
        connect: Connect,
        *,
        post: Post,
        opened: Callable[["Lane"], None],
        ended: Ended,
    ) -> None:
        self._connect = connect
        self._post = post
        self._opened = opened
        self._ended = ended
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._current: Job | None = None
        self.cord = Cord()
        threading.Thread(target=self._run, name=f"obs-{name}", daemon=True).start()

    def put(self, job: Job) -> None:
        """Have `job` done after those before it. Never blocks."""
        self._jobs.put(job)

    def drop(self) -> None:
        """End it without waiting; its thread ends by itself, at once unless it looks a name up."""
        self.cord.cut()
        self._jobs.put(None)

    def left(self) -> list[Job]:
        """The jobs that nobody did; of an ended lane."""
        jobs = []
        with contextlib.suppress(queue.Empty):
            while True:
                job = self._jobs.get_nowait()
                if job is not None:
                    jobs.append(job)
        return jobs

    # In its own thread

    def _run(self) -> None:
        client: RequestClient | None = None
        why, tell_last = faults.ours(), _nothing
        try:
            client = self._connect(self.cord)
            self._post(lambda: self._opened(self))
            why, tell_last = self._work(client)
        except ObsError as error:
            why = error
        finally:
            if self._current is not None:  # a fault of ours, which goes on to the log; who waits for the job is told
                tell_last = _telling(self._current, Reply(error=faults.lost_while(self._current.request, why)))
            try:
                if client is not None:
                    client.end()
                self.cord.cut()
            finally:
                self._post(lambda: self._ended(self, why, tell_last))

    def _work(self, client: RequestClient) -> tuple[ObsError, Callable[[], None]]:
        """Do jobs until one makes the client useless; returns why that is, and what tells that job."""
        while (job := self._jobs.get()) is not None:
            if job.is_called_off:
                continue
            self._current = job
            reply = self._do(client, job)
            self._current = None
            if reply.error is not None and reply.error.code == "obs.no_answer":
                return faults.hung(job.within_s), _telling(job, reply)
            if reply.error is not None and reply.error.code == "obs.gone":
                return faults.closed_by_obs(client.closed), _telling(job, reply)
            self._post(_telling(job, reply))
        return faults.closed_by_us(), _nothing

    def _do(self, client: RequestClient, job: Job) -> Reply:
        job.went_out = True
        try:
            data = client.ask(job.request, job.data, within_s=job.within_s)
        except ObsError as error:
            return Reply(error=error, sent_ns=client.sent_ns)
        return Reply(data=data, sent_ns=client.sent_ns, answered_ns=monotonic_ns())


def _telling(job: Job, reply: Reply) -> Callable[[], None]:
    return lambda: job.told(reply)


def _nothing() -> None:
    """Nobody is to be told."""
