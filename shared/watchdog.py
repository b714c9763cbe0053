"""Ends a service whose loop does not turn any more, with its stacks in the log, so that supervisord starts it again.

Counts its own ticks and not seconds: a process that was frozen as a whole (SIGSTOP, a paused virtual machine, swap) has
missed one tick when it goes on, and what waits in its sockets is taken instead of being thrown away with it.
"""

import faulthandler
import math
import os
import threading
from typing import Final

from shared.clock import monotonic_s

TICKS: Final = 10
BLOCKED_S: Final = 120
"""When even the ticking thread cannot run (a call that never gives Python back), by the wall clock."""
ARMED_FOR_S: Final = 30
"""Python starts a thread each time that it is told to wait so, so that is not done at each meal: the process ends this
much later at most.
"""


class Watchdog:
    """Must be fed more often than `limit_s`. Starts with its first meal."""

    def __init__(self, limit_s: float) -> None:
        self._tick_s = limit_s / TICKS
        self._limit_s = limit_s
        self._missed = 0
        self._armed_at_s = -math.inf
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def feed(self) -> None:
        """The loop turns."""
        self._missed = 0
        if not self._over.is_set():
            self._arm(monotonic_s())
            if not self._thread.is_alive():
                self._thread.start()

    def _arm(self, now_s: float) -> None:
        if now_s - self._armed_at_s >= ARMED_FOR_S:
            self._armed_at_s = now_s
            faulthandler.dump_traceback_later(self._limit_s + BLOCKED_S + ARMED_FOR_S, exit=True)

    def stop(self) -> None:
        """Watch no more."""
        self._over.set()
        faulthandler.cancel_dump_traceback_later()

    def _watch(self) -> None:
        while not self._over.wait(self._tick_s):
            self._missed += 1
            if self._missed > TICKS:
                faulthandler.dump_traceback(all_threads=True)
                os._exit(1)
