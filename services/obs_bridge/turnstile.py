"""Lets the acts that name files or start and end outputs pass one at a time; obs-bridge.

Each of them takes several requests, and OBS names a file by what stands in its profile at that moment: two that run
into each other give a recording, or all clips of an hour, another one's name.
"""

from collections import deque
from collections.abc import Callable
from typing import Any, Final

from services.obs_bridge.execution import After, Outcome

Begin = Callable[[Callable[[Outcome[Any]], None]], object]
"""Begins an act; what it is given is called once, when the act is over."""

HOLD_S: Final = 3.0
"""An act that works is over by then; one for which OBS opened a window holds nobody any longer."""
WAIT_S: Final = 5.0
"""What waited for so long goes in, whoever is in there."""


class _Visit:
    """An act at the turnstile."""

    def __init__(self, begin: Begin, then: Callable[[Outcome[Any]], None]) -> None:
        self.begin = begin
        self.then = then


class Turnstile:
    """`is_taken` says whether the recorder or the buffer is just at it: an act waits for them. While it `is_shut` an
    act is at it, and they have to wait. It never stays shut, whatever becomes of an act.
    """

    def __init__(self, *, is_taken: Callable[[], bool], after: After) -> None:
        self._is_taken = is_taken
        self._after = after
        self._waiting: deque[_Visit] = deque()
        self._inside: _Visit | None = None

    @property
    def is_shut(self) -> bool:
        """Whether an act is at it."""
        return self._inside is not None

    def let(self, begin: Begin, then: Callable[[Outcome[Any]], None]) -> None:
        """Begin an act as soon as nobody else is at it, at once if it can be; `then` is told what came of it."""
        visit = _Visit(begin, then)
        self._waiting.append(visit)
        self.turn()
        if visit in self._waiting:
            self._after(WAIT_S, lambda: self._has_waited(visit))

    def turn(self) -> None:
        """Let in who may; at the end of each turn of the loop, after recorder and buffer."""
        if self._waiting and not self.is_shut and not self._is_taken():
            self._enter(self._waiting.popleft())

    def _has_waited(self, visit: _Visit) -> None:
        if visit in self._waiting:
            self._waiting.remove(visit)
            self._enter(visit)

    def _enter(self, visit: _Visit) -> None:
        self._inside = visit
        is_begun = False
        try:
            visit.begin(lambda outcome: self._over(visit, outcome))
            is_begun = True
        finally:
            if not is_begun:
                self._leave(visit)
        self._after(HOLD_S, lambda: self._leave(visit))

    def _over(self, visit: _Visit, outcome: Outcome[Any]) -> None:
        self._leave(visit)
        visit.then(outcome)

    def _leave(self, visit: _Visit) -> None:
        if self._inside is visit:
            self._inside = None
