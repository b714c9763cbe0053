"""Ends a service whose loop does not turn any more, with its stacks in the log, so that supervisord starts it again.

Counts its own ticks and not seconds: a process that was frozen as a whole (SIGSTOP, a paused virtual machine, swap) has
missed one tick when it goes on, and what waits in its sockets is taken instead of being thrown away with it.
"""

import faulthandler
import os
import threading
from typing import Final

TICKS: Final = 10
BLOCKED_S: Final = 120
"""When even the ticking thread cannot run (a call that never gives Python back), by the wall clock."""


class Watchdog:
    """Must be fed more often than `limit_s`. Starts with its first meal."""

    def __init__(self, limit_s: float) -> None:
        self._tick_s = limit_s / TICKS
        self._limit_s = limit_s
        self._missed = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def feed(self) -> None:
        """The loop turns."""
        self._missed = 0
        if not self._over.is_set():
            faulthandler.dump_traceback_later(self._limit_s + BLOCKED_S, exit=True)
            if not self._thread.is_alive():
                self._thread.start()

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
