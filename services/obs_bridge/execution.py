"""Executes one procedure on one connection, in the loop's thread, and tells its outcome exactly once; obs-bridge."""

from collections.abc import Callable
from typing import Any, Final, Generic, Protocol

from msgspec import Struct

from services.obs_bridge import faults
from services.obs_bridge.procedure import Ask, Confirmed, Data, Event, Pause, Procedure, Proof, R, Step
from shared.errors import ObsError, RestrikeError

KEPT_EVENTS: Final = 200
"""Events since the last request that a later Event step may still want; more come only while scenes are rebuilt."""


class Timer(Protocol):
    """What is called later, unless it is cancelled."""

    def cancel(self) -> None:
        """Have it not called; nothing when it was."""


Post = Callable[[Callable[[], None]], None]
"""Has a function called by the loop's thread; may be called by any thread."""
After = Callable[[float, Callable[[], None]], Timer]
"""Calls the second argument in the loop's thread when as many seconds went by."""


class Outcome(Struct, Generic[R], frozen=True, kw_only=True):
    """What came of a procedure: its `result`, or the `error` that ended it.

    sent_ns: when the first request went out (monotonic ns); None: none did.
    """

    result: R | None = None
    error: RestrikeError | None = None
    sent_ns: int | None = None

    def value(self) -> R:
        """The result; raises the error when there is one."""
        if self.error is not None:
            raise self.error
        return self.result  # type: ignore[return-value]  # None is what a procedure of None returns


class Reply(Struct, frozen=True, kw_only=True):
    """What came of one request: its answer's `data`, or an `error`. sent_ns, answered_ns: when (monotonic ns); None:
    it was not.
    """

    data: Data | None = None
    error: ObsError | None = None
    sent_ns: int | None = None
    answered_ns: int | None = None


class Sent(Protocol):
    """A request that was handed over; `went_out`: it may have reached OBS; `is_called_off`: nobody waits for it."""

    went_out: bool
    is_called_off: bool


class Requests(Protocol):
    """Sends requests. `told` is called later in the same thread, never before this returns."""

    def __call__(self, ask: Ask, told: Callable[[Reply], None]) -> Sent:
        """Send `ask`; call `told` once with what came of it."""


class Execution(Generic[R]):
    """One procedure under way. Who keeps it hands it the events (`hear`) and the loss of the connection (`lose`)."""

    def __init__(  # noqa: PLR0913  # the loop that it lives in
        self,
        procedure: Procedure[R],
        then: Callable[[Outcome[R]], None],
        *,
        what: str,
        requests: Requests,
        after: After,
        post: Post,
    ) -> None:
        self._procedure = procedure
        self._then = then
        self._what = what
        self._post = post
        self._requests = requests
        self._after = after
        self._step: Step | None = None
        self._sent: Sent | None = None
        self._is_started = self._is_starting = False
        self._turn = 0
        self._timer: Timer | None = None
        self._answer: Data | None = None
        self._proof: Data | None = None
        self._is_late = False
        self._heard: list[tuple[str, Data]] = []
        self._sent_ns: int | None = None
        self.is_over = False

    def start(self) -> None:
        """Do the first step."""
        self._is_started = self._is_starting = True
        try:
            self._go_on(lambda: self._procedure.send(None))
        finally:
            self._is_starting = False

    def hear(self, event: str, data: Data) -> None:
        """Take an event of OBS."""
        if self.is_over:
            return
        self._heard = [*self._heard[-KEPT_EVENTS:], (event, data)]
        if isinstance(self._step, Confirmed | Event):
            self._look(self._step)

    def lose(self, why: ObsError) -> None:
        """The connection is lost: raise that in the procedure, which can only end. The error is `obs.not_connected`
        while it waits for a request to go out, else `obs.gone`.
        """
        if self.is_over:
            return
        waits = isinstance(self._step, Ask | Confirmed) and self._sent is not None and not self._sent.went_out
        error = faults.not_sent(why) if waits or not self._is_started else faults.lost_while(self._what, why)
        self._leave_step()
        try:
            self._procedure.throw(error)
        except StopIteration as end:
            self._end(Outcome(result=end.value, sent_ns=self._sent_ns))
        except RestrikeError as raised:
            self._end(Outcome(error=raised, sent_ns=self._sent_ns))
        else:
            self._end(Outcome(error=error, sent_ns=self._sent_ns))
        finally:
            self._end_by_fault()

    def cancel(self) -> None:
        """Close the procedure; what was already asked for may still happen."""
        self._leave_step()
        self._end(Outcome(error=ObsError("obs.cancelled", "This was called off."), sent_ns=self._sent_ns))

    # What a step brings

    def _go_on(self, resume: Callable[[], Step]) -> None:
        self._leave_step()
        try:
            step = resume()
        except StopIteration as end:
            self._end(Outcome(result=end.value, sent_ns=self._sent_ns))
        except RestrikeError as error:
            self._end(Outcome(error=error, sent_ns=self._sent_ns))
        else:
            self._begin(step)
            return
        finally:
            if self._step is None:
                self._end_by_fault()

    def _begin(self, step: Step) -> None:
        self._step = step
        turn = self._turn
        if isinstance(step, Pause):
            self._timer = self._after(step.seconds, lambda: self._resume(turn, None))
            return
        if isinstance(step, Confirmed | Ask):
            self._heard = []
            ask = step if isinstance(step, Ask) else step.ask
            self._sent = self._requests(ask, lambda reply: self._replied(turn, reply))
        if isinstance(step, Confirmed | Event):
            self._timer = self._after(step.within_s, lambda: self._time_is_up(turn))
        if isinstance(step, Event):
            self._look(step)

    def _replied(self, turn: int, reply: Reply) -> None:
        if self._sent_ns is None:
            self._sent_ns = reply.sent_ns
        if turn != self._turn or self.is_over:
            return
        if reply.error is not None:
            self._raise(reply.error)
            return
        self._answer = reply.data or {}
        if isinstance(self._step, Confirmed):
            self._check(self._step)
        else:
            self._resume(turn, self._answer)

    def _look(self, step: Confirmed | Event) -> None:
        """Take the first event that the step waits for, and drop those before it."""
        for number, (event, data) in enumerate(self._heard):
            if self._proof is None and event == step.event and step.matches(data):
                self._heard = self._heard[number + 1 :]
                if isinstance(step, Event):
                    self._resume(self._turn, data)
                else:
                    self._proof = data
                    self._check(step)
                return

    def _check(self, step: Confirmed) -> None:
        if self._answer is None:
            return  # its own time-out ends it
        if self._proof is not None:
            self._resume(self._turn, Proof(answer=self._answer, event=self._proof))
        elif self._is_late:
            self._raise(_not_confirmed(step))

    def _time_is_up(self, turn: int) -> None:
        if turn != self._turn or self.is_over:
            return
        self._is_late = True
        if isinstance(self._step, Confirmed):
            self._check(self._step)
        elif isinstance(self._step, Event):
            self._raise(_no_event(self._step))

    def _resume(self, turn: int, value: Any) -> None:
        if turn == self._turn and not self.is_over:
            self._go_on(lambda: self._procedure.send(value))

    def _raise(self, error: ObsError) -> None:
        self._go_on(lambda: self._procedure.throw(error))

    # Its end

    def _leave_step(self) -> None:
        self._turn += 1
        if self._sent is not None:
            self._sent.is_called_off = True
            self._sent = None
        self._step = self._answer = self._proof = None
        self._is_late = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self, outcome: Outcome[R]) -> None:
        if self.is_over:
            return
        self.is_over = True
        try:
            self._procedure.close()
        finally:
            if self._is_starting:  # who started it has not yet got hold of it
                self._post(lambda: self._then(outcome))
            else:
                self._then(outcome)

    def _end_by_fault(self) -> None:
        """Tell that the procedure itself is at fault, while what it raised goes on to the loop, which logs it."""
        fault = ObsError("obs.procedure_fault", "This failed by a fault of the suite: please report what its log says.")
        self._end(Outcome(error=fault, sent_ns=self._sent_ns))


def _not_confirmed(step: Confirmed) -> ObsError:
    return ObsError(
        "obs.not_confirmed",
        f"OBS accepted {step.ask.request}, but did not do it within {step.within_s:g} s (no {step.event}): "
        "look for a window that is open in OBS.",
        value=step.ask.request,
    )


def _no_event(step: Event) -> ObsError:
    return ObsError("obs.not_confirmed", f"OBS did not tell {step.event} within {step.within_s:g} s.", value=step.event)
