"""Chores: what hangs holds up itself alone, what fails is told, what is left off is forgotten."""

import threading
from collections.abc import Callable
from typing import Any, cast

from services.cpu_monitor.sampling.chores import MOST_THREADS, Chores
from shared.runtime import Runtime
from tests.support.wait import eventually


class Loop:
    """What chores need of a runtime."""

    def __init__(self) -> None:
        self.posted: list[Callable[[], None]] = []
        self.faults: list[str] = []

    def post(self, callback: Callable[[], None]) -> None:
        self.posted.append(callback)

    def tell_fault(self, _where: str, error: Exception) -> None:
        self.faults.append(str(error))

    def turn(self, *, after: int = 1) -> None:
        eventually(lambda: len(self.posted) >= after, within=5, what="a chore's end")
        for _ in range(len(self.posted)):
            self.posted.pop(0)()


def _chores() -> tuple[Chores, Loop]:
    loop = Loop()
    return Chores(cast(Runtime, loop)), loop


def test_one_that_hangs_holds_up_itself_alone() -> None:
    """The others go on in another thread; it is not begun again until it is back."""
    chores, loop = _chores()
    gate, begun = threading.Event(), threading.Event()
    took: list[str] = []

    def hang() -> str:
        begun.set()
        gate.wait(10)
        return "share"

    chores.add("share", hang, took.append, every_s=1.0)
    chores.look(0.0)
    assert begun.wait(5)
    chores.add("disk", lambda: "disk", took.append, every_s=1.0)
    for second in range(1, 4):
        chores.look(float(second))
        if second > 1:
            loop.turn()
    assert took == ["disk", "disk"]
    assert chores.threads == 2
    gate.set()
    loop.turn(after=1)
    assert "share" in took
    chores.close()


def test_at_its_time_and_no_more_often() -> None:
    """One that is due later is begun later; what it fails with is told, and it is tried again."""
    chores, loop = _chores()
    took: list[int] = []
    results: list[Any] = [OSError("gone"), 7]

    def do() -> int:
        result = results.pop(0)
        if isinstance(result, OSError):
            raise result
        return int(result)

    chores.add("one", do, took.append, every_s=10.0, due_s=5.0)
    chores.look(4.0)
    chores.look(5.0)
    loop.turn()
    chores.look(14.9)
    chores.look(15.0)
    loop.turn()
    assert (took, loop.faults, results) == ([7], ["gone"], [])
    chores.close()


def test_what_was_left_off_meanwhile_is_not_taken() -> None:
    """And at the end no thread is left."""
    chores, loop = _chores()
    took: list[str] = []
    chores.add("place /a", lambda: "a", took.append, every_s=1.0)
    chores.add("other", lambda: "other", took.append, every_s=1.0)
    chores.look(0.0)
    chores.keep("place ", {"place /b"})
    loop.turn(after=2)
    assert took == ["other"]
    before = threading.active_count()
    chores.close()
    eventually(lambda: threading.active_count() < before, within=5, what="its thread gone")
    assert MOST_THREADS > 8


def test_what_nobody_thought_of_ends_no_chore() -> None:
    """It is told, the thread is another one, and the chore is begun again; one may be hastened."""
    chores, loop = _chores()
    took: list[str] = []
    results: list[Any] = [TypeError("odd"), "well"]

    def do() -> str:
        result = results.pop(0)
        if isinstance(result, TypeError):
            raise result
        return str(result)

    said: list[object] = []
    before, threading.excepthook = threading.excepthook, lambda said_of: said.append(said_of.exc_value)
    chores.add("one", do, took.append, every_s=100.0)
    chores.look(0.0)
    loop.turn()
    eventually(lambda: said != [], within=5, what="the thread's end")
    threading.excepthook = before
    assert (chores.threads, len(loop.faults)) == (0, 1)
    chores.hasten("one")
    chores.look(1.0)
    loop.turn()
    assert took == ["well"]
    chores.close()
