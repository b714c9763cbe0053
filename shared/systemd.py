"""What systemd wants to hear of a `Type=notify` unit: that the suite is up, and still is; cpu-monitor and broker.

Both give signs of life, so that systemd ends the suite only when both are frozen: each of them ends the other before
(shared/sentry.py). While a service is missing a sign needs supervisord's answer, too: only systemd can end one that is
frozen, and nobody else starts that service again. A whole suite goes on without it: a match may be on. Without systemd
there is no NOTIFY_SOCKET, and nothing is said.
"""

import contextlib
import os
import socket
import threading
from collections.abc import Iterable, Mapping
from typing import Final

from shared.rpc import is_locked
from shared.runtime import Runtime
from shared.supervised import answers, is_supervised

READY: Final = "READY=1"
ALIVE: Final = "WATCHDOG=1"
OFTEN: Final = 6
"""Signs of life within the time that systemd waits: a service that comes back must not be late with its first."""


class Systemd:
    """The other end of NOTIFY_SOCKET. `alive_every_s`: how often it gets a sign of life, None: it wants none."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        limit_us = environment.get("WATCHDOG_USEC", "")
        # WATCHDOG_PID names supervisord's parent: we speak for it.
        self.alive_every_s = int(limit_us) / 1_000_000 / OFTEN if limit_us.isdecimal() and int(limit_us) else None

    def tell(self, *words: str) -> None:
        """Send words such as `READY=1`. A systemd that does not take them is nobody's trouble."""
        if not self._address:
            return
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.settimeout(0)
            out.sendto("\n".join(words).encode(), self._address)

    def give_signs_of_life(self, runtime: Runtime, services: Iterable[str]) -> None:
        """From the start of `runtime` on, as often as it is wanted, while all `services` are there or supervisord, who
        starts them again, answers.
        """
        if self.alive_every_s is None:
            return

        def ask() -> None:
            if answers(runtime.paths):
                self.tell(ALIVE)

        def tell() -> None:
            is_whole = all(is_locked(runtime.paths.lock(name)) for name in services)
            if is_whole or not is_supervised(runtime.paths):
                self.tell(ALIVE)
            else:
                threading.Thread(target=ask, name="sign of life", daemon=True).start()

        runtime.on_start(lambda: self.tell(ALIVE))
        runtime.every(self.alive_every_s, tell)
