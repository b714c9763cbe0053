"""What systemd wants to hear of a `Type=notify` unit: that the suite is up, and that it still is; cpu-monitor.

Without systemd there is no NOTIFY_SOCKET, and nothing is said.
"""

import contextlib
import os
import socket
from collections.abc import Mapping
from typing import Final

READY: Final = "READY=1"
ALIVE: Final = "WATCHDOG=1"


class Systemd:
    """The other end of NOTIFY_SOCKET. `alive_every_s`: how often it wants a sign of life, None: not at all."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        limit_us = environment.get("WATCHDOG_USEC", "")
        # Twice within the limit, as systemd recommends. WATCHDOG_PID names supervisord's parent: we speak for it.
        self.alive_every_s = int(limit_us) / 2_000_000 if limit_us.isdecimal() and int(limit_us) else None

    @property
    def is_listening(self) -> bool:
        """Whether there is somebody to tell."""
        return bool(self._address)

    def tell(self, *words: str) -> None:
        """Send words such as `READY=1`. A systemd that does not take them is nobody's trouble."""
        if not self._address:
            return
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out,
        ):
            out.settimeout(0)
            out.sendto("\n".join(words).encode(), self._address)
