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


def test_periodic_timers_are_in_step(clock: Clock) -> None:
    """Whenever they were made and however late they were called: what is due each second and twice a second wakes the
    loop twice a second. After a call that was late by more than half a period the next one is left out.
    """
    timers, called = Timers(), list[str]()
    clock.now_s = 100.2
    timers.every(1.0, lambda: called.append("second"))
    clock.now_s = 100.3
    timers.every(0.5, lambda: called.append("half"))
    dues = []
    for _ in range(4):
        dues.append(timers.due)
        clock.now_s = timers.due + 0.004
        timers.turn(_call)
    assert dues == [101.0, 101.5, 102.0, 102.5]
    assert called == ["second", "half", "half", "second", "half", "half"]
    called.clear()
    for now_s in (103.7, 104.004):
        clock.now_s = now_s
        timers.turn(_call)
    assert called == ["second", "half", "half"]


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
