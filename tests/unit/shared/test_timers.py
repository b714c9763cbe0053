"""Timers of a loop: periodic ones, those that call once, and those that are cancelled."""

import pytest

from shared import timers as module
from shared.timers import Callback, Timer, Timers


class Clock:
    """A monotonic clock that is set by hand."""

    now_s = 100.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(module, "monotonic_s", lambda: made.now_s)
    return made


def _call(callback: Callback) -> None:
    callback()


def test_once_and_again_and_again(clock: Clock) -> None:
    """A periodic timer calls at each turn that finds it due; the other one calls once, and is gone."""
    timers, called = Timers(), list[str]()
    timers.every(2.0, lambda: called.append("every"))
    once = timers.after(1.0, lambda: called.append("once"))
    assert timers.due == 101.0
    timers.turn(_call)
    assert called == []
    clock.now_s = 101.5
    timers.turn(_call)
    assert (called, once.is_over, timers.due, timers.lag_s) == (["once"], True, 102.0, 0.5)
    for now_s in (102.0, 103.0, 104.0):
        clock.now_s = now_s
        timers.turn(_call)
    assert called == ["once", "every", "every"]


def test_a_cancelled_timer_calls_no_more(clock: Clock) -> None:
    """Before it is due, by another one that is due at the same moment, and by itself."""
    timers, called = Timers(), list[str]()
    victims: list[Timer] = []

    def murder() -> None:
        called.append("murder")
        victims[0].cancel()

    timers.after(1.0, lambda: called.append("never")).cancel()
    timers.after(1.0, murder)
    victims.append(timers.after(1.0, lambda: called.append("victim")))

    def itself() -> None:
        called.append("itself")
        periodic.cancel()

    periodic = timers.every(1.0, itself)
    for now_s in (101.0, 102.0, 103.0):
        clock.now_s = now_s
        timers.turn(_call)
    assert called == ["murder", "itself"]


def test_a_timer_may_make_another_one(clock: Clock) -> None:
    """What is made while others call is called at a later turn."""
    timers, called = Timers(), list[str]()

    def first() -> None:
        timers.after(0.0, lambda: called.append("second"))
        called.append("first")

    timers.after(1.0, first)
    clock.now_s = 101.0
    timers.turn(_call)
    assert called == ["first"]
    timers.turn(_call)
    assert called == ["first", "second"]
