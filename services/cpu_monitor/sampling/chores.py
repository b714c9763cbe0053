"""What may wait for ever (a share that is away, a process that is frozen) or costs much: done now and then in a thread,
so that the loop never waits; cpu-monitor.

One thread does all, until something holds it up: then the next one goes on with the rest. A chore that has not ended
is not begun again, so that each thing that hangs costs one thread.
"""

import threading
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from typing import Any, Final, TypeVar

from msgspec import Struct

from shared.errors import RestrikeError
from shared.runtime import Runtime

T = TypeVar("T")
MOST_THREADS: Final = 16
"""More than there are places, and sixteen shares that hang are a broken machine. What waits then is not measured."""


class Chore(Struct, eq=False):
    """`do` is called in a thread every `every_s`, what it returns is given to `take` in the loop."""

    do: Callable[[], Any]
    take: Callable[[Any], None]
    every_s: float
    due_s: float
    is_open: bool = False
    is_wanted: bool = True


class Chores:
    """All chores by name. `threads` is how many there are."""

    def __init__(self, runtime: Runtime) -> None:
        self.threads = 0
        self._runtime = runtime
        self._chores: dict[str, Chore] = {}
        self._waiting: SimpleQueue[Chore | None] = SimpleQueue()

    def add(
        self, name: str, do: Callable[[], T], take: Callable[[T], None], *, every_s: float, due_s: float = 0.0
    ) -> None:
        """Have something done from `due_s` on (monotonic seconds); nothing changes for one that is there already."""
        self._chores.setdefault(name, Chore(do, take, every_s, due_s))

    def keep(self, prefix: str, names: set[str]) -> None:
        """Leave off the chores that begin with `prefix` and are not among `names`."""
        for name in [name for name in self._chores if name.startswith(prefix) and name not in names]:
            self._chores.pop(name).is_wanted = False

    def hasten(self, name: str) -> None:
        """Have a chore done at the next look, whenever it was done."""
        if name in self._chores:
            self._chores[name].due_s = 0.0

    def close(self) -> None:
        """Leave off all. A thread ends when it is done with what it does."""
        self.keep("", set())
        for _ in range(self.threads):
            self._waiting.put(None)

    def look(self, now_s: float) -> None:
        """Line up what is due (monotonic seconds)."""
        is_held_up = not self._waiting.empty()  # by what was lined up at the last look
        for chore in self._chores.values():
            if chore.due_s <= now_s and not chore.is_open:
                chore.due_s = now_s + chore.every_s
                chore.is_open = True
                self._waiting.put(chore)
        if self.threads == 0 or (is_held_up and self.threads < MOST_THREADS):
            threading.Thread(target=self._work, name=f"chores {self.threads + 1}", daemon=True).start()
            self.threads += 1

    def _work(self) -> None:
        while (chore := self._waiting.get()) is not None:
            ended = partial(self._broken, chore)
            try:
                ended = partial(self._done, chore, chore.do())
            except (OSError, ValueError, LookupError, RestrikeError) as error:
                ended = partial(self._failed, chore, error)
            finally:
                self._runtime.post(ended)

    def _done(self, chore: Chore, result: Any) -> None:
        chore.is_open = False
        if chore.is_wanted:
            chore.take(result)

    def _broken(self, chore: Chore) -> None:
        """What nobody thought of ended its thread: the next look has another, and the chore is begun again."""
        self.threads -= 1
        self._failed(chore, RuntimeError("It ended its thread: see the end of this service's error output."))

    def _failed(self, chore: Chore, error: Exception) -> None:
        chore.is_open = False
        self._runtime.tell_fault(getattr(chore.do, "__qualname__", repr(chore.do)), error)
