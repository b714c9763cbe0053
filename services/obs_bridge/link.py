"""The life of one connection to OBS: made again for ever, watched by a ping, never in the way of the loop; obs-bridge.

All of it runs in the loop's thread. What waits for OBS are two lanes, each a thread with its own client: one for quick
requests and the ping, one, made when it is needed, for requests that take OBS seconds; and the library's event thread.
"""

import random
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Any, Final

import structlog
from msgspec import Struct

from services.obs_bridge import faults
from services.obs_bridge.account import Account
from services.obs_bridge.client import Cord, Events, RequestClient
from services.obs_bridge.execution import After, Execution, Outcome, Post, Reply, Timer
from services.obs_bridge.lane import Job, Lane
from services.obs_bridge.limits import USUAL, Limits
from services.obs_bridge.procedure import Ask, Data, Procedure, R
from shared.clock import monotonic_s, unix_ns
from shared.errors import ObsError
from shared.messages.obs import LinkState

NOT_READY: Final = 207
NOT_READY_PINGS: Final = 3
"""So many in a row say that OBS itself is not ready; fewer, that a scene collection is being opened."""


class Counts(Struct):
    """What happened on a link since the service started."""

    attempts: int = 0
    connects: int = 0
    losses: int = 0
    refused: int = 0
    time_outs: int = 0


class Owner(Struct, frozen=True, kw_only=True):
    """Who is told, in the loop's thread.

    on_state(state, reason): on every change; with CONNECTED before any event, and before any procedure can run.
    on_event(name, data): before procedures see it. on_stats(data, round_trip_ms): GetStats, once a second.
    on_reply(reply): what came of each request.
    """

    on_state: Callable[[LinkState, str | None], None]
    on_event: Callable[[str, Data], None] = lambda *_: None
    on_stats: Callable[[Data, float], None] = lambda *_: None
    on_reply: Callable[[Reply], None] = lambda _: None


class Link:
    """One connection. Every method returns at once; all are for the loop's thread.

    post: has a function called by the loop's thread, from any other. after(seconds, function): a timer of the loop.
    """

    def __init__(  # noqa: PLR0913  # its loop, its owner and its log
        self,
        name: str,
        account: Account,
        *,
        post: Post,
        after: After,
        owner: Owner,
        log: structlog.stdlib.BoundLogger,
        limits: Limits = USUAL,
    ) -> None:
        self.name = name
        self.state = LinkState.DISCONNECTED
        self.reason: str | None = None
        self.why = faults.closed_by_us()
        """Why it was not connected when it last was not; `code` is for programs."""
        self.since_us = unix_ns() // 1000
        self.version: Data = {}
        """What OBS said of itself (GetVersion) when it was last connected."""
        self.counts = Counts()
        self._account = account
        self._post = _into_running_loop(post)
        self._after = after
        self._owner = owner
        self._log = log.bind(obs=name)
        self._limits = limits
        self._is_open = False
        self._up_since_s: float | None = None
        self._failures = 0
        self._unready_pings = 0
        self._quick: Lane | None = None
        self._slow: Lane | None = None
        self._timers: dict[str, Timer] = {}
        self._executions: dict[int, Execution[Any]] = {}

    # What its owner does with it

    def open(self) -> None:
        """Connect, and again whenever it fails or is lost."""
        if not self._is_open:
            self._is_open = True
            self._failures = 0
            self._attempt()

    def close(self) -> None:
        """End the connection and what runs on it; open() may follow."""
        if self._is_open:
            self._is_open = False
            self._leave(LinkState.DISCONNECTED, faults.closed_by_us(), reason=None)

    def run(self, procedure: Procedure[R], then: Callable[[Outcome[R]], None], *, what: str) -> Execution[R]:
        """Do `procedure`, then call `then` once, never before this returns. `what` names it in errors.

        Its first request is on its way when this returns. While the link is not connected the outcome is
        `obs.not_connected`. The answer is what cancels it.
        """
        execution: Execution[R] = Execution(
            procedure,
            lambda outcome: self._finished(execution, then, outcome),
            what=what,
            requests=self._send,
            after=self._after,
            post=self._post,
        )
        self._executions[id(execution)] = execution
        if self.is_connected:
            execution.start()
        else:
            why = self.why
            self._post(lambda: execution.lose(why))
        return execution

    @property
    def is_connected(self) -> bool:
        """Whether a procedure can run."""
        return self.state is LinkState.CONNECTED

    # Connecting

    def _attempt(self) -> None:
        self.counts.attempts += 1
        quick = self._quick = Lane(
            self.name, self._connect, post=self._post, opened=self._opened, ended=self._quick_ended
        )
        too_long = faults.silent(self._account.host, self._account.port)
        self._later("attempt", self._limits.attempt_s, lambda: self._quick_ended(quick, too_long))
        if self._failures == 0:  # a retry that may fail as the last one did is nothing new
            self._enter(LinkState.CONNECTING, None)

    def _connect(self, cord: Cord) -> RequestClient:
        """Both connections of the quick lane, in its thread."""
        post, account, limits = self._post, self._account, self._limits
        client = RequestClient(account, limits=limits, cord=cord, greeted=lambda: post(lambda: self._greeted(cord)))
        try:
            Events(
                account,
                limits=limits,
                cord=cord,
                told=lambda event, data: post(lambda: self._heard(cord, event, data)),
                ended=lambda why: post(lambda: self._events_ended(cord, why)),
            )
        except ObsError:
            client.end()
            raise
        return client

    def _greeted(self, cord: Cord) -> None:
        if self._is_current(cord) and self._failures == 0:
            self._enter(LinkState.AUTHENTICATING, None)

    def _opened(self, lane: Lane) -> None:
        if lane is self._quick:
            self._stop_timer("attempt")
            self._look_whether_ready(lane)

    def _look_whether_ready(self, lane: Lane) -> None:
        lane.put(Job("GetVersion", None, within_s=self._limits.request_s, told=lambda reply: self._met(lane, reply)))

    def _met(self, lane: Lane, reply: Reply) -> None:
        if lane is not self._quick:
            return
        if reply.error is None:
            self._up(lane, reply.data or {})
        elif reply.error.status == NOT_READY:
            self._enter(LinkState.NOT_READY, "OBS is still starting, or opens a scene collection.")
            self._later("ready", self._limits.not_ready_every_s, lambda: self._look_whether_ready(lane))
        elif reply.error.code == "obs.refused":
            self._quick_ended(lane, reply.error)

    def _up(self, lane: Lane, version: Data) -> None:
        self.version = version
        if self._up_since_s is None:
            self._up_since_s = monotonic_s()
            self.counts.connects += 1
        self._unready_pings = 0
        self._later("ping", 0, lambda: self._ping(lane))
        self._enter(LinkState.CONNECTED, None)

    # Losing it

    def _quick_ended(self, lane: Lane, why: ObsError, tell_last: Callable[[], None] = lambda: None) -> None:
        if lane is self._quick:
            self._lost(why, tell_last)
        else:
            tell_last()

    def _events_ended(self, cord: Cord, why: ObsError) -> None:
        if self._is_current(cord):
            self._lost(why)

    def _is_current(self, cord: Cord) -> bool:
        return self._quick is not None and self._quick.cord is cord

    def _lost(self, why: ObsError, tell_last: Callable[[], None] = lambda: None) -> None:
        if self._up_since_s is not None:
            self.counts.losses += 1
            if monotonic_s() - self._up_since_s >= self._limits.steady_s:
                self._failures = 0
        self._failures += 1
        needs_person = why.code in faults.NEEDS_A_PERSON
        state = LinkState.FAILED if needs_person else LinkState.DISCONNECTED
        try:
            self._leave(state, why, reason=why.message, tell_last=tell_last)
        finally:  # whatever those do who are told
            if self._is_open and self._quick is None:
                self._later("retry", self._wait_s(needs_person=needs_person), self._attempt)

    def _wait_s(self, *, needs_person: bool) -> float:
        """Before the next attempt: longer each time, and never the same for two links."""
        limits = self._limits
        grown_s = limits.first_retry_s * 2.0 ** min(self._failures - 1, 10)
        wait_s = limits.most_retry_s if needs_person else min(limits.most_retry_s, grown_s)
        return wait_s * random.uniform(0.5, 1)  # noqa: S311  # nothing here is secret

    def _leave(
        self, state: LinkState, why: ObsError, *, reason: str | None, tell_last: Callable[[], None] = lambda: None
    ) -> None:
        """Drop the clients, say so, and raise it in what runs on them; first in what found it out."""
        for lane in (self._quick, self._slow):
            if lane is not None:
                lane.drop()
        self._quick = self._slow = None
        self._up_since_s = None
        self.why = why
        for name in tuple(self._timers):
            self._stop_timer(name)
        with ExitStack() as stack:  # one that fails must not keep the others waiting
            for execution in self._executions.values():
                stack.callback(execution.lose, why)
            stack.callback(tell_last)
            stack.callback(self._enter, state, reason)  # what is pushed last is called first

    # Requests and events

    def _send(self, ask: Ask, told: Callable[[Reply], None]) -> Job:
        limits = self._limits
        if ask.slow:
            within_s = limits.slow_request_s if ask.within_s is None else ask.within_s
        else:
            within_s = limits.request_s if ask.within_s is None else min(ask.within_s, limits.request_s)
        last_try_s = monotonic_s() + limits.not_ready_s

        def replied(reply: Reply) -> None:
            self._count(reply)
            is_unready = reply.error is not None and reply.error.status == NOT_READY
            if is_unready and monotonic_s() < last_try_s:
                self._after(limits.not_ready_every_s, lambda: self._put(job, is_slow=ask.slow))
            else:
                told(reply)

        job = Job(ask.request, ask.data, within_s=within_s, told=replied)
        self._put(job, is_slow=ask.slow)
        return job

    def _put(self, job: Job, *, is_slow: bool) -> None:
        """Hand `job` to its lane; after a loss nobody waits for it any more, so no later connection may do it."""
        if self._quick is None or job.is_called_off:
            return
        if not is_slow:
            self._quick.put(job)
            return
        if self._slow is None:
            self._slow = Lane(
                f"{self.name}-slow",
                lambda cord: RequestClient(self._account, limits=self._limits, cord=cord),
                post=self._post,
                opened=lambda _: None,
                ended=self._slow_ended,
            )
        self._slow.put(job)

    def _slow_ended(self, lane: Lane, why: ObsError, tell_last: Callable[[], None]) -> None:
        if lane is self._slow:
            self._slow = None
        with ExitStack() as stack:
            for job in lane.left():
                stack.callback(job.told, Reply(error=faults.not_sent(why)))
            stack.callback(tell_last)

    def _count(self, reply: Reply) -> None:
        if reply.error is not None:
            self.counts.refused += reply.error.code == "obs.refused"
            self.counts.time_outs += reply.error.code == "obs.no_answer"
        self._owner.on_reply(reply)

    def _heard(self, cord: Cord, event: str, data: Data) -> None:
        """Events before CONNECTED are dropped: what they told is read then."""
        if not self._is_current(cord) or self._up_since_s is None:
            return
        with ExitStack() as stack:
            for execution in tuple(self._executions.values()):
                stack.callback(execution.hear, event, data)
            stack.callback(self._owner.on_event, event, data)  # what is pushed last is called first

    def _finished(self, execution: Execution[R], then: Callable[[Outcome[R]], None], outcome: Outcome[R]) -> None:
        self._executions.pop(id(execution), None)
        then(outcome)

    # The ping

    def _ping(self, lane: Lane) -> None:
        lane.put(Job("GetStats", None, within_s=self._limits.request_s, told=lambda reply: self._pinged(lane, reply)))

    def _pinged(self, lane: Lane, reply: Reply) -> None:
        self._count(reply)
        if lane is not self._quick:
            return
        self._later("ping", self._limits.ping_every_s, lambda: self._ping(lane))
        if reply.error is not None:
            self._unready_pings = self._unready_pings + 1 if reply.error.status == NOT_READY else 0
            if self._unready_pings >= NOT_READY_PINGS:
                self._stop_timer("ping")
                self._look_whether_ready(lane)
            return
        self._unready_pings = 0
        if reply.sent_ns is not None and reply.answered_ns is not None:
            self._owner.on_stats(reply.data or {}, (reply.answered_ns - reply.sent_ns) / 1_000_000)

    # State and timers

    def _enter(self, state: LinkState, reason: str | None) -> None:
        if (state, reason) == (self.state, self.reason):
            return
        self.state, self.reason, self.since_us = state, reason, unix_ns() // 1000
        fields: dict[str, Any] = {"state": state.value, "reason": reason} if reason else {"state": state.value}
        if state is LinkState.CONNECTED:
            fields |= {"version": self.version.get("obsVersion"), "websocket": self.version.get("obsWebSocketVersion")}
        self._log.info("obs_link", **fields)
        self._owner.on_state(state, reason)

    def _later(self, name: str, seconds: float, callback: Callable[[], None]) -> None:
        self._stop_timer(name)
        self._timers[name] = self._after(seconds, callback)

    def _stop_timer(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()


def _into_running_loop(post: Post) -> Post:
    """`post` for threads that may outlive the loop: what they tell then is for nobody."""

    def post_or_drop(callback: Callable[[], None]) -> None:
        with suppress(OSError):
            post(callback)

    return post_or_drop
