"""One act at a time, none while the recorder is at it, and never shut for good."""

from collections.abc import Callable
from typing import Any

import pytest

from services.obs_bridge.execution import Outcome
from services.obs_bridge.turnstile import HOLD_S, WAIT_S, Turnstile
from shared.timers import Timer

Then = Callable[[Outcome[Any]], None]


class Hall:
    """A turnstile, the acts in it, and a clock that the test moves."""

    def __init__(self) -> None:
        self.is_taken = False
        self.begun: list[str] = []
        self.over: list[tuple[str, int]] = []
        self._ends: dict[str, Then] = {}
        self._now_s = 0.0
        self._timers: list[Timer] = []
        self.turnstile = Turnstile(is_taken=lambda: self.is_taken, after=self._after)

    def let(self, name: str) -> None:
        def begin(done: Then) -> None:
            self.begun.append(name)
            self._ends[name] = done

        self.turnstile.let(begin, lambda outcome: self.over.append((name, outcome.value())))

    def end(self, name: str, result: int = 1) -> None:
        """The act is over; then the turn ends."""
        self._ends.pop(name)(Outcome(result=result))
        self.turnstile.turn()

    def wait(self, seconds: float) -> None:
        self._now_s += seconds
        for timer in [one for one in self._timers if one.due <= self._now_s]:
            self._timers.remove(timer)
            timer.callback()
        self.turnstile.turn()

    def _after(self, seconds: float, callback: Callable[[], None]) -> Timer:
        self._timers.append(Timer(callback, due=self._now_s + seconds))
        return self._timers[-1]


@pytest.fixture
def hall() -> Hall:
    return Hall()


def test_one_after_the_other(hall: Hall) -> None:
    """Each begins when the one before is over, in order; the first at once."""
    for name in "abc":
        hall.let(name)
    assert (hall.begun, hall.turnstile.is_shut) == (["a"], True)
    hall.end("a", 7)
    assert (hall.begun, hall.over) == (["a", "b"], [("a", 7)])
    hall.end("b")
    hall.end("c")
    assert (hall.begun, hall.turnstile.is_shut) == (["a", "b", "c"], False)


def test_the_recorder_goes_first(hall: Hall) -> None:
    """While it sets a name and starts, nobody gets in; afterwards who waited does."""
    hall.is_taken = True
    hall.let("a")
    hall.wait(1)
    assert (hall.begun, hall.turnstile.is_shut) == ([], False)
    hall.is_taken = False
    hall.turnstile.turn()
    assert hall.begun == ["a"]


def test_an_act_that_hangs_holds_nobody(hall: Hall) -> None:
    """OBS opened a window: the next one gets in after a while, and the end of the first opens nothing for a third."""
    for name in "abc":
        hall.let(name)
    hall.wait(HOLD_S)
    assert hall.begun == ["a", "b"]
    hall.end("a")
    assert (hall.begun, hall.turnstile.is_shut) == (["a", "b"], True)
    assert hall.over == [("a", 1)]
    hall.end("b")
    assert hall.begun == ["a", "b", "c"]


def test_a_recorder_that_hangs_holds_nobody(hall: Hall) -> None:
    """An operator's stop comes through, and once."""
    hall.is_taken = True
    hall.let("a")
    hall.wait(WAIT_S)
    assert hall.begun == ["a"]
    hall.is_taken = False
    hall.end("a")
    hall.wait(WAIT_S)
    assert hall.begun == ["a"]


def test_an_act_that_cannot_begin_leaves_it_open(hall: Hall) -> None:
    """A fault of the suite: the next one is not kept waiting."""

    def begin(_: Then) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        hall.turnstile.let(begin, lambda _: None)
    assert not hall.turnstile.is_shut
    hall.let("a")
    assert hall.begun == ["a"]
