"""A client of tests: a busy machine may keep it waiting longer than an operator would, a killed service may not."""

from typing import Final, TypeVar

from shared.clock import monotonic_s
from shared.messages.requests import Command
from shared.paths import Paths
from shared.rpc import Client, is_locked

R = TypeVar("R")
WAITS_S: Final = 10.0
"""Where a test names no deadline of its own, it is not about deadlines."""


class PatientClient(Client):
    """Waits at least ten seconds, but no longer than the command's deadline for a process that is gone meanwhile: what
    it was asked went with it.
    """

    def call(self, command: Command[R], *, service: str | None = None, deadline_s: float | None = None) -> R:
        """Ask, as `Client` does; a `deadline_s` is kept."""
        if deadline_s is not None:
            return super().call(command, service=service, deadline_s=deadline_s)
        name = service or command.service
        until_s, asked = monotonic_s() + command.deadline_s, _holder(self._paths, name)
        client = Client(
            self._paths,
            self._context,
            is_over=lambda: monotonic_s() > until_s and _holder(self._paths, name) != asked,
        )
        return client.call(command, service=service, deadline_s=max(command.deadline_s, WAITS_S))


def _holder(paths: Paths, service: str) -> str | None:
    """The process id that stands in a service's lock while a process holds it."""
    lock = paths.lock(service)
    return lock.read_text() if is_locked(lock) else None
