"""A procedure on a link without OBS: what resumes it, what is raised in it, and that its outcome is told once."""

from collections.abc import Callable, Generator
from typing import Any

import pytest

from services.obs_bridge import faults
from services.obs_bridge.execution import Execution, Outcome, Reply
from services.obs_bridge.lane import Job
from services.obs_bridge.procedure import Ask, Confirmed, Data, Event, Pause, Procedure, Proof, Step
from shared.errors import ObsError
from tests.support.obs.play import play

START = Confirmed(ask=Ask("StartRecord"), event="Started", matches=lambda data: bool(data.get("on")), within_s=3)


class Stage:
    """A link made of lists: requests and timers are kept until a test answers them."""

    def __init__(self, procedure: Procedure[Any]) -> None:
        self.outcomes: list[Outcome[Any]] = []
        self.jobs: list[Job] = []
        self.timers: list[Clock] = []
        self.posted: list[Callable[[], None]] = []
        self.execution: Execution[Any] = Execution(
            procedure,
            self.outcomes.append,
            what="the test",
            requests=self._send,
            after=self._after,
            post=self.posted.append,
        )

    def _send(self, ask: Ask, told: Callable[[Reply], None]) -> Job:
        self.jobs.append(Job(ask.request, ask.data, within_s=2, told=told))
        return self.jobs[-1]

    def _after(self, seconds: float, callback: Callable[[], None]) -> "Clock":
        self.timers.append(Clock(seconds, callback))
        return self.timers[-1]

    def answer(self, **data: Any) -> None:
        self.jobs[-1].told(Reply(data=data, sent_ns=7, answered_ns=8))

    def ring(self) -> None:
        timer = self.timers[-1]
        assert timer.callback is not None, "the timer was cancelled"
        timer.callback()

    @property
    def outcome(self) -> Outcome[Any]:
        assert len(self.outcomes) == 1, self.outcomes
        return self.outcomes[0]


class Clock:
    def __init__(self, seconds: float, callback: Callable[[], None]) -> None:
        self.seconds = seconds
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None


def begun(procedure: Procedure[Any]) -> Stage:
    stage = Stage(procedure)
    stage.execution.start()
    return stage


def steps(*wanted: Step) -> Procedure[list[Any]]:
    """Do the steps and return what each brought: its value, or the code of its error."""
    brought: list[Any] = []
    for step in wanted:
        try:
            brought.append((yield step))
        except ObsError as error:
            brought.append(error.code)
    return brought


def test_an_ask_is_resumed_with_its_answer() -> None:
    """The answer's data comes back, and the outcome says when the request went out."""
    stage = begun(steps(Ask("GetStats", {"a": 1})))
    assert (stage.jobs[0].request, stage.jobs[0].data) == ("GetStats", {"a": 1})
    stage.answer(cpu=2)
    assert stage.outcome == Outcome(result=[{"cpu": 2}], sent_ns=7)


def test_a_refusal_is_raised_where_the_request_was_yielded() -> None:
    """A procedure can handle what OBS refuses, and sees OBS's own number and words."""

    def substitute() -> Procedure[tuple[str, int, str]]:
        try:
            yield Ask("SetRecordDirectory")
        except ObsError as error:
            seen = (error.code, error.status, error.comment)
        yield Ask("SetProfileParameter")
        return seen

    stage = begun(substitute())
    stage.jobs[-1].told(Reply(error=faults.refused("SetRecordDirectory", 204, "Unknown"), sent_ns=3))
    stage.answer()
    assert stage.outcome == Outcome(result=("obs.refused", 204, "Unknown"), sent_ns=3)


@pytest.mark.parametrize("event_first", [True, False])
def test_a_confirmed_needs_answer_and_event(*, event_first: bool) -> None:
    """Whichever of the two comes first, only both resume it."""
    stage = begun(steps(START))
    acts: list[Callable[[], None]] = [lambda: stage.execution.hear("Started", {"on": True}), lambda: stage.answer(ok=1)]
    for act in acts if event_first else reversed(acts):
        assert stage.outcomes == []
        act()
    assert stage.outcome.value() == [Proof(answer={"ok": 1}, event={"on": True})]
    assert stage.timers[0].callback is None


def test_a_confirmed_looks_only_at_its_event() -> None:
    """Other events, those that do not match, and those from before the request prove nothing."""
    stage = begun(steps(Ask("GetStats"), START))
    stage.execution.hear("Started", {"on": True})
    stage.answer()
    stage.execution.hear("Stopped", {"on": True})
    stage.execution.hear("Started", {"on": False})
    stage.answer(ok=1)
    assert stage.outcomes == []
    stage.execution.hear("Started", {"on": True, "n": 2})
    assert stage.outcome.value()[1] == Proof(answer={"ok": 1}, event={"on": True, "n": 2})


def test_a_request_without_its_event_is_not_confirmed() -> None:
    """Answered, and the event does not come: told as such after the time."""
    stage = begun(steps(START))
    stage.answer()
    assert stage.timers[0].seconds == 3
    stage.ring()
    assert stage.outcome.value() == ["obs.not_confirmed"]


def test_an_event_after_the_time_still_counts_while_the_answer_is_awaited() -> None:
    """The time is up, then event, then answer: OBS did it, and saying otherwise would be untrue."""
    stage = begun(steps(START))
    stage.ring()
    stage.execution.hear("Started", {"on": True})
    stage.answer()
    assert stage.outcome.value() == [Proof(answer={}, event={"on": True})]


def test_the_time_is_up_before_the_answer() -> None:
    """An answer after the time, and no event: not confirmed."""
    stage = begun(steps(START))
    stage.ring()
    assert stage.outcomes == []
    stage.answer()
    assert stage.outcome.value() == ["obs.not_confirmed"]


def test_an_event_that_came_since_the_last_request_counts_once() -> None:
    """STOPPED may come before the procedure gets to wait for it; a second wait needs a second one."""
    stage = begun(steps(Ask("StopRecord"), *[Event(event="Stopped", within_s=2)] * 2))
    stage.execution.hear("Stopped", {"n": 1})
    stage.answer()
    assert stage.outcomes == []
    stage.execution.hear("Stopped", {"n": 2})
    assert stage.outcome.value() == [{}, {"n": 1}, {"n": 2}]


def test_a_pause_and_an_event_that_does_not_come() -> None:
    """A pause ends by its timer, and an event's wait by its own."""
    stage = begun(steps(Pause(0.5), Event(event="Saved", within_s=2)))
    assert [timer.seconds for timer in stage.timers] == [0.5]
    stage.ring()
    assert [timer.seconds for timer in stage.timers] == [0.5, 2]
    stage.ring()
    assert stage.outcome.value() == [None, "obs.not_confirmed"]


@pytest.mark.parametrize(("went_out", "code"), [(True, "obs.gone"), (False, "obs.not_connected")])
def test_a_lost_connection_is_raised_and_ends_it(*, went_out: bool, code: str) -> None:
    """Only a request that never went out is known not to be done; no further step is done after either."""
    stage = begun(steps(Ask("StartRecord"), Ask("StopRecord")))
    stage.jobs[0].went_out = went_out
    stage.execution.lose(faults.closed_by_obs(None))
    assert stage.outcome.error is not None
    assert stage.outcome.error.code == code
    assert len(stage.jobs) == 1
    stage.answer()
    assert stage.execution.is_over


def test_a_procedure_can_end_well_after_a_loss() -> None:
    """It may know enough to return a result."""
    stage = begun(steps(Ask("StartRecord")))
    stage.execution.lose(faults.closed_by_obs(None))
    assert stage.outcome.value() == ["obs.not_connected"]


def test_a_cancelled_procedure_is_closed() -> None:
    """Its clean-up runs, it is told once, and a late answer changes nothing."""
    closed: list[bool] = []

    def careful() -> Procedure[None]:
        try:
            yield START
        finally:
            closed.append(True)

    stage = begun(careful())
    stage.execution.cancel()
    stage.execution.cancel()
    stage.answer()
    stage.execution.hear("Started", {"on": True})
    assert closed == [True]
    assert stage.outcome.error is not None
    assert stage.outcome.error.code == "obs.cancelled"
    assert stage.timers[0].callback is None


def test_a_fault_of_a_procedure_reaches_the_loop_and_its_owner() -> None:
    """What a procedure raises by mistake goes on to the loop, which logs it, and the owner is told."""

    def faulty() -> Procedure[None]:
        answer: Data = yield Ask("GetStats")
        answer["missing"]

    stage = begun(faulty())
    with pytest.raises(KeyError):
        stage.answer()
    assert stage.outcome.error is not None
    assert stage.outcome.error.code == "obs.procedure_fault"


def test_who_starts_a_procedure_has_it_before_its_outcome() -> None:
    """A procedure without a step tells its outcome in a later turn of the loop."""
    stage = begun(steps())
    assert stage.outcomes == []
    stage.posted.pop()()
    assert stage.outcome.value() == []


def test_a_procedure_is_played_by_hand() -> None:
    """play() gives the steps, the result, an error that was not handled, and the step that waits."""
    assert play(steps(START, Pause(1)), [ObsError("obs.gone", "Gone."), None]) == (
        [START, Pause(1)],
        ["obs.gone", None],
        None,
        None,
    )
    assert play(steps(START, Pause(1)), [{}]).waits_for == Pause(1)

    def failing() -> Generator[Step, Any, None]:
        yield Pause(1)

    error = ObsError("obs.gone", "Gone.")
    assert play(failing(), [error]).error is error
    with pytest.raises(AssertionError):
        play(failing(), [None, None])
