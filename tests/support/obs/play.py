"""Drives a procedure by hand, without a link: its steps are kept, each is resumed with the next answer."""

from collections.abc import Iterable
from typing import Any, Generic, NamedTuple

from services.obs_bridge.procedure import Procedure, R, Step
from shared.errors import RestrikeError


class Played(NamedTuple, Generic[R]):
    """What a procedure yielded, and what came of it. `waits_for`: the step that no answer was left for."""

    steps: list[Step]
    result: R | None = None
    error: RestrikeError | None = None
    waits_for: Step | None = None


def play(procedure: Procedure[R], answers: Iterable[Any] = ()) -> Played[R]:
    """Resume with each of `answers` in turn: a dict for an Ask or an Event, a Proof for a Confirmed, None for a Pause;
    a RestrikeError is raised in the procedure. It is closed afterwards. AssertionError when answers are left over.
    """
    left = list(answers)
    played = _played(procedure, left)
    procedure.close()
    assert not left, f"{played} did not want {left}"
    return played


def _played(procedure: Procedure[R], left: list[Any]) -> Played[R]:
    steps: list[Step] = []
    try:
        step = next(procedure)
        while True:
            steps.append(step)
            if not left:
                return Played(steps, waits_for=step)
            answer = left.pop(0)
            step = procedure.throw(answer) if isinstance(answer, RestrikeError) else procedure.send(answer)
    except StopIteration as end:
        return Played(steps, result=end.value)
    except RestrikeError as error:
        return Played(steps, error=error)
