"""A link as a service has it, with a loop that turns only while a test waits."""

import contextlib
import heapq
import itertools
import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

import structlog

from services.obs_bridge.account import Account
from services.obs_bridge.execution import Execution, Outcome, Reply
from services.obs_bridge.limits import USUAL, Limits
from services.obs_bridge.link import Link, Owner
from services.obs_bridge.procedure import Ask, Data, Procedure, R
from shared.messages.obs import LinkState
from tests.support.wait import eventually

T = TypeVar("T")
SHORT = Limits(
    connect_s=0.5,
    greet_s=0.3,
    attempt_s=1.0,
    request_s=0.3,
    slow_request_s=1.0,
    ping_every_s=0.1,
    not_ready_s=0.5,
    not_ready_every_s=0.02,
    first_retry_s=0.05,
    most_retry_s=0.2,
)
"""So that a test of a time-out takes no seconds."""


class _Timer:
    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None


class Loop:
    """One thread's loop: `post` from anywhere, `after` and `until` in its own."""

    def __init__(self) -> None:
        self._posted: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._timers: list[tuple[float, int, _Timer]] = []
        self._numbers = itertools.count()

    def post(self, callback: Callable[[], None]) -> None:
        """Call it in the loop's thread."""
        self._posted.put(callback)

    def after(self, seconds: float, callback: Callable[[], None]) -> _Timer:
        """Call it `seconds` later, unless it is cancelled."""
        timer = _Timer(callback)
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._numbers), timer))
        return timer

    @property
    def timers(self) -> int:
        """How many timers are set."""
        return sum(timer.callback is not None for _, _, timer in self._timers)

    def turn(self, most_s: float = 0.005) -> None:
        """Do what is due, after waiting `most_s` at most."""
        with contextlib.suppress(queue.Empty):
            self._posted.get(timeout=most_s)()
            while True:
                self._posted.get_nowait()()
        while self._timers and self._timers[0][0] <= time.monotonic():
            _, _, timer = heapq.heappop(self._timers)
            if timer.callback is not None:
                timer.callback()

    def until(self, look: Callable[[], T], *, within: float, what: str = "") -> T:
        """Turn until `look` is truthy; AssertionError after `within` seconds."""

        def turned() -> T:
            self.turn()
            return look()

        return eventually(turned, within=within, what=what)

    def pass_s(self, seconds: float) -> None:
        """Turn for `seconds`."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.turn()


class Running(Generic[R]):
    """A procedure under way, and what it told so far."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome[R]] = []
        self.execution: Execution[R]


class Linked:
    """A link and everything that it told: `states` (with their reasons), `events`, `stats`, and its log lines."""

    def __init__(self, port: int, password: str, *, host: str = "127.0.0.1", limits: Limits = USUAL) -> None:
        self.loop = Loop()
        self.states: list[tuple[LinkState, str | None]] = []
        self.events: list[tuple[str, Data]] = []
        self.stats: list[tuple[Data, float]] = []
        self.lines: list[dict[str, Any]] = []
        self.on_connected: Callable[[], None] = lambda: None
        self.on_disconnected: Callable[[], None] = lambda: None
        self.on_reply: Callable[[Reply], None] = lambda _: None
        log: Any = structlog.wrap_logger(None, processors=[self._keep])
        self.link = Link(
            "mat-1",
            Account(host, port, password),
            post=self.loop.post,
            after=self.loop.after,
            owner=Owner(
                on_state=self._state,
                on_event=lambda event, data: self.events.append((event, data)),
                on_stats=lambda data, round_trip_ms: self.stats.append((data, round_trip_ms)),
                on_reply=self._reply,
            ),
            log=log,
            limits=limits,
        )

    def _keep(self, _: Any, method: str, event: Any) -> Any:
        self.lines.append(dict(event) | {"level": method})
        raise structlog.DropEvent

    def _reply(self, reply: Reply) -> None:
        self.on_reply(reply)

    def _state(self, state: LinkState, reason: str | None) -> None:
        self.states.append((state, reason))
        if state is LinkState.CONNECTED:
            self.on_connected()
        elif state is LinkState.DISCONNECTED:
            self.on_disconnected()

    def connect(self, within: float = 10) -> "Linked":
        """Open it and wait until it is connected."""
        self.link.open()
        self.becomes(LinkState.CONNECTED, within=within)
        return self

    def becomes(self, state: LinkState, *, within: float = 10) -> float:
        """Wait for `state`; how long that took (s)."""
        start = time.monotonic()
        self.loop.until(lambda: self.link.state is state, within=within, what=f"{state}, told {self.states[-5:]}")
        return time.monotonic() - start

    def start(self, procedure: Procedure[R], *, what: str = "the test") -> Running[R]:
        """Run `procedure`, and do not wait."""
        running: Running[R] = Running()
        running.execution = self.link.run(procedure, running.outcomes.append, what=what)
        return running

    def outcome(self, running: Running[R], *, within: float = 10) -> Outcome[R]:
        """What came of it; AssertionError when it was told twice."""
        self.loop.until(lambda: running.outcomes, within=within, what="an outcome")
        assert len(running.outcomes) == 1, running.outcomes
        return running.outcomes[0]

    def do(self, procedure: Procedure[R], *, within: float = 10) -> Outcome[R]:
        """Run `procedure` and wait for what comes of it."""
        return self.outcome(self.start(procedure), within=within)

    def ask(self, request: str, data: Data | None = None, *, slow: bool = False) -> Data:
        """The data of one answer; raises the error."""
        return self.do(one(Ask(request, data, slow=slow))).value()

    def fails(self, request: str) -> str:
        """The code of the error with which one request ends."""
        error = self.do(one(Ask(request))).error
        assert error is not None, f"{request} was answered"
        return error.code


def one(ask: Ask) -> Procedure[Data]:
    """A procedure of one request."""
    answer: Data = yield ask
    return answer


@contextlib.contextmanager
def linked(port: int, password: str, *, host: str = "127.0.0.1", limits: Limits = USUAL) -> Iterator[Linked]:
    """A link that is closed at the end; not open yet."""
    found = Linked(port, password, host=host, limits=limits)
    try:
        yield found
    finally:
        found.link.close()


def link_threads() -> list[str]:
    """The threads of links that live now."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("obs-")]
