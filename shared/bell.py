"""Wakes a service's loop from a signal or another thread: one end is rung, the other one is polled."""

import contextlib
import socket


class Bell:
    """A pair of sockets, neither of which ever blocks."""

    def __init__(self) -> None:
        self._heard, self._rung = socket.socketpair()
        for end in (self._heard, self._rung):
            end.settimeout(0)

    @property
    def heard(self) -> int:
        """The descriptor to poll."""
        return self._heard.fileno()

    @property
    def rung(self) -> int:
        """The descriptor for `signal.set_wakeup_fd`."""
        return self._rung.fileno()

    def ring(self) -> None:
        """Wake the loop; any thread may."""
        with contextlib.suppress(BlockingIOError):  # it is ringing already
            self._rung.send(b"\0")

    def silence(self) -> None:
        """The loop is awake."""
        with contextlib.suppress(BlockingIOError):
            while self._heard.recv(4096):
                pass

    def close(self) -> None:
        """Take it down."""
        self._heard.close()
        self._rung.close()
