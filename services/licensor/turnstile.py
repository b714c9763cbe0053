"""The listening socket of the activation server, which closes at once what is too much. `restrike-licensor serve`.

It counts connections from when they are accepted: before TLS, and before anybody says a word, which all other limits
wait for. What comes in floods costs neither a file of the process nor a line of the log.
"""

import resource
import socket
from collections import Counter
from collections.abc import Callable
from typing import Any, Final
from weakref import WeakKeyDictionary

import structlog

from services.licensor.limits import address_of
from shared.clock import monotonic_s

OWN_FILES: Final = 64
"""So many files the process needs besides its connections: books of four threads, keys, log."""
TELL_EVERY_S: Final = 60.0
"""So often at most there is a line about what was closed."""


class Turnstile(socket.socket):
    """Takes the place of `bound`, a listening socket. `most_per_address` None: all come by one proxy."""

    def __init__(
        self,
        bound: socket.socket,
        *,
        most: int,
        most_per_address: int | None,
        steady_s: Callable[[], float] = monotonic_s,
    ) -> None:
        super().__init__(bound.family, bound.type, bound.proto, fileno=bound.detach())
        self.setblocking(False)  # noqa: FBT003  # the name of the method says it
        self.closed: Counter[str] = Counter()
        """How many connections were closed, by why."""
        self._most = most
        self._most_per_address = most_per_address
        self._steady_s = steady_s
        self._tell_at_s = 0.0
        self._inside: WeakKeyDictionary[socket.socket, str] = WeakKeyDictionary()

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection that may come in.

        Raises:
            BlockingIOError: nobody waits, or who did was turned away.
        """
        link, place = super().accept()
        address = address_of(str(place[0]))
        why = self._too_many(address)
        if why is None:
            self._inside[link] = address
            return link, place
        link.close()
        self.closed[why] += 1
        self._tell(address)
        raise BlockingIOError

    def _too_many(self, address: str) -> str | None:
        inside = [of for link, of in list(self._inside.items()) if link.fileno() != -1]
        if len(inside) >= self._most:
            return "closed_too_many"
        if self._most_per_address is not None and inside.count(address) >= self._most_per_address:
            return "closed_too_many_of_address"
        return None

    def _tell(self, address: str) -> None:
        now_s = self._steady_s()
        if now_s >= self._tell_at_s:
            self._tell_at_s = now_s + TELL_EVERY_S
            structlog.get_logger().warning("connections_closed", last_of=address, **self.closed)


def files_for(connections: int) -> int:
    """How many connections may be open at once, as the process has files for them: `connections`, or fewer.

    The limit on open files (RLIMIT_NOFILE) is raised as far as it is needed and may be.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + OWN_FILES
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return connections
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if allowed > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed < wanted:
        structlog.get_logger().warning("few_files", open_files=allowed, connections=max(1, allowed - OWN_FILES))
    return max(1, allowed - OWN_FILES)
