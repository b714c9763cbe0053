"""A client of tests: a busy machine may keep it waiting longer than an operator would, a killed service may not."""

from typing import TypeVar

from shared.clock import monotonic_s
from shared.messages.requests import Command
from shared.paths import Paths
from shared.rpc import Client, is_locked
from tests.support.wait import lenient

R = TypeVar("R")


class PatientClient(Client):
    """Where a test names no deadline of its own, it is not about deadlines: it waits long, but no longer than the
    command's deadline for a process that is gone meanwhile, as what it was asked went with it.
    """

    def call(self, command: Command[R], *, service: str | None = None, deadline_s: float | None = None) -> R:
        """Ask, as `Client` does; a `deadline_s` is kept."""
        if deadline_s is not None:
            return super().call(command, service=service, deadline_s=deadline_s)
        name = service or command.service
        until_s, asked = monotonic_s() + command.deadline_s, _holder(self.paths, name)
        client = Client(
            self.paths,
            self._context,
            is_over=lambda: monotonic_s() > until_s and _holder(self.paths, name) != asked,
        )
        return client.call(command, service=service, deadline_s=lenient(command.deadline_s))


def _holder(paths: Paths, service: str) -> str | None:
    """The process id that stands in a service's lock while a process holds it."""
    lock = paths.lock(service)
    return lock.read_text() if is_locked(lock) else None
